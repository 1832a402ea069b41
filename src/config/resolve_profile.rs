//! A profile as written becomes a profile as used.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use secrecy::ExposeSecret as _;

use super::address::{self, Scheme};
use super::origin::{EffectiveSettings, Lookup, ShownValue as _, env_text, file};
use super::origin::{Origin, RowSetting};
use super::problem::{FilePosition, Problem, Spot};
use super::proxy::{self, ProfileProxy, ProxyAddress};
use super::raw_profile::{RawAddress, RawAttributes, RawConversation, RawOauth, RawProfile, RawSecret};
use super::settings::{MetricsSettings, NamedSecret};
use super::{
    ClientAuth, ConversationEntry, Credentials, GuestApi, Hosts, OAuthClient, OpenMessaging, Profile, Region,
    SecretSource, Terminal, TokenHost, WebhookSettings, regions,
};
use crate::files;
use crate::model::{Address, Channel, Conversation, ConversationKey, Masks, OpenGuest, ids, limits};

/// The path of the Guest API's endpoint, from its description.
pub const GUEST_API_PATH: &str = "/api/v2/conversations/messaging/{conversationId}/messages";
/// The scope that its description names.
pub const GUEST_API_SCOPE: &str = "guest:messages:send";

/// The variables that name a proxy for encrypted requests, where the profile names none, in the order in which they count.
const PROXY_VARIABLES: [&str; 4] = ["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"];

/// What a profile is resolved with.
pub struct ProfileContext<'a> {
    /// The config file.
    pub file: &'a Path,
    /// Whether only its owner may read it.
    pub private: bool,
    /// The environment.
    pub env: Lookup<'a>,
    /// The home directory, for `~/`.
    pub home: Option<&'a Path>,
    /// Names to mask, from `[redact]`.
    pub redact: &'a [String],
    /// What is masked by its look, from `[redact]`.
    pub masks: &'a Masks,
}

/// What came of it.
#[derive(Debug, Default)]
pub struct Resolved {
    /// The profile, unless something is wrong with it.
    pub profile: Option<Profile>,
    /// Where its metrics go.
    pub metrics: Option<MetricsSettings>,
    /// Each of its values.
    pub rows: Vec<RowSetting>,
    /// Each of its secrets.
    pub secrets: Vec<NamedSecret>,
    /// Why it cannot sign in.
    pub missing: Option<Problem>,
    /// What is wrong.
    pub problems: Vec<Problem>,
    /// What should be looked at.
    pub warnings: Vec<Problem>,
}

/// Resolves one profile.
pub fn resolve(raw: &RawProfile, around: &ProfileContext<'_>) -> Resolved {
    let prefix = format!("profiles.{}", raw.name.value);
    let mut work = Work { around, prefix, effective: EffectiveSettings::default(), out: Resolved::default() };
    let profile = work.profile(raw);
    let mut out = work.out;
    out.rows = work.effective.rows;
    out.profile = profile.filter(|_| out.problems.is_empty());
    out
}

struct Work<'a> {
    around: &'a ProfileContext<'a>,
    prefix: String,
    effective: EffectiveSettings,
    out: Resolved,
}

