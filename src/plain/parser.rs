//! What a typed line means. Every text can be sent, and no command can be mistaken for one:
//!
//! ```text
//! hello            the text "hello"
//! .open 2          a command
//! ..open 2         the text ".open 2": the first of two dots goes away
//! .say .open 2     the text ".open 2": what follows `.say ` is taken as it is
//! .begin … .end    a text of several lines; in it `..` at a line's beginning is one dot, and only `.end` and `.drop`
//!                  on a line of their own are commands
//! ```

use crate::text::suggest::nearest;

/// A dot command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verb {
    /// Numbers and names the conversations.
    List,
    /// Opens a conversation.
    Open,
    /// Sends the rest of the line.
    Say,
    /// Begins a text of several lines.
    Begin,
    /// Tells what was said in the open conversation.
    Thread,
    /// Reads the open conversation.
    Read,
    /// Waits for a reply.
    Wait,
    /// Tells ids in full.
    Ids,
    /// Tells the newest entries of the log.
    Log,
    /// Tells the headers of an entry.
    Headers,
    /// Tells the body of an entry.
    Body,
    /// Tells an entry as a curl command.
    Curl,
    /// Says why a message was refused.
    Why,
    /// Tells a text for a ticket.
    Ticket,
    /// Tells a note to the administrator.
    Note,
    /// Tells what differs between two entries.
    Compare,
    /// Marks an entry.
    Mark,
    /// Comments an entry.
    Comment,
    /// Finds entries.
    Find,
    /// Names the open conversation.
    Rename,
    /// Sends a message again.
    Resend,
    /// Sends what an earlier session left queued.
    Resume,
    /// Takes messages back.
    Cancel,
    /// Says what became of a message whose outcome is unknown.
    Settle,
    /// Tells what is known of the token.
    Token,
    /// Gets a new token.
    Renew,
    /// Signs in again after it failed.
    SignIn,
    /// Answers with a choice that the other side offers.
    Choose,
    /// Asks something of the session of a web conversation.
    Session,
    /// Attaches a file to the next message.
    Attach,
    /// Gives the next message a participant attribute.
    Attribute,
    /// Takes files and attributes off the next message.
    TakeOff,
    /// Lists conversations that are active.
    Active,
    /// Adds a conversation.
    Add,
    /// `.keep`
    KeepInConfig,
    /// Opens and plays a regression pass.
    Pass,
    /// Names the commands.
    Help,
    /// Leaves.
    Quit,
}

/// One command as help names it.
#[derive(Clone, Copy, Debug)]
pub struct CommandSpec {
    /// What it does.
    pub verb: Verb,
    /// As it is typed, without the dot.
    pub name: &'static str,
    /// What follows it, in words; empty where nothing does.
    pub takes: &'static str,
    /// What it does, in words.
    pub does: &'static str,
}

const fn spec(verb: Verb, name: &'static str, takes: &'static str, does: &'static str) -> CommandSpec {
    CommandSpec { verb, name, takes, does }
}

/// All commands, in the order of help.
pub const COMMANDS: &[CommandSpec] = &[
    spec(Verb::List, "list", "", "names the conversations, each with its number"),
    spec(Verb::Open, "open", "a number or name", "opens a conversation"),
    spec(Verb::Say, "say", "a text", "sends the text as it is, also one that begins with a dot"),
    spec(
        Verb::Begin,
        "begin",
        "",
        "begins a text of several lines; .end on a line of its own sends it, .drop does not",
    ),
    spec(
        Verb::Thread,
        "thread",
        "how many",
        "tells what was said last in the open conversation; 10 messages if not told",
    ),
    spec(Verb::Read, "read", "", "reads the open conversation now"),
    spec(Verb::Wait, "wait", "a time like 10s", "waits for a reply to the last message; 10 seconds if not told"),
    spec(Verb::Ids, "ids", "a log number", "tells ids in full, of that entry or of the open conversation"),
    spec(Verb::Log, "log", "how many", "tells the newest entries of the log; 10 if not told"),
    spec(Verb::Headers, "headers", "a log number", "tells the headers that were sent and received"),
    spec(Verb::Body, "body", "a log number", "tells the body that was received"),
    spec(Verb::Curl, "curl", "a log number", "tells the request as a curl command, without the token"),
    spec(
        Verb::Why,
        "why",
        "a log number",
        "says why a message was refused, what to do and what to quote; the newest if not told",
    ),
    spec(Verb::Ticket, "ticket", "a log number", "tells a text for a ticket about that refusal"),
    spec(Verb::Note, "note", "a log number", "tells a note to the administrator about that refusal"),
    spec(
        Verb::Compare,
        "compare",
        "one or two log numbers",
        "tells what differs between two entries, or from the last accepted message",
    ),
    spec(Verb::Mark, "mark", "a log number", "marks an entry, or takes its mark away"),
    spec(Verb::Comment, "comment", "a log number and a text", "writes a comment on an entry"),
    spec(Verb::Find, "find", "a filter", "tells the entries that fit a filter, such as is:error or status:401"),
    spec(Verb::Rename, "rename", "a name", "gives the open conversation a name of your own"),
    spec(Verb::Resend, "resend", "a log number", "sends a message again, after a question"),
    spec(Verb::Resume, "resume", "", "sends what an earlier session left queued"),
    spec(Verb::Cancel, "cancel", "a log number", "takes that message back, or all that are not settled"),
    spec(Verb::Settle, "settle", "a log number", "says what became of a message whose outcome is unknown"),
    spec(Verb::Token, "token", "", "tells what is known of the token, never the token"),
    spec(Verb::Renew, "renew", "", "gets a new token"),
    spec(Verb::SignIn, "signin", "", "signs in again after it failed"),
    spec(Verb::Choose, "choose", "a number", "answers with one of the choices that are offered, or tells them"),
    spec(
        Verb::Session,
        "session",
        "a word",
        "asks something of the guest session of a web conversation, or tells its state and the words",
    ),
    spec(Verb::Attach, "attach", "a path or address", "lets a file go with the next message"),
    spec(Verb::Attribute, "attribute", "name=value", "lets a participant attribute go with the next message"),
    spec(Verb::TakeOff, "takeoff", "", "takes files and attributes off the next message"),
    spec(Verb::Active, "active", "a page number", "lists the conversations that are active on the remote side"),
    spec(
        Verb::Add,
        "add",
        "a number of .active, an id, or a Messenger snippet",
        "adds a conversation and opens it; a snippet may go on in the next lines",
    ),
    spec(Verb::KeepInConfig, "keep", "", "writes the open conversation into the config file"),
    spec(
        Verb::Pass,
        "pass",
        "a word",
        "tells the open step of a regression pass, or which passes there are, and the words that play it",
    ),
    spec(Verb::Help, "help", "", "names the commands"),
    spec(Verb::Quit, "quit", "", "leaves"),
];

