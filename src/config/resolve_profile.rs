//! A profile as written becomes a profile as used.

use std::path::{Path, PathBuf};
use std::time::Duration;

use secrecy::{ExposeSecret as _, SecretString};

use super::flags::ConfigInput;
use super::origin::{Origin, ShownValue as _, env_text};
use super::problem::{FilePosition, Located, NOWHERE, Problem};
use super::profile::Redaction;
use super::proxy::{PROXY_HOST, ProfileProxy, ProxyAddress};
use super::secret::oddity;
use super::settings::{Findings, MetricsSettings, NamedSecret};
use super::target::ENV;
use super::toml_reader::{Table, TextOrTable, without_positions};
use super::vendor_files::{ACCESS_TOKEN, CLIENT_ID, CLIENT_SECRET};
use super::{
    ClientAuth, ConversationEntry, Credentials, GuestApi, Hosts, OAuthClient, OpenMessaging, Profile, SecretSource,
    TokenHost, Tty, WebhookSettings, address, regions, vendor_files,
};
use crate::files;
use crate::model::is_loopback;

/// The variables that name a proxy for encrypted requests, where the profile names none; the first that is set counts.
const PROXY_VARIABLES: [&str; 4] = ["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"];

/// A profile, unless something is wrong with it; where its metrics go, and what `config check` has to look at.
pub fn resolve(
    name: &Located<String>,
    mut table: Table<'_>,
    further: Vec<Table<'_>>,
    input: &ConfigInput<'_>,
    redaction: &Redaction,
) -> (Option<Profile>, Option<MetricsSettings>, Findings) {
    let mut reader = ProfileReader { input, redaction, metrics: None, findings: Findings::default() };
    let profile = reader.profile(name, &mut table, further);
    table.finish();
    (profile, reader.metrics, reader.findings)
}

pub(super) struct ProfileReader<'a> {
    input: &'a ConfigInput<'a>,
    redaction: &'a Redaction,
    metrics: Option<MetricsSettings>,
    findings: Findings,
}

