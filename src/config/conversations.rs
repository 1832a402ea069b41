//! The conversations of a profile, as the file or flags describe them.

use std::collections::BTreeMap;

use super::address;
use super::problem::Located;
use super::resolve_profile::ProfileReader;
use super::toml_reader::Table;
use super::{ConversationEntry, SecretSource, origin::ShownValue as _};
use crate::model::{Address, Channel, Conversation, ConversationKey, OpenGuest, channel, ids};

impl ProfileReader<'_> {
    /// Reads each table; keys are given in their order.
    pub(super) fn conversations(&mut self, tables: Vec<Table<'_>>) -> Vec<ConversationEntry> {
        let mut names: Vec<Located<String>> = Vec::new();
        let mut entries = Vec::new();
        for mut table in tables {
            let name = table.required("name", "give the conversation a name");
            table.demand("channel", "say \"guest-api\", \"open-messaging\" or \"web-messaging\"");
            let channel = table.word("channel", &Channel::ALL.map(|channel| (channel.name(), channel)));
            // Without a channel it cannot be told which fields belong, so the others are not judged.
            let Some(Located { value: channel, .. }) = channel else { continue };
            let n = names.len();
            let attributes = self.attributes(n, channel, &mut table);
            let address = self.address(n, channel, &mut table);
            if let Some(name) = &name {
                let how = "conversations are picked by name, so names must differ";
                table.unlike("conversation", name, &mut names, how);
            }
            if let (Some(name), Some((address, guest_token))) = (name, address) {
                table.note(&format!("[{n}]"), format!("\"{}\", {channel}", name.value), name.at);
                let key = ConversationKey(u32::try_from(n).unwrap_or(u32::MAX));
                let conversation = Conversation { key, name: name.value, address };
                entries.push(ConversationEntry { conversation, guest_token, attributes });
            }
            table.finish();
        }
        entries
    }

    fn attributes(&mut self, n: usize, channel: Channel, table: &mut Table<'_>) -> BTreeMap<String, String> {
        let Some(attributes) = table.table("attributes") else { return BTreeMap::new() };
        let at = attributes.at;
        let all: BTreeMap<_, _> =
            attributes.named_texts().into_iter().map(|(name, text)| (name.value, text.value)).collect();
        let (bytes, limit) = (channel::attributes_bytes(&all), channel::ATTRIBUTES_MAX_BYTES);
        if bytes > limit {
            let sentence = format!("`attributes` are {bytes} bytes as JSON, and the limit of the platform is {limit}");
            table.wrong(at, sentence);
        }
        if !channel.capabilities().attributes {
            self.warn(table, at, format!("the channel {channel} cannot carry `attributes`: they are not sent"));
        }
        table.note(&format!("[{n}].attributes"), all.keys().cloned().collect::<Vec<_>>().shown(), at);
        all
    }

    fn address(
        &mut self,
        n: usize,
        channel: Channel,
        table: &mut Table<'_>,
    ) -> Option<(Address, Option<SecretSource>)> {
        let mut id = |table: &mut Table<'_>, name: &'static str, why: Option<&str>| {
            let id = match why {
                Some(why) => table.required(name, why),
                None => table.text(name),
            }?;
            // A malformed id may be sent on purpose, so it is only pointed out.
            if !ids::is_uuid(&id.value) {
                let form = "is not a well-formed id (a UUID)";
                self.warn(table, id.at, format!("`{name}` of this {channel} conversation {form}"));
            }
            Some(id.value)
        };
        match channel {
            Channel::GuestApi => {
                let why = "the guest-api channel addresses it in its path";
                let conversation_id = id(table, "conversation_id", Some(why));
                let participant_id = id(table, "participant_id", None);
                let external_id = table.text("external_id").map(|id| id.value);
                Some((Address::GuestApi { conversation_id: conversation_id?, participant_id, external_id }, None))
            }
            Channel::OpenMessaging => {
                let why = "it is the id of the open messaging integration";
                let integration_id = id(table, "integration_id", Some(why));
                table.demand("guest", "say who speaks, like { id = \"guest-42\", id_type = \"Opaque\" }");
                let guest = table.inside("guest", |guest| {
                    let id = guest.required("id", "it is the id under which the guest is known");
                    let id_type = guest.word("id_type", &["Opaque", "Email", "Phone"].map(|word| (word, word)));
                    let nickname = guest.text("nickname").map(|name| name.value);
                    let id_type = id_type.map_or("Opaque", |word| word.value).to_owned();
                    Some(OpenGuest { id: id?.value, id_type, nickname })
                });
                Some((Address::OpenMessaging { integration_id: integration_id?, guest: guest.flatten()? }, None))
            }
            Channel::WebMessaging => {
                let deployment_id = id(table, "deployment_id", Some("it is the id of the web deployment"));
                let why = "it is the site that the deployment allows, like \"https://shop.example\"";
                let origin = table.required("origin", why);
                let token = self.source(table, "guest_token");
                let token = token.map(|token| self.secret(table, &format!("[{n}].guest_token"), token));
                let origin = origin?;
                let origin = table.judged(origin.at, address::origin(&origin.value))?.value;
                Some((Address::WebMessaging { deployment_id: deployment_id?, origin }, token))
            }
        }
    }
}
