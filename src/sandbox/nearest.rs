//! "Did you mean": the nearest known name to one that is not known.

/// The member of `known` that `name` most likely stands for; `None` where nothing is near.
pub(crate) fn nearest<'k>(name: &str, known: impl IntoIterator<Item = &'k str>) -> Option<&'k str> {
    known
        .into_iter()
        .map(|k| (strsim::jaro_winkler(&name.to_lowercase(), k), k))
        .filter(|(score, _)| *score > 0.6)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, k)| k)
}

/// A clause for the end of a sentence: which name is near, or which names there are.
pub(crate) fn hint<'k>(name: &str, known: impl IntoIterator<Item = &'k str> + Clone) -> String {
    match nearest(name, known.clone()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("known are: {}", known.into_iter().collect::<Vec<_>>().join(", ")),
    }
}

/// The names that a reader's error expects: "unknown variant `x`, expected one of `a`, `b`".
pub(crate) fn expected(error: &str) -> Vec<&str> {
    // They stand between backticks: every second piece.
    error.split_once(", expected ").map_or_else(Vec::new, |(_, names)| names.split('`').skip(1).step_by(2).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    const KNOWN: [&str; 3] = ["token-expired", "rate-limited", "clock-skew"];

    #[test]
    fn a_slip_of_the_finger_finds_its_name() {
        assert_eq!(nearest("rate-limit", KNOWN), Some("rate-limited"));
        assert_eq!(nearest("tokn-expired", KNOWN), Some("token-expired"));
        assert_eq!(nearest("Clock-Skew", KNOWN), Some("clock-skew"));
    }

    #[test]
    fn what_is_near_to_nothing_gets_the_whole_list() {
        assert_eq!(hint("zzz", KNOWN), "known are: token-expired, rate-limited, clock-skew");
        assert_eq!(hint("clockskew", KNOWN), "did you mean `clock-skew`?");
    }
}
