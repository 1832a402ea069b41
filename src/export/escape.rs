//! Outside text inside markup, and the templates that it is filled into: a text stays text. Controls and invisible
//! characters are made visible first (see [`crate::text::screen`]), then whatever the markup would take for its own is
//! escaped.

use std::sync::LazyLock;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use minijinja::syntax::SyntaxConfig;
use minijinja::{AutoEscape, Environment, escape_formatter};
use serde_json::{Value, json};

use crate::text::screen::{visible, visible_lines};

/// Characters that a terminal or an editor would obey rather than show, as JSON escapes: the data stays what it was.
pub fn unseen_as_escapes(json: &str) -> String {
    use std::fmt::Write as _;
    let mut out = String::with_capacity(json.len());
    for c in json.chars() {
        let mut alone = [0; 4];
        let alone: &str = c.encode_utf8(&mut alone);
        if c.is_ascii() || visible(alone) == alone {
            out.push(c);
        } else {
            for unit in c.encode_utf16(&mut [0; 2]) {
                // Writing to a String cannot fail.
                let _ = write!(out, "\\u{unit:04x}");
            }
        }
    }
    out
}

/// For HTML and XML, as content and as a quoted attribute.
pub fn markup(text: &str) -> String {
    let shown = visible_lines(text).collect::<Vec<_>>().join("\n");
    let escaped = shown.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    // XML 1.0 has no place for the last two, escaped or not.
    escaped.replace('"', "&quot;").replace('\'', "&#39;").replace(['\u{fffe}', '\u{ffff}'], "\u{fffd}")
}

/// For Markdown, as part of a paragraph or a table's cell. Line ends become spaces.
pub fn markdown(text: &str) -> String {
    visible_lines(text).map(|line| markdown_line(&line)).collect::<Vec<_>>().join(" ")
}

/// For Markdown, as a quotation of as many lines.
pub fn markdown_quote(text: &str) -> String {
    // Two spaces at the end keep the line's end.
    visible_lines(text).map(|line| format!("> {}", markdown_line(&line))).collect::<Vec<_>>().join("  \n")
}

fn markdown_line(line: &str) -> String {
    let mut out = String::with_capacity(line.len() + 8);
    let trimmed = line.trim_start();
    let digits = trimmed.bytes().take_while(u8::is_ascii_digit).count();
    // `-`, `+`, `=`, `#` and `1.` only mean something where a line begins.
    let marker = match trimmed.as_bytes().get(digits) {
        Some(b'-' | b'+' | b'=' | b'#') if digits == 0 => Some(line.len() - trimmed.len()),
        // A number is a list only with a blank behind it.
        Some(b'.' | b')') if digits > 0 && matches!(trimmed.as_bytes().get(digits + 1), None | Some(b' ')) => {
            Some(line.len() - trimmed.len() + digits)
        }
        _ => None,
    };
    for (at, c) in line.char_indices() {
        let plain_link = c == ':' && line.get(at..).is_some_and(|rest| rest.starts_with("://"));
        let www = c == '.' && line.get(..at).is_some_and(|before| before.to_ascii_lowercase().ends_with("www"));
        let next = line.get(at + c.len_utf8()..).and_then(|rest| rest.chars().next());
        let special = match c {
            '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '|' | '~' | '$' => true,
            '!' => next == Some('['),
            '&' => next.is_some_and(|n| n == '#' || n.is_ascii_alphanumeric()),
            _ => false,
        };
        if special || plain_link || www || marker == Some(at) {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

/// For Markdown, as a block of code that nothing inside can end.
pub fn markdown_code(text: &str, language: &str) -> String {
    let lines: Vec<_> = visible_lines(text).collect();
    let ticks = |line: &str| line.trim_start().bytes().take_while(|b| *b == b'`').count();
    let longest = lines.iter().map(|line| ticks(line)).max().unwrap_or(0);
    let fence = "`".repeat((longest + 1).max(3));
    format!("{fence}{language}\n{}\n{fence}\n", lines.join("\n"))
}

/// A template of `assets/report` or `assets/init`, filled in with `values`, which are escaped for the form that the
/// template's name ends with. HTML is the inside of a page: see [`page`]. The error says where the two do not fit.
pub fn fill(template: &str, values: &Value) -> Result<String, String> {
    let filled = TEMPLATES.get_template(template).and_then(|template| template.render(minijinja::value::Serde(values)));
    filled.map_err(|e| format!("a defect of guestwire: {template} cannot be filled in: {e:#}"))
}

/// The HTML page around `body`: it needs nothing from outside, its style and its script stand in it, and its own policy
/// forbids the rest. `script` may be empty, and the page must be readable without it.
pub fn page(title: &str, body: &str, script: &str) -> Result<String, String> {
    let (style, version) = (include_str!("../../assets/report/page.css"), env!("CARGO_PKG_VERSION"));
    fill("page.html", &json!({"title": title, "body": body, "script": script, "style": style, "version": version}))
}

static TEMPLATES: LazyLock<Environment<'_>> = LazyLock::new(|| {
    let mut all = Environment::new();
    let mut syntax = SyntaxConfig::builder();
    let syntax = syntax.trim_blocks(true).lstrip_blocks(true).keep_trailing_newline(true).build();
    all.set_syntax(syntax.unwrap_or_default());
    all.set_auto_escape_callback(|name| {
        AutoEscape::Custom(name.rsplit('.').next().unwrap_or_default().to_owned().into())
    });
    all.set_formatter(|out, state, value| {
        let AutoEscape::Custom(form) = state.auto_escape() else { return escape_formatter(out, state, value) };
        let text = value.to_string();
        out.write_str(&match &**form {
            _ if value.is_none() => return Ok(()),
            _ if value.is_safe() => text.into(),
            "md" => markdown(&text).into(),
            "txt" => visible(&text),
            "toml" => toml::Value::from(text).to_string().into(),
            _ => markup(&text).into(),
        })?;
        Ok(())
    });
    let safe = |text: String| minijinja::Value::from_safe_string(text);
    all.add_filter("sha256", |text: &str| {
        STANDARD.encode(ring::digest::digest(&ring::digest::SHA256, text.as_bytes()))
    });
    all.add_filter("quote", move |text: &str| safe(markdown_quote(text)));
    all.add_filter("code", move |text: &str| safe(markdown_code(text, "text")));
    // An id inside backticks has none of its own.
    all.add_filter("in_ticks", move |text: &str| safe(text.replace('`', "'")));
    all.add_filter("lines", move |text: &str, between: &str| {
        safe(visible_lines(text).collect::<Vec<_>>().join(between))
    });
    for (name, text) in [
        ("config.toml", include_str!("../../assets/init/config.toml")),
        ("oauth.toml", include_str!("../../assets/init/oauth.toml")),
        ("profile.toml", include_str!("../../assets/init/profile.toml")),
        ("page.html", include_str!("../../assets/report/page.html")),
        ("run.html", include_str!("../../assets/report/run.html")),
        ("run.md", include_str!("../../assets/report/run.md")),
        ("run.xml", include_str!("../../assets/report/run.xml")),
        ("transcript.html", include_str!("../../assets/report/transcript.html")),
        ("transcript.md", include_str!("../../assets/report/transcript.md")),
        ("transcript.txt", include_str!("../../assets/report/transcript.txt")),
    ] {
        let _ = all.add_template(name, text);
    }
    all
});
