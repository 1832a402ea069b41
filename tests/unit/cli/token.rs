//! States of the sign-in are fed; lines and exit codes are compared.

use super::*;
use crate::fixtures::{attempt, exchange, request, token_facts};
use crate::model::{Ending, ExchangeKind, Failure, FailureKind, Outcome, Phase, TlsFault};

fn facts(granted: Option<Vec<String>>) -> TokenFacts {
    TokenFacts { granted, organization: Some("Acme".to_owned()), ..token_facts() }
}

fn feed(front_end: &mut TokenFrontEnd, status: TokenStatus) -> Vec<FrontEndEffect> {
    front_end.on(Moment::ZERO, FrontEndEvent::Report(Box::new(Report::Token(status))))
}

fn exit(effects: &[FrontEndEffect]) -> Option<Exit> {
    effects.iter().find_map(|act| if let FrontEndEffect::Finish(exit) = act { Some(*exit) } else { None })
}

fn json_lines(effects: &[FrontEndEffect]) -> Vec<String> {
    effects
        .iter()
        .filter_map(|a| if let FrontEndEffect::Say(line) = a { Some(line.json.to_string()) } else { None })
        .collect()
}

/// A grant that names its scopes is a token of the login host: whether the API takes it is asked, too.
#[test]
fn named_scopes_end_it_once_the_api_was_asked() {
    let mut front_end = TokenFrontEnd::default();
    assert_eq!(front_end.on(Moment::ZERO, FrontEndEvent::Begin), [FrontEndEffect::Ask(Command::SignIn)]);
    let getting = feed(&mut front_end, TokenStatus::Getting);
    assert_eq!(json_lines(&getting), [r#"{"event":"token","at":"1970-01-01T00:00:00Z","v":1,"state":"getting"}"#]);
    let named = |acceptance| TokenFacts { acceptance, ..facts(Some(vec!["a".to_owned()])) };
    let asked = feed(&mut front_end, TokenStatus::Valid(named(TokenAcceptance::NotAsked)));
    assert_eq!(asked, [FrontEndEffect::Ask(Command::Probe(ProbeQuestion::Scopes))]);
    assert_eq!(feed(&mut front_end, TokenStatus::Valid(named(TokenAcceptance::NotAsked))), []);
    let refused = feed(&mut front_end, TokenStatus::Valid(named(TokenAcceptance::Refused("401".to_owned()))));
    assert_eq!(exit(&refused), Some(Exit::NotSignedIn));
    let effects = feed(&mut front_end, TokenStatus::Valid(named(TokenAcceptance::Taken)));
    assert_eq!(exit(&effects), Some(Exit::Done));
    assert_eq!(
        json_lines(&effects),
        [concat!(
            r#"{"event":"token","at":"1970-01-01T00:00:00Z","v":1,"state":"valid","generation":1,"#,
            r#""expires":"1970-01-01T01:00:00Z","lifetime_seconds":3600,"requested":["guest:messages:send"],"#,
            r#""granted":["a"],"missing":[],"organization":"Acme","client":null,"pasted":false,"checked":true}"#
        )]
    );
}

#[test]
fn unknown_scopes_are_waited_for_but_not_forever() {
    let mut front_end = TokenFrontEnd::default();
    assert_eq!(exit(&feed(&mut front_end, TokenStatus::Valid(facts(None)))), None);
    assert_eq!(front_end.due(), Some(Moment::ZERO.after(SCOPES_WITHIN)));
    assert_eq!(exit(&front_end.on(Moment::ZERO, FrontEndEvent::Due)), Some(Exit::Done));
}

#[test]
fn a_missing_scope_is_warned_about() {
    let mut front_end = TokenFrontEnd::default();
    let mut facts = TokenFacts { acceptance: TokenAcceptance::Taken, ..facts(Some(Vec::new())) };
    facts.missing = vec!["guest:messages:send".to_owned()];
    let effects = feed(&mut front_end, TokenStatus::Valid(facts));
    assert!(json_lines(&effects).first().is_some_and(|l| l.contains(r#""event":"warning""#)), "{effects:?}");
    assert_eq!(exit(&effects), Some(Exit::Done));
}

#[test]
fn a_wrong_client_is_not_signed_in() {
    let why = || "client not found".to_owned();
    for status in [
        TokenStatus::BadClient(why()),
        TokenStatus::NoSecret(why()),
        TokenStatus::Refused(403, why()),
        TokenStatus::Expired(None, why()),
    ] {
        let effects = feed(&mut TokenFrontEnd::default(), status);
        assert_eq!(exit(&effects), Some(Exit::NotSignedIn));
        assert!(json_lines(&effects).last().is_some_and(|l| l.contains("client not found")), "{effects:?}");
    }
}

#[test]
fn a_pasted_token_is_signed_in_where_the_service_took_it() {
    let unclear = |why: &str| TokenAcceptance::Unclear(why.to_owned());
    for (acceptance, exit, first, last) in [
        (TokenAcceptance::Taken, Exit::Done, "signed in: ", "a pasted token: it cannot be renewed"),
        (
            TokenAcceptance::NotAsked,
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
            TokenAcceptance::Refused("401 bad.credentials".to_owned()),
            Exit::NotSignedIn,
            "the token endpoint gave a token, but the API refuses it: 401 bad.credentials",
            "a pasted token: it cannot be renewed",
        ),
    ] {
        let facts = TokenFacts { pasted: true, acceptance, ..facts(None) };
        assert_eq!(exit_of(&facts), exit, "{facts:?}");
        let text = facts_text(&facts, Moment::ZERO);
        assert!(text.starts_with(first) && text.ends_with(last), "{text}");
    }
}

#[test]
fn a_token_that_the_api_refuses_is_no_sign_in() {
    let mut front_end = TokenFrontEnd::default();
    assert_eq!(exit(&feed(&mut front_end, TokenStatus::Valid(facts(None)))), None);
    let refused = TokenAcceptance::Refused("tokens/me answered 401".to_owned());
    let effects = feed(&mut front_end, TokenStatus::Valid(TokenFacts { acceptance: refused, ..facts(None) }));
    assert_eq!(exit(&effects), Some(Exit::NotSignedIn));
    let said = json_lines(&effects);
    assert!(said.iter().any(|line| line.contains(r#""message":"tokens/me answered 401""#)), "{said:?}");
}

#[test]
fn a_long_wait_for_the_token_endpoint_is_not_waited_out() {
    let limited = |seconds| TokenStatus::Limited(Moment::ZERO.after(Duration::from_secs(seconds)), None);
    let mut front_end = TokenFrontEnd::default();
    assert_eq!(exit(&feed(&mut front_end, limited(20))), None);
    assert_eq!(exit(&feed(&mut front_end, limited(119))), None, "in all, and not each");
    let effects = feed(&mut front_end, limited(86_400));
    assert_eq!(exit(&effects), Some(Exit::NotSignedIn));
    let said = "the token endpoint answered 429 and asks to wait 24h, and guestwire waits 120 s at most; \
                try again after 1970-01-02T00:00:00Z";
    assert!(
        matches!(effects.first(), Some(FrontEndEffect::Say(line)) if format!("{line:?}").contains(said)),
        "{effects:?}"
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
        let mut front_end = TokenFrontEnd::default();
        let ending = Ending::Failed(Failure::new(kind, Phase::Connect, why));
        let asked = request("POST", "https://login.example/oauth/token", Vec::new(), "");
        let tried = vec![attempt(Moment::ZERO, asked, Some(ending))];
        let failed = exchange(1, ExchangeKind::Token, tried, Outcome::Failed(why.into()));
        front_end.on(Moment::ZERO, FrontEndEvent::Report(Box::new(Report::Exchange(failed.into()))));
        let failing = || TokenStatus::Expired(Some(Moment::ZERO), why.to_owned());
        for _ in 1..tries {
            assert_eq!(exit(&feed(&mut front_end, failing())), None, "{kind:?}");
        }
        assert_eq!(exit(&feed(&mut front_end, failing())), Some(Exit::Network), "{kind:?}");
    }
}
