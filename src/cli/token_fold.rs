//! `guestwire token` as a fold: reports in, lines and an exit code out.

use std::time::Duration;

use serde_json::{Value, json};

use crate::engine::{Command, Report};
use crate::model::{Acceptance, Exchange, Granted, Kind, Moment, Outcome, TokenFacts, TokenStatus};

use crate::app::drive::{Act, Fold, Input};
use crate::app::exit::Exit;
use crate::app::output::Line;

/// How long the question what a token may do is waited for.
const SCOPES_WITHIN: Duration = Duration::from_secs(5);
/// How many vain tries are waited for before giving up.
pub const TRIES: u32 = 3;
/// How long a command waits in all for a token endpoint that asks to wait.
const WAITS: Duration = Duration::from_secs(120);

/// Why there is no token, and whether that is final.
#[derive(Clone, Debug, Default)]
pub struct SignIn {
    /// The newest token exchange failed below HTTP.
    network: bool,
    failures: u32,
    /// When the token endpoint first asked to wait, since there last was a token.
    limited: Option<Moment>,
    trouble: Option<(Exit, String)>,
}

impl SignIn {
    /// Takes note of a token exchange.
    pub fn exchange(&mut self, exchange: &Exchange) {
        if exchange.kind == Kind::Token && exchange.outcome.is_settled() {
            self.network = matches!(exchange.outcome, Outcome::Failed(_) | Outcome::Unknown(_));
        }
    }

    /// Takes note of a status.
    pub fn status(&mut self, now: Moment, status: &TokenStatus) {
        let failed = if self.network { Exit::Network } else { Exit::NotSignedIn };
        match status {
            TokenStatus::Valid(_) | TokenStatus::Renewing(_) | TokenStatus::RenewFailed { .. } => {
                self.failures = 0;
                self.limited = None;
                self.trouble = None;
            }
            TokenStatus::Expired { retry: None, why } => self.trouble = Some((failed, why.clone())),
            TokenStatus::Expired { retry: Some(_), why } => {
                self.failures += 1;
                if self.failures >= TRIES {
                    self.trouble = Some((failed, format!("{why} ({} tries)", self.failures)));
                }
            }
            TokenStatus::Refused { why, .. } => self.trouble = Some((Exit::NotSignedIn, why.clone())),
            TokenStatus::BadClient { why } => {
                let how = "check the client's id, its secret, the region and client_auth";
                self.trouble = Some((Exit::NotSignedIn, format!("{why}; {how}")));
            }
            TokenStatus::NoSecret { why } => self.trouble = Some((Exit::NotSignedIn, why.clone())),
            TokenStatus::Limited { until, facts: None } => {
                let end = self.limited.get_or_insert(now).after(WAITS);
                if until.mono > end.mono {
                    let asked =
                        jiff::SignedDuration::from_secs(until.left(now).as_secs().try_into().unwrap_or(i64::MAX));
                    let why = format!(
                        "the token endpoint answered 429 and asks to wait {asked:#}, and this command waits {} s at most; \
                         try again after {}",
                        WAITS.as_secs(),
                        until.wall.strftime("%FT%TZ"),
                    );
                    self.trouble = Some((Exit::NotSignedIn, why));
                }
            }
            TokenStatus::SignedOut | TokenStatus::Getting | TokenStatus::Limited { facts: Some(_), .. } => {}
        }
    }

    /// Why it is no use to wait longer, if so.
    pub fn trouble(&self) -> Option<&(Exit, String)> {
        self.trouble.as_ref()
    }
}

/// The status's word and what goes with it, for `--json`.
pub fn token_line(now: Moment, status: &TokenStatus) -> Line {
    Line::new("token", now.wall, token_fields(status, None))
}

/// `trouble`: why it is no use to wait longer, for a status that does not say so itself.
fn token_fields(status: &TokenStatus, trouble: Option<&String>) -> Value {
    let detail = match status {
        TokenStatus::RenewFailed { why, .. }
        | TokenStatus::Expired { why, .. }
        | TokenStatus::Refused { why, .. }
        | TokenStatus::BadClient { why }
        | TokenStatus::NoSecret { why } => Some(why),
        _ => trouble,
    };
    let mut fields = json!({ "state": status.word() });
    if let (Value::Object(map), Some(facts)) = (&mut fields, status.facts()) {
        map.extend(facts_json(facts));
    }
    if let (Value::Object(map), Some(why)) = (&mut fields, detail) {
        map.insert("message".to_owned(), json!(why));
    }
    fields
}

