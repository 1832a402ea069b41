//! One organisation, one engine, one message, and what is made of its refusal: before and after a probe.

use std::sync::Arc;
use std::time::Duration;

use guestwire::clock::Clock;
use guestwire::config::{Credentials, Profile, SecretSource};
use guestwire::diagnosis::{PastExchanges, ProfileFacts, diagnose};
use guestwire::engine::{Command, EngineHandle, EngineOptions, Environment, Report};
use guestwire::model::OutgoingMessage;
use guestwire::model::{
    Address, Channel, ConversationKey, Diagnosis, Exchange, ExchangeKind, MessageId, ProbeQuestion, SessionAsk,
    TokenStatus, Variation, WebSession,
};
use guestwire::sandbox::{Sandbox, Scenario};
use tokio::sync::mpsc::Receiver;

use super::canned::Canned;

/// What a defect reaches.
const BOUND: Duration = Duration::from_secs(30);
const FIRST: ConversationKey = ConversationKey(0);

/// An organisation in which something is wrong, and what is done in it.
#[expect(clippy::struct_excessive_bools, reason = "each is a circumstance of its own")]
pub struct Setting {
    scenario: Scenario,
    faults_before: Vec<String>,
    faults_after: Vec<String>,
    advance: u64,
    profile: Vec<Box<dyn FnOnce(Profile) -> Profile + Send>>,
    api_elsewhere: bool,
    pasted: bool,
    canned: Option<Canned>,
    /// The API is outside, and the canned answer is what the proxy says to CONNECT.
    proxied: bool,
    text: String,
    sent_as: Option<Variation>,
    /// The exchange to be diagnosed is the token's.
    token: bool,
    channel: Option<Channel>,
    /// The exchange to be diagnosed is the opening of the guest socket.
    opening: bool,
    /// A session is open before anything goes wrong.
    in_session: bool,
    overlap: bool,
}

impl Setting {
    fn new(toml: &str) -> Self {
        let scenario = Scenario::parse(toml, std::path::Path::new("accuracy.toml")).unwrap();
        Self {
            scenario,
            faults_before: Vec::new(),
            faults_after: Vec::new(),
            advance: 0,
            profile: Vec::new(),
            api_elsewhere: false,
            pasted: false,
            canned: None,
            proxied: false,
            text: "hello".to_owned(),
            sent_as: None,
            token: false,
            channel: Some(Channel::GuestApi),
            opening: false,
            in_session: false,
            overlap: false,
        }
    }

    /// The Guest API as described.
    pub fn described() -> Self {
        Self::new(
            "[[conversations]]\nname = \"A\"\nscript = \"silent\"\n[[conversations]]\nname = \"B\"\nscript = \"silent\"\n",
        )
    }

    /// As described, with `client` as the TOML of the client.
    pub fn client(client: &str) -> Self {
        Self::new(&format!("[client]\n{client}\n[[conversations]]\nname = \"A\"\nscript = \"silent\"\n"))
    }

    /// As described, with what the profile's entry says of the participant.
    pub fn addressed(how: &str, more: &str) -> Self {
        Self::new(&format!("{more}\n[[conversations]]\nname = \"A\"\nscript = \"silent\"\naddressed = \"{how}\"\n"))
    }

    /// The published API.
    pub fn published() -> Self {
        Self::new(
            "world = \"published\"\n[token]\ntell_scope = false\n[[conversations]]\nname = \"A\"\nscript = \"silent\"\n",
        )
    }

    /// Open messaging, as published.
    pub fn open() -> Self {
        let world = "world = \"published\"\n[token]\ntell_scope = false\n";
        let entry =
            "[[conversations]]\nname = \"A\"\nchannel = \"open-messaging\"\nguest_id = \"g\"\nscript = \"silent\"\n";
        Self::new(&format!("{world}{entry}")).on(Channel::OpenMessaging)
    }

    /// The guest socket.
    pub fn web() -> Self {
        let entry = "[[conversations]]\nname = \"A\"\nchannel = \"web-messaging\"\norigin = \"https://shop.example\"\nscript = \"silent\"\n";
        Self::new(entry).on(Channel::WebMessaging)
    }

