//! "Did you mean": the known name that an unknown one most likely stands for.

/// The known name that `word` was most likely meant to be.
pub fn nearest<'n>(word: &str, known: impl IntoIterator<Item = &'n str>) -> Option<&'n str> {
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
pub fn suggestion<'n>(word: &str, known: impl IntoIterator<Item = &'n str> + Clone) -> String {
    if let Some(name) = nearest(word, known.clone()) {
        return format!("; did you mean `{name}`?");
    }
    let names: Vec<String> = known.into_iter().map(|n| format!("`{n}`")).collect();
    if names.is_empty() { String::new() } else { format!("; known here: {}", names.join(", ")) }
}
