//! Metrics as an agent receives them: over UDP and over a unix socket, read by a parser that takes nothing but
//! DogStatsD; off until configured; and a lost agent that costs nothing.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use guestwire::clock::Clock;
use guestwire::config::{Agent, MetricsSettings};
use guestwire::engine::{Command, EngineHandle, EngineOptions, Report};
use guestwire::model::OutgoingMessage;
use guestwire::model::{ConversationKey, Exchange, ExchangeId, ExchangeKind, MessageId, MetricsAgentState, Variation};
use guestwire::sandbox::{Sandbox, Scenario};

const BOUND: Duration = Duration::from_secs(20);

/// One datagram, strictly: `name:number|kind|#tag,tag` and nothing before, between or behind.
#[derive(Debug, PartialEq)]
struct Datagram {
    name: String,
    value: u64,
    kind: String,
    tags: BTreeMap<String, String>,
}

fn parse(text: &str) -> Datagram {
    let fields: Vec<&str> = text.split('|').collect();
    assert_eq!(fields.len(), 3, "three fields: {text}");
    let (name, value) = fields[0].split_once(':').expect("a name and a value");
    assert!(name.chars().all(|c| c.is_ascii_lowercase() || c == '.'), "{text}");
    assert!(matches!(fields[1], "c" | "d" | "g"), "{text}");
    let tags = fields[2].strip_prefix('#').expect("tags");
    let tags: Vec<(String, String)> = tags
        .split(',')
        .map(|tag| tag.split_once(':').expect("each tag has a value"))
        .map(|(key, value)| (key.to_owned(), value.to_owned()))
        .collect();
    let map: BTreeMap<_, _> = tags.iter().cloned().collect();
    assert_eq!(map.len(), tags.len(), "no tag twice: {text}");
    assert!(map.values().all(|v| !v.is_empty() && !v.contains(char::is_whitespace)), "{text}");
    Datagram { name: name.to_owned(), value: value.parse().unwrap(), kind: fields[1].to_owned(), tags: map }
}

enum Receiver {
    Udp(tokio::net::UdpSocket),
    Unix(tokio::net::UnixDatagram, #[expect(dead_code, reason = "the directory goes with it")] tempfile::TempDir),
}

impl Receiver {
    async fn udp() -> (Self, Agent) {
        let socket = tokio::net::UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let place = socket.local_addr().unwrap().to_string();
        (Self::Udp(socket), Agent::Udp(place))
    }

    fn unix() -> (Self, Agent) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("dsd.socket");
        let socket = tokio::net::UnixDatagram::bind(&path).unwrap();
        (Self::Unix(socket, dir), Agent::Unix(path))
    }

    async fn next(&self) -> String {
        let mut buffer = [0; 2048];
        let read = async {
            match self {
                Self::Udp(socket) => socket.recv(&mut buffer).await,
                Self::Unix(socket, _) => socket.recv(&mut buffer).await,
            }
        };
        let length = tokio::time::timeout(BOUND, read).await.expect("a datagram").unwrap();
        String::from_utf8(buffer[..length].to_vec()).unwrap()
    }
}

struct Session {
    sandbox: Sandbox,
    engine: guestwire::engine::EngineHandle,
    reports: tokio::sync::mpsc::Receiver<Report>,
    datagrams: BTreeMap<ExchangeId, Vec<String>>,
    exchanges: BTreeMap<ExchangeId, Arc<Exchange>>,
    agent: Vec<MetricsAgentState>,
}

fn session(agent: Option<Agent>) -> Session {
    session_with("[[conversations]]\nname = \"A\"\nscript = \"silent\"\n", agent)
}

fn session_with(toml: &str, agent: Option<Agent>) -> Session {
    let scenario = Scenario::parse(toml, std::path::Path::new("metrics.toml")).unwrap();
    let sandbox = guestwire::sandbox::start(0, scenario, guestwire::clock::Clock::start()).unwrap();
    let mut profile = sandbox.profile();
    profile.name = "my, profile|x".to_owned();
    let metrics = agent.map(|agent| MetricsSettings { agent, tags: vec!["team:qa".to_owned()] });
    let options = EngineOptions { metrics, ..EngineOptions::default() };
    let (engine, reports) = EngineHandle::start(Arc::new(profile), Clock::start(), options);
    let (datagrams, exchanges) = (BTreeMap::new(), BTreeMap::new());
    Session { sandbox, engine, reports, datagrams, exchanges, agent: Vec::new() }
}