    /// Its deployment lets nobody speak who is not signed in.
    pub fn sign_in(mut self) -> Self {
        self.scenario.deployment.sign_in = true;
        self
    }

    /// Its opening is what is diagnosed.
    pub fn of_the_opening(mut self) -> Self {
        self.opening = true;
        self
    }

    /// In a session that is open.
    pub fn in_session(mut self) -> Self {
        self.in_session = true;
        self
    }

    /// Speaks to another place.
    pub fn address(self, change: impl FnOnce(&mut Address) + Send + 'static) -> Self {
        self.profile(move |mut profile| {
            change(&mut profile.conversations[0].conversation.address);
            profile
        })
    }

    /// The service, with one answer to everything but the token.
    pub fn canned(status: u16, body: &str) -> Self {
        let headers = ["content-type: application/json", "inin-correlation-id: c0ffee"];
        Self::answered(&format!("{status} X"), &headers, body)
    }

    /// Whoever it is, with one answer to everything but the token.
    pub fn answered(status: &str, headers: &[&str], body: impl Into<Vec<u8>>) -> Self {
        let mut setting = Self::described();
        setting.canned = Some(Canned::new(status, headers, body));
        setting
    }

    /// The same, to the opening of the guest socket.
    pub fn web_answered(status: &str, headers: &[&str], body: &str) -> Self {
        Self { canned: Some(Canned::new(status, headers, body)), ..Self::web().of_the_opening() }
    }

    /// A proxy that answers so to whoever wants to be led to the API.
    pub fn proxy(status: &str, headers: &[&str], body: &str) -> Self {
        Self { proxied: true, ..Self::answered(status, headers, body) }
    }

    /// Waits so long for answers.
    pub fn patience(self, milliseconds: u64) -> Self {
        self.profile(move |mut profile| {
            profile.request_timeout = Duration::from_millis(milliseconds);
            profile
        })
    }

    /// A fault that holds from the start.
    pub fn before(mut self, fault: &str) -> Self {
        self.faults_before.push(fault.to_owned());
        self
    }

    /// A fault that is set once signed in, before the send.
    pub fn after(mut self, fault: &str) -> Self {
        self.faults_after.push(fault.to_owned());
        self
    }

    /// The server's clock is put forward before the send.
    pub fn advanced(mut self, seconds: u64) -> Self {
        self.advance = seconds;
        self
    }

    /// Changes the profile.
    pub fn profile(mut self, change: impl FnOnce(Profile) -> Profile + Send + 'static) -> Self {
        self.profile.push(Box::new(change));
        self
    }

    /// Asks for these scopes.
    pub fn scopes(self, scopes: &'static [&'static str]) -> Self {
        self.profile(move |mut profile| {
            if let Credentials::Client(client) = &mut profile.credentials {
                client.scopes = scopes.iter().map(|s| (*s).to_owned()).collect();
            }
            profile
        })
    }

    /// Speaks to this conversation id.
    pub fn conversation(self, id: &'static str) -> Self {
        self.profile(move |mut profile| {
            if let Address::GuestApi { conversation_id, participant_id, .. } =
                &mut profile.conversations[0].conversation.address
            {
                id.clone_into(conversation_id);
                *participant_id = None;
            }
            profile
        })
    }

    /// The API is that of another organisation than the login's.
    pub fn api_elsewhere(mut self) -> Self {
        self.api_elsewhere = true;
        self
    }

    /// A pasted token in place of a client.
    pub fn pasted(mut self) -> Self {
        self.pasted = true;
        self
    }

    pub fn text(mut self, text: String) -> Self {
        self.text = text;
        self
    }

    pub fn sent_as(mut self, variation: Variation) -> Self {
        self.sent_as = Some(variation);
        self
    }

    pub fn of_the_token(mut self) -> Self {
        self.token = true;
        self
    }

    pub fn on(mut self, channel: Channel) -> Self {
        self.channel = Some(channel);
        self
    }

    /// Two conversations send at once: one's renewal overtakes the other's refusal.
    pub fn overlap(mut self) -> Self {
        self.overlap = true;
        self
    }
}

