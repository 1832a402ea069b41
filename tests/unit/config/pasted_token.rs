//! Tokens as people paste them, and what is no token.

#![expect(clippy::unwrap_used, reason = "tests")]

use secrecy::ExposeSecret as _;

use crate::config::secret::pasted_token as read;

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
        let read = read(&text).unwrap().unwrap();
        assert_eq!(read.expose_secret(), TOKEN, "{text:?}");
    }
}

#[test]
fn what_is_no_token_is_refused_with_the_reason() {
    for text in ["", " \r\n", "Bearer", "\"\""] {
        assert!(matches!(read(text), Ok(None)), "{text:?}");
    }
    let contains = |what: &str| format!("it contains {what}, which no token contains; copy the token again");
    let no_access_token = || {
        "it is JSON without an \"access_token\"; paste the token endpoint's whole answer, or only the token".to_owned()
    };
    for (text, why) in [
        ("Basic aWQ6c2VjcmV0", "it begins with \"Basic\": that is a client's id and secret, not a token".to_owned()),
        ("hunter two", contains("a blank or a line end")),
        ("hun\0ter", contains("a control character")),
        ("hunter\rtwo", contains("a blank or a line end")),
        ("\"hunter", contains("a quotation mark")),
        ("hünter", contains("a character beyond ASCII")),
        ("«access token»", contains("a blank or a line end")),
        ("hunter2,", contains("a punctuation mark")),
        ("<html>", contains("a punctuation mark")),
        ("{\"access_token\":\"hunter\\r\\nX: y\"}", contains("a blank or a line end")),
        ("{\"access_token\":", no_access_token()),
        ("{\"token\":\"hunter2\"}", no_access_token()),
        ("{\"access_token\":7}", no_access_token()),
        (
            "{\"error\":\"invalid_client\"}",
            "it is the token endpoint's refusal (invalid_client), not a token".to_owned(),
        ),
    ] {
        assert_eq!(read(text).map(|_| ()), Err(why), "{text:?}");
    }
}
