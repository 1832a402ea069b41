//! Every action of the console is found here, or the reason why not.

use super::parser::COMMANDS;
use crate::tui::action::{ACTIONS, Action, Context};

/// How an action of the console is done in lines: the command's name. Or why there is none.
fn in_lines(action: Action) -> Result<&'static str, &'static str> {
    const SCREEN: &str = "it moves on the screen, or changes how the screen looks";
    const KEYBOARD: &str = "the terminal itself edits the line";
    const LATER: &str = "not yet";
    match action.spec().context {
        Context::Composer if action == Action::Send => return Ok("say"),
        Context::Composer if action == Action::NewLine => return Ok("begin"),
        Context::Composer => return Err(KEYBOARD),
        Context::Dialog | Context::Present => return Err(SCREEN),
        Context::Pass => return Ok("pass"),
        Context::Global | Context::Picker | Context::Log => {}
    }
    match action {
        Action::Help | Action::Palette => Ok("help"),
        Action::Choose => Ok("choose"),
        Action::Extras | Action::Attach => Ok("attach"),
        Action::Attribute => Ok("attribute"),
        Action::Session
        | Action::SessionConnect
        | Action::SessionNew
        | Action::SessionGuest
        | Action::SessionJoin
        | Action::SessionClear
        | Action::SessionClose
        | Action::SessionHistory
        | Action::SessionHealth => Ok("session"),
        Action::Pass => Ok("pass"),
        Action::Connect => Ok("signin"),
        Action::Renew => Ok("renew"),
        Action::Status => Ok("token"),
        Action::Quit => Ok("quit"),
        Action::Interrupt => Ok("cancel"),
        Action::ResumeQueue => Ok("resume"),
        Action::Thread => Ok("thread"),
        Action::Filter | Action::Search => Ok("find"),
        Action::Open => Ok("open"),
        Action::NextUnread => Ok("list"),
        Action::Nickname => Ok("rename"),
        Action::IdCard | Action::CopyIds => Ok("ids"),
        Action::Add => Ok("add"),
        Action::Discover => Ok("active"),
        Action::Refresh => Ok("read"),
        Action::Density | Action::CopyLine => Ok("log"),
        Action::Why => Ok("why"),
        Action::Resend => Ok("resend"),
        Action::Settle => Ok("settle"),
        Action::CopyCurl => Ok("curl"),
        Action::CopyHeaders => Ok("headers"),
        Action::CopyBody => Ok("body"),
        Action::CopyTicket => Ok("ticket"),
        Action::CopyNote => Ok("note"),
        Action::Compare | Action::CompareAccepted => Ok("compare"),
        Action::Mark => Ok("mark"),
        Action::Comment => Ok("comment"),
        Action::EditCopy => Err(KEYBOARD),
        Action::Suspend => Err("the shell's own Ctrl-Z does it"),
        Action::Arm => Err("each message to production is asked about: a script answers yes"),
        Action::Present | Action::Record => Err("a demo and a recording are of the screen"),
        Action::Transcript | Action::Export | Action::SearchKept => {
            Err("`guestwire export` and `guestwire log` do it, also while this runs")
        }
        Action::Probe => Err("`guestwire doctor` does it"),
        Action::FaultBench | Action::SendAs => Err("a test run sets faults and sends wrongly on purpose: .pass"),
        Action::PassFromSession => Err(LATER),
        Action::KeepInConfig => Ok("keep"),
        _ => Err(SCREEN),
    }
}

#[test]
fn every_action_is_done_by_a_command_or_has_a_reason_why_not() {
    for spec in ACTIONS {
        if let Ok(name) = in_lines(spec.action) {
            assert!(COMMANDS.iter().any(|command| command.name == name), "{} wants .{name}", spec.name);
        }
    }
    let reasons = ACTIONS.iter().filter(|spec| in_lines(spec.action).is_err()).count();
    assert!(reasons < ACTIONS.len() * 2 / 3, "{reasons} of {}", ACTIONS.len());
}
