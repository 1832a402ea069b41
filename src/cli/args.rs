//! The command line as it was typed. Each subcommand makes options of its own from it. Secrets are never flags: other
//! users of the machine can read them there.

use clap::{Arg, Command, CommandFactory as _, Parser, Subcommand};
use clap_complete::Shell;

use super::config::ConfigSub;
use super::doctor::DoctorArgs;
use super::export::ExportArgs;
use super::ids::IdsArgs;
use super::init::InitArgs;
use super::log::LogArgs;
use super::run::RunArgs;
use super::send::SendArgs;
use crate::app::exit::Exit;
use crate::app::runtime::ConsoleStart;
use crate::config::Flags;

/// What stands below the help: what a script relies on, and where one begins.
fn after() -> String {
    let ended = "the signal of this number ended the console: 143 for SIGTERM, 129 for SIGHUP";
    let codes: String = Exit::MEANINGS
        .iter()
        .map(|(exit, meaning)| (exit.code().to_string(), *meaning))
        .chain([("101".to_owned(), "a defect in guestwire"), ("128+".to_owned(), ended)])
        .fold(String::new(), |all, (code, meaning)| format!("{all}  {code:>4}  {meaning}\n"));
    format!(
        "Examples:\n  guestwire                              opens the console\n  \
         guestwire --demo                       shows what guestwire does to an audience\n  \
         guestwire --region mypurecloud.de --deployment ID --origin https://shop.example\n  \
         guestwire send --sandbox --to Echo \"Hello\"\n\nExit codes:\n{codes}\nWithout a config file the console opens the built-in \
         sandbox: no account and no network are needed. A command uses a sandbox only with --sandbox, or if its profile is one."
    )
}

const VERSION: &str = concat!(env!("CARGO_PKG_VERSION"), " (", env!("GUESTWIRE_COMMIT"), ")");

/// A terminal console for headless messaging on Genesys Cloud: speak as the guest and see every exchange.
#[derive(Debug, Parser)]
#[command(name = "guestwire", version = VERSION, about, after_help = after(), args_conflicts_with_subcommands = false)]
pub struct Cli {
    #[command(flatten)]
    pub flags: Flags,
    #[command(flatten)]
    pub console: ConsoleStart,
    /// Without a command, the console opens.
    #[command(subcommand)]
    pub command: Option<Sub>,
}

/// The definition of the command line, in which the help of each command shows the common flags that it uses.
pub fn definition() -> Command {
    let mut program = Cli::command();
    // Only then does each command have the common flags.
    program.build();
    program.mut_subcommands(|command| {
        let used = used(command.get_name());
        let shown = |command: Command| {
            command.mut_args(|flag| {
                let hidden = flag.is_global_set() && !used.contains(&flag.get_id().as_str());
                flag.hide(hidden)
            })
        };
        shown(command).mut_subcommands(shown)
    })
}

/// The same for completion scripts, whose writer does not know of hidden flags: each command has those that it uses.
pub fn for_completions() -> Command {
    let common: Vec<Arg> = Cli::command().get_arguments().filter(|flag| flag.is_global_set()).cloned().collect();
    let program = Cli::command().mut_args(|flag| flag.global(false));
    program.mut_subcommands(|command| {
        let used = used(command.get_name());
        let flags = common.iter().filter(|flag| used.contains(&flag.get_id().as_str()));
        let flags: Vec<Arg> = flags.map(|flag| flag.clone().global(false)).collect();
        command.args(&flags).mut_subcommands(|part| part.args(&flags))
    })
}

fn used(command: &str) -> Vec<&'static str> {
    let target = ["region", "deployment", "origin", "integration", "guest", "conversation", "participant"];
    let speaks = ["profile", "config", "data_dir", "sandbox", "scenario", "color", "log_file", "ephemeral"];
    match command {
        "send" | "run" | "token" | "doctor" => [target.as_slice(), &speaks].concat(),
        "ids" => speaks.to_vec(),
        "log" | "export" | "forget" => vec!["profile", "config", "data_dir", "sandbox", "log_file"],
        "config" => [target.as_slice(), &["profile", "config", "data_dir", "sandbox"]].concat(),
        "init" => vec!["region", "deployment", "origin", "config"],
        "sandbox" => vec!["scenario", "log_file"],
        _ => Vec::new(),
    }
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Sub {
    /// Send one message and wait for its outcome
    Send(SendArgs),
    /// Run the automatic part of a pass file, without a screen
    Run(RunArgs),
    /// Sign in and print facts about the token, never the token
    Token {
        /// Print one JSON object per line instead of text
        #[arg(long)]
        json: bool,
    },
    /// Print the kept log, newest entry last, or the entries that a full-text search finds
    Log(LogArgs),
    /// Write what is kept to a new file: HAR 1.2, a transcript, or the newest session
    Export(ExportArgs),
    /// Delete everything that is kept for a profile
    Forget {
        /// Do not ask
        #[arg(long)]
        yes: bool,
    },
    /// Explain a cause of refusals, or list them all
    #[command(after_help = "Example: guestwire explain scope-stripped")]
    Explain {
        /// The cause, like scope-stripped; without it, all causes are listed
        #[arg(value_name = "CAUSE")]
        cause: Option<String>,
    },
    /// Run read-only checks and name the cause: hosts, token, scopes, region, clock, conversation, participant
    Doctor(DoctorArgs),
    /// Say which id is which in any text: a URL, JSON, a log line, a HAR file
    Ids(IdsArgs),
    /// Run the sandbox as a server for any client, until it is stopped
    #[command(
        after_help = "Examples:\n  guestwire sandbox --port 8080\n  guestwire sandbox --scenario storm.toml --seed 7"
    )]
    Sandbox {
        /// Listen on this port of the loopback address; 0 lets the system choose
        #[arg(long, default_value_t = 0)]
        port: u16,
        /// Seed for ids and the client's secret: the same at each start, but for the ids of messages
        #[arg(long)]
        seed: Option<u64>,
    },
    /// Write a small config file from the settings that this machine has
    Init(InitArgs),
    /// Check, show or find the configuration
    Config {
        #[command(subcommand)]
        command: ConfigSub,
    },
    /// Print a completion script for a shell
    Completions {
        /// For which shell
        shell: Shell,
    },
    /// Print the manual page
    Man {
        /// The page of this command; without it, the page of guestwire
        #[arg(value_name = "COMMAND")]
        of: Option<String>,
    },
}
