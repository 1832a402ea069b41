//! The command line as it was typed. Each subcommand makes options of its own from it. Secrets are never flags: other
//! users of the machine can read them there.

use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::builder::{PathBufValueParser, TypedValueParser};
use clap::{Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;
use jiff::tz::TimeZone;

use crate::app::exit::Failed;
use crate::app::files;
use crate::config::ad_hoc::Target;
use crate::config::settings::{ColorChoice, Times};
use crate::config::{Flags, Settings, parse_duration};
use crate::model::{Attachment, Choice, Variation};
use crate::pass::report::Form;
use crate::text::dates::{self, Period};
use crate::tui::state::composer::attachments;

const AFTER: &str = "Exit codes: 0 done, 1 refused, 2 usage or configuration, 3 not signed in, 4 network, \
5 outcome unknown, 6 output not written, 101 panic.\nWithout a config file the console opens the built-in sandbox: no account and no network \
are needed. Commands speak to the sandbox only where --sandbox says so.";

/// The version, and the commit that the program was built from.
const VERSION: &str = concat!(env!("CARGO_PKG_VERSION"), " (", env!("GUESTWIRE_COMMIT"), ")");

/// A terminal console for headless messaging on Genesys Cloud: speak as the guest and see every exchange.
#[derive(Debug, Parser)]
#[command(name = "guestwire", version = VERSION, about, after_help = AFTER, args_conflicts_with_subcommands = false)]
pub struct Cli {
    #[command(flatten)]
    pub global: GlobalArgs,
    /// Without a command, the console opens.
    #[command(subcommand)]
    pub command: Option<Sub>,
}

/// Flags that every command understands.
#[derive(Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own")]
pub struct GlobalArgs {
    #[command(flatten)]
    pub target: TargetArgs,
    /// Use this profile of the config file
    #[arg(long, global = true, value_name = "NAME", conflicts_with = "sandbox", help_heading = "Options everywhere")]
    pub profile: Option<String>,
    /// Read this config file instead of the usual one
    #[arg(value_parser = path(), long, global = true, value_name = "FILE", help_heading = "Options everywhere")]
    pub config: Option<PathBuf>,
    /// Keep data in this directory instead of the usual one
    #[arg(value_parser = path(), long, global = true, value_name = "DIR", help_heading = "Options everywhere")]
    pub data_dir: Option<PathBuf>,
    /// Use the built-in sandbox, whatever the config file says
    #[arg(long, global = true, help_heading = "Options everywhere")]
    pub sandbox: bool,
    /// Let the sandbox play this scenario: a file, or the name of a built-in one
    #[arg(value_parser = path(), long, global = true, value_name = "FILE", help_heading = "Options everywhere")]
    pub scenario: Option<PathBuf>,
    /// Print lines instead of drawing a screen, for screen readers and pipes
    #[arg(long, global = true, help_heading = "Options everywhere")]
    pub plain: bool,
    /// Draw borders and marks in ASCII only
    #[arg(long, global = true, help_heading = "Options everywhere")]
    pub ascii: bool,
    /// When to use colour
    #[arg(long, global = true, value_name = "WHEN", help_heading = "Options everywhere")]
    pub color: Option<ColorArg>,
    /// No animation; redraw only when something happens
    #[arg(long, global = true, help_heading = "Options everywhere")]
    pub calm: bool,
    /// Write guestwire's own log to this file, as JSON lines without secrets
    #[arg(value_parser = path(), long, global = true, value_name = "FILE", help_heading = "Options everywhere")]
    pub log_file: Option<PathBuf>,
    /// Keep nothing: no drafts, no queue, no messages, no log on disk
    #[arg(long, global = true, help_heading = "Options everywhere")]
    pub ephemeral: bool,
    /// Record the console's screen into this new file, as an asciinema cast
    #[arg(value_parser = path(), long, value_name = "FILE")]
    pub record: Option<PathBuf>,
    /// Open the console in demo mode and play this pass: a file, or smoke, refusals or renewal
    #[arg(value_parser = path(), long, value_name = "PASS", conflicts_with = "rehearse")]
    pub demo: Option<PathBuf>,
    /// Show a session that `guestwire export session` wrote, in demo mode; nothing is sent
    #[arg(value_parser = path(), long, value_name = "FILE")]
    pub rehearse: Option<PathBuf>,
    /// Begin with so many made-up log entries, each named as such: for measuring
    #[arg(long, hide = true, default_value_t = 0, value_name = "N")]
    pub fill_log: u32,
}

/// A target that no config file names. Each command that speaks to somebody understands these flags.
#[derive(Clone, Debug, Default, Args)]
pub struct TargetArgs {
    /// The region, instead of a profile's: a domain, an AWS name, or any name that the vendor's tools use
    #[arg(long, global = true, value_name = "REGION", help_heading = "A target without a config file")]
    pub region: Option<String>,
    /// A web deployment's id; no OAuth is needed
    #[arg(long, global = true, value_name = "ID", help_heading = "A target without a config file")]
    pub deployment: Option<String>,
    /// A site that the deployment allows, like https://shop.example
    #[arg(long, global = true, value_name = "URL", help_heading = "A target without a config file")]
    pub origin: Option<String>,
    /// An open messaging integration's id
    #[arg(long, global = true, value_name = "ID", help_heading = "A target without a config file")]
    pub integration: Option<String>,
    /// The guest's id, for an integration
    #[arg(long, global = true, value_name = "ID", help_heading = "A target without a config file")]
    pub guest: Option<String>,
    /// A conversation's id, for the channel guest-api
    #[arg(long, global = true, value_name = "ID", help_heading = "A target without a config file")]
    pub conversation: Option<String>,
    /// The guest's participant id in the conversation
    #[arg(long, global = true, value_name = "ID", help_heading = "A target without a config file")]
    pub participant: Option<String>,
}

/// `--color`
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum ColorArg {
    /// Where the output is a terminal
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Sub {
    /// Send one message and wait for its outcome
    Send(SendArgs),
    /// Play the automatic part of a regression pass, without a screen
    Run(RunArgs),
    /// Sign in and print facts about the token, never the token
    Token(TokenArgs),
    /// Print the kept log, newest entry last, or what a full-text search finds in it
    Log(LogArgs),
    /// Export what was kept to a new file: HAR 1.2, a transcript, or the newest session
    Export(ExportArgs),
    /// Delete everything that was kept for a profile
    Forget(ForgetArgs),
    /// Explain a cause of refusals, or list them all
    Explain(ExplainArgs),
    /// Run read-only checks and name the cause: hosts, token, scopes, region, clock, conversation, participant
    Doctor(DoctorArgs),
    /// Tell which id is which in any text: a URL, JSON, a log line, a HAR file
    Ids(IdsArgs),
    /// Run the sandbox as a server for any client, until it is stopped
    Sandbox(SandboxArgs),
    /// Write a small config file from what this machine knows already
    Init(InitArgs),
    /// Check, show or find the configuration
    Config(ConfigArgs),
    /// Print a completion script for a shell
    Completions(CompletionsArgs),
    /// Print the manual page
    Man(ManArgs),
}

/// `guestwire send`
#[derive(Debug, Args)]
#[command(after_help = "The last line of --json is the outcome: accepted, refused or unknown.")]
pub struct SendArgs {
    /// The conversation, by its name in the config file; not needed with --deployment, --integration or --conversation
    #[arg(long, value_name = "NAME", required_unless_present_any = ["deployment", "integration", "conversation"])]
    pub to: Option<String>,
    /// Print one JSON object per line instead of text
    #[arg(long)]
    pub json: bool,
    /// Wait this long for a reply, like 10s; if none arrives, the exit code is 1
    #[arg(long, value_name = "TIME", value_parser = duration)]
    pub reply_within: Option<Duration>,
    /// Send it wrongly on purpose, for a negative test: expired-token, no-token, wrong-scope, other-participant,
    /// malformed-id, oversize or emoji-bidi
    #[arg(long = "as", value_name = "HOW", value_parser = variation)]
    pub sent_as: Option<Variation>,
    /// Participant data for Architect that goes with the message; may be given several times
    #[arg(long = "attribute", value_name = "NAME=VALUE", value_parser = attachments::attribute)]
    pub attributes: Vec<(String, String)>,
    /// A file that goes with the message: a URL for open-messaging, a path for web-messaging; may be given several times
    #[arg(long = "attach", value_name = "URL|FILE", value_parser = attachments::attachment)]
    pub attachments: Vec<Attachment>,
    /// Answer with a choice: by its number among those that were offered last, or by its label, and its payload if that
    /// differs (write a label that is a number as 2=2)
    #[arg(long, value_name = "N|LABEL[=PAYLOAD]", value_parser = taken)]
    pub choice: Option<Taken>,
    /// The id of the message that offered the choice (--json prints it with each reply); open-messaging needs it with a
    /// LABEL
    #[arg(long, value_name = "ID", requires = "choice")]
    pub answers: Option<String>,
    /// What to send; `-` (or nothing, in a pipe) reads it from standard input
    #[arg(value_name = "TEXT")]
    pub text: Option<String>,
}

/// `guestwire run`
#[derive(Debug, Args)]
#[command(
    after_help = "Steps that only a person can judge are skipped and reported as skipped. Exit codes: 0 all that was run passed, \
1 something failed or was blocked, 2 the pass or the command line is wrong, 3 not signed in."
)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own")]
pub struct RunArgs {
    /// The pass: a TOML file, the name of a built-in one (smoke, refusals, renewal), or `-` for standard input
    #[arg(value_parser = path(), value_name = "PASS", required_unless_present = "schema")]
    pub pass: Option<PathBuf>,
    /// Print the JSON Schema of pass files, and do nothing else
    #[arg(long)]
    pub schema: bool,
    /// The conversation of the steps that name none; without it the profile's first
    #[arg(long, value_name = "NAME")]
    pub to: Option<String>,
    /// Only this case, by id or name; may be given several times
    #[arg(long, value_name = "CASE")]
    pub only: Vec<String>,
    /// Stop after the first failure
    #[arg(long)]
    pub fail_fast: bool,
    /// Write a report at the end: junit, ctrf, md or html; may be given several times; one may go to `-`, standard
    /// output, and the progress to standard error
    #[arg(long, value_name = "FORM=FILE", value_parser = report)]
    pub report: Vec<(Form, PathBuf)>,
    /// Replace the reports of an earlier run
    #[arg(long, requires = "report")]
    pub force: bool,
    /// Play the pass this many times, one after the other
    #[arg(long, default_value_t = 1, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub repeat: u32,
    /// Play cases of different conversations side by side; those that change the sandbox or the token come after
    #[arg(long)]
    pub parallel: bool,
    /// Print one JSON object per line instead of text
    #[arg(long)]
    pub json: bool,
}

/// `guestwire explain`
#[derive(Debug, Args)]
pub struct ExplainArgs {
    /// The cause, like scope-stripped; without one, all are listed
    #[arg(value_name = "CAUSE")]
    pub cause: Option<String>,
}

/// `guestwire token`
#[derive(Debug, Args)]
pub struct TokenArgs {
    /// Print one JSON object per line instead of text
    #[arg(long)]
    pub json: bool,
}

/// `guestwire doctor`
#[derive(Debug, Args)]
#[command(
    after_help = "Nothing is changed unless --send-test asks for a message. The last line of --json is the verdict; \
its cause is \"none\" when all is well."
)]
pub struct DoctorArgs {
    /// The conversation, by its name in the config file; without it the profile's first of the channel guest-api
    #[arg(long, value_name = "NAME")]
    pub to: Option<String>,
    /// Also send one test message into it
    #[arg(long)]
    pub send_test: bool,
    /// Print one JSON object per line instead of text
    #[arg(long)]
    pub json: bool,
}

