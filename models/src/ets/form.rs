//! Which of the thirty forms: error, trend, season (the taxonomy of Hyndman, Koehler, Ord and Snyder 2008, table 2.1).

use serde::{Deserialize, Serialize};

/// How a component enters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    /// Not at all.
    None,
    /// Added.
    Additive,
    /// Multiplied.
    Multiplicative,
}

impl Part {
    /// The letter of the taxonomy.
    fn letter(self) -> char {
        match self {
            Self::None => 'N',
            Self::Additive => 'A',
            Self::Multiplicative => 'M',
        }
    }
}

/// One form, such as `MAdM`; written and stored as that text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Form {
    /// Whether innovations are relative to the one-step forecast.
    pub relative_error: bool,
    /// The trend.
    pub trend: Part,
    /// Whether the trend is damped.
    pub damped: bool,
    /// The season.
    pub season: Part,
}

impl Form {
    /// Simple exponential smoothing, `ANN`.
    pub(super) const SIMPLE: Self =
        Self { relative_error: false, trend: Part::None, damped: false, season: Part::None };

    /// Whether forecasts are linear in state and innovations, so that all laws are normal.
    pub(super) fn linear(self) -> bool {
        !self.relative_error && self.additive_components()
    }

    pub(super) fn additive_components(self) -> bool {
        self.trend != Part::Multiplicative && self.season != Part::Multiplicative
    }

    /// Whether it has a meaning on positive series only.
    pub(super) fn needs_positive(self) -> bool {
        self.relative_error || !self.additive_components()
    }

    /// Whether its forecasts can divide by a state near zero: R's `ets` leaves these out of a search.
    pub(super) fn unstable(self) -> bool {
        let multiplicative_trend = self.trend == Part::Multiplicative;
        (!self.relative_error && !self.additive_components()) || (multiplicative_trend && self.season == Part::Additive)
    }

    /// Smoothing and damping parameters.
    pub(super) fn smoothing(self) -> usize {
        1 + usize::from(self.trend != Part::None) + usize::from(self.season != Part::None) + usize::from(self.damped)
    }

    /// Estimated numbers, initial states among them, without the innovations' variance.
    pub(super) fn estimated(self, season: usize) -> usize {
        let states = 1 + usize::from(self.trend != Part::None);
        self.smoothing() + states + if self.season == Part::None { 0 } else { season.saturating_sub(1) }
    }
}

impl std::fmt::Display for Form {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let error = if self.relative_error { 'M' } else { 'A' };
        let damped = if self.damped { "d" } else { "" };
        write!(f, "{error}{}{damped}{}", self.trend.letter(), self.season.letter())
    }
}

impl From<Form> for String {
    fn from(form: Form) -> Self {
        form.to_string()
    }
}

impl TryFrom<String> for Form {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let pattern = Pattern::parse(&text).ok_or_else(|| format!("{text:?} is not a form such as AAdN"))?;
        pattern.only().ok_or_else(|| format!("{text:?} leaves a component open"))
    }
}

/// Forms among which a search chooses: each component fixed, or open (`Z`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Pattern {
    pub(super) relative_error: Option<bool>,
    pub(super) trend: Option<Part>,
    /// Open means: both, where there is a trend.
    pub(super) damped: Option<bool>,
    pub(super) season: Option<Part>,
}

impl Pattern {
    /// Everything open.
    pub(super) const ANY: Self = Self { relative_error: None, trend: None, damped: None, season: None };

    /// Reads text such as `AAdM`, `ZZN`; a trend letter without `d` means undamped, `Z` leaves damping open.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let letters: Vec<char> = text.chars().collect();
        let (&[error, trend, .., season], damped) = (letters.as_slice(), letters.len() == 4) else { return None };
        if !(letters.len() == 3 || damped && letters[2] == 'd') {
            return None;
        }
        let part = |letter| match letter {
            'N' => Some(Some(Part::None)),
            'A' => Some(Some(Part::Additive)),
            'M' => Some(Some(Part::Multiplicative)),
            'Z' => Some(None),
            _ => None,
        };
        let relative_error = match part(error)? {
            Some(Part::None) => return None,
            known => known.map(|part| part == Part::Multiplicative),
        };
        let trend = part(trend)?;
        if damped && trend == Some(Part::None) {
            return None;
        }
        let damped = if trend.is_none() && !damped { None } else { Some(damped) };
        Some(Self { relative_error, trend, damped, season: part(season)? })
    }

    /// The same without multiplicative parts.
    pub(super) fn additive(&self) -> Self {
        let added = |part| if part == Part::Multiplicative { Part::Additive } else { part };
        Self {
            relative_error: Some(false),
            trend: self.trend.map(added),
            season: self.season.map(added),
            damped: self.damped,
        }
    }

    /// The form, if nothing is open.
    pub(super) fn only(&self) -> Option<Form> {
        let (relative_error, trend) = (self.relative_error?, self.trend?);
        let damped = if trend == Part::None { false } else { self.damped? };
        Some(Form { relative_error, trend, damped, season: self.season? })
    }

    /// The forms to be tried on a series that is positive or not, with a season or not. Unstable forms and
    /// multiplicative trends are only used where the pattern names them.
    pub(super) fn forms(&self, positive: bool, seasonal: bool) -> Vec<Form> {
        if let Some(form) = self.only() {
            return vec![if seasonal { form } else { Form { season: Part::None, ..form } }];
        }
        let mut forms = Vec::new();
        let parts = [Part::None, Part::Additive, Part::Multiplicative];
        let allowed = |wanted: Option<Part>, part| wanted.is_none_or(|wanted| wanted == part);
        for relative_error in [false, true] {
            for trend in parts.into_iter().filter(|part| match self.trend {
                None => *part != Part::Multiplicative,
                wanted => allowed(wanted, *part),
            }) {
                for damped in [false, true] {
                    for season in parts.into_iter().filter(|part| match seasonal {
                        true => allowed(self.season, *part),
                        false => *part == Part::None,
                    }) {
                        let form = Form { relative_error, trend, damped, season };
                        let matches = self.relative_error.is_none_or(|wanted| wanted == relative_error)
                            && self.damped.is_none_or(|wanted| wanted == damped || trend == Part::None)
                            && !(damped && trend == Part::None);
                        if matches && (positive || !form.needs_positive()) && !form.unstable() {
                            forms.push(form);
                        }
                    }
                }
            }
        }
        forms
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn text_is_read_and_written() {
        for text in ["ANN", "AAdN", "MAdM", "MMdA", "MNM", "AAA"] {
            assert_eq!(Form::try_from(text.to_owned()).unwrap().to_string(), text);
        }
        for text in ["", "AN", "NNN", "ANdN", "AAdNN", "AAxN", "aan", "ZNN"] {
            assert!(Form::try_from(text.to_owned()).is_err(), "{text}");
        }
    }

    /// R's `ets` tries fifteen forms on a positive seasonal series, six on one that is not positive.
    #[test]
    fn the_search_has_the_forms_of_r() {
        assert_eq!(Pattern::ANY.forms(true, true).len(), 15);
        assert_eq!(Pattern::ANY.forms(false, true).len(), 6);
        assert_eq!(Pattern::ANY.forms(true, false).len(), 6);
        let holt_winters = Pattern::parse("AAA").unwrap();
        assert_eq!(holt_winters.forms(true, true).iter().map(Form::to_string).collect::<Vec<_>>(), ["AAA"]);
        assert_eq!(Pattern::parse("ZZN").unwrap().forms(true, true).len(), 6);
    }
}
