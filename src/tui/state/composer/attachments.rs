//! What the next message of a conversation carries beside its text: files and participant attributes.

use crate::model::limits::{ATTRIBUTES_MAX_BYTES, attributes_bytes};
use crate::model::{Attachment, ConversationKey, Extras};

use super::{Composer, DraftRefusal};

/// One thing that the next message carries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CarriedExtras {
    /// The file in this place of the list.
    Attachment(usize),
    /// The attribute of that name.
    Attribute(String),
}

impl Composer {
    /// What the next message of the conversation being written to carries; `None` where nothing.
    pub fn carried(&self) -> Option<&Extras> {
        self.carried.get(&self.active?)
    }

    /// What the next message of a conversation carries, to be changed.
    fn carried_mut(&mut self, key: ConversationKey) -> &mut Extras {
        self.notice = None;
        self.carried.entry(key).or_default()
    }

    /// The next message of `key` carries this, and nothing else.
    pub fn carry(&mut self, key: ConversationKey, extras: Extras) {
        *self.carried_mut(key) = extras;
        self.drop_empty(key);
    }

    /// The next message of `key` also carries this file.
    pub fn attach(&mut self, key: ConversationKey, attachment: Attachment) {
        self.carried_mut(key).attachments.push(attachment);
    }

    /// The next message of `key` also carries this attribute; one of the same name gets the new value.
    pub fn attribute(&mut self, key: ConversationKey, name: &str, value: &str) {
        self.carried_mut(key).attributes.insert(name.to_owned(), value.to_owned());
    }

    /// The next message of `key` does not carry this; `None`: it carries nothing.
    pub fn take_off(&mut self, key: ConversationKey, what: Option<&CarriedExtras>) {
        let extras = self.carried_mut(key);
        match what {
            None => *extras = Extras::default(),
            Some(CarriedExtras::Attribute(name)) => {
                extras.attributes.remove(name);
            }
            Some(CarriedExtras::Attachment(at)) if *at < extras.attachments.len() => {
                extras.attachments.remove(*at);
            }
            Some(CarriedExtras::Attachment(_)) => {}
        }
        self.drop_empty(key);
    }

    fn drop_empty(&mut self, key: ConversationKey) {
        if self.carried.get(&key).is_some_and(Extras::is_empty) {
            self.carried.remove(&key);
        }
    }

    /// Takes what the next message carries, for a message that is being sent.
    pub fn take_carried(&mut self) -> Extras {
        self.active.and_then(|key| self.carried.remove(&key)).unwrap_or_default()
    }

    /// Why what is carried cannot go.
    pub(super) fn check_carried(&self) -> Result<(), DraftRefusal> {
        let bytes = self.carried().map_or(0, |extras| attributes_bytes(&extras.attributes));
        if bytes > ATTRIBUTES_MAX_BYTES {
            return Err(DraftRefusal::Attributes(bytes));
        }
        Ok(())
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
#[path = "../../../../tests/unit/tui/state/composer/attachments.rs"]
mod tests;
