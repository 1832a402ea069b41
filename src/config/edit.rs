//! Changes to the text of a config file: what a person wrote, its order and its comments stay. Pure; whoever writes the
//! result checks it first.

use toml_edit::{Array, ArrayOfTables, DocumentMut, InlineTable, Item, Table, TableLike, Value, value};

use super::vendor_files::{ACCESS_TOKEN, CLIENT_ID, CLIENT_SECRET};
use super::{Credentials, Profile};
use crate::genesys::guest_api;
use crate::model::Address;

/// A name that nothing in `taken` has: `name`, else `name 2`, `name 3` and so on.
pub fn free_name(name: &str, joint: &str, taken: impl Fn(&str) -> bool) -> String {
    let numbered = (2..).map(|n| format!("{name}{joint}{n}"));
    std::iter::once(name.to_owned()).chain(numbered).find(|name| !taken(name)).unwrap_or_default()
}

pub fn profiles(document: &DocumentMut) -> Vec<String> {
    let profiles = document.get("profiles").and_then(Item::as_table_like);
    profiles.into_iter().flat_map(|profiles| profiles.iter().map(|(name, _)| name.to_owned())).collect()
}

pub fn parse(text: &str) -> Result<DocumentMut, String> {
    text.parse().map_err(|_| "the config file is not TOML; run `guestwire config check` to see where".to_owned())
}

/// Adds a conversation to a profile of the file. Returns its name, which is changed where the profile has it already.
pub fn add_conversation(
    document: &mut DocumentMut,
    profile: &str,
    name: &str,
    address: &Address,
) -> Result<String, String> {
    let how = "add the conversation by hand";
    let by_hand = || format!("the profile `{profile}` is written in a form that guestwire cannot extend; {how}");
    let profiles = document.get_mut("profiles").and_then(Item::as_table_like_mut);
    let table =
        profiles.and_then(|all| all.get_mut(profile)).ok_or_else(|| format!("there is no profile `{profile}`"))?;
    let table = table.as_table_like_mut().ok_or_else(by_hand)?;
    let written = fields(name, address);
    let own: Vec<_> = written.iter().filter(|(field, value)| *field != "name" && value.is_str()).collect();
    let list = table.entry("conversations").or_insert_with(|| Item::ArrayOfTables(ArrayOfTables::new()));
    let there: Vec<&dyn TableLike> = match &*list {
        Item::ArrayOfTables(tables) => tables.iter().map(|table| table as &dyn TableLike).collect(),
        Item::Value(Value::Array(values)) => {
            values.iter().filter_map(|v| v.as_inline_table().map(|table| table as &dyn TableLike)).collect()
        }
        _ => return Err(by_hand()),
    };
    let text = |table: &dyn TableLike, field: &str| table.get(field).and_then(Item::as_str).map(str::to_owned);
    let is_same =
        |table: &&&dyn TableLike| own.iter().all(|(field, value)| text(**table, field).as_deref() == value.as_str());
    if let Some(same) = there.iter().find(is_same) {
        let called = text(*same, "name").unwrap_or_default();
        return Err(format!("the profile `{profile}` has this conversation already, as “{called}”"));
    }
    let name = free_name(name, " ", |name| there.iter().any(|table| text(*table, "name").as_deref() == Some(name)));
    let named = fields(&name, address).into_iter();
    match list {
        Item::ArrayOfTables(tables) => {
            let mut table: Table = named.collect();
            table.decor_mut().set_prefix("\n");
            tables.push(table);
        }
        Item::Value(Value::Array(values)) => values.push(named.collect::<InlineTable>()),
        _ => return Err(by_hand()),
    }
    Ok(name)
}

pub fn conversation(name: &str, address: &Address) -> InlineTable {
    fields(name, address).into_iter().collect()
}

/// The fields of a conversation, in the order in which the example has them.
fn fields(name: &str, address: &Address) -> Vec<(&'static str, Value)> {
    let text = |text: &str| Some(Value::from(text));
    let maybe = |said: &Option<String>| said.as_deref().and_then(text);
    let own = match address {
        Address::GuestApi { conversation_id, participant_id, external_id } => vec![
            ("conversation_id", text(conversation_id)),
            ("participant_id", maybe(participant_id)),
            ("external_id", maybe(external_id)),
        ],
        Address::OpenMessaging { integration_id, guest } => {
            let who =
                [("id", text(&guest.id)), ("id_type", text(&guest.id_type)), ("nickname", maybe(&guest.nickname))];
            let who: InlineTable = who.into_iter().filter_map(|(field, said)| Some((field, said?))).collect();
            vec![("integration_id", text(integration_id)), ("guest", Some(who.into()))]
        }
        Address::WebMessaging { deployment_id, origin } => {
            vec![("deployment_id", text(deployment_id)), ("origin", text(origin))]
        }
    };
    let head = [("name", text(name)), ("channel", text(address.channel().name()))];
    head.into_iter().chain(own).filter_map(|(field, said)| Some((field, said?))).collect()
}

/// Adds a profile that was opened without the file, its secrets as references, unless its name is there. Returns that.
pub fn add_profile(document: &mut DocumentMut, profile: &Profile) -> String {
    let taken = profiles(document);
    if taken.contains(&profile.name) {
        return profile.name.clone();
    }
    let name = free_name("main", "-", |name| taken.iter().any(|taken| taken == name));
    let reference = |variable: &str| value(InlineTable::from_iter([("env", variable)]));
    let mut table = Table::new();
    table.insert("region", value(profile.region.as_str()));
    let mut oauth = Table::new();
    match &profile.credentials {
        Credentials::Client(client) => {
            oauth.insert("client_id", reference(CLIENT_ID));
            oauth.insert("client_secret", reference(CLIENT_SECRET));
            if client.scopes.iter().any(|scope| scope == guest_api::SCOPE) {
                oauth.insert("scopes", value(Array::from_iter([guest_api::SCOPE])));
            }
        }
        Credentials::Pasted(_) => {
            oauth.insert("access_token", reference(ACCESS_TOKEN));
        }
        Credentials::Missing(_) => {}
    }
    if !oauth.is_empty() {
        table.insert("oauth", Item::Table(oauth));
    }
    let mut profiles = Table::new();
    profiles.set_implicit(true);
    if let Some(profiles) = document.entry("profiles").or_insert(Item::Table(profiles)).as_table_like_mut() {
        profiles.insert(&name, Item::Table(table));
    }
    // Of several profiles one must open by default.
    if document.get("profile").is_none()
        && let Some(first) = taken.into_iter().next()
    {
        document.insert("profile", value(first));
    }
    name
}