/// `guestwire log`
#[derive(Debug, Args)]
pub struct LogArgs {
    /// Words, ids, or "words beside each other"; all of them must be there
    #[arg(value_name = "QUERY")]
    pub query: Vec<String>,
    /// Print one JSON object per line instead of text
    #[arg(long)]
    pub json: bool,
    #[command(flatten)]
    pub period: PeriodArgs,
    /// Print at most this many, the newest; 0 for all
    #[arg(long, default_value_t = 100, value_name = "N")]
    pub limit: usize,
}

/// The period of which something is wanted.
#[derive(Clone, Debug, Default, Args)]
pub struct PeriodArgs {
    /// Only what began then or later: yesterday, 2026-11-27, 14:30, or how long ago, like 2h or 3d
    #[arg(long, value_name = "WHEN")]
    pub since: Option<String>,
    /// Only what began until then; a day counts to its end
    #[arg(long, value_name = "WHEN")]
    pub until: Option<String>,
}

impl PeriodArgs {
    /// The period, in the zone in which times are shown.
    ///
    /// # Errors
    /// Which flag names no time, and what to write.
    pub fn period(&self, settings: &Settings) -> Result<Period, Failed> {
        let zone = if settings.ui.times == Times::Utc { TimeZone::UTC } else { TimeZone::system() };
        let now = jiff::Timestamp::now().to_zoned(zone);
        let mut period = Period::default();
        for (word, text) in [("since", &self.since), ("until", &self.until)] {
            let Some(text) = text else { continue };
            let named = Period::named(word, text, &now);
            period = period.and(named.ok_or_else(|| Failed::usage(format!("--{word} {text}: {}", dates::FORMS)))?);
        }
        Ok(period)
    }
}

