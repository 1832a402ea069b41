//! Plain data that all sides share. No I/O, no clock, no tokio.

pub mod channel;
pub mod conversation;
pub mod diagnosis;
pub mod exchange;
pub mod extras;
mod failure;
pub mod fault;
pub mod frame_codes;
pub mod ids;
pub mod kept_form;
pub mod limits;
mod machine;
pub mod mask;
pub mod message;
pub mod probe;
pub mod reason;
pub mod replies;
pub mod session;
pub mod time;
pub mod token;
pub mod variables;
pub mod variation;
pub mod words;

pub use channel::{Attachments, Capabilities, Channel, Transport};
pub use conversation::{Address, Conversation, DiscoveredConversation, OpenGuest, RemoteState};
pub use diagnosis::{Advice, Cause, Check, CheckAnswer, Confidence, Diagnosis, Probe, Remedy, Settles, Suspect};
pub use exchange::{
    Attempt, Body, BodyForm, Ending, Exchange, ExchangeKind, ExchangeStep, Failure, Header, Outcome, Request, Response,
    Timing,
};
pub use extras::{Attachment, Choice, ChoiceKind, Extras, FileSource};
pub use failure::{FailureKind, Party, Phase, ProxyName, TlsFault};
pub use ids::{ConversationKey, ExchangeId, Generation, MessageId};
pub use limits::RateLimit;
pub use machine::{AgentState, Signal, WebhookState};
pub use mask::Masks;
pub use message::{Author, DeliveryStatus, Message, OutgoingMessage, RemoteMessage};
pub use probe::{Host, IdTarget, ProbeQuestion, Probed};
pub use reason::{Objection, Pacing, Reason, ServerRefusal, SessionEnd, Sign};
pub use replies::{AsOf, RepliesReadable, Unreadable};
pub use session::{SessionAsk, WebSession};
pub use time::Moment;
pub use token::{Acceptance, Granted, TokenFacts, TokenStatus};
pub use variation::Variation;
