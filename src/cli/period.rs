//! The period that `log` and `export` take.

use clap::Args;

use crate::app::exit::Failed;
use crate::config::Settings;
use crate::text::dates::{self, Period};

/// The period of which something is wanted.
#[derive(Clone, Debug, Default, Args)]
pub struct PeriodArgs {
    /// Only entries from then or later: yesterday, 2026-11-27, 14:30, or how long ago, like 2h or 3d
    #[arg(long, value_name = "WHEN")]
    pub since: Option<String>,
    /// Only entries until then; a day counts to its end
    #[arg(long, value_name = "WHEN")]
    pub until: Option<String>,
}

impl PeriodArgs {
    /// The period, in the zone in which times are shown.
    ///
    /// # Errors
    /// Which flag names no time, and what to write.
    pub fn period(&self, settings: &Settings) -> Result<Period, Failed> {
        let now = jiff::Timestamp::now().to_zoned(settings.ui.times.zone());
        let mut period = Period::default();
        for (word, text) in [("since", &self.since), ("until", &self.until)] {
            let Some(text) = text else { continue };
            let named = Period::named(word, text, &now);
            period = period.and(named.ok_or_else(|| Failed::usage(format!("--{word} {text}: {}", dates::FORMS)))?);
        }
        Ok(period)
    }
}
