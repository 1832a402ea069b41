//! Finds code that matches on sentences: `why.contains("…")`, `detail == "…"`, `match reason.as_str() { "…" => … }`.
//!
//! A sentence is recognised by the name of the value (`why`, `reason`, …) or, whatever the name is, by a literal of two
//! words, or of one beside a blank or a curly quotation mark.

use proc_macro2::{Delimiter, Spacing, TokenStream, TokenTree};

/// Fields and variables that hold what a person reads.
const SENTENCES: &[&str] = &[
    "why",
    "reason",
    "reasons",
    "detail",
    "details",
    "sentence",
    "sentences",
    "words",
    "advice",
    "hint",
    "explanation",
];

/// Methods that look into a text.
const LOOK: &[&str] = &[
    "contains",
    "starts_with",
    "ends_with",
    "strip_prefix",
    "strip_suffix",
    "split_once",
    "rsplit_once",
    "find",
    "rfind",
    "eq_ignore_ascii_case",
    "trim_start_matches",
    "trim_end_matches",
    "eq",
];

/// Methods and operators that leave a text what it is.
const SAME: &[&str] = &[
    "as_str",
    "as_deref",
    "as_ref",
    "to_lowercase",
    "to_ascii_lowercase",
    "trim",
    "trim_start",
    "trim_end",
    "clone",
    "to_owned",
    "to_string",
    "into_owned",
    "deref",
    "borrow",
    "unwrap_or_default",
    "lines",
    "chars",
    "iter",
];

/// One place that matches on a sentence.
#[derive(Debug)]
pub struct Match {
    pub line: usize,
    pub code: String,
}

/// Every place in `tokens` that matches on a sentence.
pub fn find(tokens: TokenStream) -> Vec<Match> {
    let mut found = Vec::new();
    look(tokens, &mut found);
    found
}

fn look(tokens: TokenStream, found: &mut Vec<Match>) {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    for (at, token) in tokens.iter().enumerate() {
        let matched = match token {
            TokenTree::Group(group) => {
                look(group.stream(), found);
                continue;
            }
            TokenTree::Ident(word) if word == "match" => matched_arms(&tokens, at),
            TokenTree::Ident(word) if at > 0 && is(&tokens, at - 1, '.') => {
                let asked = LOOK.iter().any(|method| word == method);
                asked.then(|| arguments(&tokens, at)).flatten().is_some_and(|arguments| {
                    // A single character is punctuation, not meaning.
                    let one =
                        matches!(arguments.as_slice(), [TokenTree::Literal(l)] if l.to_string().starts_with('\''));
                    (!one && holds_a_sentence(&tokens[..at - 1]))
                        || arguments.into_iter().any(|token| is_a_sentence(&token))
                })
            }
            TokenTree::Punct(p) if matches!(p.as_char(), '=' | '!') && p.spacing() == Spacing::Joint => {
                let equals = is(&tokens, at + 1, '=') && !(at > 0 && joined(&tokens[at - 1]));
                equals && compared(&tokens[..at], &tokens[at + 2..])
            }
            _ => false,
        };
        if matched {
            let line = token.span().start().line;
            let around = tokens[at.saturating_sub(6)..(at + 4).min(tokens.len())].iter().cloned();
            found.push(Match { line, code: around.collect::<TokenStream>().to_string().replace('\n', " ") });
        }
    }
}

fn is(tokens: &[TokenTree], at: usize, c: char) -> bool {
    matches!(tokens.get(at), Some(TokenTree::Punct(p)) if p.as_char() == c)
}

fn joined(token: &TokenTree) -> bool {
    matches!(token, TokenTree::Punct(p) if p.spacing() == Spacing::Joint && matches!(p.as_char(), '<' | '>' | '=' | '!' | '+' | '-'))
}

fn arguments(tokens: &[TokenTree], method: usize) -> Option<Vec<TokenTree>> {
    match tokens.get(method + 1) {
        Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Parenthesis => {
            Some(group.stream().into_iter().collect())
        }
        _ => None,
    }
}

/// True where the two sides of a `==` are a sentence and something that it may be equal to.
fn compared(before: &[TokenTree], after: &[TokenTree]) -> bool {
    let after: Vec<TokenTree> =
        after.iter().skip_while(|t| matches!(t, TokenTree::Punct(p) if p.as_char() == '&')).cloned().collect();
    let literal =
        |token: Option<&TokenTree>| matches!(token, Some(TokenTree::Literal(l)) if l.to_string().starts_with('"'));
    let constant = matches!(after.first(), Some(TokenTree::Ident(i)) if is_constant(&i.to_string()));
    before.last().is_some_and(is_a_sentence)
        || after.first().is_some_and(is_a_sentence)
        || (holds_a_sentence(before) && (literal(after.first()) || constant))
}

