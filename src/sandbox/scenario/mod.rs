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

mod channel;
mod check;
mod error;

use std::fmt;
use std::path::Path;

use serde::Deserialize;
use toml::Spanned;

pub(crate) use channel::BLOCKED_EXTENSIONS;
pub use channel::{Deployment, Limits, ScenarioWebhook};

use crate::config::problem::Problem;
use crate::genesys::guest_api;
use crate::model::Channel;
use crate::model::fault::Fault;
use crate::sandbox::rng::Rng;

/// Which world's rules hold.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ScenarioRules {
    /// The Guest API as it is described: scopes decide, refusals are `unauthorized`, wrong ids come back as 401.
    #[default]
    Described,
    /// What Genesys publishes: roles decide, scopes do nothing, errors have the published codes.
    /// [real: documented, PY "Scopes only apply to clients not using the client_credential grant"]
    Published,
}

/// A simulated organisation.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Scenario {
    /// Its name: the file's stem.
    #[serde(skip)]
    pub name: String,
    /// Where every id, token and latency comes from.
    pub seed: u64,
    /// Which start this is: the ids of what happens in it come from here too, so that no two starts give one id to two
    /// messages. 0 where a start is to be repeated to the letter.
    #[serde(skip)]
    pub run: u64,
    /// Which rules hold.
    pub world: ScenarioRules,
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
    /// Where replies of the open channel are pushed.
    pub webhook: Option<ScenarioWebhook>,
    /// The conversations, in the picker's order.
    pub conversations: Vec<ScenarioConversation>,
    /// Faults that are set from the start, in the form of the control API.
    #[serde(rename = "faults")]
    fault_tables: Vec<Spanned<toml::Table>>,
    /// The same, read.
    #[serde(skip)]
    pub(crate) faults: Vec<Fault>,
}

/// The OAuth client. Its `Debug` form does not show the secret.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ScenarioClient {
    /// Its id; from the seed where absent.
    pub id: Option<String>,
    /// Its secret; from the seed where absent. Opens nothing but the sandbox.
    pub secret: Option<String>,
    /// Shown by `tokens/me`.
    pub name: String,
    /// What it may be granted.
    pub scopes: Vec<String>,
    /// The administrator's Guest API switch.
    pub guest_api: bool,
    /// The permissions of its roles.
    pub permissions: Vec<String>,
}

/// The tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Token {
    /// How long one lives.
    pub lifetime_seconds: u64,
    /// Whether the token answer names the scopes that were granted.
    pub tell_scope: bool,
}

/// How the counterpart behaves.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ScenarioScript {
    /// Says back what it hears.
    #[default]
    Echo,
    /// A billing bot with a menu.
    Billing,
    /// A bot that offers cards, dates and lists.
    Offers,
    /// A bot that hands over to a person at the second message.
    Handover,
    /// Says the last line of its history again, whatever it hears.
    Repeat,
    /// Never answers.
    Silent,
}

/// What the profile's entry says of the guest's participant.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Addressed {
    /// Nothing: the body has no `to`.
    No,
    /// The right id.
    #[default]
    Guest,
    /// An id that is nobody's in this conversation.
    Stranger,
    /// The right external id.
    External,
}

/// One conversation.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScenarioConversation {
    /// Its name in the picker.
    pub name: String,
    /// The way in which its guest speaks.
    #[serde(default)]
    pub channel: Channel,
    /// Its id; from the seed where absent. Only in `guest-api`: the others get theirs when they begin.
    pub id: Option<String>,
    /// The guest's participant id; from the seed where absent.
    pub participant_id: Option<String>,
    /// `open-messaging`: the provider's id of the guest; the name in small letters where absent.
    pub guest_id: Option<String>,
    /// `web-messaging`: the `Origin` that the profile's entry sends; the deployment's first where absent.
    pub origin: Option<String>,
    /// The guest's external id.
    pub external_id: Option<String>,
    /// The guest's name.
    #[serde(default = "guest_name")]
    pub guest: String,
    /// What the profile's entry says of the participant.
    #[serde(default)]
    pub addressed: Addressed,
    /// How the counterpart behaves.
    #[serde(default)]
    pub script: ScenarioScript,
    /// Whether it has ended, a minute after its last line.
    #[serde(default)]
    pub ended: bool,
    /// How long before the start of the sandbox the guest connected.
    #[serde(default = "started_minutes_ago")]
    pub started_minutes_ago: u32,
    /// What was said before.
    #[serde(default)]
    pub history: Vec<ScriptLine>,
}