fn facts_json(facts: &TokenFacts) -> serde_json::Map<String, Value> {
    let granted = match &facts.granted {
        Granted::Unknown => Value::Null,
        Granted::Named(scopes) => json!(scopes),
    };
    let fields = json!({
        "generation": facts.generation.0,
        "expires": facts.expires.map(|m| m.wall.to_string()),
        "lifetime_seconds": facts.lifetime.map(|d| d.as_secs()),
        "requested": facts.requested,
        "granted": granted,
        "missing": facts.missing,
        "organization": facts.organization,
        "client": facts.client_name,
        "pasted": facts.pasted,
        "checked": facts.acceptance == Acceptance::Taken,
    });
    if let Value::Object(map) = fields { map } else { serde_json::Map::new() }
}

/// What is known of a token, a fact a line.
pub fn facts_text(facts: &TokenFacts, now: Moment) -> String {
    let mut lines = Vec::new();
    lines.push(match facts.expires {
        _ if facts.pasted && facts.acceptance != Acceptance::Taken => {
            "a token is there; whether the service takes it is not known".to_owned()
        }
        Some(end) => {
            let left = jiff::SignedDuration::from_secs(end.left(now).as_secs().try_into().unwrap_or(i64::MAX));
            format!("signed in: valid for {left:#}, until {}", end.wall.strftime("%FT%TZ"))
        }
        None => "signed in: when the token ends is not known".to_owned(),
    });
    let list = |scopes: &[String]| if scopes.is_empty() { "none".to_owned() } else { scopes.join(" ") };
    lines.push(format!("scopes asked for: {}", list(&facts.requested)));
    lines.push(match &facts.granted {
        Granted::Unknown => "scopes granted: not known".to_owned(),
        Granted::Named(scopes) => format!("scopes granted: {}", list(scopes)),
    });
    lines.extend(facts.organization.iter().map(|name| format!("organisation: {name}")));
    lines.extend(facts.client_name.iter().map(|name| format!("client: {name}")));
    if facts.pasted {
        lines.push("a pasted token: it cannot be renewed".to_owned());
    }
    match &facts.acceptance {
        Acceptance::Taken => {}
        Acceptance::NotAsked if !facts.pasted => {}
        Acceptance::NotAsked => lines.push("not checked: tokens/me has not answered".to_owned()),
        Acceptance::Unclear(why) => {
            lines.push(format!("not checked: asked what the token may do, the answer was {why}"));
        }
    }
    lines.join("\n")
}

/// The warning about scopes that are needed and known not to be granted.
pub fn missing_scopes(facts: &TokenFacts) -> Option<String> {
    (!facts.missing.is_empty()).then(|| {
        let scopes = facts.missing.join(" ");
        format!("the token lacks a scope that a conversation needs: {scopes}; expect its messages to be refused")
    })
}

/// The account of one sign-in.
#[derive(Debug, Default)]
pub struct TokenFold {
    sign_in: SignIn,
    status: TokenStatus,
    waiting_until: Option<Moment>,
}

impl TokenFold {
    fn finish(&self, now: Moment) -> Vec<Act> {
        let trouble = self.sign_in.trouble().map(|(_, why)| why);
        let line = Line::new("token", now.wall, token_fields(&self.status, trouble));
        match (self.status.facts(), self.sign_in.trouble()) {
            (Some(facts), None) => {
                let mut acts = Vec::new();
                if let Some(warning) = missing_scopes(facts) {
                    acts.push(Act::Say(Line::new("warning", now.wall, json!({ "message": warning })).warns(warning)));
                }
                acts.push(Act::Say(line.says(facts_text(facts, now))));
                acts.push(Act::Finish(Exit::Done));
                acts
            }
            (_, Some((exit, why))) => {
                vec![Act::Say(line.warns(format!("not signed in: {why}"))), Act::Finish(*exit)]
            }
            (None, None) => vec![Act::Say(line.warns("not signed in")), Act::Finish(Exit::NotSignedIn)],
        }
    }

