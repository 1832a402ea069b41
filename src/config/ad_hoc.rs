//! Targets that no config file names: the profile `env`, which the environment variables of the vendor's tools make, and
//! the one conversation that flags describe.

use clap::Args;

use super::edit;
use super::origin::{Lookup, env_text};
use super::problem::NOWHERE;
use super::profile::Credentials;
use super::proxy;
use super::resolve_profile::Resolved;
use super::settings::Origin;
use super::vendor_files::{ACCESS_TOKEN, CLIENT_ID, CLIENT_SECRET, REGION};
use crate::genesys::guest_api;
use crate::model::{Address, OpenGuest};

/// The profile that exists by itself while [`REGION`], and a client or a token, are in the environment.
pub const ENV: &str = "env";

const TARGET: &str = "A target without a config file";

/// A target that no config file names. Each command that speaks to somebody understands these flags.
#[derive(Clone, Debug, Default, PartialEq, Eq, Args)]
pub struct AdHocTarget {
    /// The region, instead of a profile's: a domain, an AWS name, or any name that the vendor's tools use
    #[arg(long, global = true, value_name = "REGION", help_heading = TARGET)]
    pub region: Option<String>,
    /// A web deployment's id; no OAuth is needed
    #[arg(long, global = true, value_name = "ID", help_heading = TARGET)]
    pub deployment: Option<String>,
    /// A site that the deployment allows, like https://shop.example
    #[arg(long, global = true, value_name = "URL", help_heading = TARGET)]
    pub origin: Option<String>,
    /// An open messaging integration's id
    #[arg(long, global = true, value_name = "ID", help_heading = TARGET)]
    pub integration: Option<String>,
    /// The guest's id, for an integration
    #[arg(long, global = true, value_name = "ID", help_heading = TARGET)]
    pub guest: Option<String>,
    /// A conversation's id, for the channel guest-api
    #[arg(long, global = true, value_name = "ID", help_heading = TARGET)]
    pub conversation: Option<String>,
    /// The guest's participant id in the conversation
    #[arg(long, global = true, value_name = "ID", help_heading = TARGET)]
    pub participant: Option<String>,
}

impl AdHocTarget {
    /// Whether the flags name a conversation, also where they do not say enough of it.
    pub const fn names_conversation(&self) -> bool {
        self.deployment.is_some() || self.integration.is_some() || self.conversation.is_some()
    }

