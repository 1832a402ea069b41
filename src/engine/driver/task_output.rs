//! What a task returns: a try as it may be shown, and what the task was for.

use std::time::Duration;

use jiff::Timestamp;
use secrecy::SecretString;
use tokio::sync::oneshot;

use crate::clock::Clock;
use crate::engine::client::{NoAnswer, Tried, capture};
use crate::engine::guest_socket::Socket;
use crate::engine::outcome::AnswerEvidence;
use crate::engine::redact::Redactor;
use crate::engine::{GuestToken, Unrecorded};
use crate::genesys::errors::ApiError;
use crate::genesys::oauth::TokenAnswer;
use crate::genesys::{self, Answerer, Call, CallKind, tells_error, who_answered};
use crate::model::{
    ConversationKey, Ending, Exchange, Failure, Generation, MessageId, Outcome, ProbeQuestion, RateLimit, Reason,
    Response, ServerRefusal, Sign, Timing,
};

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SideRequest {
    Typing(ConversationKey),
    Receipt { key: ConversationKey, message_id: String }, // the message of this remote id has reached the guest
    Learn { key: ConversationKey, message_id: String }, // which conversation is the message of this remote id part of?
    Discover { page: u32 },                             // which conversations are active? a page of them, from 1
}

/// What a request is made for that carries no message and asks for no token.
#[derive(Clone, Debug)]
pub enum TaskPurpose {
    Facts(Generation), // what may the token of this generation do?
    Probe(ProbeQuestion),
    Read(ConversationKey),    // a conversation or its messages
    History(ConversationKey), // a page of a web conversation's history
    Side(SideRequest),
    Upload(ConversationKey, String), // a file is put where the session says, under this attachment id
    Open(ConversationKey, u64),      // a socket of the conversation is opened; the number counts its openings
}

impl TaskPurpose {
    pub const fn asked(&self, call: &Call) -> CallKind {
        match self {
            Self::Facts(_) => CallKind::TokenFacts,
            Self::Read(_) if call.body.is_empty() => CallKind::Conversation,
            Self::Read(_) | Self::History(_) => CallKind::List,
            Self::Side(SideRequest::Typing(_) | SideRequest::Receipt { .. }) => CallKind::OpenMessage,
            Self::Probe(_) | Self::Side(_) | Self::Upload(..) | Self::Open(..) => CallKind::Anything,
        }
    }
}

pub type AnsweredTry = (Exchange, CapturedTry);
pub type AnsweredToken = Box<(CapturedTry, Option<TokenAnswer>)>; // what was told, where a whole answer came

pub struct Finished {
    pub purpose: TaskPurpose,
    pub record: Exchange,
    pub shown: CapturedTry,
    pub socket: Option<Socket>, // where one was opened, and is to stay
}

pub type TakeBack = oneshot::Sender<()>;

pub enum TaskOutput {
    Answered(Box<Finished>),
    Secret(Result<SecretString, String>),
    Token(AnsweredToken),
    Spare(AnsweredToken), // a token of another scope, for negative tests
    Sent(MessageId, Box<CapturedTry>),
    Recorded(MessageId, Result<(), Unrecorded>), // whether a message's intent was; where it was, its frame follows
    GuestToken(ConversationKey, u64, Result<GuestToken, String>), // for this opening of the socket
    File(ConversationKey, MessageId, Result<FileRead, String>), // a file of a message was read
}

pub struct CapturedTry {
    pub result: Result<(AnswerEvidence, Response), Failure>,
    pub timing: Timing,
    pub meta: ResponseMeta,
}

#[derive(Clone, Copy, Debug, Default)]
pub struct ResponseMeta {
    pub limit: Option<RateLimit>,
    pub skew: Option<i64>, // seconds that the server's clock is ahead
    pub date: Option<Timestamp>,
}

pub struct FileRead {
    pub bytes: Vec<u8>, // none where it is too large
    pub size: u64,
    pub md5: String, // of `bytes`, base64, as S3 wants it
}

impl CapturedTry {
    pub fn of(tried: &Tried, asked: CallKind, redactor: &Redactor, clock: Clock) -> Self {
        let now = clock.now();
        let by_host = tried.result.as_ref().map_or_else(NoAnswer::by_host, Some).map(|a| &a.headers);
        let date = by_host.and_then(genesys::date);
        let meta = ResponseMeta {
            limit: by_host.and_then(|fields| genesys::rate_limit(fields, now)),
            skew: date.map(|d| d.duration_since(now.wall).as_secs()),
            date,
        };
        let answer = match &tried.result {
            Ok(answer) => answer,
            Err(none) => return Self { result: Err(capture::failure(none, redactor)), timing: tried.timing, meta },
        };
        let response = capture::response(answer, redactor, false);
        let mut answerer = who_answered(asked, answer.status, &answer.headers, &capture::decoded(answer));
        if let Answerer::Other(Sign::Header(line) | Sign::Via(line)) = &mut answerer {
            *line = redactor.text(line).into_owned();
        }
        let tells_error = tells_error(asked, response.body.text.as_bytes());
        let refused = tells_error || !(200..300).contains(&answer.status);
        let error = if refused { ApiError::of(&response) } else { ApiError::default() };
        let wait = genesys::retry_after(&answer.headers, now.wall).or(error.retry_after);
        // A 429 without a wait of its own: the window's end is one.
        let wait = wait.or_else(|| meta.limit.filter(|_| answer.status == 429).map(|l| l.resets.left(now)));
        let refusal = error.refusal.map(|text| redactor.text(text).into_owned());
        let refusal = ServerRefusal { status: answer.status, ..refusal };
        let evidence = AnswerEvidence { answerer, wait, tells_error, refusal };
        Self { result: Ok((evidence, response)), timing: tried.timing, meta }
    }

    pub fn ended(self) -> (Ending, Timing) {
        let ending = match self.result {
            Ok((_, response)) => Ending::Answered(response),
            Err(failure) => Ending::Failed(failure),
        };
        (ending, self.timing)
    }

    pub fn evidence(&self) -> Option<&AnswerEvidence> {
        self.result.as_ref().ok().map(|(evidence, _)| evidence)
    }

    /// The body of a success as it may be kept: masked. Whatever is said, is read from it.
    pub fn body(&self) -> Option<&[u8]> {
        let (_, response) = self.result.as_ref().ok()?;
        (200..300).contains(&response.status).then_some(response.body.text.as_bytes())
    }

    pub fn missing_permissions(&self) -> Option<Vec<String>> {
        let (evidence, response) = self.result.as_ref().ok()?;
        let by_service = !(200..300).contains(&response.status) && !evidence.answerer.is_other();
        by_service.then(|| ApiError::of(response).missing_permissions)
    }

    pub fn why(&self) -> Reason {
        match &self.result {
            Ok((evidence, _)) => Reason::Answer(Box::new(evidence.refusal.clone())),
            Err(failure) => failure.reason(),
        }
    }

    /// How a question ended. `understood`: its answer is what was asked for.
    pub fn outcome(&self, understood: bool) -> Outcome {
        match self.status() {
            _ if understood => Outcome::Accepted,
            0 => Outcome::Failed(self.why()),
            200..=299 => Outcome::Refused(Reason::OtherAnswer),
            _ => Outcome::Refused(self.why()),
        }
    }

    /// The status of the whole answer; 0 where none came.
    pub fn status(&self) -> u16 {
        self.evidence().map_or(0, |answer| answer.refusal.status)
    }

    pub fn wait(&self) -> Option<Duration> {
        self.evidence().and_then(|answer| answer.wait)
    }
}
