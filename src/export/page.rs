//! One HTML page that needs nothing from outside: style and script stand in it, and its own policy forbids the rest.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::escape::markup;

/// What all pages look like: light and dark, on paper too.
const STYLE: &str = include_str!("../../assets/report/page.css");

/// A page. `body` is markup already; `script` may be empty, and the page must be readable without it.
pub fn page(title: &str, body: &str, script: &str) -> String {
    let hash = |text: &str| STANDARD.encode(ring::digest::digest(&ring::digest::SHA256, text.as_bytes()));
    let (style_hash, script_hash) = (hash(STYLE), hash(script));
    let (script, script_source) = if script.is_empty() {
        (String::new(), "'none'".to_owned())
    } else {
        (format!("<script>{script}</script>\n"), format!("'sha256-{script_hash}'"))
    };
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'sha256-{style_hash}'; \
         script-src {script_source}; base-uri 'none'; form-action 'none'\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n<meta name=\"referrer\" content=\"no-referrer\">\n\
         <meta name=\"generator\" content=\"guestwire {version}\">\n<title>{title}</title>\n<style>{STYLE}</style>\n\
         </head>\n<body>\n{body}{script}</body>\n</html>\n",
        version = env!("CARGO_PKG_VERSION"),
        title = markup(title),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_from_outside_is_allowed_and_nothing_in_it_ends_style_or_script() {
        let page = page("<t>", "<p>x</p>", "let a = 1;");
        assert!(page.contains("default-src 'none'") && page.contains("<title>&lt;t&gt;</title>"));
        assert!(!STYLE.contains('<') && !STYLE.contains("url(") && !STYLE.contains("@import"));
        assert_eq!(page.matches("<script>").count(), 1);
        assert!(super::page("t", "", "").contains("script-src 'none'"));
    }
}