/// A line, understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ParsedLine {
    /// Nothing but blanks.
    Blank,
    /// A text to be sent.
    Text(String),
    /// A command and what follows it. (Of `.say` as it was typed, of others without blanks around.)
    Command(Verb, String),
    /// No command is called so; a sentence.
    Stray(String),
}

/// Understands a line (without its line end).
pub fn read(line: &str) -> ParsedLine {
    if line.trim().is_empty() {
        return ParsedLine::Blank;
    }
    let Some(rest) = line.strip_prefix('.') else { return ParsedLine::Text(line.to_owned()) };
    if rest.starts_with('.') {
        return ParsedLine::Text(rest.to_owned());
    }
    let (name, rest) = rest.split_once([' ', '\t']).unwrap_or((rest, ""));
    let folded = name.to_lowercase();
    match COMMANDS.iter().find(|spec| spec.name == folded) {
        Some(CommandSpec { verb: Verb::Say, .. }) => ParsedLine::Command(Verb::Say, rest.to_owned()),
        Some(spec) => ParsedLine::Command(spec.verb, rest.trim().to_owned()),
        None => {
            let near = nearest(&folded, COMMANDS.iter().map(|spec| spec.name));
            let near = near.map(|near| format!("Did you mean .{near}? ")).unwrap_or_default();
            ParsedLine::Stray(format!(
                "No command is called .{name}. {near}Say .help for the commands; to send a text that begins with a dot, \
                 begin it with two."
            ))
        }
    }
}

/// A line inside `.begin`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Inner {
    /// A line of the text.
    Line(String),
    /// `.end`
    End,
    /// `.drop`
    Drop,
}

/// Understands a line between `.begin` and `.end`.
pub fn read_inner(line: &str) -> Inner {
    match line.trim_end() {
        ".end" => Inner::End,
        ".drop" => Inner::Drop,
        _ if line.starts_with("..") => Inner::Line(line.chars().skip(1).collect()),
        _ => Inner::Line(line.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_text_can_be_sent() {
        let text = |t: &str| ParsedLine::Text(t.to_owned());
        for (line, meaning) in [
            ("hello", text("hello")),
            (" .open 2", text(" .open 2")),
            ("..", text(".")),
            ("..open 2", text(".open 2")),
            ("...", text("..")),
            ("/quit", text("/quit")),
            (" \t", ParsedLine::Blank),
            (".OPEN  2 ", ParsedLine::Command(Verb::Open, "2".to_owned())),
            (".say .open 2", ParsedLine::Command(Verb::Say, ".open 2".to_owned())),
            (".say  two blanks ", ParsedLine::Command(Verb::Say, " two blanks ".to_owned())),
            (".help", ParsedLine::Command(Verb::Help, String::new())),
        ] {
            assert_eq!(read(line), meaning, "{line:?}");
        }
    }

    #[test]
    fn a_slip_gets_the_nearest_command_and_the_way_to_send_it() {
        let ParsedLine::Stray(sentence) = read(".resnd 4") else { panic!("a command") };
        assert!(sentence.contains("Did you mean .resend?") && sentence.contains("begin it with two"), "{sentence}");
        assert!(matches!(read("."), ParsedLine::Stray(_)));
    }

    #[test]
    fn a_block_takes_every_line() {
        let line = |t: &str| Inner::Line(t.to_owned());
        for (typed, inner) in [
            ("", line("")),
            (".open 2", line(".open 2")),
            ("..end", line(".end")),
            ("...", line("..")),
            (" .end", line(" .end")),
            (".end ", Inner::End),
            (".drop", Inner::Drop),
        ] {
            assert_eq!(read_inner(typed), inner, "{typed:?}");
        }
    }

    #[test]
    fn no_two_commands_share_a_name() {
        for (at, spec) in COMMANDS.iter().enumerate() {
            assert_eq!(COMMANDS.iter().position(|s| s.name == spec.name), Some(at), "{}", spec.name);
        }
    }
}