impl Work<'_> {
    fn wrong(&mut self, at: FilePosition, sentence: impl Into<String>) {
        self.out.problems.push(Problem::at(self.around.file, at, sentence));
    }

    fn warn(&mut self, at: FilePosition, sentence: impl Into<String>) {
        self.out.warnings.push(Problem::at(self.around.file, at, sentence));
    }

    fn key(&self, name: &str) -> String {
        format!("{}.{name}", self.prefix)
    }

    /// Keeps a judged value, or notes what is wrong with it.
    fn judged<T>(&mut self, at: FilePosition, result: Result<T, String>) -> Option<Spot<T>> {
        match result {
            Ok(value) => Some(Spot { value, at }),
            Err(sentence) => {
                self.wrong(at, sentence);
                None
            }
        }
    }

    fn path(&self, text: &str) -> PathBuf {
        expand(text, self.around.home, self.around.file.parent())
    }

    fn profile(&mut self, raw: &RawProfile) -> Option<Profile> {
        let (region, hosts) = self.region_and_hosts(raw)?;
        let production = self.effective.pick(self.key("production"), file(raw.production.clone()), false);
        let credentials = self.credentials(raw);
        let guest_api = self.guest_api(raw);
        let open_messaging = self.open_messaging(raw);
        let conversations = self.conversations(&raw.conversations);
        self.metrics(raw);
        let proxy = self.proxy(raw);
        let ca_files: Vec<PathBuf> =
            raw.ca_files.iter().flat_map(|list| &list.value).map(|text| self.path(&text.value)).collect();
        if let Some(list) = &raw.ca_files {
            let shown: Vec<String> = ca_files.iter().map(|p| p.display().to_string()).collect();
            self.effective.note(self.key("ca_files"), shown.shown(), Origin::File(list.at));
        }
        let bounds = &raw.bounds;
        let connect_timeout = self.effective.pick(
            self.key("connect_timeout"),
            file(bounds.connect_timeout.clone()),
            Duration::from_secs(5),
        );
        let request_timeout = self.effective.pick(
            self.key("request_timeout"),
            file(bounds.request_timeout.clone()),
            Duration::from_secs(30),
        );
        let parallel = self.effective.pick(self.key("parallel"), file(bounds.parallel.clone()), 8);
        Some(Profile {
            name: raw.name.value.clone(),
            production,
            sandbox: region.domain == regions::SANDBOX,
            region,
            hosts,
            credentials,
            guest_api,
            open_messaging,
            conversations,
            redact: self.around.redact.to_vec(),
            masks: self.around.masks.clone(),
            proxy,
            ca_files,
            connect_timeout,
            request_timeout,
            parallel: usize::try_from(parallel).unwrap_or(8),
        })
    }

    /// The proxy that the profile names. Its URL may hold a password, so it may stand elsewhere as a secret does; it is
    /// read at once, since the first question of a session goes through it.
    fn proxy(&mut self, raw: &RawProfile) -> Option<ProfileProxy> {
        let name = self.key("proxy");
        let Some(said) = &raw.proxy else {
            // What counts instead is worth a line, since nothing else of the profile tells it.
            if let Some((text, origin)) = PROXY_VARIABLES.iter().find_map(|name| env_text(self.around.env, name)) {
                let shown = ProxyAddress::read(&text).map_or_else(|why| format!("«{why}»"), |p| p.to_string().shown());
                self.effective.note(name, shown, origin);
            }
            return None;
        };
        let source = self.source(&said.value);
        let text = match source.read_with(self.around.env, Terminal::Free) {
            Ok(text) => text,
            Err(error) => {
                self.wrong(said.at, format!("`proxy` cannot be read: {error}"));
                return None;
            }
        };
        let by = if said.at == FilePosition::NOWHERE {
            proxy::HOST.to_owned()
        } else {
            format!("`proxy` of the profile {}", raw.name.value)
        };
        let proxy = match ProfileProxy::read(text.expose_secret(), by) {
            Ok(proxy) => proxy,
            Err(why) => {
                self.wrong(said.at, format!("`proxy` {why}"));
                return None;
            }
        };
        let has_password = matches!(&proxy, ProfileProxy::Through(address, _) if address.user_info.is_some());
        if has_password && matches!(source, SecretSource::Literal(_)) && said.at != FilePosition::NOWHERE {
            self.literal(said.at, "the password of `proxy` is");
        }
        self.effective.note(name, proxy.to_string().shown(), Origin::File(said.at));
        Some(proxy)
    }

    fn region_and_hosts(&mut self, raw: &RawProfile) -> Option<(Region, Hosts)> {
        let said = raw.region.as_ref()?;
        let mut given = |name: &str, spot: &Option<Spot<String>>, scheme| {
            let spot = spot.as_ref()?;
            self.judged(spot.at, address::base_url(name, &spot.value, scheme))
        };
        let login = given("login", &raw.hosts.login, Scheme::Http);
        let api = given("api", &raw.hosts.api, Scheme::Http);
        let webmessaging = given("webmessaging", &raw.hosts.webmessaging, Scheme::WebSocket);
        let cdn = given("cdn", &raw.hosts.cdn, Scheme::Http);
        let (region, derived) = if said.value == regions::SANDBOX {
            let Some(api) = &api else {
                if raw.hosts.api.is_none() {
                    let how = "give `api` under `hosts`: the address that `guestwire sandbox` prints";
                    self.wrong(said.at, format!("the region \"sandbox\" has no hosts of its own; {how}"));
                }
                return None;
            };
            let derived = Hosts {
                login: api.value.clone(),
                api: api.value.clone(),
                webmessaging: api.value.replacen("http", "ws", 1),
                cdn: api.value.clone(),
            };
            (Region { domain: regions::SANDBOX.to_owned(), aws: None }, derived)
        } else if let Some(known) = regions::find(&said.value) {
            (known.region(), known.hosts())
        } else {
            let near = match regions::suggest(&said.value) {
                Some(near) => format!("did you mean \"{near}\"?"),
                None => "give its domain (\"mypurecloud.de\") or its AWS name (\"eu-central-1\")".to_owned(),
            };
            self.wrong(said.at, format!("`region` is not a region of Genesys Cloud; {near}"));
            return None;
        };
        self.effective.note(self.key("region"), region.domain.shown(), Origin::File(said.at));
        let mut host = |name: &str, given: Option<Spot<String>>, derived: String| {
            self.effective.pick_from(format!("{}.hosts.{name}", self.prefix), file(given), (derived, Origin::Region))
        };
        let hosts = Hosts {
            login: host("login", login, derived.login),
            api: host("api", api, derived.api),
            webmessaging: host("webmessaging", webmessaging, derived.webmessaging),
            cdn: host("cdn", cdn, derived.cdn),
        };
        if region.domain == regions::SANDBOX {
            let urls = [&hosts.login, &hosts.api, &hosts.webmessaging, &hosts.cdn];
            if !urls.iter().all(|u| url::Url::parse(u).is_ok_and(|u| address::is_loopback(&u))) {
                self.wrong(said.at, "the region \"sandbox\" needs hosts on this machine");
            }
        }
        Some((region, hosts))
    }

    fn credentials(&mut self, raw: &RawProfile) -> Credentials {
        let needs_token = raw.conversations.is_empty()
            || raw.conversations.iter().any(|c| !matches!(c.address, RawAddress::WebMessaging { .. }));
        let credentials = match &raw.oauth {
            Some(oauth) => self.oauth(oauth),
            None => Err((raw.name.at, self.no_client())),
        };
        credentials.unwrap_or_else(|(at, sentence)| {
            let problem = Problem::at(self.around.file, at, sentence);
            let missing = Credentials::Missing(problem.to_string());
            if needs_token {
                self.out.missing = Some(problem);
            }
            missing
        })
    }

    fn no_client(&self) -> String {
        let name = self.key("oauth");
        format!("the profile cannot sign in: give [{name}] a `client_id` and a `client_secret`")
    }

    fn oauth(&mut self, oauth: &RawOauth) -> Result<Credentials, (FilePosition, String)> {
        let token_host =
            self.effective.pick(self.key("oauth.token_host"), file(oauth.token_host.clone()), TokenHost::default());
        let client_auth =
            self.effective.pick(self.key("oauth.client_auth"), file(oauth.client_auth.clone()), ClientAuth::default());
        let scopes = file(oauth.scopes.clone().map(|s| s.map(plain)));
        let scopes = self.effective.pick(self.key("oauth.scopes"), scopes, Vec::new());
        for (scope, spot) in scopes.iter().zip(oauth.scopes.iter().flat_map(|s| &s.value)) {
            if scope.contains(char::is_whitespace) {
                self.wrong(spot.at, "a scope has no blanks; write each scope as its own string");
            }
        }
        if let Some(token) = &oauth.access_token {
            if oauth.client_id.is_some() || oauth.client_secret.is_some() {
                let why = "remove one of the two: guestwire uses the token, which cannot be renewed";
                self.warn(token.at, format!("there are an `access_token` and a client; {why}"));
            }
            return Ok(Credentials::Pasted(self.secret("oauth.access_token", token)));
        }
        let secret = oauth.client_secret.as_ref().map(|s| self.secret("oauth.client_secret", s));
        let id = oauth.client_id.as_ref().map(|id| self.client_id(id)).transpose()?;
        match (id, secret) {
            (Some(id), Some(secret)) => {
                Ok(Credentials::Client(OAuthClient { id, secret, token_host, client_auth, scopes }))
            }
            (Some(_), None) => {
                let how = "add client_secret = { env = \"GUESTWIRE_CLIENT_SECRET\" }, or a file, or a command";
                Err((oauth.at, format!("[{}] has no `client_secret`: {how}", self.key("oauth"))))
            }
            (None, Some(_)) => {
                let how = "give the OAuth client's id";
                Err((oauth.at, format!("[{}] has no `client_id`: {how}", self.key("oauth"))))
            }
            (None, None) => Err((oauth.at, self.no_client())),
        }
    }

    /// The client's id is not a secret, but may be kept like one.
    fn client_id(&mut self, id: &Spot<RawSecret>) -> Result<String, (FilePosition, String)> {
        let name = self.key("oauth.client_id");
        if let RawSecret::Literal(text) = &id.value {
            let text = text.expose_secret().trim().to_owned();
            self.effective.note(name, text.shown(), Origin::File(id.at));
            return Ok(text);
        }
        let source = self.source(&id.value);
        self.effective.note(name, source.to_string(), Origin::File(id.at));
        match source.read_with(self.around.env, Terminal::Free) {
            Ok(text) => Ok(text.expose_secret().trim().to_owned()),
            Err(error) => Err((id.at, format!("`client_id` cannot be read: {error}"))),
        }
    }

    fn source(&self, raw: &RawSecret) -> SecretSource {
        match raw {
            RawSecret::Literal(text) => SecretSource::Literal(text.clone()),
            RawSecret::Env(name) => SecretSource::Env(name.clone()),
            RawSecret::File(path) => SecretSource::File(self.path(path)),
            RawSecret::Command(words) => SecretSource::Command(words.clone()),
            RawSecret::PlatformCli(profile, field) => {
                let path = self.path("~/.gc/config.toml");
                SecretSource::PlatformCli { path, profile: profile.clone(), field }
            }
        }
    }

    fn secret(&mut self, name: &str, raw: &Spot<RawSecret>) -> SecretSource {
        let source = self.source(&raw.value);
        if matches!(source, SecretSource::Literal(_)) {
            let field = name.rsplit('.').next().unwrap_or(name);
            self.literal(raw.at, &format!("`{field}` stands"));
        }
        let name = self.key(name);
        self.effective.note(name.clone(), source.to_string(), Origin::File(raw.at));
        let is_token = name.ends_with("oauth.access_token");
        self.out.secrets.push(NamedSecret { name, at: raw.at, source: source.clone(), is_token });
        source
    }

    /// A secret that the file itself holds: warned of, and refused where others can read it.
    fn literal(&mut self, at: FilePosition, stands: &str) {
        let how = "keep it elsewhere and write { env = \"NAME\" }, { file = \"PATH\" } or { command = [\"PROGRAM\"] }";
        if self.around.private {
            self.warn(at, format!("{stands} in this file in plain text; {how}"));
        } else {
            let mode = "make this file private (chmod 600), or ";
            self.wrong(at, format!("{stands} in a file that others can read; {mode}{how}"));
        }
    }

    fn guest_api(&mut self, raw: &RawProfile) -> GuestApi {
        let path = raw.path.as_ref().and_then(|p| self.judged(p.at, address::guest_path(&p.value)));
        let path = self.effective.pick(self.key("guest_api.path"), file(path), GUEST_API_PATH.to_owned());
        let scopes = file(raw.required_scopes.clone().map(|s| s.map(plain)));
        let default = vec![GUEST_API_SCOPE.to_owned()];
        let required_scopes = self.effective.pick(self.key("guest_api.required_scopes"), scopes, default);
        GuestApi { path, required_scopes }
    }

    fn conversations(&mut self, raw: &[RawConversation]) -> Vec<ConversationEntry> {
        let mut entries = Vec::new();
        for (n, conversation) in raw.iter().enumerate() {
            let name = &conversation.name;
            if let Some(first) = raw.iter().take(n).find(|other| other.name.value == name.value) {
                let line = first.name.at.line;
                let how = "conversations are picked by name, so names must differ";
                let sentence = format!("line {line} has a conversation `{}` already; {how}", name.value);
                self.wrong(name.at, sentence);
            }
            let raw_attributes = conversation.attributes.as_ref();
            let Some((address, guest_token)) = self.address(n, &conversation.address) else { continue };
            let shown = format!("\"{}\", {}", name.value, address.channel());
            self.effective.note(format!("{}.conversations[{n}]", self.prefix), shown, Origin::File(name.at));
            let key = ConversationKey(u32::try_from(n).unwrap_or(u32::MAX));
            let conversation = Conversation { key, name: name.value.clone(), address };
            let attributes = self.attributes(n, conversation.channel(), raw_attributes);
            entries.push(ConversationEntry { conversation, guest_token, attributes });
        }
        entries
    }

    fn attributes(
        &mut self,
        n: usize,
        channel: Channel,
        raw: Option<&Spot<RawAttributes>>,
    ) -> BTreeMap<String, String> {
        let Some(raw) = raw else { return BTreeMap::new() };
        let all: BTreeMap<_, _> =
            raw.value.iter().map(|(name, text)| (name.value.clone(), text.value.clone())).collect();
        let bytes = limits::attributes_bytes(&all);
        if bytes > limits::ATTRIBUTES_MAX_BYTES {
            let limit = limits::ATTRIBUTES_MAX_BYTES;
            self.wrong(
                raw.at,
                format!("`attributes` are {bytes} bytes as JSON, and the limit of the platform is {limit}"),
            );
        }
        if !channel.capabilities().attributes {
            self.warn(raw.at, format!("the channel {channel} cannot carry `attributes`: they are not sent"));
        }
        let names: Vec<String> = all.keys().cloned().collect();
        self.effective.note(
            format!("{}.conversations[{n}].attributes", self.prefix),
            names.shown(),
            Origin::File(raw.at),
        );
        all
    }

    fn open_messaging(&mut self, raw: &RawProfile) -> OpenMessaging {
        let receipts = self.effective.pick(self.key("open_messaging.receipts"), file(raw.receipts.clone()), false);
        let webhook = raw.webhook.as_ref().and_then(|webhook| {
            let secret = self.secret("webhook.secret", &webhook.secret);
            let listen = self.judged(webhook.listen.at, address::loopback(&webhook.listen.value))?;
            self.effective.note(self.key("webhook.listen"), webhook.listen.value.shown(), Origin::File(listen.at));
            Some(WebhookSettings { listen: listen.value, secret })
        });
        OpenMessaging { receipts, webhook }
    }

    fn address(&mut self, n: usize, raw: &RawAddress) -> Option<(Address, Option<SecretSource>)> {
        Some(match raw {
            RawAddress::GuestApi { conversation_id, participant_id, external_id } => {
                self.look_at_id("conversation_id", conversation_id, Channel::GuestApi);
                if let Some(id) = participant_id {
                    self.look_at_id("participant_id", id, Channel::GuestApi);
                }
                let value = |spot: &Option<Spot<String>>| spot.as_ref().map(|s| s.value.clone());
                let (participant_id, external_id) = (value(participant_id), value(external_id));
                let conversation_id = conversation_id.value.clone();
                (Address::GuestApi { conversation_id, participant_id, external_id }, None)
            }
            RawAddress::OpenMessaging { integration_id, guest } => {
                self.look_at_id("integration_id", integration_id, Channel::OpenMessaging);
                let guest = OpenGuest {
                    id: guest.id.value.clone(),
                    id_type: guest.id_type.as_ref().map_or("Opaque", |t| t.value).to_owned(),
                    nickname: guest.nickname.as_ref().map(|n| n.value.clone()),
                };
                (Address::OpenMessaging { integration_id: integration_id.value.clone(), guest }, None)
            }
            RawAddress::WebMessaging { deployment_id, origin, guest_token } => {
                self.look_at_id("deployment_id", deployment_id, Channel::WebMessaging);
                let origin = self.judged(origin.at, address::origin(&origin.value))?.value;
                let token = guest_token.as_ref().map(|t| self.secret(&format!("conversations[{n}].guest_token"), t));
                (Address::WebMessaging { deployment_id: deployment_id.value.clone(), origin }, token)
            }
        })
    }

    /// A malformed id may be sent on purpose, so it is only pointed out.
    fn look_at_id(&mut self, name: &str, id: &Spot<String>, channel: Channel) {
        if !ids::is_uuid(&id.value) {
            let sentence = format!("`{name}` of this {channel} conversation is not a well-formed id (a UUID)");
            self.warn(id.at, sentence);
        }
    }

    fn metrics(&mut self, raw: &RawProfile) {
        let Some(dogstatsd) = &raw.dogstatsd else { return };
        let Some(agent) = self.judged(dogstatsd.at, address::agent(&dogstatsd.value)) else { return };
        self.effective.note(self.key("metrics.dogstatsd"), dogstatsd.value.shown(), Origin::File(agent.at));
        let tags = file(raw.tags.clone().map(|s| s.map(plain)));
        let tags = self.effective.pick(self.key("metrics.tags"), tags, Vec::new());
        self.out.metrics = Some(MetricsSettings { agent: agent.value, tags });
    }
}

fn plain(list: Vec<Spot<String>>) -> Vec<String> {
    list.into_iter().map(|s| s.value).collect()
}

/// A path of the file: `~/` is the home directory, a relative path begins at the config file.
fn expand(text: &str, home: Option<&Path>, beside: Option<&Path>) -> PathBuf {
    let path = files::from_home(Path::new(text), home);
    beside.map_or_else(|| path.clone(), |dir| dir.join(&path))
}
