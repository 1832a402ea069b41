//! `guestwire token`: signs in and prints facts about the token, never the token.

use std::time::Duration;

use clap::Args;
use serde_json::{Value, json};

use crate::app::drive::{CommandEffect, CommandInput, CommandLogic, Keeps, Needs, play};
use crate::app::exit::{Exit, Failed};
use crate::app::open::Opened;
use crate::app::output::OutputLine;
use crate::config::Settings;
use crate::engine::{Command, Report};
use crate::model::{Acceptance, Granted, Moment, TokenFacts, TokenStatus};
use crate::session::SignIn;
use crate::session::sign_in::{facts_text, missing_scopes, refused_text};

/// `guestwire token`
#[derive(Debug, Args)]
pub struct TokenArgs {
    /// Print one JSON object per line instead of text
    #[arg(long)]
    pub json: bool,
}

/// Signs in.
pub async fn run(args: &TokenArgs, settings: &Settings) -> Result<Exit, Failed> {
    let needs = Needs { json: args.json, keeps: Keeps::Nothing, sign_in: true, report_on_stdout: false };
    play(Opened::announced(settings)?, settings, needs, |_, _, _| TokenFold::default()).await.exit
}

/// How long the question what a token may do is waited for.
const SCOPES_WITHIN: Duration = Duration::from_secs(5);
/// The status's word and what goes with it, for `--json`.
pub fn token_line(now: Moment, status: &TokenStatus) -> OutputLine {
    OutputLine::new("token", now.wall, token_fields(status, None))
}

