//! Live conversations in lines: remote messages, choices by number, sessions, what goes with a message, what is active.

use std::time::Duration;

use super::parser::{Done, PlainQuestion, number};
use super::sentences::{self, ending, span};
use super::{AwaitedSession, Exit, Plain, number_of};
use crate::config::address;
use crate::config::regions::MessengerSnippet;
use crate::engine::{Command, DiscoveredConversation};
use crate::model::channel::{ATTRIBUTES_MAX_BYTES, attributes_bytes};
use crate::model::ids::is_uuid;
use crate::model::{
    Address, Attachment, Channel, Conversation, ConversationKey, FileSource, RemoteState, SessionAsk, WebSession,
};
use crate::session::MessageCounts;
use crate::session::conversations::{ADDED_MALFORMED, ConversationItem};
use crate::session::local::{self, LocalRequest};
use crate::text::screen::short_id;
use crate::text::{clause, counted, sentence};

/// How long a session may take to move: longer than all tries to open it, and than the answer to a frame.
const SESSION_WAIT: Duration = Duration::from_secs(120);

/// What can be asked of a session, by its word; with the question before it is.
const ASKS: [(&str, SessionAsk, &str); 8] = [
    ("connect", SessionAsk::Connect, ""),
    ("new", SessionAsk::StartNew, ""),
    ("guest", SessionAsk::NewGuest, "The guest token is deleted; you cannot come back to this session. Do it?"),
    ("join", SessionAsk::Join, ""),
    ("history", SessionAsk::History, ""),
    ("health", SessionAsk::Health, ""),
    ("clear", SessionAsk::Clear, "This ends the conversation and deletes its messages at the service. Do it?"),
    ("close", SessionAsk::Close, "This closes the session. Do it?"),
];

impl Plain {
    pub(super) fn active(&self) -> Result<ConversationKey, String> {
        let active = self.session.conversations.active();
        active.ok_or_else(|| "No conversation is open. Type .list, then .open and a number.".to_owned())
    }

    pub(super) fn list(&mut self) {
        let active = self.session.conversations.active();
        let row = |item: &ConversationItem| {
            let key = item.conversation.key;
            let mut parts =
                vec![number_of(key).to_string(), item.name().to_owned(), item.conversation.channel().to_string()];
            parts.extend(item.session().map(|session| format!("session {}", session.word())));
            parts.extend((item.remote != RemoteState::Unknown).then(|| item.remote.name().to_owned()));
            let MessageCounts { sends, refused, unknown, sending, waiting, .. } = item.counts;
            let counts =
                [(sends, "sent"), (refused, "refused"), (unknown, "unknown"), (sending + waiting, "under way")];
            parts.extend(counts.iter().filter(|(n, _)| *n > 0).map(|(n, word)| format!("{n} {word}")));
            parts.extend((active == Some(key)).then(|| "open".to_owned()));
            parts.join(", ") + "."
        };
        let lines: Vec<String> = self.session.conversations.items().map(row).collect();
        self.say(format!("{}.", counted(lines.len(), "conversation")));
        self.say_each(lines);
    }

    pub(super) fn open(&mut self, rest: &str) -> Done {
        if rest.is_empty() {
            return Err("Type .open and a number or a name; .list shows them.".to_owned());
        }
        let items = || self.session.conversations.items();
        let folded = rest.to_lowercase();
        let number = rest.parse::<u64>().ok();
        let found = items()
            .find(|i| Some(number_of(i.conversation.key)) == number)
            .or_else(|| items().find(|i| i.name() == rest))
            .or_else(|| items().find(|i| i.name().to_lowercase() == folded));
        let Some(key) = found.map(|item| item.conversation.key) else {
            let near = sentences::nearest_to(rest, "", items().map(|i| i.name()));
            let count = items().len();
            return Err(format!("There is no conversation {rest}.{near} There are {count}; .list shows them."));
        };
        self.open_key(key);
        Ok(())
    }

    /// Opens a conversation. At a keyboard the prompt says which.
    pub(super) fn open_key(&mut self, key: ConversationKey) {
        if !self.interactive {
            self.say(format!("{}, is open.", self.spoken(key)));
        }
        self.open_quietly(key);
    }

