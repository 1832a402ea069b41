//! Opens the chosen profile: a profile of the config file as it is, or the sandbox, which is started in this process.

use std::path::Path;
use std::sync::Arc;

use jiff::tz::TimeZone;

use super::exit::Failed;
use super::output;
use crate::clock::Clock;
use crate::config::{Profile, ProfileChoice, Settings};
use crate::engine::{Environment, proxy_of};
use crate::files;
use crate::model::fault::{FAULTS, Fault, SandboxRequest};
use crate::sandbox::{self, Sandbox, Scenario};
use crate::session::conversations::Conversations;
use crate::session::log::{Log, LogOptions};
use crate::session::{ProfileInfo, Session};
use crate::text::suggestion;

/// A profile that is ready to be spoken to. [`close`](Self::close) it at the end.
pub struct OpenProfile {
    pub profile: Arc<Profile>,
    sandbox: Option<Sandbox>,
}

impl OpenProfile {
    /// Opens it for a command, which says on stderr first whom it speaks to, whatever is written to stdout.
    pub fn announced(settings: &Settings) -> Result<Self, Failed> {
        let opened = Self::open(settings)?;
        let profile = &opened.profile;
        let production = if profile.production { ", PROD" } else { "" };
        output::warn(&if profile.sandbox {
            format!("speaking to the sandbox: {}", profile.hosts.api)
        } else {
            format!("speaking to {} (profile {}{production})", profile.region, profile.name)
        });
        Ok(opened)
    }

    /// Opens the chosen profile. Must be called inside a tokio runtime.
    pub fn open(settings: &Settings) -> Result<Self, Failed> {
        match &settings.profile {
            ProfileChoice::Named(profile) => Ok(Self { profile: Arc::new((**profile).clone()), sandbox: None }),
            ProfileChoice::Sandbox => {
                let sandbox = serve(0, settings.scenario.as_deref(), None)?;
                let mut profile = sandbox.profile();
                profile.redaction.extend(&settings.redaction);
                Ok(Self { profile: Arc::new(profile), sandbox: Some(sandbox) })
            }
        }
    }

    pub const fn has_sandbox(&self) -> bool {
        self.sandbox.is_some()
    }

    pub fn faults(&self) -> Vec<Fault> {
        self.sandbox.as_ref().map(Sandbox::faults_left).unwrap_or_default()
    }

    /// Sets up the sandbox as a test run or a person wants it; what was done or why not: a sentence. `clear` goes on
    /// the sentence about a fault that stays on.
    pub fn set_up(&self, ask: &SandboxRequest, clear: &str) -> Result<String, String> {
        let Some(sandbox) = &self.sandbox else { return Err("There is no built-in sandbox here.".to_owned()) };
        match ask {
            SandboxRequest::Fault(Some(json)) => {
                let before = sandbox.faults_left();
                sandbox.set_fault(json)?;
                let left = sandbox.faults_left();
                // What changes something at once leaves nothing to clear.
                Ok(match left.last().filter(|_| left.len() > before.len()) {
                    Some(fault) => format!("Fault on: {}.{clear}", fault.left().replace('-', " ")),
                    None => format!("Fault applied: {}", about(json)),
                })
            }
            SandboxRequest::Fault(None) => {
                sandbox.clear_faults();
                Ok("All faults are off.".to_owned())
            }
            SandboxRequest::Advance(by) => {
                sandbox.advance(by.as_secs());
                Ok(format!("The sandbox's clock is {} s ahead now.", by.as_secs()))
            }
        }
    }

    pub async fn close(self) {
        if let Some(sandbox) = self.sandbox {
            sandbox.stop().await;
        }
    }
}

pub fn session(settings: &Settings, profile: &Profile, zone: TimeZone, ascii: bool) -> Session {
    let log = Log::new(LogOptions {
        zone,
        ascii,
        max_entries: settings.log.max_entries,
        max_bytes: usize::try_from(settings.log.max_bytes).unwrap_or(usize::MAX),
    });
    let paths = &settings.paths;
    let config_file = paths.config_exists.then(|| paths.config_file.clone());
    let mut info = ProfileInfo::of(profile, paths.data_dir.clone(), config_file);
    info.muted.clone_from(&settings.muted);
    info.proxy = proxy_of(profile, &Environment::default()).transpose();
    Session::new(info, Conversations::of(profile), log)
}

/// What a fault in the form of the control API does, to go on a sentence with.
fn about(json: &str) -> String {
    let fault: serde_json::Value = serde_json::from_str(json).unwrap_or_default();
    let row = FAULTS.iter().find(|row| fault["fault"] == row.name);
    let mut letters = row.map_or("it is set.", |row| row.about).chars();
    letters.next().map(|first| first.to_lowercase().chain(letters).collect()).unwrap_or_default()
}

/// Starts a sandbox on a loopback port (0: any), with a scenario by file or by name. Its messages have ids that no
/// earlier start gave out: a journal that was kept would take new replies for old ones. With a `seed` of the user's own
/// all else is the same at each start.
pub fn serve(port: u16, scenario: Option<&Path>, seed: Option<u64>) -> Result<Sandbox, Failed> {
    let mut scenario = scenario.map_or_else(|| Ok(Scenario::builtin()), load_scenario)?;
    if let Some(seed) = seed {
        scenario.seed = seed;
        scenario.keep_secret();
    }
    scenario.run = uuid::Uuid::new_v4().as_u64_pair().0;
    sandbox::start(port, scenario, Clock::start()).map_err(|e| {
        let place = if port == 0 { "a loopback port".to_owned() } else { format!("127.0.0.1:{port}") };
        Failed::here(format!("the sandbox cannot listen on {place} ({}); try another --port", e.kind()))
    })
}

fn load_scenario(path: &Path) -> Result<Scenario, Failed> {
    let name = path.display();
    let why = match files::read_text(path, 4 << 20) {
        Ok(text) => return Scenario::parse(&text, path).map_err(|e| Failed::usage(e.to_string())),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            let near = suggestion(&name.to_string(), Scenario::names());
            format!("there is no such file, and no built-in scenario has that name{near}")
        }
        Err(error) => format!("cannot be read ({})", files::error_text(&error)),
    };
    let built_in = path.to_str().and_then(Scenario::named);
    built_in.ok_or_else(|| Failed::usage(format!("--scenario {name}: {why}")))
}
