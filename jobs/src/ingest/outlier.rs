//! Values that cannot be true: more than 20 times away from the median of the 21 rows before.
//!
//! "Times away" means something on a ratio scale only, and only of a quantity that does not come near zero by itself:
//! prices. A share, a mood, rain or a count may truly be a hundredth of what it was, so other columns are not judged.
//! Two rules, because bars and rates behave differently; both look backwards only, so that later rows never change the
//! verdict on earlier ones.
//!
//! - [`Rule::Price`] (target, open, high, low, close of the bars): compared by magnitude. Zero passes (a closed shop),
//!   and so does a change of sign towards something smaller (oil at −37 after 20). A magnitude above 20 times the
//!   median's is refused, and one below a twentieth of it with the same sign.
//! - [`Rule::Rate`] (currencies, named `<ccy>_usd`: prices of a dollar): only where the last rows are positive and agree
//!   with each other (quartiles within 1.5 of one another) and the last accepted value is 20 times away as well. That
//!   takes a rate quoted in the wrong unit and leaves a devaluation alone.

/// Rows that make the reference.
const WINDOW: usize = 21;
/// Rows without which no verdict is given.
const LEAST: usize = 5;
/// How many times away is too far.
const FACTOR: f64 = 20.0;
/// Largest ratio of the window's quartiles that counts as steady.
const STEADY: f64 = 1.5;

/// Which comparison a column gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rule {
    /// A price of the bars.
    Price,
    /// An exchange rate.
    Rate,
}

/// The places in `series` (one key, in date order) whose value is refused, each with the median it was held against.
pub(super) fn outliers(series: &[Option<f64>], rule: Rule) -> Vec<(usize, f64)> {
    let mut window = Window::default();
    let mut accepted: Option<f64> = None;
    let mut found = Vec::new();
    for (place, value) in series.iter().enumerate() {
        let Some(value) = value.filter(|value| value.is_finite()) else { continue };
        let refused = match rule {
            Rule::Price => window.median().filter(|median| far_price(value, *median)),
            Rule::Rate => window.median().filter(|median| {
                window.is_steady() && far_ratio(value, *median) && accepted.is_some_and(|last| far_ratio(value, last))
            }),
        };
        match refused {
            Some(median) => found.push((place, median)),
            None => accepted = Some(value),
        }
        window.push(value);
    }
    found
}

fn far_price(value: f64, median: f64) -> bool {
    let (size, reference) = (value.abs(), median.abs());
    if size == 0.0 || reference == 0.0 {
        return false;
    }
    let same_sign = value.is_sign_positive() == median.is_sign_positive();
    size > FACTOR * reference || (same_sign && reference > FACTOR * size)
}

fn far_ratio(value: f64, reference: f64) -> bool {
    value > 0.0 && reference > 0.0 && (value > FACTOR * reference || reference > FACTOR * value)
}

/// The last 21 values, in order of arrival and sorted.
#[derive(Debug, Default)]
struct Window {
    arrived: std::collections::VecDeque<f64>,
    sorted: Vec<f64>,
}

impl Window {
    fn push(&mut self, value: f64) {
        if self.arrived.len() == WINDOW
            && let Some(oldest) = self.arrived.pop_front()
        {
            let place = self.sorted.partition_point(|other| other.total_cmp(&oldest).is_lt());
            self.sorted.remove(place);
        }
        self.arrived.push_back(value);
        let place = self.sorted.partition_point(|other| other.total_cmp(&value).is_lt());
        self.sorted.insert(place, value);
    }

    fn median(&self) -> Option<f64> {
        let n = self.sorted.len();
        if n < LEAST {
            return None;
        }
        let upper = self.sorted[n / 2];
        Some(if n % 2 == 1 { upper } else { 0.5 * (self.sorted[n / 2 - 1] + upper) })
    }

    /// Whether all values are positive and the quartiles within [`STEADY`] of each other.
    fn is_steady(&self) -> bool {
        let n = self.sorted.len();
        n >= LEAST && self.sorted[0] > 0.0 && self.sorted[3 * n / 4] <= STEADY * self.sorted[n / 4]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after_steady(level: f64, value: f64, rule: Rule) -> usize {
        let mut series: Vec<Option<f64>> = (0..30).map(|i| Some(level * (1.0 + 0.01 * f64::from(i % 5)))).collect();
        series.push(Some(value));
        outliers(&series, rule).len()
    }

    #[test]
    fn ticks_a_hundred_times_off_are_found_either_way() {
        for rule in [Rule::Price, Rule::Rate] {
            assert_eq!(after_steady(2_400.0, 24.0, rule), 1);
            assert_eq!(after_steady(2_400.0, 240_000.0, rule), 1);
            assert_eq!(after_steady(2_400.0, 2_400.0 / 15.0, rule), 0);
            assert_eq!(after_steady(2_400.0, 2_400.0 * 15.0, rule), 0);
        }
    }

    #[test]
    fn zero_and_negative_prices_pass() {
        assert_eq!(after_steady(5_000.0, 0.0, Rule::Price), 0);
        assert_eq!(after_steady(20.0, -37.63, Rule::Price), 0);
        assert_eq!(after_steady(20.0, -0.5, Rule::Price), 0);
        assert_eq!(after_steady(20.0, -3_763.0, Rule::Price), 1);
        assert_eq!(after_steady(0.0, 5_000.0, Rule::Price), 0);
    }

    #[test]
    fn a_bad_tick_does_not_spoil_its_neighbours_and_a_new_level_is_learnt() {
        let mut series = vec![Some(100.0); 30];
        series[25] = Some(10_000.0);
        assert_eq!(outliers(&series, Rule::Price).iter().map(|(place, _)| *place).collect::<Vec<_>>(), [25]);
        let split: Vec<_> = (0..60).map(|i| Some(if i < 30 { 5_000.0 } else { 100.0 })).collect();
        assert_eq!(outliers(&split, Rule::Price).len(), 11);
    }

    #[test]
    fn unsteady_rates_are_left_alone() {
        let swings: Vec<_> = (0..200).map(|i| Some([0.1, 0.3, 2.0, 0.05, 30.0, 0.2, 1.0][i % 7])).collect();
        assert!(outliers(&swings, Rule::Rate).is_empty());
        let cut = [2.4, 2.4, 2.3, 2.2, 2.1, 2.1, 1.6, 1.6, 0.65, 0.05, 0.05, 0.08, 0.09];
        assert!(outliers(&cut.map(Some), Rule::Rate).is_empty());
    }

    #[test]
    fn a_handful_of_rows_gives_no_verdict() {
        assert!(outliers(&[Some(1.0), Some(1.0), Some(1.0), Some(1.0), Some(1e9)], Rule::Price).is_empty());
        assert_eq!(outliers(&[Some(1.0), Some(1.0), Some(1.0), Some(1.0), Some(1.0), Some(1e9)], Rule::Price).len(), 1);
    }
}
