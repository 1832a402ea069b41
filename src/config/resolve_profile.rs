//! A profile as written becomes a profile as used.

use std::path::{Path, PathBuf};
use std::time::Duration;

use secrecy::{ExposeSecret as _, SecretString};

use super::address;
use super::origin::{EffectiveSettings, Lookup, ShownValue, env_text, file};
use super::problem::{FilePosition, NOWHERE, Problem, Spot};
use super::profile::Redaction;
use super::proxy::{self, ProfileProxy, ProxyAddress};
use super::secret::SecretOddity;
use super::settings::{Findings, MetricsSettings, NamedSecret, Origin, RowSetting};
use super::toml_reader::{Table, TextOrTable};
use super::{
    ClientAuth, ConversationEntry, Credentials, GuestApi, Hosts, OAuthClient, OpenMessaging, Profile, Region,
    SecretSource, Terminal, TokenHost, WebhookSettings, regions, vendor_files,
};
use crate::files;

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
    /// What is masked, from `[redact]`.
    pub redaction: &'a Redaction,
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
    /// What is wrong.
    pub problems: Vec<Problem>,
    /// For `config check`.
    pub findings: Findings,
}

/// Resolves one profile from its table. `further` are conversations that do not stand in it, and come first.
pub fn resolve(
    name: &Spot<String>,
    table: Table<'_>,
    further: Vec<Table<'_>>,
    around: &ProfileContext<'_>,
) -> Resolved {
    let prefix = format!("profiles.{}", name.value);
    let mut work = ProfileReader { around, prefix, effective: EffectiveSettings::default(), out: Resolved::default() };
    let profile = work.profile(name, table, further);
    let mut out = work.out;
    out.rows = work.effective.rows;
    out.profile = profile.filter(|_| out.problems.is_empty());
    out
}

/// A profile while it is read.
pub(super) struct ProfileReader<'a> {
    pub(super) around: &'a ProfileContext<'a>,
    pub(super) prefix: String,
    pub(super) effective: EffectiveSettings,
    pub(super) out: Resolved,
}

