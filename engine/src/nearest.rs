//! What someone may have meant.

/// Least likeness (Jaro-Winkler, 0 to 1) at which a name is suggested: below it suggestions are guesses.
const LIKE: f64 = 0.8;
/// Least length of a part of a name at which the name is suggested.
const PART: usize = 3;

/// What to say to someone who asked for a name that is not there, as a hint that starts with a separator: the name most
/// like it and, shortened to `shown` of them, what there is. `what` is the plural of the kind of thing.
pub fn hint<'a>(name: &str, what: &str, known: impl IntoIterator<Item = &'a str>, shown: usize) -> String {
    let known: Vec<&str> = known.into_iter().collect();
    let meant =
        nearest(name, known.iter().copied()).map(|meant| format!("did you mean {meant:?}? ")).unwrap_or_default();
    let more = if known.len() > shown { ", …" } else { "" };
    let listed = known.iter().take(shown).copied().collect::<Vec<_>>().join(", ");
    format!("; {meant}known {what} are {listed}{more}")
}

/// The known name most like the one given, if any is like it; else the shortest that the one given is a part of.
pub fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let name = name.to_lowercase();
    let known: Vec<(String, &str)> = known.into_iter().map(|other| (other.to_lowercase(), other)).collect();
    let scored = known.iter().map(|(lower, other)| (strsim::jaro_winkler(&name, lower), *other));
    let like = scored.filter(|(likeness, _)| *likeness >= LIKE).max_by(|a, b| a.0.total_cmp(&b.0));
    let holding = known.iter().filter(|(lower, _)| name.chars().count() >= PART && lower.contains(&name));
    like.map(|(_, other)| other).or_else(|| holding.min_by_key(|(lower, _)| lower.len()).map(|(_, other)| *other))
}

#[cfg(test)]
mod tests {
    use super::{hint, nearest};

    #[test]
    fn a_slip_is_recognised_and_another_word_is_not() {
        let known = ["naive", "random_walk", "xgboost", "xgboost_weather"];
        assert_eq!(nearest("xgboast", known), Some("xgboost"));
        assert_eq!(nearest("Niave", known), Some("naive"));
        assert_eq!(nearest("oracle", known), None);
        assert_eq!(nearest("weather", known), Some("xgboost_weather"));
        assert_eq!(nearest("we", known), None);
    }

    #[test]
    fn a_hint_names_what_was_meant_and_what_there_is() {
        let known = ["coffee", "sugar", "cocoa"];
        assert_eq!(hint("cofee", "keys", known, 2), "; did you mean \"coffee\"? known keys are coffee, sugar, …");
        assert_eq!(hint("wheat", "keys", known, 3), "; known keys are coffee, sugar, cocoa");
    }
}
