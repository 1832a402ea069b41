//! Where the metrics agent stands, as far as this side can tell.

/// The agent that metrics go to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AgentState {
    /// It is configured, and nothing has been sent yet.
    Idle,
    /// The newest datagram was handed over. (UDP does not say whether anybody took it.)
    Well,
    /// The newest datagram was lost: one line. Losing it costs nothing but the datagram.
    Lost(String),
}

impl AgentState {
    /// The chip: `DSD ok`.
    pub const fn chip(&self) -> &'static str {
        match self {
            Self::Idle => "DSD idle",
            Self::Well => "DSD ok",
            Self::Lost(_) => "DSD LOST",
        }
    }
}
