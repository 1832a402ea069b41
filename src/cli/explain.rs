//! `guestwire explain`: the page of a cause, or the list of all. Offline, without settings.

use clap::Args;

use crate::diagnosis::pages;
use crate::model::Cause;

use crate::app::exit::{Exit, Failed};
use crate::app::output::Output;

/// `guestwire explain`
#[derive(Debug, Args)]
#[command(after_help = "Example: guestwire explain scope-stripped")]
pub struct ExplainArgs {
    /// The cause, like scope-stripped; without it, all causes are listed
    #[arg(value_name = "CAUSE")]
    pub cause: Option<String>,
}

/// Prints a page, or the list.
pub fn run(name: Option<&str>) -> Result<Exit, Failed> {
    let text = match name {
        None => pages::list(),
        Some(name) => pages::text(find(name)?),
    };
    Output::default().raw(&text)?;
    Ok(Exit::Done)
}

fn find(name: &str) -> Result<Cause, Failed> {
    Cause::named(name).ok_or_else(|| {
        let near = match pages::nearest(name) {
            Some(cause) => format!("did you mean `{cause}`?"),
            None => "`guestwire explain` lists them".to_owned(),
        };
        Failed::usage(format!("there is no cause `{name}`; {near}"))
    })
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_cause_leads_to_the_nearest() {
        assert_eq!(find("scope-stripped").unwrap(), Cause::ScopeStripped);
        assert!(find("scope-striped").unwrap_err().message.contains("did you mean `scope-stripped`?"));
        assert!(find("xyz").unwrap_err().message.contains("lists them"));
    }
}
