//! Targets that no config file names: the profile `env`, which the environment variables of the vendor's tools make, and
//! the one conversation that flags describe.

use super::origin::{Lookup, env_text};
use clap::Args;
use secrecy::SecretString;

use super::origin::Origin;
use super::problem::{FilePosition, Spot};
use super::profile::Credentials;
use super::proxy;
use super::raw_profile::{RawAddress, RawBounds, RawConversation, RawGuest, RawHosts, RawOauth, RawProfile, RawSecret};
use super::resolve_profile::{GUEST_API_SCOPE, Resolved};

/// The profile that exists by itself while [`REGION`], and a client or a token, are in the environment.
pub const ENV: &str = "env";

pub(crate) const REGION: &str = "GENESYSCLOUD_REGION";
pub(crate) const CLIENT_ID: &str = "GENESYSCLOUD_OAUTHCLIENT_ID";
pub(crate) const CLIENT_SECRET: &str = "GENESYSCLOUD_OAUTHCLIENT_SECRET";
pub(crate) const ACCESS_TOKEN: &str = "GENESYSCLOUD_ACCESS_TOKEN";

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

    /// The conversation that the flags describe, if they describe one. Its name is the first of the picker's.
    pub fn conversation(&self) -> Option<RawConversation> {
        let (name, address) = if let (Some(deployment), Some(origin)) = (&self.deployment, &self.origin) {
            let address = RawAddress::WebMessaging {
                deployment_id: spot(deployment.clone()),
                origin: spot(origin.clone()),
                guest_token: None,
            };
            (format!("Web guest of {}", short(deployment)), address)
        } else if let Some(integration) = &self.integration {
            let id = self.guest.clone().unwrap_or_else(|| "guestwire".to_owned());
            let name = format!("Open guest {id}");
            let guest = RawGuest { id: spot(id), id_type: None, nickname: None };
            (name, RawAddress::OpenMessaging { integration_id: spot(integration.clone()), guest })
        } else {
            let conversation = self.conversation.as_ref()?;
            let address = RawAddress::GuestApi {
                conversation_id: spot(conversation.clone()),
                participant_id: self.participant.clone().map(spot),
                external_id: None,
            };
            (format!("Conversation {}", short(conversation)), address)
        };
        Some(RawConversation { name: spot(name), address, attributes: None })
    }
}

/// The profile that the environment makes, if it makes one. `region` is the flag's; without it the variable's counts.
pub fn env_profile(env: Lookup<'_>, region: Option<&str>) -> Option<RawProfile> {
    let said = |name| env_text(env, name).map(|_| spot(RawSecret::Env(str::to_owned(name))));
    let region = region.map(str::to_owned).or_else(|| env_text(env, REGION).map(|(region, _)| region));
    let (client_id, client_secret, access_token) = (said(CLIENT_ID), said(CLIENT_SECRET), said(ACCESS_TOKEN));
    // A client renews, a token does not: with both the client is taken, as the vendor's tools do.
    let access_token = access_token.filter(|_| client_id.is_none() || client_secret.is_none());
    let has_client = access_token.is_none() && (client_id.is_some() || client_secret.is_some());
    let oauth = RawOauth {
        at: FilePosition::NOWHERE,
        client_id: client_id.filter(|_| has_client),
        client_secret: client_secret.filter(|_| has_client),
        access_token,
        token_host: None,
        client_auth: None,
        scopes: None,
    };
    let signs_in = oauth.access_token.is_some() || has_client;
    Some(RawProfile {
        name: spot(ENV.to_owned()),
        region: Some(spot(region?)),
        production: None,
        hosts: RawHosts::default(),
        oauth: signs_in.then_some(oauth),
        path: None,
        required_scopes: None,
        receipts: None,
        webhook: None,
        conversations: Vec::new(),
        dogstatsd: None,
        tags: None,
        proxy: proxy::from_variables(env).map(|url| spot(RawSecret::Literal(SecretString::from(url)))),
        ca_files: None,
        bounds: RawBounds::default(),
    })
}

/// A value that no line of the file gave.
fn spot<T>(value: T) -> Spot<T> {
    Spot { value, at: FilePosition::NOWHERE }
}

/// Enough of an id to tell it from others.
fn short(id: &str) -> String {
    id.chars().take(8).collect()
}

/// Says of what came from no line of the file which variable or flag it came from. `region` is the flag's.
pub fn name_sources(resolved: &mut Resolved, target: &AdHocTarget) {
    let region = if target.region.is_some() { Origin::Flag("--region") } else { Origin::Env(REGION) };
    let described = match (&target.deployment, &target.integration) {
        (Some(_), _) => "--deployment",
        (_, Some(_)) => "--integration",
        _ => "--conversation",
    };
    for row in &mut resolved.rows {
        if row.origin != Origin::File(FilePosition::NOWHERE) {
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
    for problem in resolved.problems.iter_mut().chain(&mut resolved.warnings).chain(&mut resolved.missing) {
        if problem.at == Some(FilePosition::NOWHERE) {
            (problem.file, problem.at) = (None, None);
            problem.sentence = format!("profile `{ENV}`, from GENESYSCLOUD_* and flags: {}", problem.sentence);
        }
    }
    if let Some(problem) = resolved.missing.as_mut().filter(|problem| problem.at.is_none()) {
        let how = format!("set {CLIENT_ID} and {CLIENT_SECRET}, or {ACCESS_TOKEN}");
        problem.sentence = format!("the profile `{ENV}` cannot sign in: {how}");
        if let Some(profile) = &mut resolved.profile {
            profile.credentials = Credentials::Missing(problem.to_string());
        }
    }
}

/// The scope that the Guest API's description names, for a client that says nothing of scopes.
pub fn with_guest_scope(profile: &mut RawProfile) {
    let guest_api = profile.conversations.iter().any(|c| matches!(c.address, RawAddress::GuestApi { .. }));
    if let Some(oauth) = profile.oauth.as_mut().filter(|oauth| guest_api && oauth.scopes.is_none()) {
        oauth.scopes = Some(spot(vec![spot(GUEST_API_SCOPE.to_owned())]));
    }
}