/// `guestwire export`
#[derive(Debug, Args)]
pub struct ExportArgs {
    /// What to write
    pub form: ExportForm,
    #[command(flatten)]
    pub period: PeriodArgs,
    /// How a transcript is written
    #[arg(long, value_enum, default_value = "text", value_name = "FORMAT")]
    pub format: TranscriptFormat,
    /// The file, which must not exist yet; `-` is standard output
    #[arg(value_parser = path(), long, value_name = "FILE")]
    pub out: PathBuf,
}

/// `--format`
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum TranscriptFormat {
    /// One line for each message
    Text,
    /// Markdown, with request ids, marks and comments
    Md,
    /// One self-contained HTML page
    Html,
}

/// What can be exported.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ExportForm {
    /// All exchanges as HAR 1.2, one entry for each try
    Har,
    /// All messages: who said what and when, and the outcome
    Transcript,
    /// Messages and the exchanges of the newest session as JSON
    Session,
}

/// `guestwire forget`
#[derive(Debug, Args)]
pub struct ForgetArgs {
    /// Do not ask
    #[arg(long)]
    pub yes: bool,
}

/// `guestwire ids`
#[derive(Debug, Args)]
pub struct IdsArgs {
    /// Any text; `-` reads it from standard input
    #[arg(value_name = "TEXT", allow_hyphen_values = true)]
    pub text: String,
    /// Look ids up in the profile's organisation, at most twenty: each is read as a conversation
    #[arg(long)]
    pub lookup: bool,
    /// Print one JSON object per line instead of text
    #[arg(long)]
    pub json: bool,
}