impl Session {
    async fn until(&mut self, wanted: impl Fn(&Report) -> bool) {
        loop {
            let report = tokio::time::timeout(BOUND, self.reports.recv()).await.expect("it goes on").expect("it runs");
            match &report {
                Report::Metrics(exchange, datagrams) => {
                    self.datagrams.insert(*exchange, datagrams.clone());
                }
                Report::Exchange(exchange) => {
                    self.exchanges.insert(exchange.id, Arc::clone(exchange));
                }
                Report::MetricsAgent(state) => self.agent.push(state.clone()),
                _ => {}
            }
            if wanted(&report) {
                return;
            }
        }
    }

    fn send(&self, message: u64, sent_as: Option<Variation>) {
        self.send_into(0, message, sent_as);
    }

    fn send_into(&self, conversation: u32, message: u64, sent_as: Option<Variation>) {
        self.engine.ask(Command::Send(
            MessageId(message),
            OutgoingMessage {
                conversation: ConversationKey(conversation),
                text: "a secret of the customer".to_owned(),
                resend_of: None,
                sent_as,
                extras: guestwire::model::Extras::default(),
            },
        ));
    }

    /// Sends, and waits until it is settled.
    async fn sent(&mut self, message: u64, sent_as: Option<Variation>) {
        self.send(message, sent_as);
        let id = MessageId(message);
        self.until(|r| matches!(r, Report::Message { id: of, delivery, .. } if *of == id && delivery.is_finished()))
            .await;
    }

    /// The datagrams of the message, as its log entry lists them.
    fn of(&self, message: u64) -> Vec<Datagram> {
        let exchange = self.exchanges.values().find(|x| x.message == Some(MessageId(message))).unwrap();
        self.datagrams[&exchange.id].iter().map(|d| parse(d)).collect()
    }

    async fn stop(mut self) {
        self.engine.ask(Command::Shutdown);
        self.until(|r| matches!(r, Report::Stopped)).await;
        self.sandbox.stop().await;
    }
}

fn tag<'d>(datagram: &'d Datagram, name: &str) -> &'d str {
    datagram.tags.get(name).map_or("", String::as_str)
}

fn names(datagrams: &[Datagram]) -> Vec<&str> {
    datagrams.iter().map(|d| d.name.as_str()).collect()
}

