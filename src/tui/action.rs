//! Named user intents, in the order of the help page. Bindings, help, footer, palette and tests all speak of these.

use std::fmt;

pub use crate::config::settings::KeyContext as Context;

macro_rules! actions {
    ($($context:ident {
        $($action:ident $(= $twin:ident)? $name:literal [$($key:literal),*] $about:literal $(~ $synonyms:literal)?;)*
    })*) => {
        /// A named user intent.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Action {
            $($(#[doc = $about] $action,)*)*
        }

        /// All actions, in help order.
        pub const ACTIONS: &[ActionRow] = &[
            $($(ActionRow {
                action: Action::$action,
                name: $name,
                context: Context::$context,
                keys: &[$($key),*],
                about: $about,
                synonyms: concat!("", $($synonyms)?),
                twin: [$(Action::$twin)?].first().copied(),
            },)*)*
        ];
    };
}

/// What there is to know of an action.
#[derive(Clone, Copy, Debug)]
pub struct ActionRow {
    /// The action.
    pub action: Action,
    /// Its name in config and palette.
    pub name: &'static str,
    /// Where its keys are resolved.
    pub context: Context,
    /// Its default keys, in the words of [`super::chord::KeySequence::parse`].
    pub keys: &'static [&'static str],
    /// One line for help and palette.
    pub about: &'static str,
    /// Further words under which the palette finds it.
    pub synonyms: &'static str,
    /// Of the composer, where letters are text: the action outside of it that does the same.
    pub twin: Option<Action>,
}

