//! `guestwire doctor`: finds out what is wrong, with safe questions through the same engine as the console.

use crate::config::{Profile, Settings};
use crate::diagnosis::ProfileFacts;
use crate::diagnosis::doctor::Doctor;
use crate::model::{Channel, Conversation};

use super::args::DoctorArgs;
use super::doctor_fold::DoctorFold;
use super::send::find;
use crate::app::drive::{Keeps, Needs, play};
use crate::app::exit::{Exit, Failed};
use crate::app::open::Opened;

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
    let opened = Opened::announced(settings)?;
    let target = target(&opened.profile, args)?;
    // The hosts are looked at first, so the engine must not sign in before it is asked to.
    let needs = Needs { json: args.json, keeps: Keeps::OneMessage, sign_in: false, report_on_stdout: false };
    let begin = |profile: &Profile, _, _: Option<&_>| {
        let facts = ProfileFacts::of(profile);
        DoctorFold::new(Doctor::new(&facts, target, args.send_test), facts)
    };
    play(opened, settings, needs, begin).await.exit
}
