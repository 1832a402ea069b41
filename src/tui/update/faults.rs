//! The fault bench: what the sandbox breaks, and what this side sends wrongly on purpose.

use crate::model::Variation;
use crate::tui::state::State;
use crate::tui::state::overlay::{Choice, Menu, Overlay};

/// The faults of the menu: name on screen and the JSON of the sandbox's control API.
pub const FAULTS: &[(&str, &str)] = &[
    ("expire the token", r#"{"fault":"token-expired"}"#),
    ("revoke the token", r#"{"fault":"token-revoked"}"#),
    ("strip the scope from new tokens", r#"{"fault":"scope-stripped"}"#),
    ("grant another scope instead", r#"{"fault":"scope-wrong"}"#),
    ("switch the Guest API off for the client", r#"{"fault":"feature-off"}"#),
    ("refuse the client's secret", r#"{"fault":"client-rejected"}"#),
    ("end the conversations", r#"{"fault":"conversation-ended"}"#),
    ("guests come back as other participants", r#"{"fault":"participant-mismatch"}"#),
    ("429 once, Retry-After in seconds", r#"{"fault":"rate-limited","retry_after":5}"#),
    ("429 once, Retry-After as a date", r#"{"fault":"rate-limited","retry_after":5,"form":"date"}"#),
    ("500 once, the message received all the same", r#"{"fault":"service-failure","status":500,"received":true}"#),
    ("503 once, with Retry-After", r#"{"fault":"service-failure","status":503,"retry_after":3}"#),
    ("slow headers", r#"{"fault":"slow-headers","times":1}"#),
    ("slow body", r#"{"fault":"slow-body","times":1}"#),
    ("reset before the request is read", r#"{"fault":"reset-before"}"#),
    ("reset in the middle of the answer", r#"{"fault":"reset-during"}"#),
    ("reset after the message was received", r#"{"fault":"reset-after"}"#),
    ("truncated body", r#"{"fault":"truncated-body"}"#),
    ("malformed body", r#"{"fault":"malformed-body"}"#),
    ("a proxy answers with a page of its own", r#"{"fault":"proxy-answered"}"#),
    ("server clock ten minutes ahead", r#"{"fault":"clock-skew","seconds":600}"#),
    ("web: refuse sockets for their origin", r#"{"fault":"origin-refused"}"#),
    ("web: no such deployment", r#"{"fault":"deployment-unknown"}"#),
    ("web: sessions read-only without a word", r#"{"fault":"session-read-only"}"#),
    ("web: sessions expire", r#"{"fault":"session-expired"}"#),
    ("web: sessions are cleared", r#"{"fault":"session-cleared"}"#),
    ("web: guests are logged out", r#"{"fault":"logged-out"}"#),
    ("web: socket closed before the message is received", r#"{"fault":"socket-closed"}"#),
    ("web: socket closed after the message was received", r#"{"fault":"socket-closed","received":true}"#),
    ("web: an echo is lost", r#"{"fault":"frame-lost"}"#),
    ("web: a reply is lost", r#"{"fault":"frame-lost","target":"reply"}"#),
    ("web: an echo comes twice", r#"{"fault":"frame-doubled"}"#),
    ("web: a reply comes twice", r#"{"fault":"frame-doubled","target":"reply"}"#),
    ("web: a reply comes late", r#"{"fault":"frame-late","target":"reply"}"#),
    ("web: an echo is overtaken by the next frame", r#"{"fault":"frame-reordered"}"#),
    ("web: slow echo", r#"{"fault":"slow-echo","times":1}"#),
    ("web: a malformed frame in place of an echo", r#"{"fault":"frame-malformed"}"#),
    ("web: a frame of an unknown class", r#"{"fault":"frame-unknown"}"#),
];

/// The bench: the sandbox's faults; elsewhere those of this side.
pub fn open(state: &mut State) {
    if !state.place.sandbox {
        open_send_as(state);
        return;
    }
    let mut items = vec![
        ("no faults".to_owned(), Choice::Fault(None)),
        ("send the next message as …".to_owned(), Choice::SendAsMenu),
    ];
    items.extend(FAULTS.iter().map(|&fault| (fault.0.to_owned(), Choice::Fault(Some(fault)))));
    let mut menu = Menu::new("Break something on purpose", items);
    menu.intro = vec!["The sandbox does it to the requests that follow.".to_owned()];
    state.overlay = Some(Overlay::Menu(menu));
}

/// The faults that are made on this side: they work against any organisation.
pub fn open_send_as(state: &mut State) {
    let mut items = vec![("as usual".to_owned(), Choice::SendAs(None))];
    let channel = state.picker.active_item().map(|item| item.conversation.channel());
    items.extend(Variation::ALL.map(|v| {
        // What makes no sense on this channel stays listed, with its reason.
        let text = match channel.and_then(|c| Some((c, v.senseless(c)?))) {
            Some((channel, why)) => format!("{v}: not on {}: {why}", channel.short()),
            None => format!("{v}: {}", v.about()),
        };
        (text, Choice::SendAs(Some(v)))
    }));
    let mut menu = Menu::new("Send the next message wrongly on purpose", items);
    menu.intro = vec![
        "The fault is made on this side, and the message is marked wherever it is shown.".to_owned(),
        "The session's own token is not touched.".to_owned(),
    ];
    state.overlay = Some(Overlay::Menu(menu));
}
