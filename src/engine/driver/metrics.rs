//! Metrics for whoever configured an agent: DogStatsD over UDP or a unix socket.
//!
//! ```text
//! Report ─► points (what is counted, with which tags) ─► datagram ─► queue ─► thread ─► socket
//! ```
//! Nothing of them is waited for: what finds no room in the queue is dropped, the socket never blocks, and a lost agent
//! costs the datagram. The thread opens the socket, and opens it again, so that neither a name look-up nor a dead agent is
//! felt elsewhere. Never an id and never a text of a conversation is counted: the tags are words from fixed lists, the HTTP
//! status, the profile's name and region, and the tags that the configuration names.

use std::collections::BTreeMap;
use std::io;
use std::net::{ToSocketAddrs as _, UdpSocket};
use std::sync::mpsc::{SyncSender, sync_channel};
use std::time::Duration;

use tokio::sync::mpsc::Sender;
use tokio::sync::oneshot;

use crate::config::Profile;
use crate::config::settings::{Agent, MetricsSettings};
use crate::diagnosis::{PastExchanges, ProfileFacts, diagnose};
use crate::engine::Report;
use crate::genesys::oauth;
use crate::model::attempt::header;
use crate::model::{Cause, Channel, ConversationKey, Exchange, ExchangeKind, MetricsAgentState, Outcome};
use crate::text::one_line;

const QUEUE: usize = 1024; // datagrams that wait for the thread at most
const LEAVING: Duration = Duration::from_millis(250);

pub struct MetricsAgent {
    facts: ProfileFacts,
    channels: BTreeMap<ConversationKey, Channel>,
    history: PastExchanges,
    tags: Vec<String>, // the configured ones
    queue: SyncSender<String>,
    drained: oneshot::Receiver<()>, // ends with the thread
}

impl MetricsAgent {
    pub fn new(configured: &MetricsSettings, profile: &Profile, reports: Sender<Report>) -> Self {
        let _ = reports.try_send(Report::MetricsAgent(MetricsAgentState::Idle));
        let (queue, queued) = sync_channel::<String>(QUEUE);
        let (alive, drained) = oneshot::channel();
        let mut connection = AgentConnection { agent: configured.agent.clone(), open: None, reported: None, reports };
        let run = move || {
            for datagram in queued {
                connection.send(&datagram);
            }
            drop(alive);
        };
        if let Err(e) = std::thread::Builder::new().name("metrics".to_owned()).spawn(run) {
            tracing::warn!("there are no metrics: {e}");
        }
        let conversations = profile.conversations.iter().map(|e| &e.conversation);
        Self {
            facts: ProfileFacts::of(profile),
            channels: conversations.map(|c| (c.key, c.channel())).collect(),
            history: PastExchanges::default(),
            tags: configured.tags.iter().map(|tag| clean(tag)).collect(),
            queue,
            drained,
        }
    }

    /// Takes a report in; gives the metrics that it caused, if any.
    pub fn report(&mut self, report: &Report) -> Option<Report> {
        let exchange = match report {
            Report::Exchange(exchange) => exchange,
            Report::Token(status) => {
                self.history.token(status.facts()?);
                return None;
            }
            Report::ClockSkew(seconds) => {
                self.history.skew = Some(*seconds);
                return None;
            }
            _ => return None,
        };
        self.history.exchange(exchange);
        let mut datagrams = if exchange.outcome.is_finished() { self.datagrams(exchange) } else { return None };
        datagrams.retain(|one| self.queue.try_send(one.clone()).is_ok());
        (!datagrams.is_empty()).then_some(Report::Metrics(exchange.id, datagrams))
    }

    /// `kind` as DogStatsD names it: `c`, so many more; `d`, one of many; `g`, how it stands.
    fn datagram(&self, name: &str, value: u64, kind: &str, tags: &[(&str, String)]) -> String {
        let own = tags.iter().map(|(name, value)| format!("{name}:{}", clean(value)));
        let tags: Vec<_> = self.tags.iter().cloned().chain(own).collect();
        format!("{name}:{value}|{kind}|#{}", tags.join(","))
    }

    fn datagrams(&self, exchange: &Exchange) -> Vec<String> {
        // A message that guestwire held back is no send.
        let Some(attempt) = exchange.last_attempt() else { return Vec::new() };
        let sent = exchange.kind == ExchangeKind::Send;
        let mut datagrams = if sent { self.sent(exchange) } else { Vec::new() };
        let asked = attempt.request.url.split_once("://").and_then(|(_, rest)| rest.split_once('/'));
        let token = asked.is_some_and(|(_, path)| format!("/{path}") == oauth::TOKEN_PATH);
        // A token for a negative test is none of the session's.
        if token && exchange.sent_as.is_none() {
            let mut tags = vec![("outcome", exchange.outcome.kept_name().to_owned())];
            tags.extend(self.tags(exchange, None));
            datagrams.push(self.datagram("genesys.guest.token.renewal", 1, "c", &tags));
        }
        let number = |name: &str| header(&attempt.response()?.headers, name)?.trim().parse::<u64>().ok();
        if let (Some(count), Some(allowed)) = (number("inin-ratelimit-count"), number("inin-ratelimit-allowed")) {
            let remaining = allowed.saturating_sub(count);
            datagrams.push(self.datagram("genesys.guest.ratelimit.remaining", remaining, "g", &self.place()));
        }
        datagrams
    }

