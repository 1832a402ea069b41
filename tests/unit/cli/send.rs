//! Tests of `cli::send`.

use super::*;

#[test]
fn a_choice_is_taken_by_number_or_by_what_stands_on_it() {
    let by_words = |label: &str, payload: &str| Ok(ChoiceArgument::Choice(Choice::new(label, payload)));
    assert_eq!(taken("2"), Ok(ChoiceArgument::Number(2)));
    assert_eq!(taken("2=2"), by_words("2", "2"));
    assert_eq!(taken("Yes=yes"), by_words("Yes", "yes"));
    assert_eq!(taken("2 rooms"), by_words("2 rooms", "2 rooms"));
    assert_eq!(taken("0"), Err("choices are numbered from 1".to_owned()));
    assert!(taken("").is_err() && taken("=x").is_err());
}
