//! `guestwire send`: one message through the same engine as the console, what came of it, and what is said on the way.

pub mod front_end;
pub(super) mod lines;

use std::collections::BTreeMap;
use std::io::{self, IsTerminal as _};
use std::time::Duration;

use clap::Args;

use self::front_end::{SendFrontEnd, Sending};
use crate::app::drive::{Needs, run_front_end};
use crate::app::exit::{Exit, Failed};
use crate::app::journal::ConversationMessages;
use crate::app::open::OpenProfile;
use crate::app::output::standard_input;
use crate::config::{Profile, Settings, parse_duration};
use crate::model::{Attachment, Choice, ConversationKey, Extras, Variation};
use crate::session::local;
use crate::text::{alike, cleaned, nearest, suggestion};

/// `guestwire send`
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  guestwire send --sandbox --to Echo \"Hello\"
  echo \"Hello\" | guestwire send --to \"Billing bot\" --reply-within 10s --json -
  guestwire send --region mypurecloud.de --deployment ID --origin https://shop.example \"Hello\"

The last line of --json is the outcome: accepted, refused or unknown.")]
pub struct SendArgs {
    /// The conversation, by its name in the config file; not needed where there is only one, or flags describe it
    #[arg(long, value_name = "NAME")]
    pub to: Option<String>,
    /// Print one JSON object per line instead of text
    #[arg(long)]
    pub json: bool,
    /// Wait this long for a reply, like 10s; if none arrives, the exit code is 1
    #[arg(long, value_name = "TIME", value_parser = duration)]
    pub reply_within: Option<Duration>,
    /// Send it wrongly on purpose, for a negative test: expired-token, no-token, wrong-scope, other-participant,
    /// malformed-id, oversize or emoji-bidi
    #[arg(long = "as", value_name = "HOW", value_parser = variation)]
    pub sent_as: Option<Variation>,
    /// Participant data for Architect, sent with the message; may be given several times
    #[arg(long = "attribute", value_name = "NAME=VALUE", value_parser = local::attribute)]
    pub attributes: Vec<(String, String)>,
    /// A file to send with the message: a URL for open-messaging, a path for web-messaging; may be given several times
    #[arg(long = "attach", value_name = "URL|FILE", value_parser = local::attachment)]
    pub attachments: Vec<Attachment>,
    /// Answer with a choice: its number in the newest offer, or its label, and its payload if that
    /// differs (write a label that is a number as 2=2)
    #[arg(long, value_name = "N|LABEL[=PAYLOAD]", value_parser = taken)]
    pub choice: Option<ChoiceArgument>,
    /// The id of the message that offered the choice (--json prints it with each reply); open-messaging needs it with a
    /// LABEL
    #[arg(long, value_name = "ID", requires = "choice")]
    pub answers: Option<String>,
    /// What to send; `-` (or nothing, in a pipe) reads it from standard input
    #[arg(value_name = "TEXT")]
    pub text: Option<String>,
}