/// `guestwire sandbox`
#[derive(Debug, Args)]
pub struct SandboxArgs {
    /// Listen on this port of the loopback address; 0 lets the system choose
    #[arg(long, default_value_t = 0)]
    pub port: u16,
    /// Seed for ids and secrets: the same seed gives the same ones at each start
    #[arg(long)]
    pub seed: Option<u64>,
}

/// `guestwire init`
#[derive(Debug, Args)]
pub struct InitArgs {
    /// A Messenger snippet, as it is copied out of the web deployment: the text, a file, or `-` for standard input
    #[arg(value_name = "SNIPPET", allow_hyphen_values = true)]
    pub snippet: Option<String>,
    /// Ask nothing: write what is known, and leave the rest to be filled in
    #[arg(long)]
    pub no_input: bool,
    /// Add what was found to a config file that is there already, without asking
    #[arg(long)]
    pub yes: bool,
}

/// `guestwire config`
#[derive(Debug, Args)]
pub struct ConfigArgs {
    #[command(subcommand)]
    pub command: ConfigSub,
}

/// What to do with the configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Subcommand)]
pub enum ConfigSub {
    /// Check the configuration and its secrets
    Check,
    /// Print every value with where it came from, never a secret
    Show,
    /// Print where the config file is, or would be
    Path,
}

/// `guestwire completions`
#[derive(Debug, Args)]
pub struct CompletionsArgs {
    /// For which shell
    pub shell: Shell,
}

/// `guestwire man`
#[derive(Debug, Args)]
pub struct ManArgs {
    /// The page of this command instead of the whole program's
    #[arg(value_name = "COMMAND")]
    pub of: Option<String>,
}

fn variation(text: &str) -> Result<Variation, String> {
    Variation::named(text).ok_or_else(|| {
        let names = Variation::ALL.map(Variation::as_str);
        format!("there is no such way{}", crate::text::suggest::suggestion(text, names))
    })
}

/// `--choice`
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Taken {
    /// By its number, from 1.
    Number(usize),
    /// By what stands on it.
    Choice(Choice),
}

fn taken(text: &str) -> Result<Taken, String> {
    if text.bytes().all(|b| b.is_ascii_digit()) && !text.is_empty() {
        let number = text.parse().ok().filter(|n| *n > 0).ok_or("choices are numbered from 1")?;
        return Ok(Taken::Number(number));
    }
    choice(text).map(Taken::Choice)
}

fn choice(text: &str) -> Result<Choice, String> {
    let (label, payload) = text.split_once('=').unwrap_or((text, text));
    if label.trim().is_empty() {
        return Err("give what stands on the choice, like Yes, or Yes=yes where its payload differs".to_owned());
    }
    Ok(Choice::new(label, payload))
}

