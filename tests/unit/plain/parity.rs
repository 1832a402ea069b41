//! Every action of the console is found here, or is a thing of the screen alone.

use crate::plain::commands::COMMANDS;
use crate::tui::action::{ACTIONS, Action, Context};

/// How an action of the console is done in lines: the command's name. `None` where it only moves on the screen, changes
/// how the screen looks, or edits a line, which the terminal itself does.
fn in_lines(action: Action) -> Option<&'static str> {
    match action.spec().context {
        Context::Composer => match action {
            Action::Send => return Some("say"),
            Action::NewLine | Action::Editor => return Some("begin"),
            Action::ChooseText => return Some("choose"),
            Action::ExtrasText => return Some("attach"),
            Action::SessionText => return Some("session"),
            Action::RefreshText => return Some("read"),
            Action::InterruptText => return Some("cancel"),
            Action::HelpText | Action::PaletteText => return Some("help"),
            _ => return None,
        },
        Context::Dialog | Context::Present => return None,
        Context::Pass => return Some("pass"),
        Context::Global | Context::Picker | Context::Log => {}
    }
    Some(match action {
        Action::Help | Action::Palette => "help",
        Action::Choose => "choose",
        Action::Extras | Action::Attach => "attach",
        Action::Attribute => "attribute",
        Action::Session
        | Action::SessionConnect
        | Action::SessionNew
        | Action::SessionGuest
        | Action::SessionJoin
        | Action::SessionClear
        | Action::SessionClose
        | Action::SessionHistory
        | Action::SessionHealth => "session",
        Action::Pass => "pass",
        Action::PassFromSession | Action::Transcript | Action::Export => "export",
        Action::Connect => "signin",
        Action::Renew => "renew",
        Action::Status => "token",
        Action::Quit => "quit",
        Action::Interrupt => "cancel",
        Action::ResumeQueue => "resume",
        Action::Thread => "thread",
        Action::Filter | Action::Search | Action::NextError | Action::PreviousError => "find",
        Action::SearchKept => "search",
        Action::Open => "open",
        Action::NextUnread => "list",
        Action::Nickname => "rename",
        Action::IdCard | Action::CopyIds => "ids",
        Action::Add => "add",
        Action::Remove => "remove",
        Action::Discover => "active",
        Action::Refresh => "read",
        Action::Density | Action::CopyLine | Action::LogScope | Action::Quiet => "log",
        Action::Why => "why",
        Action::Probe => "probe",
        Action::Resend | Action::EditCopy => "resend",
        Action::Settle => "settle",
        Action::CopyCurl => "curl",
        Action::CopyHeaders | Action::Pager => "headers",
        Action::CopyBody => "body",
        Action::CopyTicket => "ticket",
        Action::CopyNote => "note",
        Action::Compare | Action::CompareAccepted => "compare",
        Action::Mark => "mark",
        Action::Comment => "comment",
        Action::FaultBench => "fault",
        Action::SendAs => "sendas",
        Action::KeepInConfig => "keep",
        // A script answers the question of production by a line, so nothing is armed.
        Action::Arm => "say",
        // Screen alone.
        Action::NextPane
        | Action::PreviousPane
        | Action::GoPicker
        | Action::GoLog
        | Action::GoComposer
        | Action::Zoom
        | Action::Redraw
        | Action::Suspend
        | Action::Back
        | Action::Present
        | Action::Record
        | Action::Theme
        | Action::PickerUp
        | Action::PickerDown
        | Action::PickerPageUp
        | Action::PickerPageDown
        | Action::PickerFirst
        | Action::PickerLast
        | Action::Pin
        | Action::Sort
        | Action::LogUp
        | Action::LogDown
        | Action::LogPageUp
        | Action::LogPageDown
        | Action::LogHalfUp
        | Action::LogHalfDown
        | Action::LogFirst
        | Action::LogLast
        | Action::NextMatch
        | Action::PreviousMatch
        | Action::Follow
        | Action::Wrap => return None,
        // The composer, dialogs, demo and test run are above.
        other => unreachable!("{} is neither done in lines nor of the screen alone", other.spec().name),
    })
}

#[test]
fn every_action_is_done_by_a_command_or_is_of_the_screen_alone() {
    for spec in ACTIONS {
        if let Some(name) = in_lines(spec.action) {
            assert!(COMMANDS.iter().any(|command| command.name == name), "{} wants .{name}", spec.name);
        }
    }
}