/// What was found.
pub struct Found {
    pub bare: Diagnosis,
    pub probed: Diagnosis,
}

struct Bench {
    engine: EngineHandle,
    reports: Receiver<Report>,
    history: PastExchanges,
    facts: ProfileFacts,
    exchanges: Vec<Arc<Exchange>>,
    channel: Option<Channel>,
}

impl Bench {
    async fn next(&mut self) -> Report {
        let report = tokio::time::timeout(BOUND, self.reports.recv()).await.expect("the engine goes on");
        let report = report.expect("the engine runs");
        match &report {
            Report::Exchange(exchange) => {
                self.history.exchange(exchange);
                match self.exchanges.iter_mut().find(|x| x.id == exchange.id) {
                    Some(known) => *known = Arc::clone(exchange),
                    None => self.exchanges.push(Arc::clone(exchange)),
                }
            }
            Report::Token(status) => {
                if let Some(facts) = status.facts() {
                    self.history.token(facts);
                }
            }
            Report::ClockSkew(seconds) => self.history.skew = Some(*seconds),
            _ => {}
        }
        report
    }

    async fn until(&mut self, mut wanted: impl FnMut(&Report) -> bool) {
        while !wanted(&self.next().await) {}
    }

    /// Asks each, and waits for what comes of it.
    async fn probe(&mut self, questions: &[ProbeQuestion]) {
        for question in questions {
            self.engine.ask(Command::Probe(*question));
            self.until(|r| matches!(r, Report::Probe(asked, _) if asked == question)).await;
        }
    }

    fn diagnose(&self, wanted: impl Fn(&Exchange) -> bool) -> Option<Diagnosis> {
        let exchange = self.exchanges.iter().rev().find(|x| wanted(x))?;
        diagnose(exchange, self.channel, &self.facts, &self.history)
    }
}