/// `trouble`: why it is no use to wait longer, for a status that does not say so itself.
fn token_fields(status: &TokenStatus, trouble: Option<&String>) -> Value {
    let detail = match status {
        TokenStatus::RenewFailed { why, .. }
        | TokenStatus::Expired { why, .. }
        | TokenStatus::Refused { why, .. }
        | TokenStatus::BadClient { why }
        | TokenStatus::NoSecret { why } => Some(why),
        _ => match status.facts().map(|facts| &facts.acceptance) {
            Some(Acceptance::Refused(why)) => Some(why),
            _ => trouble,
        },
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

/// The account of one sign-in.
#[derive(Debug, Default)]
pub struct TokenFold {
    sign_in: SignIn,
    waiting_until: Option<Moment>,
}

impl TokenFold {
    fn finish(&self, now: Moment) -> Vec<CommandEffect> {
        let trouble = self.sign_in.trouble().map(|trouble| &trouble.why);
        let line = OutputLine::new("token", now.wall, token_fields(&self.sign_in.status, trouble));
        match (self.sign_in.status.facts(), self.sign_in.trouble()) {
            (Some(facts), None) => {
                let mut acts = Vec::new();
                if let Some(warning) = missing_scopes(facts) {
                    acts.push(CommandEffect::Say(OutputLine::message("warning", now.wall, warning)));
                }
                acts.push(CommandEffect::Say(match &facts.acceptance {
                    Acceptance::Refused(why) => line.warns(format!("not signed in: {}", refused_text(why))),
                    _ => line.says(facts_text(facts, now)),
                }));
                acts.push(CommandEffect::Finish(exit_of(facts)));
                acts
            }
            (_, Some(trouble)) => {
                let said = line.warns(format!("not signed in: {}", trouble.why));
                vec![CommandEffect::Say(said), CommandEffect::Finish(trouble.into())]
            }
            (None, None) => {
                vec![CommandEffect::Say(line.warns("not signed in")), CommandEffect::Finish(Exit::NotSignedIn)]
            }
        }
    }

    fn token(&mut self, now: Moment, status: TokenStatus) -> Vec<CommandEffect> {
        let before = self.sign_in.moved(now, status);
        let changed = std::mem::discriminant(&self.sign_in.status) != std::mem::discriminant(&before);
        if self.sign_in.trouble().is_some() {
            return self.finish(now);
        }
        if let TokenStatus::Valid(facts) = &self.sign_in.status {
            if matches!(facts.granted, Granted::Named(_)) || facts.acceptance != Acceptance::NotAsked {
                return self.finish(now);
            }
            self.waiting_until.get_or_insert(now.after(SCOPES_WITHIN));
            return Vec::new();
        }
        let mut acts = Vec::new();
        if changed || matches!(self.sign_in.status, TokenStatus::Expired { .. }) {
            let trouble = self.sign_in.trouble().map(|trouble| &trouble.why);
            let line = OutputLine::new("token", now.wall, token_fields(&self.sign_in.status, trouble));
            acts.push(CommandEffect::Say(match &self.sign_in.status {
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
}

/// Only the service can say whether a token counts. One that was granted here does until the API refuses it.
const fn exit_of(facts: &TokenFacts) -> Exit {
    match facts.acceptance {
        Acceptance::Refused(_) => Exit::NotSignedIn,
        Acceptance::NotAsked if facts.pasted => Exit::Network,
        Acceptance::Unclear(_) if facts.pasted => Exit::Unknown,
        _ => Exit::Done,
    }
}

impl CommandLogic for TokenFold {
    fn on(&mut self, now: Moment, input: CommandInput) -> Vec<CommandEffect> {
        match input {
            CommandInput::Begin => vec![CommandEffect::Ask(Command::SignIn)],
            CommandInput::Report(report) => match *report {
                Report::Token(status) => self.token(now, status),
                Report::Exchange(exchange) => {
                    self.sign_in.exchange(&exchange);
                    Vec::new()
                }
                Report::Notice { text, .. } => {
                    vec![CommandEffect::Say(OutputLine::message("notice", now.wall, text))]
                }
                _ => Vec::new(),
            },
            CommandInput::Due | CommandInput::Interrupt | CommandInput::Ended => self.finish(now),
            CommandInput::Sandbox(..) => Vec::new(),
        }
    }

    fn due(&self) -> Option<Moment> {
        self.waiting_until
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures::{attempt, exchange, request, token_facts};
    use crate::model::{Ending, ExchangeKind, Failure, FailureKind, Outcome, Phase, TlsFault};

    fn facts(granted: Granted) -> TokenFacts {
        TokenFacts { granted, organization: Some("Acme".to_owned()), ..token_facts() }
    }

    fn feed(fold: &mut TokenFold, status: TokenStatus) -> Vec<CommandEffect> {
        fold.on(Moment::ZERO, CommandInput::Report(Box::new(Report::Token(status))))
    }

    fn exit(acts: &[CommandEffect]) -> Option<Exit> {
        acts.iter().find_map(|act| if let CommandEffect::Finish(exit) = act { Some(*exit) } else { None })
    }

    fn json_lines(acts: &[CommandEffect]) -> Vec<String> {
        acts.iter().filter_map(|a| if let CommandEffect::Say(line) = a { Some(line.json()) } else { None }).collect()
    }

    #[test]
    fn named_scopes_end_it_at_once() {
        let mut fold = TokenFold::default();
        assert_eq!(fold.on(Moment::ZERO, CommandInput::Begin), [CommandEffect::Ask(Command::SignIn)]);
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
        assert_eq!(exit(&fold.on(Moment::ZERO, CommandInput::Due)), Some(Exit::Done));
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
        for (acceptance, exit, first, last) in [
            (Acceptance::Taken, Exit::Done, "signed in: ", "a pasted token: it cannot be renewed"),
            (
                Acceptance::NotAsked,
                Exit::Network,
                "there is a token; whether ",
                "not checked: tokens/me has not answered",
            ),
            (
                unclear("403"),
                Exit::Unknown,
                "there is a token; whether ",
                "not checked: asked what the token may do, the answer was 403",
            ),
            (
                Acceptance::Refused("401 bad.credentials".to_owned()),
                Exit::NotSignedIn,
                "the token endpoint gave a token, but the API refuses it: 401 bad.credentials",
                "a pasted token: it cannot be renewed",
            ),
        ] {
            let facts = TokenFacts { pasted: true, acceptance, ..facts(Granted::Unknown) };
            assert_eq!(exit_of(&facts), exit, "{facts:?}");
            let text = facts_text(&facts, Moment::ZERO);
            assert!(text.starts_with(first) && text.ends_with(last), "{text}");
        }
    }

    #[test]
    fn a_token_that_the_api_refuses_is_no_sign_in() {
        let mut fold = TokenFold::default();
        assert_eq!(exit(&feed(&mut fold, TokenStatus::Valid(facts(Granted::Unknown)))), None);
        let refused = Acceptance::Refused("tokens/me answered 401".to_owned());
        let acts = feed(&mut fold, TokenStatus::Valid(TokenFacts { acceptance: refused, ..facts(Granted::Unknown) }));
        assert_eq!(exit(&acts), Some(Exit::NotSignedIn));
        let said = json_lines(&acts);
        assert!(said.iter().any(|line| line.contains(r#""message":"tokens/me answered 401""#)), "{said:?}");
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
        assert!(
            matches!(acts.first(), Some(CommandEffect::Say(line)) if format!("{line:?}").contains(said)),
            "{acts:?}"
        );
    }

    /// A network that fails may come back, so that it is tried three times; what stands in the way fails at once.
    #[test]
    fn a_dead_network_is_given_up_on() {
        let why = "connection refused";
        for (kind, tries) in [
            (FailureKind::Connect, 3),
            (FailureKind::Dns, 3),
            (FailureKind::Proxy, 1),
            (FailureKind::Invalid, 1),
            (FailureKind::Tls(TlsFault::UnknownIssuer), 1),
        ] {
            let mut fold = TokenFold::default();
            let ending = Ending::Failed(Failure::new(kind, Phase::Connect, why));
            let asked = request("POST", "https://login.example/oauth/token", Vec::new(), "");
            let tried = vec![attempt(Moment::ZERO, asked, Some(ending))];
            let failed = exchange(1, ExchangeKind::Token, tried, Outcome::Failed(why.into()));
            fold.on(Moment::ZERO, CommandInput::Report(Box::new(Report::Exchange(failed.into()))));
            let failing = || TokenStatus::Expired { retry: Some(Moment::ZERO), why: why.to_owned() };
            for _ in 1..tries {
                assert_eq!(exit(&feed(&mut fold, failing())), None, "{kind:?}");
            }
            assert_eq!(exit(&feed(&mut fold, failing())), Some(Exit::Network), "{kind:?}");
        }
    }
}
