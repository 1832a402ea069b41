//! A scenario: what the simulated organisation is like. TOML files that a person may read and change; those of
//! `assets/scenarios` are in the binary.
//!
//! ```toml
//! seed = 1
//! world = "described"            # scopes decide, a wrong id is a 401; or "published": roles decide, a wrong id is a 404
//! latency_ms = [40, 180]         # before each answer, drawn from the seed; [0, 0] for none
//! reply_ms = [500, 1400]         # before the counterpart answers
//! [client]                       # the OAuth client
//! [token]                        # lifetime, whether the answer names the scopes
//! [limits]                       # requests a minute for one token; messages a second in a session; and so on
//! [deployment]                   # the web deployment: allowed origins, what happens at the end, how long sessions live
//! [webhook]                      # where replies of the open channel are pushed: an address of this machine, a secret
//! [[conversations]]              # who waits in the picker, each with its channel
//! [[faults]]                     # what goes wrong from the start
//! ```

mod contents;

use std::path::Path;

use serde::Deserialize;
use serde_json::json;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

pub(crate) use contents::{
    Addressed, BLOCKED_EXTENSIONS, Deployment, Limits, ParticipantPurpose, ScenarioConversation, ScenarioRules,
    ScenarioScript, ScenarioWebhook,
};

use super::loopback::check_webhook;
use super::rng::Rng;
use crate::config::problem::{Problem, position};
use crate::model::Channel;
use crate::model::fault::Fault;
use crate::text::suggestion;
use contents::{ScenarioClient, Token};

/// A simulated organisation.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Scenario {
    /// Its name: the file's stem.
    #[serde(skip)]
    pub name: String,
    /// Where every id, token and latency comes from.
    #[serde(default = "first_seed")]
    pub seed: u64,
    /// Which start this is: the ids of what happens in it come from here too, so that no two starts give one id to two
    /// messages. 0 where a start is to be repeated to the letter.
    #[serde(skip)]
    pub run: u64,
    pub(crate) world: ScenarioRules,
    /// Least and greatest milliseconds before an answer.
    pub latency_ms: [u64; 2],
    /// Least and greatest milliseconds before the counterpart answers a message.
    pub reply_ms: [u64; 2],
    /// The OAuth client.
    pub client: ScenarioClient,
    /// The tokens that it gets.
    pub token: Token,
    /// Limits of the platform.
    pub limits: Limits,
    /// The web deployment.
    pub deployment: Deployment,
    pub(crate) webhook: Option<ScenarioWebhook>,
    /// The conversations, in the picker's order.
    pub conversations: Vec<ScenarioConversation>,
    /// Faults that are set from the start, in the form of the control API.
    #[serde(rename = "faults")]
    fault_tables: Vec<Spanned<toml::Table>>,
    /// The same, read.
    #[serde(skip)]
    pub(crate) faults: Vec<Fault>,
}

const fn first_seed() -> u64 {
    1
}

const BUILT_IN: [(&str, &str); 7] = [
    ("default", include_str!("../../../assets/scenarios/default.toml")),
    ("offers", include_str!("../../../assets/scenarios/offers.toml")),
    ("published", include_str!("../../../assets/scenarios/published.toml")),
    ("short-tokens", include_str!("../../../assets/scenarios/short-tokens.toml")),
    ("sign-in", include_str!("../../../assets/scenarios/sign-in.toml")),
    ("stormy", include_str!("../../../assets/scenarios/stormy.toml")),
    ("stripped-scope", include_str!("../../../assets/scenarios/stripped-scope.toml")),
];

impl Scenario {
    /// The one that the console opens on.
    pub fn builtin() -> Self {
        Self::named("default").unwrap_or_default()
    }

    /// A scenario of the binary, by its name: see [`Self::names`].
    pub fn named(name: &str) -> Option<Self> {
        let (name, text) = BUILT_IN.into_iter().find(|(known, _)| *known == name)?;
        Self::parse(text, Path::new(&format!("{name}.toml"))).ok()
    }