fn variation(text: &str) -> Result<Variation, String> {
    Variation::named(text).ok_or_else(|| format!("there is no such way to send{}", suggestion(text, Variation::WORDS)))
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ChoiceArgument {
    Number(usize),
    Choice(Choice),
}

fn taken(text: &str) -> Result<ChoiceArgument, String> {
    if text.bytes().all(|b| b.is_ascii_digit()) && !text.is_empty() {
        let number = text.parse().ok().filter(|n| *n > 0).ok_or("choices are numbered from 1")?;
        return Ok(ChoiceArgument::Number(number));
    }
    let (label, payload) = text.split_once('=').unwrap_or((text, text));
    if label.trim().is_empty() {
        return Err("give the label of the choice, like Yes, or Yes=yes where its payload differs".to_owned());
    }
    Ok(ChoiceArgument::Choice(Choice::new(label, payload)))
}

fn duration(text: &str) -> Result<Duration, String> {
    parse_duration(text).ok_or_else(|| "give a length of time above zero, like 500ms, 10s or 2m".to_owned())
}

/// More than any channel takes; a pipe that never ends is not read forever.
const MAX_BYTES: u64 = 1 << 20;

/// What the arguments say is to be sent, read from where it is; into which conversation is not decided yet.
fn sending(args: SendArgs) -> Result<Sending, Failed> {
    let (choice, pick) = match args.choice {
        Some(ChoiceArgument::Number(number)) => (None, Some(number)),
        Some(ChoiceArgument::Choice(choice)) => (Some(choice), None),
        None => (None, None),
    };
    let mut attributes = BTreeMap::new();
    for (name, value) in args.attributes {
        if attributes.insert(name.clone(), value).is_some() {
            return Err(Failed::usage(format!("--attribute {name} is given twice; nothing was sent")));
        }
    }
    let SendArgs { answers, attachments, reply_within, sent_as, .. } = args;
    let extras = Extras { choice, offer_id: answers, attributes, attachments, idempotency_key: None };
    let text = match (args.text.as_deref(), &extras.choice) {
        // A choice says what stands on it, and a file may go without a word.
        (None, Some(choice)) => choice.label.clone(),
        (None, None) if pick.is_some() || !extras.attachments.is_empty() => String::new(),
        (None, None) if io::stdin().is_terminal() => {
            let how = "give the text, or `-` to read it from standard input";
            return Err(Failed::usage(format!("there is nothing to send; {how}")));
        }
        (None | Some("-"), _) => {
            let text = String::from_utf8(standard_input(MAX_BYTES)?);
            cleaned(&text.map_err(|_| Failed::usage("standard input is not UTF-8 text; nothing was sent"))?)
        }
        (Some(text), _) => text.to_owned(),
    };
    let says_nothing = text.trim().is_empty() && extras.attachments.is_empty();
    if says_nothing && (pick.is_none() || args.text.is_some()) {
        return Err(Failed::usage("the text is empty; nothing was sent"));
    }
    Ok(Sending { conversation: ConversationKey(0), text, extras, reply_within, sent_as, pick })
}

pub fn find(profile: &Profile, name: &str) -> Result<ConversationKey, Failed> {
    if let Some(entry) = profile.conversations.iter().find(|e| e.conversation.name == name) {
        return Ok(entry.conversation.key);
    }
    let names = profile.conversations.iter().map(|e| e.conversation.name.as_str());
    let how = match nearest(name, names) {
        Some(near) => match alike::difference(near, name) {
            Some(difference) => format!("it has \"{near}\": {difference}"),
            None => format!("did you mean \"{near}\"?"),
        },
        None if profile.conversations.is_empty() => "it has none".to_owned(),
        None => format!("it has {}", quoted_names(profile)),
    };
    Err(Failed::usage(format!("--to: the profile `{}` has no conversation \"{name}\"; {how}", profile.name)))
}

fn only(profile: &Profile) -> Result<ConversationKey, Failed> {
    let how = match profile.conversations.as_slice() {
        [only] => return Ok(only.conversation.key),
        [] => "it has none; describe one with --deployment, --integration or --conversation".to_owned(),
        _ => format!("name one with --to; it has {}", quoted_names(profile)),
    };
    Err(Failed::usage(format!("no conversation of the profile `{}` is named: {how}", profile.name)))
}

fn quoted_names(profile: &Profile) -> String {
    profile.conversations.iter().map(|e| format!("\"{}\"", e.conversation.name)).collect::<Vec<_>>().join(", ")
}

/// Sends, and waits for the outcome. `described`: flags describe the conversation.
pub async fn run(args: SendArgs, described: bool, settings: &Settings) -> Result<Exit, Failed> {
    let (to, json) = (args.to.clone(), args.json);
    let mut sending = sending(args)?;
    let opened = OpenProfile::announced(settings)?;
    sending.conversation = match &to {
        Some(name) => find(&opened.profile, name)?,
        None if described => sending.conversation,
        None => only(&opened.profile)?,
    };
    let conversation = sending.conversation;
    let channel = opened.profile.conversations.get(conversation.0 as usize).map(|e| e.conversation.channel());
    // The guest's socket needs no token, so nobody is bothered with signing in.
    let sign_in = channel.is_none_or(|channel| !channel.has_sessions());
    let needs = Needs { keeps: true, sign_in, report_on_stdout: false };
    let begin = |session, _, heard: &[ConversationMessages]| {
        let heard = heard.iter().find(|(key, _)| *key == conversation);
        SendFrontEnd::new(sending, session, heard.map_or(&[], |(_, messages)| messages))
    };
    run_front_end(opened, settings, json, needs, begin).await.exit
}

#[cfg(test)]
#[path = "../../../tests/unit/cli/send.rs"]
mod tests;
