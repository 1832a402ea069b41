//! `guestwire ids`: which id is what, in any pasted text.

use std::fmt::Write as _;

use serde_json::json;

use crate::config::{Profile, Settings};
use crate::diagnosis::ids::{Found, Known, Look, What, find};

use super::args::IdsArgs;
use super::ids_fold::IdsFold;
use crate::app::drive::{Keeps, Needs, play};
use crate::app::exit::{Exit, Failed};
use crate::app::open::Opened;
use crate::app::output::{Line, Output, standard_input};

/// A HAR of a long session is that large.
const MAX_BYTES: u64 = 32 << 20;

fn text(argument: &str) -> Result<String, Failed> {
    if argument != "-" {
        return Ok(argument.to_owned());
    }
    Ok(String::from_utf8_lossy(&standard_input(MAX_BYTES)?).into_owned())
}

/// The ids that a profile names.
pub fn known(profile: &Profile) -> Known {
    Known::of(profile.conversations.iter().map(|e| &e.conversation.address))
}

/// Without look-ups. `profile` is there where the configuration is.
pub fn offline(args: &IdsArgs, profile: Option<&Profile>) -> Result<Exit, Failed> {
    let known = profile.map(known).unwrap_or_default();
    let found = find(&text(&args.text)?, &known);
    say(&found, &mut Output::default(), args.json)
}

/// With look-ups: what nothing says of is asked about.
pub async fn looked_up(args: &IdsArgs, settings: &Settings) -> Result<Exit, Failed> {
    let text = text(&args.text)?;
    let opened = Opened::announced(settings)?;
    let known = known(&opened.profile);
    let found = find(&text, &known);
    let needs = Needs { json: args.json, keeps: Keeps::Nothing, sign_in: true, report_on_stdout: false };
    let mut played = play(opened, settings, needs, |_, _, _| IdsFold::new(Look::at(&found, known))).await;
    let exit = played.exit?;
    let said = say(&find(&text, played.fold.known()), &mut played.output, args.json)?;
    Ok(if exit == Exit::Done { said } else { exit })
}

fn say(found: &[Found], output: &mut Output, json: bool) -> Result<Exit, Failed> {
    let at = jiff::Timestamp::now();
    for one in found {
        let shown = if one.id.is_empty() { "«guest token»" } else { one.id.as_str() };
        let because = one.because();
        let also: Vec<&str> = one.roles.iter().skip(1).map(|r| r.what.word()).collect();
        let fields = json!({
            "id": (!one.id.is_empty()).then_some(&one.id),
            "is": one.what.word(),
            "because": because,
            "stands_as": also,
            "stands_wrongly_as": one.misplaced.map(What::word),
            "use_instead": one.swap,
            "conversation": one.home,
        });
        // Writing to a String cannot fail.
        let mut says = format!("{:<13}  {shown}  {because}", one.what.word());
        let indent = "\n               ";
        if let Some(place) = one.misplaced {
            let _ = write!(says, "{indent}it stands where {} belongs", place.of_one());
            if let Some(swap) = &one.swap {
                let _ = write!(says, "; use {swap}");
            }
        } else if !also.is_empty() {
            let _ = write!(says, "{indent}it also stands as {}", also.join(", "));
        }
        if let Some(home) = one.home.as_ref().filter(|h| one.swap.as_ref() != Some(h)) {
            let _ = write!(says, "{indent}of the conversation {home}");
        }
        output.say(&Line::new("id", at, fields).says(says), json)?;
    }
    if found.is_empty() {
        crate::app::output::warn("there is no id in this text: ids are UUIDs, or 32 hexadecimal digits for messages");
        return Ok(Exit::Refused);
    }
    Ok(Exit::Done)
}