impl ProfileReader<'_> {
    pub(super) fn warn(&mut self, table: &Table<'_>, at: FilePosition, sentence: impl Into<String>) {
        self.findings.warnings.push(table.doc.problem(at, sentence));
    }

    /// A path of the file: `~/` is the home directory, a relative path begins at the config file.
    fn path(&self, text: &str) -> PathBuf {
        let path = files::from_home(Path::new(text), self.input.home);
        self.input.paths.config_file.parent().map_or_else(|| path.clone(), |dir| dir.join(&path))
    }

    fn profile(&mut self, name: &Located<String>, table: &mut Table<'_>, further: Vec<Table<'_>>) -> Option<Profile> {
        let why = "give the domain (\"mypurecloud.de\") or the AWS name (\"eu-central-1\")";
        let region = table.required("region", why);
        let production = table.flag("production");
        let place = self.region_and_hosts(region, table);
        let production = table.pick("production", |_, _| production, false);
        let oauth = table.inside("oauth", |table| self.oauth(table));
        let usual = GuestApi::default();
        let guest_api = table.section("guest_api", |table| GuestApi {
            path: table.pick("path", guest_path, usual.path),
            required_scopes: table.pick("required_scopes", Table::texts, usual.required_scopes),
        });
        let receipts = table.section("open_messaging", |table| table.pick("receipts", Table::flag, false));
        let webhook = table.inside("webhook", |table| self.webhook(table)).flatten();
        let conversations = self.conversations(further.into_iter().chain(table.tables("conversations")).collect());
        let no_client = || Err((name.at, no_client(&table.below("oauth"))));
        let credentials = self.credentials(table, oauth.unwrap_or_else(no_client), &conversations);
        self.metrics = table.inside("metrics", metrics).flatten();
        let proxy = self.proxy(&name.value, table);
        let ca_files = table
            .strings("ca_files")
            .map(|list| list.map(|list| list.iter().map(|text| self.path(&text.value)).collect::<Vec<_>>()));
        table.note_said("ca_files", ca_files.as_ref(), |paths| paths.shown());
        let connect_timeout = table.pick("connect_timeout", Table::duration, Duration::from_secs(5));
        let request_timeout = table.pick("request_timeout", Table::duration, Duration::from_secs(30));
        let parallel = table.pick("parallel", |table, name| table.number(name, 1, 64), 8);
        let (region, hosts) = place?;
        Some(Profile {
            name: name.value.clone(),
            production,
            sandbox: region == regions::SANDBOX,
            region,
            hosts,
            credentials,
            guest_api,
            open_messaging: OpenMessaging { receipts, webhook },
            conversations,
            redaction: self.redaction.clone(),
            proxy,
            ca_files: ca_files.map_or_else(Vec::new, |list| list.value),
            connect_timeout,
            request_timeout,
            parallel,
        })
    }

    /// The proxy that the profile names. Its URL may hold a password, so it may stand elsewhere as a secret does; it is
    /// read at once, since the first question of a session goes through it.
    fn proxy(&mut self, profile: &str, table: &mut Table<'_>) -> Option<ProfileProxy> {
        if !table.has("proxy") {
            // What counts instead is worth a line, since nothing else of the profile tells it.
            let instead = PROXY_VARIABLES.iter().find_map(|name| env_text(self.input.env, name));
            if let Some((text, origin)) = instead {
                let shown = ProxyAddress::read(&text).map_or_else(|why| format!("«{why}»"), |p| p.to_string().shown());
                table.note_from("proxy", shown, origin);
            }
        }
        let Located { value: source, at } = self.source(table, "proxy")?;
        let text = source.read_with(self.input.env, Tty::Allowed).map_err(|e| format!("`proxy` cannot be read: {e}"));
        let text = table.judged(at, text)?.value;
        let by = if at == NOWHERE { PROXY_HOST.to_owned() } else { format!("`proxy` of the profile {profile}") };
        let proxy = ProfileProxy::read(text.expose_secret(), by).map_err(|why| format!("`proxy` {why}"));
        let proxy = table.judged(at, proxy)?.value;
        let has_password = matches!(&proxy, ProfileProxy::Through(address, _) if address.user_info.is_some());
        if has_password && matches!(source, SecretSource::Literal(_)) && at != NOWHERE {
            self.literal(table, at, "the password of `proxy` is");
        }
        table.note("proxy", proxy.to_string().shown(), at);
        Some(proxy)
    }

    fn region_and_hosts(&mut self, said: Option<Located<String>>, table: &mut Table<'_>) -> Option<(String, Hosts)> {
        let names = [("login", "https"), ("api", "https"), ("webmessaging", "wss"), ("cdn", "https")];
        let given = table.section("hosts", |hosts| names.map(|(name, scheme)| (name, scheme, hosts.text(name))));
        let said = said?;
        let [_, (.., api), ..] = &given;
        let names_api = api.is_some();
        let given = given.map(|(name, scheme, given)| {
            let given = given.and_then(|url| table.judged(url.at, address::base_url(name, &url.value, scheme)));
            (name, given)
        });
        let (region, derived) = if said.value == regions::SANDBOX {
            let [_, (_, api), ..] = &given;
            let Some(Located { value: api, .. }) = api.clone() else {
                if !names_api {
                    let how = "give `api` under `hosts`: the address that `guestwire sandbox` prints";
                    table.wrong(said.at, format!("the region \"sandbox\" has no hosts of its own; {how}"));
                }
                return None;
            };
            (regions::SANDBOX.to_owned(), [api.clone(), api.clone(), api.replacen("http", "ws", 1), api])
        } else if let Some(known) = regions::find(&said.value) {
            (known.domain.clone(), known.hosts())
        } else {
            let near = match regions::suggest(&said.value) {
                Some((name, place)) => format!("did you mean \"{name}\" ({place})?"),
                None => "give its domain (\"mypurecloud.de\") or its AWS name (\"eu-central-1\")".to_owned(),
            };
            table.wrong(said.at, format!("`region` is not a region of Genesys Cloud; {near}"));
            return None;
        };
        table.note("region", region.shown(), said.at);
        let mut derived = derived.into_iter();
        let [login, api, webmessaging, cdn] = given.map(|(name, given)| {
            let derived = derived.next().unwrap_or_default();
            let origin = given.as_ref().map_or(Origin::Region, |given| Origin::File(given.at));
            let url = given.map_or(derived, |given| given.value);
            table.note_from(&format!("hosts.{name}"), url.shown(), origin);
            url
        });
        // A profile may well have a host of its own, but two regions share no token.
        if let (Some(signs_in), Some(speaks)) = (regions::find(&login), regions::find(&api))
            && signs_in.domain != speaks.domain
        {
            let (login, api) = (&signs_in.domain, &speaks.domain);
            let why = "a token of one region is refused in another";
            self.warn(table, said.at, format!("the host `login` is of {login} and the host `api` of {api}: {why}"));
        }
        let is_here = |url: &&String| url::Url::parse(url).is_ok_and(|url| url.host_str().is_some_and(is_loopback));
        if region == regions::SANDBOX && ![&login, &api, &webmessaging, &cdn].iter().all(is_here) {
            table.wrong(said.at, "the region \"sandbox\" needs hosts on this machine");
        }
        Some((region, Hosts { login, api, webmessaging, cdn }))
    }

    /// What is missing is a finding only where a conversation needs a token, or none is configured.
    fn credentials(
        &mut self,
        table: &Table<'_>,
        said: Result<Credentials, (FilePosition, String)>,
        conversations: &[ConversationEntry],
    ) -> Credentials {
        let needs_token =
            conversations.is_empty() || conversations.iter().any(|entry| !entry.conversation.channel().has_sessions());
        said.unwrap_or_else(|(at, sentence)| {
            let problem = match &table.doc.from {
                Ok(file) => Problem::at(file, at, sentence),
                Err(_) => {
                    let how = format!("set {CLIENT_ID} and {CLIENT_SECRET}, or {ACCESS_TOKEN}");
                    Problem::new(format!("the profile `{ENV}` cannot sign in: {how}"))
                }
            };
            let missing = Credentials::Missing(problem.to_string());
            self.findings.missing = Some(problem).filter(|_| needs_token);
            missing
        })
    }

    fn oauth(&mut self, table: &mut Table<'_>) -> Result<Credentials, (FilePosition, String)> {
        let at = table.at;
        let [id, secret, token] = ["client_id", "client_secret", "access_token"].map(|name| self.source(table, name));
        let token_host = table.pick("token_host", Table::choice, TokenHost::default());
        let client_auth = table.pick("client_auth", Table::choice, ClientAuth::default());
        let scopes = table.strings("scopes");
        for scope in scopes.iter().flat_map(|list| &list.value) {
            if scope.value.contains(char::is_whitespace) {
                table.wrong(scope.at, "a scope has no blanks; write each scope as its own string");
            }
        }
        let scopes = table.pick("scopes", |_, _| scopes.map(|list| list.map(without_positions)), Vec::new());
        if let Some(token) = token {
            if id.is_some() || secret.is_some() {
                let why = "remove one of the two: guestwire uses the token, which cannot be renewed";
                self.warn(table, token.at, format!("there are an `access_token` and a client; {why}"));
            }
            return Ok(Credentials::Pasted(self.secret(table, "access_token", token)));
        }
        let secret = secret.map(|secret| self.secret(table, "client_secret", secret));
        let id = id.map(|id| self.client_id(table, id)).transpose()?;
        let lacks = |field: &str, how: &str| Err((at, format!("{} has no `{field}`: {how}", table.title())));
        match (id, secret) {
            (Some(id), Some(secret)) => {
                Ok(Credentials::Client(OAuthClient { id, secret, token_host, client_auth, scopes }))
            }
            (Some(_), None) => lacks(
                "client_secret",
                "add client_secret = { env = \"GUESTWIRE_CLIENT_SECRET\" }, or a file, or a command",
            ),
            (None, Some(_)) => lacks("client_id", "give the OAuth client's id"),
            (None, None) => Err((at, no_client(&table.path))),
        }
    }

    /// The client's id is not a secret, but may be kept like one.
    fn client_id(&mut self, table: &Table<'_>, id: Located<SecretSource>) -> Result<String, (FilePosition, String)> {
        let read = id.value.read_with(self.input.env, Tty::Allowed);
        let text = read.map(|text| text.expose_secret().trim().to_owned());
        let shown = match (&id.value, &text) {
            (SecretSource::Literal(_), Ok(text)) => text.shown(),
            (source, _) => source.to_string(),
        };
        table.note("client_id", shown, id.at);
        if let Ok(text) = &text {
            let colon = || text.contains(':').then_some("contains a colon, which no client's id has");
            if let Some(odd) = oddity(&SecretString::from(text.as_str())).or_else(colon) {
                self.warn(table, id.at, format!("the value of `client_id` {odd}"));
            }
        }
        text.map_err(|error| (id.at, format!("`client_id` cannot be read: {error}")))
    }

    /// Reads where a secret is: one of the references, or the secret itself.
    pub(super) fn source(&self, table: &mut Table<'_>, name: &'static str) -> Option<Located<SecretSource>> {
        const FORMS: &str = "{ env = \"NAME\" }, { file = \"PATH\" } or { command = [\"PROGRAM\", \"ARGUMENT\"] }";
        let mut reference = match table.text_or_table(name, FORMS)? {
            TextOrTable::Text(text) => return Some(text.map(|text| SecretSource::Literal(SecretString::from(text)))),
            TextOrTable::Table(reference) => reference,
        };
        let at = reference.at;
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
            (None, None, Some(command), None) => Some(SecretSource::Command(without_positions(command.value))),
            (None, file, None, Some(profile)) => {
                let path = self.path(file.as_ref().map_or(vendor_files::PLATFORM_CLI, |file| &file.value));
                Some(SecretSource::VendorFile(path, profile.value, name))
            }
            (None, None, None, None) if reference.is_empty() => wrong(&format!("must be {FORMS}")),
            (None, None, None, None) => None,
            _ => wrong(&format!("must be exactly one of {FORMS}")),
        };
        reference.finish();
        source.map(|value| Located { value, at })
    }

    /// Notes a secret that is read when it is needed.
    pub(super) fn secret(&mut self, table: &Table<'_>, field: &str, source: Located<SecretSource>) -> SecretSource {
        let Located { value: source, at } = source;
        if matches!(source, SecretSource::Literal(_)) {
            let field = field.rsplit('.').next().unwrap_or(field);
            self.literal(table, at, &format!("`{field}` stands"));
        }
        table.note(field, source.to_string(), at);
        self.findings.secrets.push(NamedSecret { name: table.below(field), at, source: source.clone() });
        source
    }

    /// A secret that the file itself holds: warned of, and refused where others can read it.
    fn literal(&mut self, table: &Table<'_>, at: FilePosition, stands: &str) {
        let how = "keep it elsewhere and write { env = \"NAME\" }, { file = \"PATH\" } or { command = [\"PROGRAM\"] }";
        if self.input.private {
            self.warn(table, at, format!("{stands} in this file in plain text; {how}"));
        } else {
            let mode = "make this file private (chmod 600), or ";
            table.wrong(at, format!("{stands} in a file that others can read; {mode}{how}"));
        }
    }

    fn webhook(&mut self, table: &mut Table<'_>) -> Option<WebhookSettings> {
        let listen = table.required("listen", "give an address of this machine, like \"127.0.0.1:9099\"");
        table.demand("secret", "it is the integration's, with which each webhook is signed");
        let secret = self.source(table, "secret");
        let (listen, secret) = listen.zip(secret)?;
        let secret = self.secret(table, "secret", secret);
        let address = table.judged(listen.at, address::listen_address(&listen.value))?;
        table.note("listen", listen.value.shown(), listen.at);
        Some(WebhookSettings { listen: address.value, secret })
    }
}

/// `oauth` is the table that would hold a client.
fn no_client(oauth: &str) -> String {
    format!("the profile cannot sign in: give [{oauth}] a `client_id` and a `client_secret`")
}

fn guest_path(table: &mut Table<'_>, name: &'static str) -> Option<Located<String>> {
    let path = table.text(name)?;
    table.judged(path.at, address::guest_path(&path.value))
}

fn metrics(table: &mut Table<'_>) -> Option<MetricsSettings> {
    let dogstatsd = table.required("dogstatsd", "give \"udp://HOST:PORT\" or \"unix:///PATH\"");
    let tags = table.strings("tags");
    let dogstatsd = dogstatsd?;
    let agent = table.judged(dogstatsd.at, address::agent(&dogstatsd.value))?.value;
    table.note("dogstatsd", dogstatsd.value.shown(), dogstatsd.at);
    let tags = table.pick("tags", |_, _| tags.map(|list| list.map(without_positions)), Vec::new());
    Some(MetricsSettings { agent, tags })
}