    fn sent(&self, exchange: &Exchange) -> Vec<String> {
        let channel =
            exchange.conversation.and_then(|key| self.channels.get(&key)).copied().unwrap_or(Channel::GuestApi);
        let tags = self.tags(exchange, Some(channel));
        let ended = match exchange.outcome {
            Outcome::Refused(_) | Outcome::Failed(_) => Some(("genesys.guest.message.send.error", 1, "c")),
            Outcome::Unknown(_) => Some(("genesys.guest.message.send.unknown", 1, "c")),
            _ => None,
        };
        let took = exchange.took_ms().map(|ms| ("genesys.guest.message.send.duration", ms, "d"));
        let all = [Some(("genesys.guest.message.send.count", 1, "c")), ended, took].into_iter().flatten();
        all.map(|(name, value, kind)| self.datagram(name, value, kind, &tags)).collect()
    }

    fn tags(&self, exchange: &Exchange, channel: Option<Channel>) -> Vec<(&'static str, String)> {
        let status = exchange.status().map_or_else(|| "none".to_owned(), |s| s.to_string());
        // A 401 that a newer token healed is no error and still has its cause: that is what tells a rotation from a scope.
        // What cannot be told yet is counted as unknown and not as the first guess.
        let cause = diagnose(exchange, channel, &self.facts, &self.history)
            .map_or("none", |d| if d.is_undecided() { Cause::Unknown.name() } else { d.cause().name() });
        let mut tags = vec![("status", status), ("cause", cause.to_owned())];
        tags.extend(channel.map(|c| ("channel", c.name().to_owned())));
        tags.extend(exchange.sent_as.map(|v| ("sent_as", v.name().to_owned())));
        tags.extend(self.place());
        tags
    }

    fn place(&self) -> Vec<(&'static str, String)> {
        vec![("region", self.facts.region.clone()), ("profile", self.facts.name.clone())]
    }

    /// Resolves when what is queued has gone out, within a bound.
    pub async fn finish(self) {
        drop(self.queue);
        let _ = tokio::time::timeout(LEAVING, self.drained).await;
    }
}

/// A tag without the characters that separate tags, fields and datagrams.
pub fn clean(tag: &str) -> String {
    tag.chars()
        .map(|c| if matches!(c, ',' | '|' | '#') || c.is_control() || c.is_whitespace() { '_' } else { c })
        .collect()
}

type Socket = Box<dyn Fn(&[u8]) -> io::Result<usize> + Send>;

struct AgentConnection {
    agent: Agent,
    open: Option<Socket>,
    reported: Option<MetricsAgentState>, // what was told last of the agent
    reports: Sender<Report>,
}

impl AgentConnection {
    fn send(&mut self, datagram: &str) {
        let state = match self.write(datagram) {
            Ok(_) => MetricsAgentState::Well,
            Err(error) => MetricsAgentState::Lost(one_line(&error.to_string())),
        };
        if self.reported.as_ref() != Some(&state) {
            self.reported = Some(state.clone());
            let _ = self.reports.blocking_send(Report::MetricsAgent(state));
        }
    }

    fn write(&mut self, datagram: &str) -> io::Result<usize> {
        let socket = match self.open.take() {
            Some(socket) => socket,
            None => connect(&self.agent)?,
        };
        let sent = socket(datagram.as_bytes());
        // A full buffer is the agent's matter of a moment; anything else is not healed by the same socket.
        if sent.is_ok() || sent.as_ref().is_err_and(|e| e.kind() == io::ErrorKind::WouldBlock) {
            self.open = Some(socket);
        }
        sent
    }
}

fn connect(agent: &Agent) -> io::Result<Socket> {
    match agent {
        Agent::Udp(place) => {
            let mut last = io::Error::other("the agent's name has no address");
            for address in place.to_socket_addrs()? {
                let any = if address.is_ipv4() { "0.0.0.0:0" } else { "[::]:0" };
                let ready = |socket: &UdpSocket| socket.set_nonblocking(true).and_then(|()| socket.connect(address));
                match UdpSocket::bind(any).and_then(|socket| ready(&socket).map(|()| socket)) {
                    Ok(socket) => return Ok(Box::new(move |datagram| socket.send(datagram))),
                    Err(error) => last = error,
                }
            }
            Err(last)
        }
        #[cfg(unix)]
        Agent::Unix(path) => {
            let socket = std::os::unix::net::UnixDatagram::unbound()?;
            socket.set_nonblocking(true)?;
            socket.connect(path)?;
            Ok(Box::new(move |datagram| socket.send(datagram)))
        }
        #[cfg(not(unix))]
        Agent::Unix(_) => Err(io::Error::other("there are no unix sockets on this system")),
    }
}
