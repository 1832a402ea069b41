//! What is known of this machine: its signals, the agent that metrics go to, the listener for webhooks.

use std::net::IpAddr;

/// Whether the host of a URL is this machine: `localhost`, `127.0.0.0/8` or `[::1]`.
pub fn is_loopback(host: &str) -> bool {
    let bare = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
    host.eq_ignore_ascii_case("localhost") || bare.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

/// A signal, by what it asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signal {
    /// The signal of this number ends programs (SIGTERM, SIGHUP, SIGQUIT, …): leave now, with the terminal restored.
    Terminate(u8),
    /// SIGINT: as [`Signal::Terminate`], but not while another program has the terminal, whose matter it is then.
    Interrupt,
    /// SIGTSTP from elsewhere: give the terminal back and stop.
    Suspend,
    /// The process was stopped and goes on: draw everything anew, check the clocks.
    Resumed,
    /// The terminal has another size.
    Resized,
}

impl Signal {
    pub(crate) const INTERRUPT: u8 = 2;
    pub(crate) const TERMINATE: u8 = 15;
}

/// Where the agent that metrics go to stands, as far as this side can tell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MetricsAgentState {
    /// It is configured, and nothing has been sent yet.
    Idle,
    /// The newest datagram was handed over. (UDP does not say whether anybody took it.)
    Well,
    /// The newest datagram was lost: one line. Losing it costs nothing but the datagram.
    Lost(String),
}

impl MetricsAgentState {
    pub(crate) const fn chip(&self) -> &'static str {
        match self {
            Self::Idle => "DSD idle",
            Self::Well => "DSD ok",
            Self::Lost(_) => "DSD LOST",
        }
    }
}

/// Where the listener for the replies of open messaging stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WebhookState {
    /// It takes signed webhooks at this address, `127.0.0.1:9099`.
    Listening(String),
    /// It does not, and why: one line.
    Failed(String),
}

impl WebhookState {
    pub(crate) fn words(&self) -> String {
        match self {
            Self::Listening(address) => format!("webhooks are taken at http://{address}, signed ones only"),
            Self::Failed(why) => {
                format!("webhooks are not taken: {why}; replies are still read from the API")
            }
        }
    }
}
