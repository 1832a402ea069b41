//! Where the listener for webhooks stands.

/// The listener for the replies of open messaging.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WebhookState {
    /// It takes signed webhooks at this address, `127.0.0.1:9099`.
    Listening(String),
    /// It does not, and why: one line.
    Failed(String),
}

impl WebhookState {
    /// One sentence, without a full stop.
    pub fn words(&self) -> String {
        match self {
            Self::Listening(address) => format!("webhooks are taken at http://{address}, signed ones only"),
            Self::Failed(why) => {
                format!("webhooks are not taken: {why}; replies are still read from the API")
            }
        }
    }
}
