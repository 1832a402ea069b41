//! What is known of ids beside a pasted text: from the profile, and from what was read in this session.

use super::context::IdKind;
use crate::diagnosis::PastExchanges;
use crate::model::Address;

/// An id of which something is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownId {
    /// The id.
    pub id: String,
    /// What it names.
    pub what: IdKind,
    /// The conversation that a participant or a message belongs to.
    pub home: Option<String>,
    /// It is the guest of that conversation.
    pub guest: bool,
    /// The service told it; otherwise the profile only uses it so, which may be the mistake.
    pub told: bool,
}

/// See the module.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KnownIds {
    /// What the service told comes first.
    pub ids: Vec<KnownId>,
}

impl KnownIds {
    /// The ids that conversations of the profile name.
    pub fn of<'a>(addresses: impl Iterator<Item = &'a Address>) -> Self {
        let mut ids = Vec::new();
        let mut add = |id: &str, what, home: Option<&String>| {
            ids.push(KnownId { id: id.to_owned(), what, home: home.cloned(), guest: false, told: false });
        };
        for address in addresses {
            match address {
                Address::GuestApi { conversation_id, participant_id, .. } => {
                    add(conversation_id, IdKind::Conversation, None);
                    if let Some(participant) = participant_id {
                        add(participant, IdKind::Participant, Some(conversation_id));
                    }
                }
                Address::OpenMessaging { integration_id, .. } => add(integration_id, IdKind::Integration, None),
                Address::WebMessaging { deployment_id, .. } => add(deployment_id, IdKind::Deployment, None),
            }
        }
        Self { ids }
    }

    /// The same with what the service told in this session.
    #[must_use]
    pub fn with(mut self, past: &PastExchanges) -> Self {
        for (conversation, people) in past.people() {
            self.learn(conversation, IdKind::Conversation, None);
            for (person, guest) in people {
                self.learn_person(person, conversation, guest);
            }
        }
        for id in past.deployments.known_deployments() {
            self.learn(id, IdKind::Deployment, None);
        }
        for id in past.deployments.known_integrations() {
            self.learn(id, IdKind::Integration, None);
        }
        self
    }

    /// The service told what `id` is.
    pub fn learn(&mut self, id: &str, what: IdKind, home: Option<&str>) {
        self.put(KnownId { id: id.to_owned(), what, home: home.map(str::to_owned), guest: false, told: true });
    }

    /// The service told who is in a conversation.
    pub fn learn_person(&mut self, id: &str, home: &str, guest: bool) {
        let (id, home) = (id.to_owned(), Some(home.to_owned()));
        self.put(KnownId { id, what: IdKind::Participant, home, guest, told: true });
    }

    fn put(&mut self, id: KnownId) {
        if !self.ids.contains(&id) {
            self.ids.insert(0, id);
        }
    }

    /// What is known of `id`, however it is written.
    pub fn about<'k>(&'k self, id: &str) -> impl Iterator<Item = &'k KnownId> {
        let plain = plain(id);
        self.ids.iter().filter(move |known| self::plain(&known.id) == plain)
    }

    /// The only id of that kind that the service told; of participants: the guest of the conversation `home`.
    pub fn only(&self, what: IdKind, home: Option<&str>) -> Option<&str> {
        let at_home = |k: &KnownId| k.guest && home.is_some() && k.home.as_deref() == home;
        let fits = |k: &&KnownId| k.told && k.what == what && (what != IdKind::Participant || at_home(k));
        let mut found = self.ids.iter().filter(fits);
        found.next().filter(|_| found.next().is_none()).map(|k| k.id.as_str())
    }
}

/// An id without case and hyphens: what it is the same by.
pub fn plain(id: &str) -> String {
    id.chars().filter(|c| *c != '-').map(|c| c.to_ascii_lowercase()).collect()
}
