//! Reads typed lines: texts, commands and answers to questions. Every text can be sent, and none is taken for a command:
//!
//! ```text
//! hello            the text "hello"
//! .open 2          a command
//! ..open 2         the text ".open 2": the first of two dots goes away
//! .say .open 2     the text ".open 2": what follows `.say ` is taken as it is
//! .begin … .end    a text of several lines; in it `..` at a line's beginning is one dot, and only `.end` and `.drop`
//!                  on a line of their own are commands
//! ```

use std::collections::BTreeSet;

use crate::model::{ConversationKey, MessageId, OutgoingMessage, SessionAsk};

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ParsedLine<'l> {
    Blank,
    Text(&'l str),
    /// A dot, a name, and what follows it, without blanks around.
    Command(&'l str, &'l str),
}

pub fn read(line: &str) -> ParsedLine<'_> {
    if line.trim().is_empty() {
        return ParsedLine::Blank;
    }
    match line.strip_prefix('.') {
        None => ParsedLine::Text(line),
        Some(rest) if rest.starts_with('.') => ParsedLine::Text(rest),
        Some(rest) => {
            let (name, rest) = rest.split_once([' ', '\t']).unwrap_or((rest, ""));
            if name.eq_ignore_ascii_case("say") {
                return ParsedLine::Text(rest);
            }
            ParsedLine::Command(name, rest.trim())
        }
    }
}

/// How many entries or messages are shown where nobody says how many.
pub(super) const FEW: usize = 10;

/// What a command comes to: done, or a sentence that says why it cannot be done.
pub(super) type Done = Result<(), String>;

pub(super) fn number(rest: &str) -> Result<Option<u64>, String> {
    if rest.is_empty() {
        return Ok(None);
    }
    let digits = rest.strip_prefix('#').unwrap_or(rest);
    digits.parse().map(Some).map_err(|_| format!("{rest} is not a number; nothing was done. .log shows the numbers."))
}

pub(super) fn how_many(rest: &str) -> Result<usize, String> {
    Ok(number(rest)?.map_or(FEW, |n| usize::try_from(n).unwrap_or(usize::MAX)))
}

/// A number of the log that must be there, and what follows it.
pub(super) fn numbered<'l>(rest: &'l str, command: &str) -> Result<(u64, &'l str), String> {
    let (n, rest) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
    let n = number(n)?.ok_or_else(|| format!("Type .{command} and a number of the log; .log shows the numbers."))?;
    Ok((n, rest.trim()))
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PlainQuestion {
    Send(Box<OutgoingMessage>),
    Session(ConversationKey, SessionAsk),
    Resend(MessageId),
    /// Send a message again of which nobody knows whether it was received?
    Again(MessageId),
    Settle(MessageId),
    Site(String),
    PassStep,
    PassStop,
    Quit,
}

impl PlainQuestion {
    pub(super) const fn how(&self) -> &'static str {
        match self {
            Self::Send(_) | Self::Session(..) | Self::Resend(_) | Self::PassStep | Self::PassStop | Self::Quit => {
                "Type yes or no."
            }
            Self::Again(_) => "Type again to send it again, or no.",
            Self::Settle(_) => "Type 1, 2, 3 or 4.",
            Self::Site(_) => "Type a site that the deployment allows, like https://shop.example, or no.",
        }
    }
}

#[derive(Debug, Default)]
pub(super) struct Dialogue {
    pub question: Option<PlainQuestion>,
    /// The lines of a text that was begun and not ended.
    pub block: Option<Vec<String>>,
    /// A Messenger's snippet that goes on in the next line.
    pub snippet: Option<String>,
    /// Conversations that were opened and whose first reading is to be told of.
    pub greeting: BTreeSet<ConversationKey>,
    pub no_more_lines: bool,
    pub prompt_due: bool,
}