    /// Opens it without a word: its replies are looked for, and it is read once.
    pub(super) fn open_quietly(&mut self, key: ConversationKey) {
        self.with_session(|session, _, changes| {
            session.open_conversation(key, changes);
            session.retarget_pass(key, changes);
        });
        // The session of a web conversation says itself what is new.
        if !self.session.has_sessions(key) {
            self.dialogue.greeting.insert(key);
        }
    }

    pub(super) fn web_session_moved(&mut self, key: ConversationKey, before: &WebSession) {
        let Some(session) = self.session.conversations.get(key).map(|item| item.live.session.clone()) else { return };
        let settled = !matches!(session, WebSession::Connecting | WebSession::Reconnecting(..));
        if settled && let Some(awaited) = self.asked.web_session.take_if(|awaited| awaited.key == key) {
            let exit = match (awaited.ask, &session) {
                // What was cleared is over; an open one was not cleared.
                (SessionAsk::Clear, WebSession::Open { .. }) => Exit::Refused,
                (SessionAsk::Clear, WebSession::ReadOnly(_)) => Exit::Done,
                (SessionAsk::Clear | SessionAsk::Close, WebSession::Ended(_)) => Exit::Done,
                (_, WebSession::Open { .. } | WebSession::Closed) => Exit::Done,
                (_, WebSession::Unreachable(_)) => Exit::Network,
                _ => Exit::Refused,
            };
            self.ends(exit, None);
        }
        if *before == session {
            return;
        }
        // A script does not wait for a person to connect it.
        if let WebSession::Unreachable(why) = &session
            && !self.interactive
        {
            let why = format!("the conversation cannot be reached: {why}");
            self.give_up_held(Exit::Network, &why, |_, held| held.conversation == key);
        }
        let said = match session {
            WebSession::Open { expires, new } => {
                let again = if matches!(before, WebSession::Reconnecting(..)) { " again" } else { "" };
                let how = if new { "a new session is open".to_owned() } else { format!("the session is open{again}") };
                let left = expires.and_then(|end| Duration::try_from(end.duration_since(self.now.wall)).ok());
                let left = left.map(|left| format!("; it lasts {}", span(left))).unwrap_or_default();
                format!("{how}{left}.")
            }
            WebSession::ReadOnly(why) => {
                format!("the session is read-only: {}. Type .session new for a new session.", clause(&why))
            }
            WebSession::Ended(why) => {
                let how = if *before == WebSession::Connecting { "was not opened" } else { "has ended" };
                format!("the session {how}: {}. Type .session new for a new session.", clause(&why))
            }
            WebSession::Unreachable(why) => {
                let held = if self.interactive { "Messages wait; type" } else { "Type" };
                format!("the connection cannot be opened: {}. {held} .session connect to try again.", clause(&why))
            }
            WebSession::Reconnecting(at, why) => {
                let again = format!("guestwire connects again in {}", span(at.left(self.now)));
                format!("the connection broke: {}. {again}; messages wait until then.", clause(&why))
            }
            WebSession::Closed => "the session is closed. Type .session connect to open it again.".to_owned(),
            WebSession::Connecting => return,
        };
        self.say(format!("{}: {said}", self.spoken(key)));
    }

    pub(super) fn show_conversation_id(&mut self, key: ConversationKey) {
        let item = self.session.conversations.get(key);
        let Some(id) = item.and_then(|item| item.conversation_id()).map(ending) else { return };
        self.say(format!("{}: its conversation id is known now, {id}; .ids shows it in full.", self.spoken(key)));
    }

    pub(super) fn discovered(&mut self, page: u32, found: Result<Vec<DiscoveredConversation>, String>, more: bool) {
        if self.asked.page.take_if(|asked| *asked == page).is_none() {
            return;
        }
        self.dialogue.prompt_due = true;
        if let Err(why) = &found {
            let sentence = format!("Active conversations cannot be listed: {}. You can still send.", clause(why));
            return self.say_end(Exit::Refused, sentence);
        }
        let found = found.unwrap_or_default();
        self.ends(Exit::Done, None);
        self.say(format!("{} active.", counted(found.len(), "conversation")));
        for (n, one) in (1_usize..).zip(&found) {
            let began = one.began.map(|began| began.to_zoned(self.zone.clone()).strftime("%d %b %H:%M").to_string());
            let known = self.with_id(&one.conversation_id).map(|known| self.spoken(known));
            let mut parts = vec![n.to_string(), format!("id {}", ending(&one.conversation_id))];
            parts.extend(began.map(|began| format!("since {began}")));
            parts.extend(one.via.clone());
            parts.extend(known.map(|known| format!("which is {known} here")));
            self.say(parts.join(", ") + ".");
        }
        if !found.is_empty() {
            self.say("Type .add and a number to add a conversation.");
        }
        if more {
            self.say(format!("There are more: type .active {}.", page + 1));
        }
        self.found = found;
    }