impl ProfileReader<'_> {
    pub(super) fn wrong(&mut self, at: FilePosition, sentence: impl Into<String>) {
        self.out.problems.push(Problem::at(self.around.file, at, sentence));
    }

    pub(super) fn warn(&mut self, at: FilePosition, sentence: impl Into<String>) {
        self.out.findings.warnings.push(Problem::at(self.around.file, at, sentence));
    }

    fn key(&self, name: &str) -> String {
        format!("{}.{name}", self.prefix)
    }

    /// Keeps a judged value, or notes what is wrong with it.
    pub(super) fn judged<T>(&mut self, at: FilePosition, result: Result<T, String>) -> Option<Spot<T>> {
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

    /// What the file says, or the default.
    fn pick<T: ShownValue>(&mut self, name: &str, said: Option<Spot<T>>, default: T) -> T {
        self.effective.pick(self.key(name), file(said), default)
    }

    /// The same, of a list.
    fn pick_list(&mut self, name: &str, said: Option<Spot<Vec<Spot<String>>>>, default: Vec<String>) -> Vec<String> {
        self.pick(name, said.map(|list| list.map(plain)), default)
    }

    fn profile(&mut self, name: &Spot<String>, mut table: Table<'_>, further: Vec<Table<'_>>) -> Option<Profile> {
        let why = "give the domain (\"mypurecloud.de\") or the AWS name (\"eu-central-1\")";
        let region = table.required("region", why);
        let production = table.flag("production");
        let place = self.region_and_hosts(region, &mut table);
        let production = self.pick("production", production, false);
        let oauth = table.inside("oauth", |table| self.oauth(table));
        let guest_api = self.guest_api(&mut table);
        let open_messaging = self.open_messaging(&mut table);
        let conversations: Vec<Table<'_>> = further.into_iter().chain(table.tables("conversations")).collect();
        let conversations = self.conversations(conversations);
        let credentials = oauth.unwrap_or_else(|| Err((name.at, self.no_client())));
        let credentials = self.credentials(credentials, &conversations);
        self.metrics(&mut table);
        let proxy = self.proxy(&name.value, &mut table);
        let ca_files = table.strings("ca_files").map(|list| list.map(plain));
        let ca_files = ca_files.map(|list| list.map(|list| list.iter().map(|text| self.path(text)).collect()));
        if let Some(list) = &ca_files {
            let shown: &Vec<PathBuf> = &list.value;
            let shown: Vec<String> = shown.iter().map(|path| path.display().to_string()).collect();
            self.effective.note(self.key("ca_files"), shown.shown(), Origin::File(list.at));
        }
        let connect_timeout = self.pick("connect_timeout", table.duration("connect_timeout"), Duration::from_secs(5));
        let request_timeout = self.pick("request_timeout", table.duration("request_timeout"), Duration::from_secs(30));
        let parallel = self.pick("parallel", table.number("parallel", 1, 64), 8);
        table.finish();
        let (region, hosts) = place?;
        Some(Profile {
            name: name.value.clone(),
            production,
            sandbox: region.domain == regions::SANDBOX,
            region,
            hosts,
            credentials,
            guest_api,
            open_messaging,
            conversations,
            redaction: self.around.redaction.clone(),
            proxy,
            ca_files: ca_files.map_or_else(Vec::new, |list| list.value),
            connect_timeout,
            request_timeout,
            parallel: usize::try_from(parallel).unwrap_or(8),
        })
    }

    /// The proxy that the profile names. Its URL may hold a password, so it may stand elsewhere as a secret does; it is
    /// read at once, since the first question of a session goes through it.
    fn proxy(&mut self, profile: &str, table: &mut Table<'_>) -> Option<ProfileProxy> {
        let name = self.key("proxy");
        let asked = table.has("proxy");
        let Some(Spot { value: source, at }) = self.source(table, "proxy") else {
            // What counts instead is worth a line, since nothing else of the profile tells it.
            let instead = PROXY_VARIABLES.iter().find_map(|name| env_text(self.around.env, name)).filter(|_| !asked);
            if let Some((text, origin)) = instead {
                let shown = ProxyAddress::read(&text).map_or_else(|why| format!("«{why}»"), |p| p.to_string().shown());
                self.effective.note(name, shown, origin);
            }
            return None;
        };
        let text = match source.read_with(self.around.env, Terminal::Free) {
            Ok(text) => text,
            Err(error) => {
                self.wrong(at, format!("`proxy` cannot be read: {error}"));
                return None;
            }
        };
        let by = if at == NOWHERE { proxy::HOST.to_owned() } else { format!("`proxy` of the profile {profile}") };
        let proxy = match ProfileProxy::read(text.expose_secret(), by) {
            Ok(proxy) => proxy,
            Err(why) => {
                self.wrong(at, format!("`proxy` {why}"));
                return None;
            }
        };
        let has_password = matches!(&proxy, ProfileProxy::Through(address, _) if address.user_info.is_some());
        if has_password && matches!(source, SecretSource::Literal(_)) && at != NOWHERE {
            self.literal(at, "the password of `proxy` is");
        }
        self.effective.note(name, proxy.to_string().shown(), Origin::File(at));
        Some(proxy)
    }

    fn region_and_hosts(&mut self, said: Option<Spot<String>>, table: &mut Table<'_>) -> Option<(Region, Hosts)> {
        let given = table.inside("hosts", |hosts| ["login", "api", "webmessaging", "cdn"].map(|name| hosts.text(name)));
        let [login, api, webmessaging, cdn] = given.unwrap_or_default();
        let said = said?;
        let names_api = api.is_some();
        let mut given = |name: &str, spot: Option<Spot<String>>, scheme: &str| {
            let spot = spot?;
            self.judged(spot.at, address::base_url(name, &spot.value, scheme))
        };
        let login = given("login", login, "https");
        let api = given("api", api, "https");
        let webmessaging = given("webmessaging", webmessaging, "wss");
        let cdn = given("cdn", cdn, "https");
        let (region, derived) = if said.value == regions::SANDBOX {
            let Some(api) = &api else {
                if !names_api {
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
                Some(near) => format!("did you mean \"{}\" ({})?", near.name, near.place),
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
        // A profile may well have a host of its own, but two regions share no token.
        if let (Some(signs_in), Some(speaks)) = (regions::find(&hosts.login), regions::find(&hosts.api))
            && signs_in.domain != speaks.domain
        {
            let (login, api) = (&signs_in.domain, &speaks.domain);
            let why = "a token of one region is refused in another";
            self.warn(said.at, format!("the host `login` is of {login} and the host `api` of {api}: {why}"));
        }
        if region.domain == regions::SANDBOX {
            let urls = [&hosts.login, &hosts.api, &hosts.webmessaging, &hosts.cdn];
            if !urls.iter().all(|u| url::Url::parse(u).is_ok_and(|u| address::is_loopback(&u))) {
                self.wrong(said.at, "the region \"sandbox\" needs hosts on this machine");
            }
        }
        Some((region, hosts))
    }

    /// What is missing is a finding only where a conversation needs a token, or none is configured.
    fn credentials(
        &mut self,
        said: Result<Credentials, (FilePosition, String)>,
        conversations: &[ConversationEntry],
    ) -> Credentials {
        let needs_token =
            conversations.is_empty() || conversations.iter().any(|entry| !entry.conversation.channel().has_sessions());
        said.unwrap_or_else(|(at, sentence)| {
            let problem = Problem::at(self.around.file, at, sentence);
            let missing = Credentials::Missing(problem.to_string());
            self.out.findings.missing = Some(problem).filter(|_| needs_token);
            missing
        })
    }

    fn no_client(&self) -> String {
        let name = self.key("oauth");
        format!("the profile cannot sign in: give [{name}] a `client_id` and a `client_secret`")
    }

    fn oauth(&mut self, table: &mut Table<'_>) -> Result<Credentials, (FilePosition, String)> {
        let at = table.at();
        let [id, secret, token] = ["client_id", "client_secret", "access_token"].map(|name| self.source(table, name));
        let token_host = self.pick("oauth.token_host", table.choice("token_host"), TokenHost::default());
        let client_auth = self.pick("oauth.client_auth", table.choice("client_auth"), ClientAuth::default());
        let scopes = table.strings("scopes");
        for scope in scopes.iter().flat_map(|list| &list.value) {
            if scope.value.contains(char::is_whitespace) {
                self.wrong(scope.at, "a scope has no blanks; write each scope as its own string");
            }
        }
        let scopes = self.pick_list("oauth.scopes", scopes, Vec::new());
        if let Some(token) = token {
            if id.is_some() || secret.is_some() {
                let why = "remove one of the two: guestwire uses the token, which cannot be renewed";
                self.warn(token.at, format!("there are an `access_token` and a client; {why}"));
            }
            return Ok(Credentials::Pasted(self.secret("oauth.access_token", token)));
        }
        let secret = secret.map(|secret| self.secret("oauth.client_secret", secret));
        let id = id.map(|id| self.client_id(id)).transpose()?;
        match (id, secret) {
            (Some(id), Some(secret)) => {
                Ok(Credentials::Client(OAuthClient { id, secret, token_host, client_auth, scopes }))
            }
            (Some(_), None) => {
                let how = "add client_secret = { env = \"GUESTWIRE_CLIENT_SECRET\" }, or a file, or a command";
                Err((at, format!("[{}] has no `client_secret`: {how}", self.key("oauth"))))
            }
            (None, Some(_)) => {
                let how = "give the OAuth client's id";
                Err((at, format!("[{}] has no `client_id`: {how}", self.key("oauth"))))
            }
            (None, None) => Err((at, self.no_client())),
        }
    }

    /// The client's id is not a secret, but may be kept like one.
    fn client_id(&mut self, id: Spot<SecretSource>) -> Result<String, (FilePosition, String)> {
        let read = id.value.read_with(self.around.env, Terminal::Free);
        let text = read.map(|text| text.expose_secret().trim().to_owned());
        let shown = match (&id.value, &text) {
            (SecretSource::Literal(_), Ok(text)) => text.shown(),
            (source, _) => source.to_string(),
        };
        self.effective.note(self.key("oauth.client_id"), shown, Origin::File(id.at));
        if let Ok(text) = &text {
            let odd = SecretOddity::of(&SecretString::from(text.as_str())).map(|odd| odd.to_string());
            let colon = || text.contains(':').then(|| "contains a colon, which no client's id has".to_owned());
            if let Some(odd) = odd.or_else(colon) {
                self.warn(id.at, format!("the value of `client_id` {odd}"));
            }
        }
        text.map_err(|error| (id.at, format!("`client_id` cannot be read: {error}")))
    }

    /// Reads where a secret is: one of the references, or the secret itself.
    pub(super) fn source(&self, table: &mut Table<'_>, name: &'static str) -> Option<Spot<SecretSource>> {
        const FORMS: &str = "{ env = \"NAME\" }, { file = \"PATH\" } or { command = [\"PROGRAM\", \"ARGUMENT\"] }";
        let mut reference = match table.text_or_table(name, FORMS)? {
            TextOrTable::Text(text) => return Some(text.map(|text| SecretSource::Literal(SecretString::from(text)))),
            TextOrTable::Table(reference) => reference,
        };
        let at = reference.at();
        let (env, file, command) = (reference.text("env"), reference.text("file"), reference.strings("command"));
        // Only what those tools keep too.
        let theirs = if vendor_files::keeps(name) { reference.text("gc") } else { None };
        let wrong = |why: &str| {
            reference.wrong(at, format!("`{name}` {why}"));
            None
        };
        let source = match (env, file, command, theirs) {
            (Some(env), None, None, None) => Some(SecretSource::Env(env.value)),
            (None, Some(file), None, None) => Some(SecretSource::File(self.path(&file.value))),
            (None, None, Some(command), None) if command.value.is_empty() => wrong("names no program in its `command`"),
            (None, None, Some(command), None) => Some(SecretSource::Command(plain(command.value))),
            (None, file, None, Some(profile)) => {
                let path = self.path(file.as_ref().map_or(vendor_files::PLATFORM_CLI, |file| &file.value));
                Some(SecretSource::VendorFile { path, profile: profile.value, field: name })
            }
            (None, None, None, None) if reference.is_empty() => wrong(&format!("must be {FORMS}")),
            (None, None, None, None) => None,
            _ => wrong(&format!("must be exactly one of {FORMS}")),
        };
        reference.finish();
        source.map(|value| Spot { value, at })
    }

    /// Notes a secret that is read when it is needed.
    pub(super) fn secret(&mut self, name: &str, source: Spot<SecretSource>) -> SecretSource {
        let Spot { value: source, at } = source;
        if matches!(source, SecretSource::Literal(_)) {
            let field = name.rsplit('.').next().unwrap_or(name);
            self.literal(at, &format!("`{field}` stands"));
        }
        let name = self.key(name);
        self.effective.note(name.clone(), source.to_string(), Origin::File(at));
        let is_token = name.ends_with("oauth.access_token");
        self.out.findings.secrets.push(NamedSecret { name, at, source: source.clone(), is_token });
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

    fn guest_api(&mut self, table: &mut Table<'_>) -> GuestApi {
        let said = table.inside("guest_api", |table| (table.text("path"), table.strings("required_scopes")));
        let (path, scopes) = said.unwrap_or_default();
        let path = path.and_then(|path| self.judged(path.at, address::guest_path(&path.value)));
        let usual = GuestApi::default();
        let path = self.pick("guest_api.path", path, usual.path);
        let required_scopes = self.pick_list("guest_api.required_scopes", scopes, usual.required_scopes);
        GuestApi { path, required_scopes }
    }

    fn open_messaging(&mut self, table: &mut Table<'_>) -> OpenMessaging {
        let receipts = table.inside("open_messaging", |table| table.flag("receipts")).flatten();
        let receipts = self.pick("open_messaging.receipts", receipts, false);
        let webhook = table.inside("webhook", |table| {
            let listen = table.required("listen", "give an address of this machine, like \"127.0.0.1:9099\"");
            if !table.has("secret") {
                table.required("secret", "it is the integration's, with which each webhook is signed");
            }
            let secret = self.source(table, "secret");
            let (listen, secret) = listen.zip(secret)?;
            let secret = self.secret("webhook.secret", secret);
            let address = self.judged(listen.at, address::loopback(&listen.value))?;
            self.effective.note(self.key("webhook.listen"), listen.value.shown(), Origin::File(listen.at));
            Some(WebhookSettings { listen: address.value, secret })
        });
        OpenMessaging { receipts, webhook: webhook.flatten() }
    }

    fn metrics(&mut self, table: &mut Table<'_>) {
        let said = table.inside("metrics", |table| {
            (table.required("dogstatsd", "give \"udp://HOST:PORT\" or \"unix:///PATH\""), table.strings("tags"))
        });
        let Some((Some(dogstatsd), tags)) = said else { return };
        let Some(agent) = self.judged(dogstatsd.at, address::agent(&dogstatsd.value)) else { return };
        self.effective.note(self.key("metrics.dogstatsd"), dogstatsd.value.shown(), Origin::File(agent.at));
        let tags = self.pick_list("metrics.tags", tags, Vec::new());
        self.out.metrics = Some(MetricsSettings { agent: agent.value, tags });
    }
}

/// A list without the places.
pub(super) fn plain(list: Vec<Spot<String>>) -> Vec<String> {
    list.into_iter().map(|s| s.value).collect()
}

/// A path of the file: `~/` is the home directory, a relative path begins at the config file.
fn expand(text: &str, home: Option<&Path>, beside: Option<&Path>) -> PathBuf {
    let path = files::from_home(Path::new(text), home);
    beside.map_or_else(|| path.clone(), |dir| dir.join(&path))
}
