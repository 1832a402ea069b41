//! `guestwire token`: signs in and prints facts about the token, never the token.

use std::time::Duration;

use serde_json::{Value, json};

use crate::app::drive::{FrontEnd, FrontEndEffect, FrontEndEvent, Needs, run_front_end};
use crate::app::exit::{Exit, Failed};
use crate::app::open::OpenProfile;
use crate::app::output::OutputLine;
use crate::config::Settings;
use crate::engine::{Command, Report};
use crate::model::{Moment, ProbeQuestion, TokenAcceptance, TokenFacts, TokenStatus};
use crate::session::SignIn;
use crate::session::sign_in::{facts_text, missing_scopes, refused_text};
use crate::text::json::with;

pub async fn run(json: bool, settings: &Settings) -> Result<Exit, Failed> {
    let needs = Needs { keeps: false, sign_in: true, report_on_stdout: false };
    run_front_end(OpenProfile::announced(settings)?, settings, json, needs, |_, _, _| TokenFrontEnd::default())
        .await
        .exit
}

const SCOPES_WITHIN: Duration = Duration::from_secs(5);

/// The status's word and what goes with it, for `--json`. `trouble`: why it is no use to wait longer, for a status that
/// does not say so itself.
pub fn token_line(now: Moment, status: &TokenStatus, trouble: Option<&String>) -> OutputLine {
    let detail = match status {
        TokenStatus::RenewFailed(_, _, why)
        | TokenStatus::Expired(_, why)
        | TokenStatus::Refused(_, why)
        | TokenStatus::BadClient(why)
        | TokenStatus::NoSecret(why) => Some(why),
        _ => match status.facts().map(|facts| &facts.acceptance) {
            Some(TokenAcceptance::Refused(why)) => Some(why),
            _ => trouble,
        },
    };
    let facts = status.facts().map_or(Value::Null, |facts| {
        json!({
            "generation": facts.generation.0,
            "expires": facts.expires.map(|m| m.wall.to_string()),
            "lifetime_seconds": facts.lifetime.map(|d| d.as_secs()),
            "requested": facts.requested,
            "granted": facts.granted,
            "missing": facts.missing,
            "organization": facts.organization,
            "client": facts.client_name,
            "pasted": facts.pasted,
            "checked": facts.acceptance == TokenAcceptance::Taken,
        })
    });
    let message = detail.map_or(Value::Null, |why| json!({ "message": why }));
    OutputLine::new("token", now.wall, with(with(json!({ "state": status.word() }), facts), message))
}

#[derive(Debug, Default)]
pub struct TokenFrontEnd {
    sign_in: SignIn,
    waiting_until: Option<Moment>,
}

impl TokenFrontEnd {
    fn line(&self, now: Moment) -> OutputLine {
        token_line(now, &self.sign_in.status, self.sign_in.trouble().map(|trouble| &trouble.why))
    }

    fn finish(&self, now: Moment) -> Vec<FrontEndEffect> {
        let line = self.line(now);
        let end = |line, exit| [FrontEndEffect::Say(line), FrontEndEffect::Finish(exit)];
        match (self.sign_in.status.facts(), self.sign_in.trouble()) {
            (Some(facts), None) => {
                let line = match &facts.acceptance {
                    TokenAcceptance::Refused(why) => line.warns(format!("not signed in: {}", refused_text(why))),
                    _ => line.says(facts_text(facts, now)),
                };
                let warning = missing_scopes(facts).map(|text| OutputLine::message("warning", now.wall, text));
                warning.map(FrontEndEffect::Say).into_iter().chain(end(line, exit_of(facts))).collect()
            }
            (_, Some(trouble)) => end(line.warns(format!("not signed in: {}", trouble.why)), trouble.into()).into(),
            (None, None) => end(line.warns("not signed in"), Exit::NotSignedIn).into(),
        }
    }

    fn token(&mut self, now: Moment, status: TokenStatus) -> Vec<FrontEndEffect> {
        let before = self.sign_in.moved(now, status);
        let changed = std::mem::discriminant(&self.sign_in.status) != std::mem::discriminant(&before);
        if self.sign_in.trouble().is_some() {
            return self.finish(now);
        }
        if let TokenStatus::Valid(facts) = &self.sign_in.status {
            if facts.acceptance != TokenAcceptance::NotAsked {
                return self.finish(now);
            }
            // Where the grant names its scopes, the engine does not ask by itself what the API makes of the token.
            let asks = facts.granted.is_some() && self.waiting_until.is_none();
            self.waiting_until.get_or_insert(now.after(SCOPES_WITHIN));
            return asks.then_some(FrontEndEffect::Ask(Command::Probe(ProbeQuestion::Scopes))).into_iter().collect();
        }
        if !changed && !matches!(self.sign_in.status, TokenStatus::Expired(..)) {
            return Vec::new();
        }
        let line = self.line(now);
        vec![FrontEndEffect::Say(match &self.sign_in.status {
            TokenStatus::Expired(_, why) => line.warns(format!("not signed in yet: {why}")),
            TokenStatus::Limited(until, _) => {
                let seconds = until.left(now).as_secs();
                line.warns(format!("the token endpoint is rate-limited; waiting {seconds} s"))
            }
            _ => line,
        })]
    }
}

/// Only the service can say whether a token counts. One that was granted here does until the API refuses it.
const fn exit_of(facts: &TokenFacts) -> Exit {
    match facts.acceptance {
        TokenAcceptance::Refused(_) => Exit::NotSignedIn,
        TokenAcceptance::NotAsked if facts.pasted => Exit::Network,
        TokenAcceptance::Unclear(_) if facts.pasted => Exit::Unknown,
        _ => Exit::Done,
    }
}

impl FrontEnd for TokenFrontEnd {
    fn on(&mut self, now: Moment, input: FrontEndEvent) -> Vec<FrontEndEffect> {
        match input {
            FrontEndEvent::Begin => vec![FrontEndEffect::Ask(Command::SignIn)],
            FrontEndEvent::Report(report) => match *report {
                Report::Token(status) => self.token(now, status),
                Report::Exchange(exchange) => {
                    self.sign_in.exchange(&exchange);
                    Vec::new()
                }
                Report::Notice(_, text) => {
                    vec![FrontEndEffect::Say(OutputLine::message("notice", now.wall, text))]
                }
                _ => Vec::new(),
            },
            FrontEndEvent::Due | FrontEndEvent::Signal(_) | FrontEndEvent::Ended => self.finish(now),
            _ => Vec::new(),
        }
    }

    fn due(&self) -> Option<Moment> {
        self.waiting_until
    }
}

#[cfg(test)]
#[path = "../../tests/unit/cli/token.rs"]
mod tests;