async fn what_is_listed_arrives(receiver: Receiver, agent: Agent) {
    let mut session = session(Some(agent));
    session.sent(1, None).await;
    session.sent(2, Some(Variation::MalformedId)).await;
    let accepted = session.of(1);
    let base = "genesys.guest.message.send";
    let gauge = "genesys.guest.ratelimit.remaining";
    assert_eq!(names(&accepted), [format!("{base}.count"), format!("{base}.duration"), gauge.to_owned()]);
    assert_eq!(
        [tag(&accepted[0], "status"), tag(&accepted[0], "cause"), tag(&accepted[0], "channel")],
        ["200", "none", "guest-api"]
    );
    assert_eq!([tag(&accepted[0], "team"), tag(&accepted[0], "profile")], ["qa", "my__profile_x"]);
    assert_eq!((accepted[1].kind.as_str(), accepted[2].kind.as_str()), ("d", "g"));
    let refused = session.of(2);
    assert_eq!(names(&refused)[..3], [format!("{base}.count"), format!("{base}.error"), format!("{base}.duration")]);
    assert_eq!([tag(&refused[1], "status"), tag(&refused[1], "cause")], ["401", "conversation-malformed"]);
    assert_eq!(tag(&refused[1], "sent_as"), "malformed-id");
    let token = session.exchanges.values().find(|x| x.kind == ExchangeKind::Token).unwrap().id;
    let token = parse(&session.datagrams[&token][0]);
    assert_eq!((token.name.as_str(), tag(&token, "outcome")), ("genesys.guest.token.renewal", "accepted"));
    // What the log lists is what the agent got, in order.
    let listed: Vec<String> = session.datagrams.values().flatten().cloned().collect();
    let mut received = Vec::new();
    for _ in &listed {
        received.push(receiver.next().await);
    }
    received.sort();
    let mut sorted = listed.clone();
    sorted.sort();
    assert_eq!(received, sorted);
    for datagram in &received {
        parse(datagram);
        assert!(!datagram.contains("customer") && !datagram.contains("not-a-conversation"), "{datagram}");
        let state = session.sandbox.state();
        for conversation in state["conversations"].as_array().unwrap() {
            assert!(!datagram.contains(conversation["id"].as_str().unwrap()), "{datagram}");
        }
    }
    assert_eq!(session.agent.first(), Some(&MetricsAgentState::Idle));
    // The agent's state is told on its own way, and may come after what was sent.
    if !session.agent.contains(&MetricsAgentState::Well) {
        session.until(|report| matches!(report, Report::MetricsAgent(MetricsAgentState::Well))).await;
    }
    session.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn over_udp() {
    let (receiver, agent) = Receiver::udp().await;
    what_is_listed_arrives(receiver, agent).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn over_a_unix_socket() {
    let (receiver, agent) = Receiver::unix();
    what_is_listed_arrives(receiver, agent).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rotation_is_told_from_a_scope() {
    let (_receiver, agent) = Receiver::udp().await;
    let mut session = session(Some(agent));
    session.sent(1, None).await;
    session.sandbox.set_fault(r#"{"fault":"token-revoked"}"#).unwrap();
    session.sent(2, None).await;
    let healed = session.of(2);
    assert_eq!([tag(&healed[0], "status"), tag(&healed[0], "cause")], ["200", "token-revoked"]);
    assert!(!names(&healed).iter().any(|n| n.ends_with(".error")), "what was healed is no error");
    session.sandbox.set_fault(r#"{"fault":"feature-off"}"#).unwrap();
    session.sent(3, None).await;
    let refused = session.of(3);
    assert_eq!([tag(&refused[1], "status"), tag(&refused[1], "cause")], ["401", "scope-stripped"]);
    session.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn each_channel_is_tagged_as_itself_with_the_code_that_it_was_answered_with() {
    let (_receiver, agent) = Receiver::udp().await;
    let entry = |channel: &str, more: &str| {
        format!("[[conversations]]\nname = \"{channel}\"\nchannel = \"{channel}\"\n{more}script = \"silent\"\n")
    };
    let toml = [
        entry("guest-api", ""),
        entry("open-messaging", "guest_id = \"guest-42\"\n"),
        entry("web-messaging", "origin = \"https://shop.example\"\n"),
    ];
    let mut session = session_with(&toml.concat(), Some(agent));
    let channels = ["guest-api", "open-messaging", "web-messaging"];
    for (conversation, channel) in (0..).zip(channels) {
        let accepted = MessageId(u64::from(conversation) + 1);
        let refused = MessageId(u64::from(conversation) + 11);
        for (id, sent_as) in [(accepted, None), (refused, Some(Variation::NoToken))] {
            session.send_into(conversation, id.0, sent_as);
            session
                .until(|r| matches!(r, Report::Message { id: of, delivery, .. } if *of == id && delivery.is_finished()))
                .await;
        }
        let of = session.of(accepted.0);
        assert_eq!([tag(&of[0], "channel"), tag(&of[0], "status"), tag(&of[0], "cause")], [channel, "200", "none"]);
        let of = session.of(refused.0);
        assert_eq!([tag(&of[1], "channel"), tag(&of[1], "cause")], [channel, "token-absent"], "{of:?}");
        assert!(of[1].name.ends_with(".error") && tag(&of[1], "status") != "200", "{of:?}");
    }
    for datagram in session.datagrams.values().flatten() {
        assert!(!datagram.contains("guest-42") && !datagram.contains("customer"), "{datagram}");
    }
    session.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agent_that_is_lost_costs_nothing_and_comes_back() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("later.socket");
    let mut session = session(Some(Agent::Unix(path.clone())));
    session.sent(1, None).await;
    if !session.agent.iter().any(|state| matches!(state, MetricsAgentState::Lost(_))) {
        session.until(|r| matches!(r, Report::MetricsAgent(MetricsAgentState::Lost(_)))).await;
    }
    let socket = tokio::net::UnixDatagram::bind(&path).unwrap();
    session.sent(2, None).await;
    let receiver = Receiver::Unix(socket, dir);
    // What was left of the first message may reach it too.
    while parse(&receiver.next().await).name != "genesys.guest.message.send.count" {}
    session.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_told_until_it_is_configured() {
    let mut session = session(None);
    session.sent(1, None).await;
    assert!(session.datagrams.is_empty() && session.agent.is_empty());
    session.stop().await;
}