    /// The names of the scenarios in the binary.
    pub fn names() -> impl Iterator<Item = &'static str> + Clone {
        BUILT_IN.into_iter().map(|(name, _)| name)
    }

    /// Reads a scenario. `file` is only for the sentence of an error, which has line, column and the nearest name.
    pub fn parse(text: &str, file: &Path) -> Result<Self, Problem> {
        let at = |offset, sentence| Problem::at(file, position(text, &(offset..offset)), sentence);
        let mut scenario: Self =
            toml::from_str(text).map_err(|e| at(e.span().map_or(0, |span| span.start), toml_sentence(e.message())))?;
        scenario.name =
            file.file_stem().map_or_else(|| "scenario".to_owned(), |stem| stem.to_string_lossy().into_owned());
        scenario.check().map_err(|(table, key, what)| at(offset_of(text, table, &key).unwrap_or_default(), what))?;
        for table in &scenario.fault_tables {
            let json = serde_json::to_value(table.get_ref()).unwrap_or_default();
            let fault = Fault::parse(&json).map_err(|e| e.what).and_then(|fault| scenario.check_fault(fault));
            scenario.faults.push(fault.map_err(|why| at(table.span().start, why))?);
        }
        Ok(scenario)
    }

    /// The client has the same secret at each start.
    pub fn keep_secret(&mut self) {
        self.client.secret.get_or_insert_with(|| Rng::new(self.seed, "client secret").opaque(43).into());
    }

    /// Refuses what the types cannot: ranges that go down, lifetimes of nothing, names that stand twice, fields that the
    /// conversation's channel does not have. Tells the table in which such a value stands (the how manieth of that name; no
    /// name: the scenario itself), its key, and what is wrong.
    fn check(&self) -> Result<(), ((&'static str, usize), String, String)> {
        for (key, [low, high]) in [("latency_ms", self.latency_ms), ("reply_ms", self.reply_ms)] {
            if low > high {
                let what = format!("{key} goes from {low} down to {high}; write the smaller one first");
                return Err((("", 0), key.to_owned(), what));
            }
        }
        for (table, values, why) in [
            ("token", json!(self.token), "a token lives at least 1 second"),
            ("limits", json!(self.limits), "nothing could be asked at all"),
            ("deployment", json!(self.deployment), "a session lives at least 1 second"),
        ] {
            if let Some((key, _)) = values.as_object().into_iter().flatten().find(|(_, value)| **value == 0) {
                return Err(((table, 0), key.clone(), format!("{key} is 0; {why}")));
            }
        }
        if let Some(webhook) = &self.webhook {
            check_webhook(&webhook.url).map_err(|what| (("webhook", 0), "url".to_owned(), what))?;
        }
        for (at, c) in self.conversations.iter().enumerate() {
            let table = ("conversations", at);
            let earlier = || self.conversations.iter().take(at);
            if earlier().any(|other| other.name == c.name) {
                let what = format!("two conversations have the name \"{}\"; give each its own", c.name);
                return Err((table, "name".to_owned(), what));
            }
            let misplaced = [
                ("id", c.id.is_some(), Channel::GuestApi),
                ("participant_id", c.participant_id.is_some(), Channel::GuestApi),
                ("external_id", c.external_id.is_some(), Channel::GuestApi),
                ("ended", c.ended, Channel::GuestApi),
                ("guest_id", c.guest_id.is_some(), Channel::OpenMessaging),
                ("origin", c.origin.is_some(), Channel::WebMessaging),
            ];
            if let Some((key, ..)) = misplaced.into_iter().find(|(_, given, of)| *given && *of != c.channel) {
                let what = format!("\"{}\" has `{key}`, which is not for its channel; leave it out", c.name);
                return Err((table, key.to_owned(), what));
            }
            if let Some(id) = c.id.as_ref().filter(|id| earlier().any(|other| other.id.as_ref() == Some(id))) {
                let what = format!("two conversations have the id {id}; give each its own");
                return Err((table, "id".to_owned(), what));
            }
        }
        Ok(())
    }

    pub(super) fn check_fault(&self, fault: Fault) -> Result<Fault, String> {
        let Some(wanted) = fault.conversation.as_deref() else { return Ok(fault) };
        if self.conversations.iter().any(|c| c.name == wanted || c.id.as_deref() == Some(wanted)) {
            return Ok(fault);
        }
        let hint = match self.conversations.as_slice() {
            [] => "; this scenario has none".to_owned(),
            known => suggestion(wanted, known.iter().map(|c| c.name.as_str())),
        };
        Err(format!("no conversation is called `{wanted}`{hint}"))
    }
}

fn offset_of(text: &str, (table, at): (&str, usize), key: &str) -> Option<usize> {
    let scenario = DeTable::parse(text).ok()?.into_inner();
    let inside = match scenario.get(table).map(Spanned::get_ref) {
        Some(DeValue::Array(tables)) => tables.get(at)?.get_ref().as_table()?,
        Some(table) => table.as_table()?,
        None => &scenario,
    };
    inside.get_key_value(key).map(|(key, _)| key.span().start)
}

/// The TOML reader's error with the nearest name in place of the whole list: "unknown variant `x`, expected one of `a`,
/// `b`". The names stand between backticks: every second piece.
fn toml_sentence(message: &str) -> String {
    match message.split_once(", expected ") {
        Some((unknown, known)) if unknown.starts_with("unknown ") => {
            let name = unknown.split('`').nth(1).unwrap_or_default();
            format!("{unknown}{}", suggestion(name, known.split('`').skip(1).step_by(2)))
        }
        _ => message.lines().collect::<Vec<_>>().join("; "),
    }
}
