//! Tokens as people paste them, and what is no token.

use secrecy::ExposeSecret as _;

use super::*;

const TOKEN: &str = "a-B.c_9~+/x==";

#[test]
fn a_token_is_read_as_people_paste_it() {
    for text in [
        "T",
        "Bearer T",
        "bearer   T",
        "Bearer\tT\r\n",
        "Bearer Bearer T",
        "Authorization: Bearer T",
        "authorization:bearer T",
        "\"T\"",
        "'Bearer T'",
        "Bearer \"T\"",
        "\"Authorization: Bearer T\"",
        "“T”",
        "`T`",
        "  T  ",
        "\u{feff}T\n",
        "\u{feff}\"T\"\r\n",
        "\u{a0}T\u{200b}",
        "\n\nT\nnote: expires soon",
        r#"{"access_token":"T","token_type":"bearer","expires_in":86399}"#,
        "\u{feff} {\n  \"access_token\": \"T\",\n  \"expires_in\": 86399\n}\n",
        r#"{"access_token":" Bearer T "}"#,
    ] {
        let text = text.replace('T', TOKEN).replace(&format!("{TOKEN}oken"), "Token");
        let read = read(&text).map(|t| t.expose_secret().to_owned());
        assert_eq!(read.as_deref(), Ok(TOKEN), "{text:?}");
    }
}

#[test]
fn what_is_no_token_is_refused_with_the_reason() {
    let holds = NotAToken::Character;
    for (text, why) in [
        ("", NotAToken::Empty),
        (" \r\n", NotAToken::Empty),
        ("Bearer", NotAToken::Empty),
        ("\"\"", NotAToken::Empty),
        ("Basic aWQ6c2VjcmV0", NotAToken::Basic),
        ("hunter two", holds("a blank or a line end")),
        ("hun\0ter", holds("a control character")),
        ("hunter\rtwo", holds("a blank or a line end")),
        ("\"hunter", holds("a quotation mark")),
        ("hünter", holds("a character beyond ASCII")),
        ("«access token»", holds("a blank or a line end")),
        ("hunter2,", holds("a punctuation mark")),
        ("<html>", holds("a punctuation mark")),
        ("{\"access_token\":\"hunter\\r\\nX: y\"}", holds("a blank or a line end")),
        ("{\"access_token\":", NotAToken::NoAccessToken),
        ("{\"token\":\"hunter2\"}", NotAToken::NoAccessToken),
        ("{\"access_token\":7}", NotAToken::NoAccessToken),
        ("{\"error\":\"invalid_client\"}", NotAToken::Refusal("invalid_client".to_owned())),
    ] {
        let refused = read(text).map(|_| ()).map_err(|e| (e.to_string().contains("hunter"), e));
        assert_eq!(refused, Err((false, why)), "{text:?}");
    }
}
