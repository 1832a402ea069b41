//! What a message holds beside its text, as content on the wire: what the counterpart offers, and what guests send.
//! [shapes: WMJ's schema of the guest frames; each kind is answered by a `ButtonResponse` of its own type]

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::text::json::dense;

/// `channel.metadata` of what a guest says. [customAttributes: 3p and used in practice; the SDK's model has only `subType`]
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct ChannelMetadata {
    pub(crate) custom_attributes: BTreeMap<String, String>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) enum OfferedContent {
    #[default]
    Nothing,
    QuickReplies(Vec<String>),
    /// Cards: title, description, labels of the buttons. One is a card, several are a carousel.
    Cards(&'static [(&'static str, &'static str, &'static [&'static str])]),
    /// A date picker: title, and times in so many hours.
    Times(&'static str, &'static [u64]),
    /// A list picker of items: title, what is said with the answer, ids and titles of the items.
    Items(&'static str, &'static str, &'static [(&'static str, &'static str)]),
}

impl OfferedContent {
    /// Open messaging has no list picker: there, its items are quick replies. [PY `ContentButtonResponse`]
    pub(crate) fn for_open(self) -> Self {
        let Self::Items(_, _, items) = self else { return self };
        Self::QuickReplies(items.iter().map(|(_, title)| (*title).to_owned()).collect())
    }

    /// The `type` and `payload` of each answer that it waits for, in a message of `at`.
    pub(crate) fn answers(&self, at: Timestamp) -> Vec<(&'static str, String)> {
        match self {
            Self::Nothing => Vec::new(),
            Self::QuickReplies(labels) => labels.iter().map(|label| ("QuickReply", label.clone())).collect(),
            Self::Cards(cards) => {
                let buttons = cards.iter().flat_map(|(_, _, buttons)| *buttons);
                buttons.map(|label| ("Button", (*label).to_owned())).collect()
            }
            Self::Times(_, hours) => hours.iter().map(|hours| ("DatePicker", in_hours(at, *hours))).collect(),
            Self::Items(_, _, items) => items.iter().map(|(id, _)| ("ListPicker", (*id).to_owned())).collect(),
        }
    }

    pub(crate) fn content(&self, at: Timestamp) -> Vec<Value> {
        let card = |(title, description, buttons): &(&str, &str, &[&str])| {
            let actions = buttons.iter().map(|label| json!({"type": "Postback", "text": label, "payload": label}));
            json!({"title": title, "description": description, "actions": actions.collect::<Vec<_>>()})
        };
        match self {
            Self::Nothing => Vec::new(),
            Self::QuickReplies(labels) => {
                let reply = |label| json!({"text": label, "payload": label, "action": "Message"});
                labels.iter().map(|label| json!({"contentType": "QuickReply", "quickReply": reply(label)})).collect()
            }
            Self::Cards([one]) => vec![json!({"contentType": "Card", "card": card(one)})],
            Self::Cards(cards) => {
                let cards: Vec<Value> = cards.iter().map(card).collect();
                vec![json!({"contentType": "Carousel", "carousel": {"cards": cards}})]
            }
            Self::Times(title, hours) => {
                let times = hours.iter().map(|hours| json!({"dateTime": in_hours(at, *hours), "duration": 1800}));
                let picker = json!({"title": title, "availableTimes": times.collect::<Vec<_>>()});
                vec![json!({"contentType": "DatePicker", "datePicker": picker})]
            }
            Self::Items(title, reply, items) => {
                let items = items.iter().map(|(id, title)| json!({"id": id, "title": title}));
                let section = json!({"title": title, "multipleSelection": false, "items": items.collect::<Vec<_>>()});
                let picker = json!({"receivedMessage": {"title": title}, "replyMessage": {"subtitle": reply},
                    "sections": [section]});
                vec![json!({"contentType": "ListPicker", "listPicker": picker})]
            }
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum GuestContent {
    Choice(TakenChoice),
    File(AttachedFile),
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct TakenChoice {
    #[serde(rename = "type")]
    pub(crate) kind: String,
    pub(crate) text: String,
    pub(crate) payload: String,
    pub(crate) originating_message_id: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AttachedFile {
    pub(crate) id: Option<String>,
    pub(crate) media_type: String,
    pub(crate) url: String,
    pub(crate) mime: String,
    pub(crate) filename: Option<String>,
    #[serde(skip_deserializing)]
    pub(crate) file_size: Option<u64>,
}

impl GuestContent {
    pub(crate) fn json(&self) -> Value {
        match self {
            Self::Choice(choice) => json!({"contentType": "ButtonResponse", "buttonResponse": dense(json!(choice))}),
            Self::File(file) => json!({"contentType": "Attachment", "attachment": dense(json!(file))}),
        }
    }
}

/// The full hour that is `hours` after `at`.
fn in_hours(at: Timestamp, hours: u64) -> String {
    let later = at.saturating_add(Duration::from_secs(hours * 3600)).unwrap_or(at);
    later.strftime("%Y-%m-%dT%H:00:00.000Z").to_string()
}