    fn with_id(&self, id: &str) -> Option<ConversationKey> {
        self.session.conversations.with_conversation_id(id).map(|item| item.conversation.key)
    }

    pub(super) fn discover(&mut self, rest: &str) -> Done {
        let page = u32::try_from(number(rest)?.unwrap_or(1)).ok().filter(|page| *page > 0);
        let page = page.ok_or("There is no such page. Type .active, or .active 2 for the second page.")?;
        self.asked.page = Some(page);
        self.ask(Command::Discover(page));
        Ok(())
    }

    pub(super) fn add(&mut self, rest: &str) -> Done {
        if rest.contains('<') || MessengerSnippet::read(rest).is_some() {
            self.add_snippet(rest);
            return Ok(());
        }
        if rest.is_empty() {
            return Err("Type .add and a number of .active, or a conversation id.".to_owned());
        }
        let (id, participant_id) = match rest.parse::<usize>().ok().filter(|n| *n > 0 && rest.len() < 6) {
            Some(n) => {
                let none = || format!("There is no number {n} in the list. Type .active to list the conversations.");
                let found = self.found.get(n - 1).ok_or_else(none)?;
                (found.conversation_id.clone(), found.participant_id.clone())
            }
            None => (rest.to_owned(), None),
        };
        let known = self.with_id(&id);
        if known.is_none() && !is_uuid(&id) {
            self.say(ADDED_MALFORMED);
        }
        let name = format!("added {}", short_id(&id, true));
        let address = Address::GuestApi { conversation_id: id, participant_id, external_id: None };
        let key = known.unwrap_or_else(|| self.add_address(name, address));
        self.open_key(key);
        Ok(())
    }

    pub(super) fn remove(&mut self) -> Result<(), String> {
        let key = self.active()?;
        if let Some(why) = self.session.not_removable(key) {
            return Err(format!("It is not removed: {why}."));
        }
        let name = self.spoken(key);
        self.with_session(|session, _, changes| session.remove_conversation(key, changes));
        self.say(format!("{name}, is removed from the list."));
        Ok(())
    }

    fn add_address(&mut self, name: String, address: Address) -> ConversationKey {
        self.with_session(|session, _, changes| session.add_conversation(name, address, changes))
    }

    /// A Messenger's snippet, as far as it has come: it names deployment and region; of the site only a person knows.
    pub(super) fn add_snippet(&mut self, text: &str) {
        let whole = text.contains("</script>") || text.lines().last().is_some_and(|line| line.trim().is_empty());
        match MessengerSnippet::read(text) {
            // The rest of it is no message.
            Some(_) if text.contains("<script") && !whole => self.dialogue.snippet = Some(text.to_owned()),
            Some(found) => match found.foreign_to(&self.session.profile.facts.region) {
                Some(why) => self.wrong(why),
                None => self.put(PlainQuestion::Site(found.deployment_id), ""),
            },
            None if whole => self.wrong("There is no deploymentId in this snippet; nothing was added."),
            None => self.dialogue.snippet = Some(text.to_owned()),
        }
    }

    pub(super) fn site(&mut self, deployment_id: String, line: &str) {
        match address::origin(line) {
            Ok(origin) => {
                let name = format!("web guest {}", short_id(&deployment_id, true));
                let address = Address::WebMessaging { deployment_id, origin };
                let same = self.session.conversations.with_address(&address);
                let key = same.unwrap_or_else(|| self.add_address(name, address));
                self.open_key(key);
            }
            Err(why) if self.interactive => {
                self.say(format!("{why}."));
                self.put(PlainQuestion::Site(deployment_id), "");
            }
            Err(why) => self.wrong(format!("Not added: {why}.")),
        }
    }

    pub(super) fn keep_in_config(&mut self) -> Done {
        let key = self.active()?;
        let item = self.session.conversations.get(key).ok_or("That conversation is not there any more.")?;
        let conversation = Conversation { name: item.name().to_owned(), ..item.conversation.clone() };
        self.ask_machine(LocalRequest::KeepInConfig(Box::new(conversation)));
        Ok(())
    }