    fn token(&mut self, now: Moment, status: TokenStatus) -> Vec<Act> {
        self.sign_in.status(now, &status);
        let changed = std::mem::discriminant(&self.status) != std::mem::discriminant(&status);
        self.status = status;
        if self.sign_in.trouble().is_some() {
            return self.finish(now);
        }
        if let TokenStatus::Valid(facts) = &self.status {
            if matches!(facts.granted, Granted::Named(_)) {
                return self.finish(now);
            }
            self.waiting_until.get_or_insert(now.after(SCOPES_WITHIN));
            return Vec::new();
        }
        let mut acts = Vec::new();
        if changed || matches!(self.status, TokenStatus::Expired { .. }) {
            let trouble = self.sign_in.trouble().map(|(_, why)| why);
            let line = Line::new("token", now.wall, token_fields(&self.status, trouble));
            acts.push(Act::Say(match &self.status {
                TokenStatus::Expired { why, .. } => line.warns(format!("not signed in yet: {why}")),
                TokenStatus::Limited { until, .. } => {
                    let seconds = until.left(now).as_secs();
                    line.warns(format!("the token endpoint is rate-limited; waiting {seconds} s"))
                }
                _ => line,
            }));
        }
        acts
    }

    fn exchange(&mut self, now: Moment, exchange: &Exchange) -> Vec<Act> {
        self.sign_in.exchange(exchange);
        let asked_scopes = exchange.last_attempt().is_some_and(|a| a.request.url.ends_with("/tokens/me"));
        let vain = asked_scopes && exchange.outcome.is_error();
        if vain && self.waiting_until.is_some() { self.finish(now) } else { Vec::new() }
    }
}

impl Fold for TokenFold {
    fn on(&mut self, now: Moment, input: Input) -> Vec<Act> {
        match input {
            Input::Begin => vec![Act::Ask(Command::SignIn)],
            Input::Report(report) => match *report {
                Report::Token(status) => self.token(now, status),
                Report::Exchange(exchange) => self.exchange(now, &exchange),
                Report::Notice { text, .. } => {
                    vec![Act::Say(Line::new("notice", now.wall, json!({ "message": text })).warns(text))]
                }
                _ => Vec::new(),
            },
            Input::Due | Input::Interrupt | Input::Ended => self.finish(now),
            Input::Sandbox(..) => Vec::new(),
        }
    }