/// What a participant is there for. In a scenario's history: who said a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum ParticipantPurpose {
    #[serde(rename = "guest")]
    Customer,
    #[serde(rename = "bot")]
    Workflow,
    Agent,
}

impl ParticipantPurpose {
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Customer => "customer",
            Self::Workflow => "workflow",
            Self::Agent => "agent",
        }
    }
}

/// A line of the history. Lines are spread over the time since the conversation began.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScriptLine {
    /// Who said it.
    pub(crate) by: ParticipantPurpose,
    /// What was said.
    pub text: String,
    /// Quick replies that it offers, by their labels.
    #[serde(default)]
    pub choices: Vec<String>,
}

fn guest_name() -> String {
    "Guest".to_owned()
}

const fn started_minutes_ago() -> u32 {
    5
}

fn owned(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|&t| t.to_owned()).collect()
}

impl Default for Scenario {
    fn default() -> Self {
        Self {
            name: "default".to_owned(),
            seed: 1,
            run: 0,
            world: ScenarioRules::Described,
            latency_ms: [0, 0],
            reply_ms: [0, 0],
            client: ScenarioClient::default(),
            token: Token::default(),
            limits: Limits::default(),
            deployment: Deployment::default(),
            webhook: None,
            conversations: Vec::new(),
            fault_tables: Vec::new(),
            faults: Vec::new(),
        }
    }
}

impl Default for ScenarioClient {
    fn default() -> Self {
        Self {
            id: None,
            secret: None,
            name: "guestwire sandbox".to_owned(),
            scopes: owned(&[guest_api::SCOPE, "conversations", "analytics"]),
            guest_api: true,
            permissions: owned(&[
                "messaging:integration:view",
                "conversation:message:receive",
                "conversation:message:view",
                "conversation:communication:view",
                "conversation:communication:disconnect",
                "analytics:conversationDetail:view",
            ]),
        }
    }
}

impl fmt::Debug for ScenarioClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").field("id", &self.id).field("name", &self.name).finish_non_exhaustive()
    }
}

impl Default for Token {
    fn default() -> Self {
        Self { lifetime_seconds: 3600, tell_scope: true }
    }
}

/// The scenarios in the binary: name and text.
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

    /// A scenario of the binary, by its name: `default`, `offers`, `published`, `short-tokens`, `sign-in`, `stormy`, `stripped-scope`.
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
        let mut scenario: Self = toml::from_str(text).map_err(|e| error::from_toml(&e, text, file))?;
        scenario.name =
            file.file_stem().map_or_else(|| "scenario".to_owned(), |stem| stem.to_string_lossy().into_owned());
        scenario.check_ranges().map_err(|trouble| error::at_key(trouble, text, file))?;
        for table in &scenario.fault_tables {
            let json = serde_json::to_value(table.get_ref()).unwrap_or_default();
            let fault = Fault::parse(&json)
                .map_err(|e| e.what)
                .and_then(|fault| scenario.check_fault(fault))
                .map_err(|why| error::at(why, text, table.span().start, file))?;
            scenario.faults.push(fault);
        }
        Ok(scenario)
    }

    /// The same organisation with other ids.
    #[must_use]
    pub const fn with_seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// The same organisation, whose client has the same secret at each start.
    #[must_use]
    pub fn with_secret_of_seed(mut self) -> Self {
        let seed = self.seed;
        self.client.secret.get_or_insert_with(|| Rng::new(seed, "client secret").opaque(43));
        self
    }

    /// The same organisation, started another time: whoever waits in it keeps their ids, what happens gets new ones.
    #[must_use]
    pub const fn with_run(mut self, run: u64) -> Self {
        self.run = run;
        self
    }

    /// Where the ids of what happens come from.
    pub(crate) const fn run_seed(&self) -> u64 {
        self.seed ^ self.run
    }
}

#[cfg(test)]
#[path = "../../../tests/unit/sandbox/scenario.rs"]
mod tests;