    pub(super) fn session(&mut self, rest: &str) -> Done {
        let key = self.active()?;
        let Some(session) = self.session.conversations.get(key).and_then(|i| i.session()).cloned() else {
            return Err("Only web messaging conversations have a session.".to_owned());
        };
        if rest.is_empty() {
            let (name, words) = (self.spoken(key), ASKS.map(|(word, ..)| word).join(", "));
            self.say(format!("{name}, its session is {}. After .session, type one of: {words}.", session.word()));
            return Ok(());
        }
        let Some((_, ask, sentence)) = ASKS.into_iter().find(|(word, ..)| *word == rest) else {
            let near = sentences::nearest_to(rest, "", ASKS.map(|(word, ..)| word));
            return Err(format!("There is no session command {rest}.{near} Type .session to list them."));
        };
        if sentence.is_empty() {
            self.ask_session(key, ask);
        } else {
            self.put(PlainQuestion::Session(key, ask), sentence);
        }
        Ok(())
    }

    pub(super) fn ask_session(&mut self, key: ConversationKey, ask: SessionAsk) {
        let Some(session) = self.session.conversations.get(key).map(|item| &item.live.session) else { return };
        if let Some(why) = session.forbids(ask) {
            let (exit, then) = match (ask, session) {
                (SessionAsk::Close, _) | (SessionAsk::Connect, WebSession::Open { .. }) => (Exit::Done, ""),
                (_, WebSession::ReadOnly(_)) => (Exit::Refused, " Type .session new for a new session."),
                _ => (Exit::Refused, " Type .session connect first."),
            };
            return self.say_end(exit, format!("{}: the session stays as it is: {why}.{then}", self.spoken(key)));
        }
        // The others move nothing that would be told.
        if !matches!(ask, SessionAsk::Join | SessionAsk::History | SessionAsk::Health) {
            self.asked.web_session = Some(AwaitedSession { key, ask, until: self.now.after(SESSION_WAIT) });
        }
        self.ask(Command::Session(key, ask));
    }

    pub(super) fn check_session_wait(&mut self) {
        let now = self.now;
        if let Some(awaited) = self.asked.web_session.take_if(|awaited| awaited.until.left(now).is_zero()) {
            let (spoken, waited) = (self.spoken(awaited.key), span(SESSION_WAIT));
            self.say_end(Exit::Unknown, format!("{spoken}: the session has not changed within {waited}."));
        }
    }

    pub(super) fn attach(&mut self, rest: &str) -> Done {
        let (key, channel) = self.carrier()?;
        let file = local::attachment(rest)?;
        if let Some(why) = file.objection(channel) {
            return Err(sentence(&why));
        }
        match file.place {
            FileSource::File(_) => self.ask_machine(LocalRequest::SeeFile(key, file)),
            FileSource::Url(_) => self.attached(key, file),
        }
        Ok(())
    }

    pub(super) fn attached(&mut self, key: ConversationKey, file: Attachment) {
        self.say(format!("{}, {}, is sent with the next message.", file.label(), file.mime));
        self.next.carried.entry(key).or_default().attachments.push(file);
    }

    pub(super) fn attribute(&mut self, rest: &str) -> Done {
        let (key, _) = self.carrier()?;
        let (name, value) = local::attribute(rest)?;
        let extras = self.next.carried.entry(key).or_default();
        extras.attributes.insert(name.clone(), value.clone());
        let bytes = attributes_bytes(&extras.attributes);
        self.say(format!("{name}={value} is sent with the next message; {bytes} of {ATTRIBUTES_MAX_BYTES} bytes."));
        Ok(())
    }

    pub(super) fn take_off(&mut self) -> Done {
        let key = self.active()?;
        self.next.carried.remove(&key);
        self.say("The next message has no files and no attributes.");
        Ok(())
    }

    fn carrier(&self) -> Result<(ConversationKey, Channel), String> {
        let key = self.active()?;
        let channel = self.session.conversations.channel(key).unwrap_or(Channel::GuestApi);
        let why = local::carries_nothing(channel);
        why.map_or(Ok((key, channel)), |why| Err(format!("Nothing was added: {why}.")))
    }
}
