//! What the next message of a conversation carries beside its text: files and participant attributes.

use std::path::{Path, PathBuf};

use crate::model::limits::{ATTRIBUTES_MAX_BYTES, attributes_bytes};
use crate::model::{Attachment, Attachments, Channel, ConversationKey, Extras, Place};

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
            return Err(DraftRefusal::Attributes { bytes, max: ATTRIBUTES_MAX_BYTES });
        }
        Ok(())
    }
}

/// Why messages of a channel can carry nothing beside their text; `None` where they can.
pub const fn carries_nothing(channel: Channel) -> Option<&'static str> {
    if channel.carries_more_than_text() { None } else { Some("guest-api messages carry text only") }
}

/// Why a channel cannot take a file from there.
pub const fn unfit(channel: Channel, place: &Place) -> Option<&'static str> {
    match (channel.capabilities().attachments, place) {
        (Attachments::Addresses, Place::File(_)) => {
            Some("Open messaging takes files by an address that the platform can fetch: https://…")
        }
        (Attachments::Files, Place::Url(_)) => Some("Web messaging uploads files of this machine: give a path."),
        _ => None,
    }
}

/// A file as typed: an `https` address, or a path on this machine.
///
/// # Errors
/// A sentence where it is neither.
pub fn attachment(typed: &str) -> Result<Attachment, String> {
    let typed = typed.trim();
    let last = |text: &str| text.rsplit(['/', '\\']).next().filter(|n| !n.is_empty()).map(str::to_owned);
    if let Some((scheme, rest)) = typed.split_once("://") {
        if !matches!(scheme, "https" | "http") {
            return Err(format!("{scheme}:// cannot be fetched by the platform; it takes https:// addresses."));
        }
        let path = rest.split(['?', '#']).next().unwrap_or_default();
        let name = path.split_once('/').and_then(|(_, path)| last(path));
        let mime = mime(name.as_deref().unwrap_or_default()).to_owned();
        return Ok(Attachment { place: Place::Url(typed.to_owned()), mime, name });
    }
    let name = Path::new(typed).file_name().map(|n| n.to_string_lossy().into_owned());
    let Some(name) = name.filter(|_| !typed.ends_with(['/', '\\'])) else {
        return Err(format!("“{typed}” names no file."));
    };
    let mime = mime(&name).to_owned();
    Ok(Attachment { place: Place::File(PathBuf::from(typed)), mime, name: Some(name) })
}

/// An attribute as typed, `name=value`.
///
/// # Errors
/// A sentence where there is no name, or no `=`.
pub fn attribute(typed: &str) -> Result<(String, String), String> {
    match typed.split_once('=').map(|(name, value)| (name.trim(), value.trim())) {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => Err("An attribute is written name=value, as in testRun=42.".to_owned()),
    }
}

/// The media type of a file by its name.
fn mime(name: &str) -> &'static str {
    let ending = name.rsplit_once('.').map(|(_, ending)| ending.to_ascii_lowercase()).unwrap_or_default();
    match ending.as_str() {
        "png" => "image/png",
        "jpg" | "jpeg" => "image/jpeg",
        "gif" => "image/gif",
        "webp" => "image/webp",
        "svg" => "image/svg+xml",
        "mp4" => "video/mp4",
        "mp3" => "audio/mpeg",
        "ogg" => "audio/ogg",
        "wav" => "audio/wav",
        "pdf" => "application/pdf",
        "zip" => "application/zip",
        "json" => "application/json",
        "csv" => "text/csv",
        "txt" | "log" => "text/plain",
        "docx" => "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        "xlsx" => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_an_address_or_a_path() {
        let made = |typed: &str| {
            let made = attachment(typed).unwrap();
            (made.place, made.mime, made.name)
        };
        let url = |text: &str| Place::Url(text.to_owned());
        assert_eq!(
            made(" https://x.example/a/b.PNG?v=1 "),
            (url("https://x.example/a/b.PNG?v=1"), "image/png".to_owned(), Some("b.PNG".to_owned()))
        );
        assert_eq!(made("https://x.example"), (url("https://x.example"), "application/octet-stream".to_owned(), None));
        assert_eq!(
            made("/tmp/bill 3.pdf"),
            (Place::File("/tmp/bill 3.pdf".into()), "application/pdf".to_owned(), Some("bill 3.pdf".to_owned()))
        );
        for bad in ["", "ftp://x/y", "/tmp/", "..", "/"] {
            assert!(attachment(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn an_attribute_needs_a_name() {
        assert_eq!(attribute(" run = a=b ").unwrap(), ("run".to_owned(), "a=b".to_owned()));
        assert_eq!(attribute("run=").unwrap(), ("run".to_owned(), String::new()));
        assert!(attribute("run").is_err() && attribute("=1").is_err());
    }

    #[test]
    fn what_is_carried_belongs_to_its_conversation_and_goes_with_the_next_message() {
        let (one, two) = (ConversationKey(1), ConversationKey(2));
        let mut composer = Composer::default();
        composer.switch(one);
        composer.attribute(one, "run", "1");
        composer.attribute(one, "run", "42");
        composer.attach(one, attachment("a.png").unwrap());
        composer.switch(two);
        assert_eq!(composer.carried(), None);
        composer.switch(one);
        assert_eq!(composer.carried().map(|e| (e.attributes.len(), e.attachments.len())), Some((1, 1)));
        composer.take_off(one, Some(&CarriedExtras::Attachment(7)));
        composer.take_off(one, Some(&CarriedExtras::Attribute("run".to_owned())));
        assert_eq!(composer.carried().map(|e| (e.attributes.len(), e.attachments.len())), Some((0, 1)));
        // A file may go without a word.
        assert_eq!(composer.take_for_send(crate::model::Moment::ZERO).as_deref(), Ok(""));
        assert_eq!(composer.take_carried().attachments.len(), 1);
        assert_eq!(composer.carried(), None);
        assert_eq!(composer.take_for_send(crate::model::Moment::ZERO), Err(DraftRefusal::Empty));
    }

    #[test]
    fn attributes_have_a_limit() {
        let key = ConversationKey(1);
        let mut composer = Composer::default();
        composer.switch(key);
        composer.set_text("hello");
        composer.attribute(key, "a", &"x".repeat(2_040));
        assert_eq!(attributes_bytes(&composer.carried().unwrap().attributes), 2_048);
        assert!(composer.check(crate::model::Moment::ZERO).is_ok());
        composer.attribute(key, "a", &"x".repeat(2_041));
        let refused = composer.take_for_send(crate::model::Moment::ZERO);
        assert_eq!(refused, Err(DraftRefusal::Attributes { bytes: 2_049, max: 2_048 }));
        assert!(composer.carried().is_some(), "what is refused stays");
    }
}
