//! `guestwire send`: one message through the same engine as the console, and what came of it.

pub mod fold;
pub mod lines;
use std::io::{self, IsTerminal as _};
use std::time::Duration;

use crate::config::{Profile, Settings};
use crate::model::{ConversationKey, Extras, Variation};
use crate::session::Session;
use crate::text::typed;

use super::args::{SendArgs, Taken};
use crate::app::drive::{Keeps, Needs, play};
use crate::app::exit::{Exit, Failed};
use crate::app::journal::Kept;
use crate::app::open::Opened;
use crate::app::output::standard_input;
use fold::{Pick, SendFold, Sending};

/// More than any channel takes; a pipe that never ends is not read forever.
const MAX_BYTES: u64 = 1 << 20;

/// A send, resolved from the arguments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SendOptions {
    to: Option<String>,
    text: String,
    extras: Extras,
    pick: Option<Pick>,
    json: bool,
    reply_within: Option<Duration>,
    sent_as: Option<Variation>,
}

impl SendOptions {
    /// Reads the text from where it is.
    pub fn from_args(args: SendArgs) -> Result<Self, Failed> {
        let (choice, pick, answers) = match args.choice {
            Some(Taken::Number(number)) => (None, Some(Pick { number, of: args.answers }), None),
            Some(Taken::Choice(choice)) => (Some(choice), None, args.answers),
            None => (None, None, None),
        };
        let extras = Extras {
            choice,
            answers,
            attributes: args.attributes.into_iter().collect(),
            attachments: args.attachments,
            key: None,
        };
        let text = match args.text.as_deref() {
            // A choice says what stands on it, and a file may go without a word.
            None if extras.choice.is_some() => extras.choice.as_ref().map(|c| c.label.clone()).unwrap_or_default(),
            None if pick.is_some() || !extras.attachments.is_empty() => String::new(),
            None if io::stdin().is_terminal() => {
                let how = "give the text, or `-` to read it from standard input";
                return Err(Failed::usage(format!("there is nothing to send; {how}")));
            }
            None | Some("-") => read_stdin()?,
            Some(text) => text.to_owned(),
        };
        let says_nothing = text.trim().is_empty() && extras.attachments.is_empty();
        if says_nothing && (pick.is_none() || args.text.is_some()) {
            return Err(Failed::usage("the text is empty; nothing was sent"));
        }
        let SendArgs { to, json, reply_within, sent_as, .. } = args;
        Ok(Self { to, text, extras, pick, json, reply_within, sent_as })
    }
}

fn read_stdin() -> Result<String, Failed> {
    let text = String::from_utf8(standard_input(MAX_BYTES)?)
        .map_err(|_| Failed::usage("standard input is not UTF-8 text; nothing was sent"))?;
    Ok(typed::cleaned(&text))
}

/// The conversation of that name, or the sentence that names the nearest.
pub fn find(profile: &Profile, name: &str) -> Result<ConversationKey, Failed> {
    if let Some(entry) = profile.conversations.iter().find(|e| e.conversation.name == name) {
        return Ok(entry.conversation.key);
    }
    let names = || profile.conversations.iter().map(|e| e.conversation.name.as_str());
    let how = match crate::text::suggest::nearest(name, names()) {
        Some(near) => format!("did you mean \"{near}\"?"),
        None if profile.conversations.is_empty() => "it has none".to_owned(),
        None => format!("it has {}", names().map(|n| format!("\"{n}\"")).collect::<Vec<_>>().join(", ")),
    };
    Err(Failed::usage(format!("--to: the profile `{}` has no conversation \"{name}\"; {how}", profile.name)))
}

/// Sends, and waits for the outcome.
pub async fn run(options: SendOptions, settings: &Settings) -> Result<Exit, Failed> {
    let opened = Opened::announced(settings)?;
    let conversation = match &options.to {
        Some(name) => find(&opened.profile, name)?,
        // The one that the flags describe.
        None => ConversationKey(0),
    };
    let channel = opened.profile.conversations.get(conversation.0 as usize).map(|e| e.conversation.channel());
    let SendOptions { text, extras, pick, reply_within, json, sent_as, .. } = options;
    let sending = Sending { conversation, text, extras, reply_within };
    // The guest's socket needs no token, so nobody is bothered with signing in.
    let needs = Needs {
        json,
        keeps: Keeps::OneMessage,
        sign_in: channel.is_none_or(|channel| !channel.has_sessions()),
        report_on_stdout: false,
    };
    let begin = |profile: &Profile, _, kept: Option<&Kept>| {
        let heard = kept.map_or(&[][..], |kept| kept.heard_before(conversation));
        SendFold::new(sending, Session::of(profile)).sent_as(sent_as).picking(pick, heard)
    };
    play(opened, settings, needs, begin).await.exit
}
