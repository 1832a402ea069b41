//! Text from outside: read whatever its charset, measured, cleaned and compared. Imports nothing of ours.

pub(crate) mod alike;
pub(crate) mod dates;
pub(crate) mod fold;
pub(crate) mod json;
pub mod screen;

use std::time::Duration;

/// `text` with runs of white space (line ends too) as one space.
pub(crate) fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

pub(crate) fn capitalised(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map(|first| first.to_uppercase().chain(chars).collect()).unwrap_or_default()
}

/// So many of what one is called: `1 message`, `2 messages`, `3 entries`.
pub(crate) fn counted(count: usize, one: &str) -> String {
    match one.strip_suffix('y').filter(|stem| !stem.ends_with(['a', 'e', 'o', 'u'])) {
        _ if count == 1 => format!("1 {one}"),
        Some(stem) => format!("{count} {stem}ies"),
        None => format!("{count} {one}s"),
    }
}

/// A length of time as it is told of tokens and sessions: `6 h 02 min`, `41 min`, `4 min 09 s`, `12 s`.
pub(crate) fn duration(length: Duration) -> String {
    let seconds = length.as_secs();
    match seconds {
        0..60 => format!("{seconds} s"),
        60..300 => format!("{} min {:02} s", seconds / 60, seconds % 60),
        300..3600 => format!("{} min", seconds / 60),
        _ => format!("{} h {:02} min", seconds / 3600, seconds / 60 % 60),
    }
}

/// A reason as a part of a sentence: without the full stop that it may end with.
pub(crate) fn clause(why: &(impl ToString + ?Sized)) -> String {
    why.to_string().trim_end().trim_end_matches('.').to_owned()
}

/// A reason as a sentence of its own.
pub(crate) fn sentence(why: &(impl ToString + ?Sized)) -> String {
    format!("{}.", capitalised(&clause(why)))
}

/// A text that a person or another program hands over (a pipe, an editor, a file), without what editors and shells add to
/// it: a byte order mark, carriage returns before line ends, and the line end after the last line. Blank lines before that
/// are the writer's own and stay.
pub(crate) fn cleaned(text: &str) -> String {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let text = text.replace("\r\n", "\n");
    text.strip_suffix('\n').unwrap_or(&text).to_owned()
}

/// The known name that `word` was most likely meant to be: "did you mean".
pub(crate) fn nearest<'n>(word: &str, known: impl IntoIterator<Item = &'n str>) -> Option<&'n str> {
    let folded = word.to_lowercase().replace('_', "-");
    known
        .into_iter()
        .map(|name| {
            let candidate = name.to_lowercase().replace('_', "-");
            let within = folded.len() >= 4 && (candidate.contains(&folded) || folded.contains(&candidate));
            let score = strsim::normalized_damerau_levenshtein(&folded, &candidate);
            (if within { score.max(0.65) } else { score }, name)
        })
        .filter(|(score, _)| *score >= 0.6)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, name)| name)
}

/// `; did you mean …?`, or the list of what is known, to end a sentence with.
pub(crate) fn suggestion<'n>(word: &str, known: impl IntoIterator<Item = &'n str> + Clone) -> String {
    if let Some(name) = nearest(word, known.clone()) {
        return format!("; did you mean `{name}`?");
    }
    let names: Vec<String> = known.into_iter().map(|n| format!("`{n}`")).collect();
    if names.is_empty() { String::new() } else { format!("; known here: {}", names.join(", ")) }
}