/// Sends, and diagnoses.
pub async fn run(setting: Setting) -> Found {
    let sandbox = guestwire::sandbox::start(0, setting.scenario.clone(), guestwire::clock::Clock::start()).unwrap();
    for fault in &setting.faults_before {
        sandbox.set_fault(fault).unwrap();
    }
    let other = guestwire::sandbox::start(0, setting.scenario.clone(), guestwire::clock::Clock::start()).unwrap();
    let mut profile = sandbox.profile();
    if setting.api_elsewhere {
        profile.hosts.api = other.url().to_owned();
    }
    let canned = match setting.canned {
        Some(canned) => Some(canned.serve().await),
        None => None,
    };
    if let Some(url) = &canned {
        match (setting.proxied, setting.token) {
            (true, _) => "https://api.outside.example".clone_into(&mut profile.hosts.api),
            (false, true) => profile.hosts.login.clone_from(url),
            (false, false) if setting.opening => {
                profile.hosts.webmessaging = format!("{}/v1", url.replace("http", "ws"));
            }
            (false, false) => profile.hosts.api.clone_from(url),
        }
    }
    if setting.pasted {
        profile.credentials = Credentials::Pasted(SecretSource::Literal(mint(&sandbox).await.into()));
    }
    let profile = Arc::new(setting.profile.into_iter().fold(profile, |profile, change| change(profile)));
    let clock = Clock::start();
    let proxy = canned.filter(|_| setting.proxied);
    let environment = Environment::of(move |name| proxy.clone().filter(|_| name == "HTTPS_PROXY"));
    let options = EngineOptions { environment, ..EngineOptions::default() };
    let (engine, reports) = EngineHandle::start(Arc::clone(&profile), clock, options);
    let facts = ProfileFacts::of(&profile);
    let mut bench = Bench {
        engine,
        reports,
        history: PastExchanges::default(),
        facts,
        exchanges: Vec::new(),
        channel: setting.channel,
    };
    if setting.token {
        bench
            .until(|r| matches!(r, Report::Exchange(x) if x.kind == ExchangeKind::Token && x.outcome.is_finished()))
            .await;
        let found = bench.diagnose(|x| x.kind == ExchangeKind::Token).expect("a diagnosis");
        return Found { bare: found.clone(), probed: found };
    }
    bench.until(|r| matches!(r, Report::Token(TokenStatus::Valid(_)))).await;
    if !setting.scenario.token.tell_scope && bench.channel != Some(Channel::WebMessaging) {
        // What the token may do is asked for at once. Whether that is answered before a fault is evidence, so no race.
        let told = |x: &Exchange| {
            x.outcome.is_finished() && x.last_attempt().is_some_and(|a| a.request.url.ends_with("/tokens/me"))
        };
        if !bench.exchanges.iter().any(|x| told(x)) {
            bench.until(|r| matches!(r, Report::Exchange(x) if told(x))).await;
        }
    }
    if setting.in_session {
        bench.engine.ask(Command::Session(FIRST, SessionAsk::Connect));
        bench.until(|r| matches!(r, Report::Session(_, WebSession::Open { .. }))).await;
    }
    for fault in &setting.faults_after {
        sandbox.set_fault(fault).unwrap();
    }
    if setting.advance > 0 {
        sandbox.advance(setting.advance);
    }
    if setting.opening {
        bench.engine.ask(Command::Probe(ProbeQuestion::Origin(FIRST)));
        bench.until(|r| matches!(r, Report::Probe(ProbeQuestion::Origin(_), _))).await;
        let this = |x: &Exchange| x.last_attempt().is_some_and(|a| a.request.url.contains("/v1?"));
        let bare = bench.diagnose(this).unwrap_or_else(|| panic!("no diagnosis of {:?}", bench.exchanges.last()));
        bench.probe(&[ProbeQuestion::Deployment(FIRST), ProbeQuestion::Domains(FIRST)]).await;
        return Found { bare, probed: bench.diagnose(this).expect("a diagnosis") };
    }
    let send = |n: u64, conversation| {
        let message = OutgoingMessage::text(conversation, setting.text.clone()).varied(setting.sent_as);
        Command::Send(MessageId(n), message)
    };
    bench.engine.ask(send(1, FIRST));
    let mut wanted = MessageId(1);
    if setting.overlap {
        wanted = MessageId(2);
        bench.engine.ask(send(2, ConversationKey(1)));
    }
    bench.until(|r| matches!(r, Report::Exchange(x) if x.message == Some(wanted) && x.outcome.is_finished())).await;
    let this = |x: &Exchange| x.message == Some(wanted);
    let bare = bench.diagnose(this).unwrap_or_else(|| panic!("no diagnosis of {:?}", bench.exchanges.last()));
    let questions: &[ProbeQuestion] = match bench.channel {
        Some(Channel::OpenMessaging) => &[ProbeQuestion::Integration(FIRST)],
        Some(Channel::WebMessaging) => &[ProbeQuestion::Deployment(FIRST), ProbeQuestion::Domains(FIRST)],
        _ => &[],
    };
    if !questions.is_empty() {
        bench.probe(questions).await;
        return Found { bare, probed: bench.diagnose(this).expect("a diagnosis") };
    }
    // The probe: the conversation is read once. Where there is no token to read with, nothing comes of it.
    bench.engine.ask(Command::Read(FIRST));
    let probe =
        bench.until(|r| matches!(r, Report::Exchange(x) if x.kind == ExchangeKind::Read && x.outcome.is_finished()));
    let _ = tokio::time::timeout(Duration::from_secs(3), probe).await;
    let probed = bench.diagnose(this).expect("a diagnosis");
    sandbox.stop().await;
    other.stop().await;
    Found { bare, probed }
}

/// A token as a person would paste it: minted outside of guestwire.
async fn mint(sandbox: &Sandbox) -> String {
    let line = sandbox.announcement();
    let form = format!(
        "grant_type=client_credentials&scope=guest:messages:send&client_id={}&client_secret={}",
        line["client_id"].as_str().unwrap(),
        line["client_secret"].as_str().unwrap()
    );
    let body = super::canned::post(sandbox.addr(), "/oauth/token", &form).await;
    let json: serde_json::Value = serde_json::from_str(&body).unwrap();
    json["access_token"].as_str().unwrap().to_owned()
}