/// Arms of a `match` on a sentence.
fn matched_arms(tokens: &[TokenTree], at: usize) -> bool {
    let Some(end) =
        (at..tokens.len()).find(|&n| matches!(&tokens[n], TokenTree::Group(g) if g.delimiter() == Delimiter::Brace))
    else {
        return false;
    };
    let TokenTree::Group(arms) = &tokens[end] else { return false };
    let arms: Vec<TokenTree> = arms.stream().into_iter().collect();
    let pattern = |n: usize| {
        matches!(&arms[n], TokenTree::Literal(l) if l.to_string().starts_with('"')) && {
            let next = arms.get(n + 1);
            is(&arms, n + 1, '|')
                || (is(&arms, n + 1, '=') && is(&arms, n + 2, '>'))
                || matches!(next, Some(TokenTree::Ident(i)) if i == "if")
        }
    };
    let texts: Vec<usize> = (0..arms.len()).filter(|&n| pattern(n)).collect();
    texts.iter().any(|&n| is_a_sentence(&arms[n])) || (!texts.is_empty() && holds_a_sentence(&tokens[at + 1..end]))
}

fn is_constant(name: &str) -> bool {
    name.len() > 1 && name.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_')
}

/// A literal of two words, or of one beside a blank or a curly quotation mark.
fn is_a_sentence(token: &TokenTree) -> bool {
    let TokenTree::Literal(literal) = token else { return false };
    let text = literal.to_string();
    let Some(inner) = text.strip_prefix('"').and_then(|t| t.strip_suffix('"')) else { return false };
    let word = |part: &str| part.chars().filter(|c| c.is_alphabetic()).count() > 1;
    inner.contains([' ', '“', '”']) && inner.split([' ', '“', '”']).any(word)
}

/// True where the expression that ends here is a value that holds a sentence: its last name that is no method which
/// leaves the text what it is.
fn holds_a_sentence(before: &[TokenTree]) -> bool {
    let mut at = before.len();
    while at > 0 {
        at -= 1;
        match &before[at] {
            TokenTree::Group(group) if group.delimiter() == Delimiter::Parenthesis => {
                // `(why)` and `Some(why)` are looked into; the arguments of a method are not.
                let of_a_method = at > 0 && matches!(&before[at - 1], TokenTree::Ident(_));
                if !of_a_method {
                    let inner: Vec<TokenTree> = group.stream().into_iter().collect();
                    return holds_a_sentence(&inner);
                }
            }
            TokenTree::Ident(word) => {
                let word = word.to_string();
                if SENTENCES.contains(&word.as_str()) {
                    return true;
                }
                let is_method = at > 0 && is(before, at - 1, '.');
                if !(is_method && SAME.contains(&word.as_str())) {
                    return false;
                }
            }
            TokenTree::Punct(p) if matches!(p.as_char(), '.' | '?') => {}
            _ => return false,
        }
    }
    false
}

#[test]
fn sentences_that_are_matched_are_found() {
    let found = |code: &str| find(code.parse().unwrap()).len();
    for matched in [
        r#"if why.contains("reset") {}"#,
        r"if self.reason.as_str().starts_with(PREFIX) {}",
        r#"let x = matches!(life, Refused(why) if why.to_lowercase().contains("x"));"#,
        r#"if a.detail == "none" {}"#,
        r#"if NOT_SENT == "never sent" {}"#,
        r#"if text != "was not sent" {}"#,
        r#"match hint.as_deref() { "read it" | "no" => 1, _ => 2 }"#,
        r#"match x { "no such token" => 1, _ => 2 }"#,
        r#"line.strip_prefix("not sent: ")"#,
        r#"token.strip_prefix("token ")"#,
        r#"text.find("end “")"#,
    ] {
        assert_eq!(found(matched), 1, "{matched}");
    }
    for other in [
        r#"if scope.contains("guest") {}"#,
        r#"if kind == "send" {}"#,
        r#"let why = "two words".to_owned();"#,
        r"if why.is_empty() {}",
        r"if a.why == b.why {}",
        r#"match word { "off" => 1, _ => 2 }"#,
        r#"match x { A => "two words", B => "three more words" }"#,
        r"if x <= 2 {}",
        r"why.trim_end_matches('.')",
    ] {
        assert_eq!(found(other), 0, "{other}");
    }
}