fn report(text: &str) -> Result<(Form, PathBuf), String> {
    let names = Form::ALL.map(Form::name);
    let (form, file) = text.split_once('=').ok_or_else(|| format!("write FORM=FILE; forms: {}", names.join(", ")))?;
    let unknown = || {
        let near = crate::text::suggest::suggestion(form, names);
        format!("`{form}` is no form of report{near}")
    };
    let form = Form::named(form).ok_or_else(unknown)?;
    if file.is_empty() {
        return Err("no file is named behind the =; `-` is standard output".to_owned());
    }
    let base = directories::BaseDirs::new();
    Ok((form, files::from_home(Path::new(file), base.as_ref().map(directories::BaseDirs::home_dir))))
}

/// A path as people write it, also with `~`.
fn path() -> impl TypedValueParser<Value = PathBuf> {
    PathBufValueParser::new().map(|path| {
        let base = directories::BaseDirs::new();
        files::from_home(&path, base.as_ref().map(directories::BaseDirs::home_dir))
    })
}

fn duration(text: &str) -> Result<Duration, String> {
    parse_duration(text).ok_or_else(|| "give a span of time above zero, like 500ms, 10s or 2m".to_owned())
}

impl GlobalArgs {
    /// What the settings are made with.
    pub fn flags(&self) -> Flags {
        Flags {
            profile: self.profile.clone(),
            config: self.config.clone(),
            data_dir: self.data_dir.clone(),
            log_file: self.log_file.clone(),
            sandbox: self.sandbox,
            scenario: self.scenario.clone(),
            plain: self.plain,
            ascii: self.ascii,
            calm: self.calm,
            ephemeral: self.ephemeral,
            target: Target {
                region: self.target.region.clone(),
                deployment: self.target.deployment.clone(),
                origin: self.target.origin.clone(),
                integration: self.target.integration.clone(),
                guest: self.target.guest.clone(),
                conversation: self.target.conversation.clone(),
                participant: self.target.participant.clone(),
            },
            named_target: false,
            color: self.color.map(|color| match color {
                ColorArg::Auto => ColorChoice::Auto,
                ColorArg::Always => ColorChoice::Always,
                ColorArg::Never => ColorChoice::Never,
            }),
        }
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_definition_is_sound() {
        Cli::command().debug_assert();
    }

    #[test]
    fn global_flags_stand_before_or_after_the_command() {
        for words in
            [["guestwire", "--profile", "a", "token"].as_slice(), ["guestwire", "token", "--profile", "a"].as_slice()]
        {
            assert_eq!(Cli::try_parse_from(words).unwrap().global.flags().profile.as_deref(), Some("a"));
        }
        assert!(Cli::try_parse_from(["guestwire", "--profile", "a", "--sandbox"]).is_err());
    }

    #[test]
    fn any_text_can_be_sent() {
        for text in ["-", "--help me", "-x", "/quit"] {
            let words = ["guestwire", "send", "--to", "Anna", "--reply-within", "10s", "--", text];
            let Some(Sub::Send(send)) = Cli::try_parse_from(words).unwrap().command else { panic!("not send") };
            assert_eq!(send.text.as_deref(), Some(text));
            assert_eq!(send.reply_within, Some(Duration::from_secs(10)));
        }
        let Some(Sub::Send(send)) = Cli::try_parse_from(["guestwire", "send", "--to", "A", "-"]).unwrap().command
        else {
            panic!("not send")
        };
        assert_eq!(send.text.as_deref(), Some("-"));
    }

    #[test]
    fn a_choice_is_taken_by_number_or_by_what_stands_on_it() {
        let by_words = |label: &str, payload: &str| Ok(Taken::Choice(Choice::new(label, payload)));
        assert_eq!(taken("2"), Ok(Taken::Number(2)));
        assert_eq!(taken("2=2"), by_words("2", "2"));
        assert_eq!(taken("Yes=yes"), by_words("Yes", "yes"));
        assert_eq!(taken("2 rooms"), by_words("2 rooms", "2 rooms"));
        assert_eq!(taken("0"), Err("choices are numbered from 1".to_owned()));
        assert!(taken("").is_err() && taken("=x").is_err());
    }

    #[test]
    fn no_flag_takes_a_secret() {
        let mut names = Vec::new();
        let command = Cli::command();
        for part in std::iter::once(&command).chain(command.get_subcommands()) {
            names.extend(part.get_arguments().filter_map(|a| a.get_long().map(str::to_owned)));
        }
        assert!(names.len() > 10);
        for word in ["secret", "password", "token", "client-id"] {
            assert!(!names.iter().any(|name| name.contains(word)), "--*{word}*");
        }
    }
}