actions! {
    Global {
        Help "help" ["?", "F1"] "Show the keys that work here" ~ "manual keys shortcuts";
        Palette "palette" [":", "ctrl-p", "F2"] "Find a command by name" ~ "command search";
        NextPane "next-pane" ["tab"] "Go to the next pane" ~ "focus switch";
        PreviousPane "previous-pane" ["shift-tab"] "Go to the previous pane" ~ "focus switch back";
        GoPicker "conversations" ["1"] "Go to the conversations" ~ "picker list";
        GoLog "log" ["2"] "Go to the log" ~ "exchanges traffic";
        GoComposer "compose" ["i", "c", "3"] "Go to the composer and type" ~ "write message insert";
        Filter "filter" ["/"] "Filter this pane as you type" ~ "search find";
        Zoom "zoom" ["z"] "Give this pane the whole screen, or show all panes again" ~ "full maximize";
        Thread "thread" ["t"] "Show the conversation's messages beside or over the log" ~ "transcript bubbles chat messages";
        SendAs "send-as" [] "Send the next message wrongly on purpose (negative test)" ~ "fault bench expired token scope participant malformed oversize emoji bidi";
        FaultBench "fault-bench" ["B"] "Sandbox: break something on purpose; elsewhere, send the next message wrongly" ~ "fault error inject simulate 401 429 500 negative test expired token scope oversize emoji bidi";
        Choose "choose" ["o"] "Answer with one of the choices of the other side" ~ "option quick reply button number answer";
        Extras "extras" ["x"] "Files and participant attributes of the next message" ~ "attachment attribute custom data";
        Attach "attach" [] "Attach a file or an address to the next message" ~ "attachment upload image file url";
        Attribute "attribute" [] "Give the next message a participant attribute, name=value" ~ "custom attributes participant data architect";
        Session "session" ["w"] "Control the guest session of a web conversation" ~ "web messaging websocket socket connect reconnect";
        SessionConnect "session-connect" [] "Open the web conversation's session, or resume it" ~ "websocket reconnect";
        SessionNew "session-new" [] "Start a new session as the same guest" ~ "startnew read-only 409 ended";
        SessionGuest "session-guest" [] "Be a new guest: new guest token, new session (asks)" ~ "identity token";
        SessionJoin "session-join" [] "Join: begin the web conversation without a message" ~ "presence autostart";
        SessionClear "session-clear" [] "End the web conversation and erase it (asks)" ~ "presence clear delete";
        SessionClose "session-close" [] "Close the session (asks)" ~ "closesession end disconnect";
        SessionHistory "session-history" [] "Read a page of the web conversation's earlier messages" ~ "jwt older";
        SessionHealth "session-health" [] "Ask whether the session is alive" ~ "echo ping health check";
        Pass "pass" ["T", "4"] "Open a test run, or show and hide the open one" ~ "regression test cases steps checklist";
        PassFromSession "pass-from-session" [] "Write the messages of this session into a pass file" ~ "regression record generate toml steps";
        Connect "connect" [] "Sign in, or say how to connect a real organisation" ~ "login signin setup profile";
        Renew "renew" ["R"] "Get a new token now" ~ "token bearer refresh oauth rotate";
        Status "status" ["!"] "Show token, scopes, region, limits and counts in full" ~ "token bearer scopes region rate limit page";
        Redraw "redraw" ["ctrl-l"] "Draw the screen again" ~ "repaint clear";
        Suspend "suspend" ["ctrl-z"] "Stop the program; fg brings it back" ~ "background shell";
        Back "back" ["esc"] "Close, clear, or leave what is on top" ~ "cancel close";
        Quit "quit" ["q"] "Go back; at the top, leave" ~ "exit leave";
        Interrupt "interrupt" ["ctrl-c"] "Cancel what runs, then clear the draft, then leave" ~ "stop abort cancel";
        ResumeQueue "resume-queue" ["Q"] "Send what an earlier session left queued" ~ "go on continue journal";
        Arm "arm" [] "PROD: send without asking for ten minutes" ~ "production confirm";
        Present "present" ["P"] "Demo mode: large text, plain words, names hidden; again to leave" ~ "demo presentation show rehearsal script play";
        Transcript "transcript" [] "Save what was said in this conversation: Markdown, HTML or text" ~ "export messages chat html markdown save";
        Record "rec" [] "Record the screen as an asciinema cast, or end the recording" ~ "record asciinema cast video demo movie";
        Theme "theme" [] "Change the colours" ~ "dark light contrast colour color mono";
    }
    Picker {
        PickerUp "picker-up" ["k", "up"] "Up";
        PickerDown "picker-down" ["j", "down"] "Down";
        PickerPageUp "picker-page-up" ["pgup"] "Page up";
        PickerPageDown "picker-page-down" ["pgdn"] "Page down";
        PickerFirst "picker-first" ["g", "home"] "First";
        PickerLast "picker-last" ["G", "end"] "Last";
        Open "open" ["enter", "space"] "Open the conversation and type" ~ "select pick";
        NextUnread "next-unread" ["a"] "Go to the next conversation with unread messages" ~ "new";
        Pin "pin" ["p"] "Pin to the top, or unpin" ~ "favourite star";
        Nickname "nickname" ["n"] "Give it a name of your own" ~ "rename alias label";
        IdCard "id-card" ["#"] "Show all its ids in full, and whether they are well formed" ~ "ids conversation participant";
        Add "add" ["+"] "Add a conversation by pasting its id, or a Messenger snippet" ~ "new paste id deployment";
        Remove "remove" ["-", "delete"] "Remove a conversation that was added by hand (asks)" ~ "delete forget drop";
        KeepInConfig "keep-in-config" ["K"] "Write the conversation into the config file" ~ "save permanent toml";
        Discover "discover" ["L"] "List the active conversations, to add one" ~ "find active analytics query list";
        Refresh "refresh" ["F5"] "Read the conversation now" ~ "reload read messages poll";
        Sort "sort" ["s"] "Sort by recent activity or by config order" ~ "order";
    }
    Log {
        LogUp "log-up" ["k", "up"] "Up";
        LogDown "log-down" ["j", "down"] "Down";
        LogPageUp "log-page-up" ["pgup"] "Page up";
        LogPageDown "log-page-down" ["pgdn"] "Page down";
        LogHalfUp "log-half-up" ["ctrl-u"] "Half a page up";
        LogHalfDown "log-half-down" ["ctrl-d"] "Half a page down";
        LogFirst "log-first" ["g", "home"] "First entry";
        LogLast "log-last" ["G", "end"] "Last entry, and follow" ~ "tail bottom newest";
        Density "density" ["enter", "space"] "Show more of the entry: line, summary, full" ~ "expand fold details headers";
        NextError "next-error" ["]"] "Next error" ~ "refused 401 unknown";
        PreviousError "previous-error" ["["] "Previous error" ~ "refused 401 unknown";
        Search "search" ["ctrl-f"] "Search the entries" ~ "find";
        SearchKept "search-kept" ["S"] "Search the journal: all entries, also of earlier sessions" ~ "journal history full text find past";
        NextMatch "next-match" ["n"] "Next match of the search" ~ "find";
        PreviousMatch "previous-match" ["N"] "Previous match of the search" ~ "find";
        Follow "follow" ["F"] "Follow the newest entry, or stop" ~ "tail";
        Why "why" ["d"] "Say why it was refused: evidence, what to do, what to quote" ~ "diagnosis cause reason explain 401 403 card";
        Probe "probe" ["D"] "Diagnose: run read-only checks of hosts, token, scopes, region, conversation, participant" ~ "doctor check settle diagnose test";
        Resend "resend" ["r"] "Send this message again (asks)" ~ "retry repeat replay again";
        EditCopy "edit-copy" ["e"] "Put a copy of this message into the composer" ~ "clone";
        Settle "settle" ["u"] "Say what became of a message with an unknown outcome" ~ "unknown landed lost delivered";
        CopyIds "copy-ids" ["y i"] "Copy the request ids" ~ "clipboard correlation yank";
        CopyCurl "copy-curl" ["y c"] "Copy as a curl command, without the token" ~ "clipboard yank";
        CopyHeaders "copy-headers" ["y h"] "Copy the headers" ~ "clipboard yank";
        CopyBody "copy-body" ["y b"] "Copy the body" ~ "clipboard yank json";
        CopyLine "copy-line" ["y y"] "Copy the line" ~ "clipboard yank";
        CopyTicket "copy-ticket" ["y t"] "Copy a text for a ticket: cause, evidence, ids, UTC time" ~ "clipboard yank support report";
        CopyNote "copy-note" ["y a"] "Copy a note to the administrator: what to change, and why" ~ "clipboard yank admin mail";
        CompareAccepted "compare-accepted" ["C"] "Compare with the last accepted message of the same conversation" ~ "diff difference last worked";
        Compare "compare" ["="] "Compare two entries: choose one, then the other" ~ "diff difference";
        Mark "mark" ["m"] "Mark the entry, or unmark it" ~ "star flag bookmark";
        Comment "comment" [";"] "Write a comment on the entry" ~ "note annotate";
        Pager "pager" ["v"] "Read the entry in the pager" ~ "less view";
        Export "export" ["E"] "Save the marked entries (or all) as HAR 1.2" ~ "har save file";
        LogScope "log-scope" ["a"] "Show all conversations in the log, or only the open one" ~ "this conversation all filter";
        Quiet "quiet" ["f"] "Show polling reads, typing and receipt frames too, or fold them away" ~ "frame fold hide noise poll";
        Wrap "wrap" ["W"] "Wrap long lines, or cut them" ~ "fold";
    }
    Composer {
        Send "send" ["enter"] "Send the message" ~ "submit";
        NewLine "new-line" ["alt-enter", "ctrl-j", "shift-enter"] "New line" ~ "break";
        EditUp "up" ["up"] "Up; at the first line, the message sent before" ~ "history previous";
        EditDown "down" ["down"] "Down; at the last line, the message sent after" ~ "history next";
        EditLeft "left" ["left", "ctrl-b"] "Left";
        EditRight "right" ["right", "ctrl-f"] "Right";
        WordLeft "word-left" ["alt-b", "ctrl-left", "alt-left"] "A word to the left";
        WordRight "word-right" ["alt-f", "ctrl-right", "alt-right"] "A word to the right";
        LineStart "line-start" ["ctrl-a", "home"] "To the start of the line";
        LineEnd "line-end" ["ctrl-e", "end"] "To the end of the line";
        DeleteBack "delete-back" ["backspace"] "Delete to the left";
        DeleteForward "delete" ["delete", "ctrl-d"] "Delete to the right";
        DeleteWord "delete-word" ["ctrl-w", "alt-backspace"] "Delete the word to the left";
        KillToStart "kill-to-start" ["ctrl-u"] "Cut to the start of the line";
        KillToEnd "kill-to-end" ["ctrl-k"] "Cut to the end of the line";
        Yank "yank" ["ctrl-y"] "Put back what was cut" ~ "paste";
        Undo "undo" ["ctrl-_"] "Undo";
        Redo "redo" ["alt-_"] "Redo";
        HistorySearch "history-search" ["ctrl-r"] "Search the messages sent before" ~ "history find";
        Snippets "snippets" ["ctrl-t"] "Insert a snippet" ~ "template variable";
        Editor "editor" ["ctrl-g"] "Write in $EDITOR" ~ "vim nano external";
        ChooseText = Choose "composer-choose" ["alt-o"] "Answer with one of the choices of the other side" ~ "option quick reply button number";
        ExtrasText = Extras "composer-extras" ["alt-x"] "Files and participant attributes of the next message" ~ "attach attribute";
        SessionText = Session "composer-session" ["alt-w"] "Control the guest session of a web conversation" ~ "web websocket";
        LeaveComposer "leave-composer" ["esc"] "Leave the composer; the draft stays" ~ "back";
        NextPaneText = NextPane "leave-next-pane" ["tab"] "Leave for the next pane (never types a tab)";
        PreviousPaneText = PreviousPane "leave-previous-pane" ["shift-tab"] "Leave for the previous pane";
        HelpText = Help "composer-help" ["F1"] "Show the keys that work here" ~ "help";
        PaletteText = Palette "composer-palette" ["ctrl-p", "F2"] "Find a command by name" ~ "palette";
        RefreshText = Refresh "composer-refresh" ["F5"] "Read the conversation now" ~ "reload";
        InterruptText = Interrupt "composer-interrupt" ["ctrl-c"] "Cancel the send under way, then clear the draft, then leave";
        SuspendText = Suspend "composer-suspend" ["ctrl-z"] "Stop the program; fg brings it back";
        RedrawText = Redraw "composer-redraw" ["ctrl-l"] "Draw the screen again";
    }
    Present {
        PresentNext "present-next" ["space", "right"] "Forward, or the next message that is played" ~ "demo play";
        PresentBack "present-back" ["backspace", "left"] "Back through what happened" ~ "demo";
        Blank "blank" ["."] "Blank the screen, or show it again" ~ "demo black hide";
        PresentLog "present-log" ["l"] "Show what happened as a list, or hide it" ~ "demo";
        Larger "larger" ["+", "="] "Larger messages" ~ "demo size zoom";
        Smaller "smaller" ["-"] "Smaller messages" ~ "demo size zoom";
        KeyDisplay "key-display" ["k"] "Show the keys that are pressed, or hide them; never what is typed" ~ "demo";
        PresentLeave "present-leave" ["esc"] "Leave the demo" ~ "close back";
    }
    Pass {
        PassGo "pass-go" ["enter"] "Run the step; then accept the suggested verdict" ~ "start send next";
        VerdictPass "verdict-pass" ["p"] "The step passed" ~ "ok accept";
        VerdictFail "verdict-fail" ["f"] "The step failed" ~ "wrong bug";
        VerdictBlocked "verdict-blocked" ["b"] "The step is blocked: it cannot be tried" ~ "stuck";
        VerdictSkip "verdict-skip" ["s"] "Skip the step" ~ "ignore";
        PassUndo "pass-undo" ["u"] "Undo the newest verdict, and open its step" ~ "back revert";
        PassNote "pass-note" [";"] "Write a note on the step" ~ "comment annotate";
        NextCase "next-case" ["J"] "Next case";
        PreviousCase "previous-case" ["K"] "Previous case";
        PassAgain "pass-again" ["!"] "Run the step again (asks)" ~ "repeat retry";
        PassPause "pass-pause" ["space"] "Stop the step timer, or go on" ~ "pause resume hold";
        PassReports "pass-reports" ["E"] "Write the reports of the test run, one in each form" ~ "export save junit html";
        PassStop "pass-stop" ["X"] "End the test run (asks)" ~ "finish abort";
    }
    Dialog {
        Confirm "confirm" ["enter"] "Select";
        Dismiss "dismiss" ["esc", "ctrl-c"] "Close";
        DialogUp "dialog-up" ["up"] "Up";
        DialogDown "dialog-down" ["down", "tab"] "Down";
        DialogPageUp "dialog-page-up" ["pgup"] "Page up";
        DialogPageDown "dialog-page-down" ["pgdn"] "Page down";
    }
}

impl Action {
    /// What there is to know of it.
    pub fn spec(self) -> &'static ActionRow {
        // Each variant has its row: the macro writes both from the same line, in the same order.
        ACTIONS.get(self as usize).unwrap_or(&ACTIONS[0])
    }

    /// The action of the composer that does the same, where letters are text.
    pub fn in_composer(self) -> Option<Self> {
        ACTIONS.iter().find(|row| row.twin == Some(self)).map(|row| row.action)
    }

    /// The action of that name.
    pub fn named(name: &str) -> Option<Self> {
        ACTIONS.iter().find(|s| s.name == name).map(|s| s.action)
    }
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.spec().name)
    }
}