    fn due(&self) -> Option<Moment> {
        self.waiting_until
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures::token_facts;

    fn facts(granted: Granted) -> TokenFacts {
        TokenFacts { granted, organization: Some("Acme".to_owned()), ..token_facts() }
    }

    fn feed(fold: &mut TokenFold, status: TokenStatus) -> Vec<Act> {
        fold.on(Moment::ZERO, Input::Report(Box::new(Report::Token(status))))
    }

    fn exit(acts: &[Act]) -> Option<Exit> {
        acts.iter().find_map(|act| if let Act::Finish(exit) = act { Some(*exit) } else { None })
    }

    fn json_lines(acts: &[Act]) -> Vec<String> {
        acts.iter().filter_map(|a| if let Act::Say(line) = a { Some(line.json()) } else { None }).collect()
    }

    #[test]
    fn named_scopes_end_it_at_once() {
        let mut fold = TokenFold::default();
        assert_eq!(fold.on(Moment::ZERO, Input::Begin), [Act::Ask(Command::SignIn)]);
        let getting = feed(&mut fold, TokenStatus::Getting);
        assert_eq!(json_lines(&getting), [r#"{"event":"token","at":"1970-01-01T00:00:00Z","v":1,"state":"getting"}"#]);
        let acts = feed(&mut fold, TokenStatus::Valid(facts(Granted::Named(vec!["a".to_owned()]))));
        assert_eq!(exit(&acts), Some(Exit::Done));
        assert_eq!(
            json_lines(&acts),
            [concat!(
                r#"{"event":"token","at":"1970-01-01T00:00:00Z","v":1,"state":"valid","generation":1,"#,
                r#""expires":"1970-01-01T01:00:00Z","lifetime_seconds":3600,"requested":["guest:messages:send"],"#,
                r#""granted":["a"],"missing":[],"organization":"Acme","client":null,"pasted":false,"checked":false}"#
            )]
        );
    }

    #[test]
    fn unknown_scopes_are_waited_for_but_not_forever() {
        let mut fold = TokenFold::default();
        assert_eq!(exit(&feed(&mut fold, TokenStatus::Valid(facts(Granted::Unknown)))), None);
        assert_eq!(fold.due(), Some(Moment::ZERO.after(SCOPES_WITHIN)));
        assert_eq!(exit(&fold.on(Moment::ZERO, Input::Due)), Some(Exit::Done));
    }

    #[test]
    fn a_missing_scope_is_warned_about() {
        let mut fold = TokenFold::default();
        let mut facts = facts(Granted::Named(Vec::new()));
        facts.missing = vec!["guest:messages:send".to_owned()];
        let acts = feed(&mut fold, TokenStatus::Valid(facts));
        assert!(json_lines(&acts).first().is_some_and(|l| l.contains(r#""event":"warning""#)), "{acts:?}");
        assert_eq!(exit(&acts), Some(Exit::Done));
    }

    #[test]
    fn a_wrong_client_is_not_signed_in() {
        let why = || "client not found".to_owned();
        for status in [
            TokenStatus::BadClient { why: why() },
            TokenStatus::NoSecret { why: why() },
            TokenStatus::Refused { status: 403, why: why() },
            TokenStatus::Expired { retry: None, why: why() },
        ] {
            let acts = feed(&mut TokenFold::default(), status);
            assert_eq!(exit(&acts), Some(Exit::NotSignedIn));
            assert!(json_lines(&acts).last().is_some_and(|l| l.contains("client not found")), "{acts:?}");
        }
    }

    #[test]
    fn a_pasted_token_is_signed_in_where_the_service_took_it() {
        let unclear = |why: &str| Acceptance::Unclear(why.to_owned());
        for (acceptance, first, last) in [
            (Acceptance::Taken, "signed in: ", "a pasted token: it cannot be renewed"),
            (Acceptance::NotAsked, "a token is there; whether ", "not checked: tokens/me has not answered"),
            (
                unclear("403"),
                "a token is there; whether ",
                "not checked: asked what the token may do, the answer was 403",
            ),
        ] {
            let facts = TokenFacts { pasted: true, acceptance, ..facts(Granted::Unknown) };
            let text = facts_text(&facts, Moment::ZERO);
            assert!(text.starts_with(first) && text.ends_with(last), "{text}");
        }
    }

    #[test]
    fn a_long_wait_for_the_token_endpoint_is_not_waited_out() {
        let limited =
            |seconds| TokenStatus::Limited { until: Moment::ZERO.after(Duration::from_secs(seconds)), facts: None };
        let mut fold = TokenFold::default();
        assert_eq!(exit(&feed(&mut fold, limited(20))), None);
        assert_eq!(exit(&feed(&mut fold, limited(119))), None, "in all, and not each");
        let acts = feed(&mut fold, limited(86_400));
        assert_eq!(exit(&acts), Some(Exit::NotSignedIn));
        let said = "the token endpoint answered 429 and asks to wait 24h, and this command waits 120 s at most; \
                    try again after 1970-01-02T00:00:00Z";
        assert!(matches!(acts.first(), Some(Act::Say(line)) if format!("{line:?}").contains(said)), "{acts:?}");
        // A token that works is not given up for that.
        let limited = TokenStatus::Limited {
            until: Moment::ZERO.after(Duration::from_secs(86_400)),
            facts: Some(facts(Granted::Unknown)),
        };
        let mut sign_in = SignIn::default();
        sign_in.status(Moment::ZERO, &limited);
        assert_eq!(sign_in.trouble(), None);
    }

    #[test]
    fn a_dead_network_is_given_up_on() {
        let mut fold = TokenFold::default();
        let exchange = Exchange {
            id: crate::model::ExchangeId(1),
            kind: Kind::Token,
            what: String::new(),
            conversation: None,
            message: None,
            sent_as: None,
            started: Moment::ZERO,
            ended: Some(Moment::ZERO),
            steps: Vec::new(),
            outcome: Outcome::Failed("connection refused".to_owned()),
        };
        fold.on(Moment::ZERO, Input::Report(Box::new(Report::Exchange(exchange.into()))));
        let failing = || TokenStatus::Expired { retry: Some(Moment::ZERO), why: "connection refused".to_owned() };
        assert_eq!(exit(&feed(&mut fold, failing())), None);
        assert_eq!(exit(&feed(&mut fold, failing())), None);
        assert_eq!(exit(&feed(&mut fold, failing())), Some(Exit::Network));
    }
}
