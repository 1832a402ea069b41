//! The card of a conversation's ids: which stand in wrong places, and what the service told of each.

use crate::diagnosis::ids::{IdKind, IdLookUp, KnownId, KnownIds};
use crate::model::{Address, ConversationKey};
use crate::session::Session;

#[derive(Clone, Debug)]
pub struct IdSearch {
    pub lookup: IdLookUp,
    pub purpose: IdsPurpose,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum IdsPurpose {
    /// To add the conversation that this pasted text leads to.
    Add(String),
    /// To say on the card of this conversation what they are.
    Card(ConversationKey),
}

/// An id of a conversation's address that stands in a wrong place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MisplacedId {
    /// What belongs there.
    pub place: IdKind,
    /// What stands there.
    pub is: IdKind,
    /// What to put there instead, where that is known.
    pub right: Option<String>,
}

pub fn places(address: &Address) -> Vec<(IdKind, &str)> {
    match address {
        Address::GuestApi { conversation_id, participant_id, .. } => {
            let participant = participant_id.iter().map(|id| (IdKind::Participant, id.as_str()));
            std::iter::once((IdKind::Conversation, conversation_id.as_str())).chain(participant).collect()
        }
        Address::OpenMessaging { integration_id, .. } => vec![(IdKind::Integration, integration_id)],
        Address::WebMessaging { deployment_id, .. } => vec![(IdKind::Deployment, deployment_id)],
    }
}

/// What is known of ids: the profile's own, and what was read in this session.
pub fn known(session: &Session) -> KnownIds {
    KnownIds::of(session.conversations.items().map(|i| &i.conversation.address)).with(&session.diagnoses.evidence)
}

fn wrongs(address: &Address, known: &KnownIds) -> Vec<MisplacedId> {
    places(address).into_iter().filter_map(|(place, id)| wrong(place, id, address, known)).collect()
}

fn wrong(place: IdKind, id: &str, address: &Address, known: &KnownIds) -> Option<MisplacedId> {
    // What the service said of an id counts. What the profile has it for counts only in another conversation, and as
    // another kind.
    let other = |k: &&KnownId| {
        k.from_service || k.home.as_deref().is_some_and(|home| !home.eq_ignore_ascii_case(id)) && k.what != place
    };
    let about = known.about(id).find(other);
    if let Some(of) = about.filter(|of| of.what != place) {
        let home = of.home.clone().filter(|_| place == IdKind::Conversation);
        let inside = address.conversation_id().filter(|_| place == IdKind::Participant);
        let right = home.or_else(|| known.only(place, inside).map(str::to_owned));
        return Some(MisplacedId { place, is: of.what, right });
    }
    // A participant, but not the guest of this conversation.
    let guest =
        known.only(IdKind::Participant, Some(address.conversation_id()?)).filter(|_| place == IdKind::Participant)?;
    let is = IdKind::Participant;
    (!guest.eq_ignore_ascii_case(id)).then(|| MisplacedId { place, is, right: Some(guest.to_owned()) })
}

/// `address` with the right ids in the places of wrong ones; nothing where none is known.
fn put_right(address: &Address, wrongs: &[MisplacedId]) -> Option<Address> {
    let mut out = address.clone();
    for wrong in wrongs {
        let Some(right) = &wrong.right else { continue };
        match (&mut out, wrong.place) {
            (Address::GuestApi { conversation_id, participant_id, .. }, IdKind::Conversation) => {
                if wrong.is == IdKind::Participant {
                    *participant_id = Some(std::mem::take(conversation_id));
                }
                conversation_id.clone_from(right);
            }
            (Address::GuestApi { participant_id, .. }, IdKind::Participant) => *participant_id = Some(right.clone()),
            (Address::OpenMessaging { integration_id, .. }, IdKind::Integration) => integration_id.clone_from(right),
            (Address::WebMessaging { deployment_id, .. }, IdKind::Deployment) => deployment_id.clone_from(right),
            _ => {}
        }
    }
    (out != *address).then_some(out)
}

/// The address that is meant by a conversation's, where its own has wrong ids.
pub fn swap(session: &Session, key: ConversationKey) -> Option<Address> {
    let address = &session.conversations.get(key)?.conversation.address;
    put_right(address, &wrongs(address, &known(session)))
}

pub fn card(session: &Session, id_search: Option<&IdSearch>, key: ConversationKey) -> Vec<String> {
    let Some(item) = session.conversations.get(key) else { return Vec::new() };
    let address = &item.conversation.address;
    let known = known(session);
    let wrongs = wrongs(address, &known);
    let mut lines = Vec::new();
    for wrong in &wrongs {
        let place = wrong.place.of_one();
        lines.push(match (wrong.is, wrong.place) {
            (IdKind::Participant, IdKind::Participant) => "SWAPPED: this participant id is not the guest's".to_owned(),
            // On the wire this looks exactly like a missing scope.
            (is, _) => format!("SWAPPED: {} is in the place of {place}", is.of_one()),
        });
        if let Some(right) = &wrong.right {
            lines.push(format!("  {right} belongs there"));
        }
    }
    let looked_up = |id: &str| known.about(id).find(|k| k.from_service).map(|k| k.what.of_one());
    for line in item.card() {
        lines.push(line.label.to_owned());
        lines.push(format!("  {}", line.value));
        let note = match (line.note, looked_up(&line.value)) {
            ("", None) => continue,
            ("", Some(told)) => format!("looked up: {told}"),
            (note, None) => note.to_owned(),
            (note, Some(told)) => format!("{note}; looked up: {told}"),
        };
        lines.push(format!("  {note}"));
    }
    if put_right(address, &wrongs).is_some() {
        lines.push("s opens the right conversation".to_owned());
    }
    if id_search.is_some_and(|s| s.purpose == IdsPurpose::Card(key)) {
        lines.push("looking up the ids…".to_owned());
    }
    lines
}
