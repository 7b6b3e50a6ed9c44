//! Series with a training and a test part.

use almanac_models::Day;

use super::Observed;

/// One series.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Series {
    pub(crate) id: String,
    /// Days of the training part, ascending: calendar days where rows have dates, else the numbers of rows.
    pub(crate) days: Vec<Day>,
    /// Values of the training part, NaN where missing.
    pub(crate) training: Vec<f64>,
    /// Days of the test part.
    pub(crate) ahead: Vec<Day>,
    /// Values of the test part, NaN where missing.
    pub(crate) actual: Vec<f64>,
}

impl Series {
    /// A series whose days are the numbers of its rows, from 0.
    pub(crate) fn numbered(id: String, training: Vec<f64>, actual: Vec<f64>) -> Self {
        let last = Day::try_from(training.len()).unwrap_or(Day::MAX);
        let end = last.saturating_add(Day::try_from(actual.len()).unwrap_or(0));
        Self { id, days: (0..last).collect(), training, ahead: (last..end).collect(), actual }
    }
}

/// Many series.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Panel {
    /// Name under which its rows are kept.
    pub(crate) name: String,
    pub(crate) observed: Option<Observed>,
    pub(crate) series: Vec<Series>,
    /// Series that were not long enough to be split.
    pub(crate) too_short: Vec<String>,
}

impl Panel {
    /// At most `limit` series, spread evenly over the panel.
    pub(crate) fn sampled(mut self, limit: Option<usize>) -> Self {
        let (have, want) = (self.series.len(), limit.unwrap_or(usize::MAX).max(1));
        if want < have {
            let mut index = 0;
            // the k-th of `want` is row ⌊k · have / want⌋
            self.series.retain(|_| {
                let kept = (have - index * want % have) % have < want;
                index += 1;
                kept
            });
        }
        self
    }

    /// Steps of the longest test part.
    pub(crate) fn horizon(&self) -> usize {
        self.series.iter().map(|series| series.actual.len()).max().unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_are_spread_evenly() {
        let series: Vec<Series> =
            (0..10).map(|i| Series::numbered(i.to_string(), vec![1.0; 3], vec![1.0; 2])).collect();
        let panel = Panel { name: "p".into(), observed: None, series, too_short: Vec::new() };
        let ids = |limit| -> Vec<String> { panel.clone().sampled(limit).series.into_iter().map(|s| s.id).collect() };
        assert_eq!(ids(Some(5)), ["0", "2", "4", "6", "8"]);
        assert_eq!(ids(Some(3)), ["0", "3", "6"]);
        assert_eq!(ids(Some(1)), ["0"]);
        assert_eq!((ids(None).len(), ids(Some(99)).len()), (10, 10));
        assert_eq!((panel.horizon(), &panel.series[0].ahead), (2, &vec![3, 4]));
    }
}
