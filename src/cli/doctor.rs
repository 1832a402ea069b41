//! `guestwire doctor`: finds out what is wrong, with safe questions through the same engine as the console.

use crate::clock::Clock;
use crate::config::{Profile, Settings, Terminal};
use crate::diagnosis::ProfileFacts;
use crate::diagnosis::doctor::Doctor;
use crate::engine::{Engine, Tuning};
use crate::model::{Channel, Conversation};

use super::args::DoctorArgs;
use super::doctor_fold::DoctorFold;
use super::send::find;
use crate::app::drive::drive;
use crate::app::exit::{Exit, Failed};
use crate::app::journal;
use crate::app::open::Opened;
use crate::app::output::Output;

/// The conversation that is looked at.
fn target(profile: &Profile, args: &DoctorArgs) -> Result<Option<Conversation>, Failed> {
    let all = || profile.conversations.iter().map(|e| &e.conversation);
    let target = match &args.to {
        Some(name) => {
            let key = find(profile, name)?;
            all().find(|c| c.key == key)
        }
        None => all().find(|c| c.channel() == Channel::GuestApi).or_else(|| all().next()),
    };
    if args.send_test && target.is_none() {
        return Err(Failed::usage("--send-test: there is no conversation to send to; nothing was asked"));
    }
    Ok(target.cloned())
}

/// Asks, and says what it found.
pub async fn run(args: &DoctorArgs, settings: &Settings) -> Result<Exit, Failed> {
    let opened = Opened::open(settings)?;
    let mut output = Output::speaking_to(&opened.profile);
    let result = async {
        let target = target(&opened.profile, args)?;
        let clock = Clock::start();
        // The hosts are looked at first, so the engine must not sign in before it is asked to.
        let journal = journal::writer(settings, &opened.profile).await;
        let tuning = Tuning {
            sign_in: false,
            metrics: settings.metrics.clone(),
            terminal: Terminal::Free,
            ..journal::tuning(journal.as_ref())
        };
        let facts = ProfileFacts::of(&opened.profile);
        let doctor = Doctor::new(&facts, target, args.send_test);
        let (engine, reports) = Engine::start_with(opened.profile.clone(), clock, tuning);
        let fold = &mut DoctorFold::new(doctor, facts);
        let exit = drive(fold, clock, &engine, reports, journal.as_ref(), &mut output, args.json).await;
        journal::close(journal);
        exit
    }
    .await;
    opened.close().await;
    result
}