    /// Each flag with its value.
    pub(super) fn flags(&self) -> [(&'static str, Option<&str>); 7] {
        [
            ("--region", self.region.as_deref()),
            ("--deployment", self.deployment.as_deref()),
            ("--origin", self.origin.as_deref()),
            ("--integration", self.integration.as_deref()),
            ("--guest", self.guest.as_deref()),
            ("--conversation", self.conversation.as_deref()),
            ("--participant", self.participant.as_deref()),
        ]
    }

    /// The conversation that the flags describe, if they describe one, and what it is called.
    fn conversation(&self) -> Option<(String, Address)> {
        if let (Some(deployment_id), Some(origin)) = (self.deployment.clone(), self.origin.clone()) {
            let name = format!("Web guest of {}", short(&deployment_id));
            return Some((name, Address::WebMessaging { deployment_id, origin }));
        }
        if let Some(integration_id) = self.integration.clone() {
            let id = self.guest.clone().unwrap_or_else(|| "guestwire".to_owned());
            let name = format!("Open guest {id}");
            let guest = OpenGuest { id, id_type: "Opaque".to_owned(), nickname: None };
            return Some((name, Address::OpenMessaging { integration_id, guest }));
        }
        let conversation_id = self.conversation.clone()?;
        let name = format!("Conversation {}", short(&conversation_id));
        let participant_id = self.participant.clone();
        Some((name, Address::GuestApi { conversation_id, participant_id, external_id: None }))
    }
}

/// The region of the profile `env`: the flag's, else the variable's. Without one there is no such profile.
pub fn region(env: Lookup<'_>, target: &AdHocTarget) -> Option<String> {
    target.region.clone().or_else(|| env_text(env, REGION).map(|(region, _)| region))
}

/// What variables and flags say, written as a file would say it: a profile's table, where `is_env`, and its conversations.
pub fn text(env: Lookup<'_>, target: &AdHocTarget, is_env: bool) -> String {
    let mut profile = toml::Table::new();
    if is_env {
        profile.extend(region(env, target).map(|region| ("region".to_owned(), region.into())));
        let url = proxy::from_variables(env);
        profile.extend(url.map(|url| ("proxy".to_owned(), url.into())));
        let said = |name| env_text(env, name).is_some();
        let (id, secret) = (said(CLIENT_ID), said(CLIENT_SECRET));
        // A client renews, a token does not: with both the client is taken, as the vendor's tools do.
        let token = said(ACCESS_TOKEN) && !(id && secret);
        let parts = [
            ("client_id", CLIENT_ID, id && !token),
            ("client_secret", CLIENT_SECRET, secret && !token),
            ("access_token", ACCESS_TOKEN, token),
        ];
        let reference = |variable: &str| toml::Table::from_iter([("env".to_owned(), toml::Value::from(variable))]);
        let parts = parts.into_iter().filter(|(.., is_said)| *is_said);
        let mut oauth: toml::Table =
            parts.map(|(field, variable, _)| (field.to_owned(), reference(variable).into())).collect();
        // The scope that the Guest API's description names, for a client that says nothing of scopes.
        if !oauth.is_empty() && target.conversation.is_some() {
            oauth.insert("scopes".to_owned(), vec![guest_api::SCOPE].into());
        }
        if !oauth.is_empty() {
            profile.insert("oauth".to_owned(), oauth.into());
        }
    }
    let conversation = target.conversation().map(|(name, address)| edit::conversation(&name, &address).to_string());
    format!("conversations = [{}]\n{profile}", conversation.unwrap_or_default())
}

/// Enough of an id to tell it from others.
fn short(id: &str) -> String {
    id.chars().take(8).collect()
}

/// Says of what came from no line of the file which variable or flag it came from. `region` is the flag's.
pub fn name_sources(resolved: &mut Resolved, profile: &str, target: &AdHocTarget) {
    let said_by = if profile == ENV { "profile `env`, from GENESYSCLOUD_* and flags" } else { "from the flags" };
    let region = if target.region.is_some() { Origin::Flag("--region") } else { Origin::Env(REGION) };
    let described = match (&target.deployment, &target.integration) {
        (Some(_), _) => "--deployment",
        (_, Some(_)) => "--integration",
        _ => "--conversation",
    };
    for row in &mut resolved.rows {
        if row.origin != Origin::File(NOWHERE) {
            continue;
        }
        row.origin = match row.name.rsplit('.').next().unwrap_or_default() {
            "region" => region.clone(),
            "client_id" => Origin::Env(CLIENT_ID),
            "client_secret" => Origin::Env(CLIENT_SECRET),
            "access_token" => Origin::Env(ACCESS_TOKEN),
            "proxy" => Origin::Env(proxy::HOST),
            _ => Origin::Flag(described),
        };
    }
    let findings = &mut resolved.findings;
    for problem in resolved.problems.iter_mut().chain(&mut findings.warnings).chain(&mut findings.missing) {
        if problem.at == Some(NOWHERE) {
            (problem.file, problem.at) = (None, None);
            problem.sentence = format!("{said_by}: {}", problem.sentence);
        }
    }
    if let Some(problem) = resolved.findings.missing.as_mut().filter(|problem| problem.at.is_none()) {
        let how = format!("set {CLIENT_ID} and {CLIENT_SECRET}, or {ACCESS_TOKEN}");
        problem.sentence = format!("the profile `{ENV}` cannot sign in: {how}");
        if let Some(profile) = &mut resolved.profile {
            profile.credentials = Credentials::Missing(problem.to_string());
        }
    }
}
