//! Trees by day and output, and the days between those that have trees.

use crate::trees::Ensemble;

/// The days that have trees: those asked for below the horizon, and the horizon.
pub(crate) fn days_with_trees(asked: &[usize], horizon: usize) -> Vec<usize> {
    let every: Vec<usize> = (1..horizon).collect();
    let asked = if asked.is_empty() { every.as_slice() } else { asked };
    asked.iter().copied().filter(|&day| day < horizon).chain([horizon]).collect()
}

/// One ensemble per day and output.
#[derive(Debug)]
pub(crate) struct Grid {
    /// Ascending; the last is the horizon.
    pub(crate) days: Vec<usize>,
    /// Days × outputs.
    pub(crate) ensembles: Vec<Ensemble>,
    /// Levels, or 1 for the mean.
    pub(crate) outputs: usize,
}

impl Grid {
    /// Predictions of days 1 to `days`, days × outputs, from each day's row of features. A day without trees is
    /// predicted by those of the days around it, from its own row, and lies on the line between them: no later day's
    /// features enter.
    pub(crate) fn predict<'r>(&self, days: usize, row: impl Fn(usize) -> &'r [f32]) -> Vec<f64> {
        let mut all = Vec::with_capacity(days * self.outputs);
        for day in 1..=days {
            let at = self.days.partition_point(|&known| known < day).min(self.days.len() - 1);
            let high = self.days[at];
            let above = self.outputs_of(at, row(day));
            let Some(low) = (at > 0 && high > day).then(|| self.days[at - 1]) else {
                // on the line from 0 at the origin
                let weight = day as f64 / high as f64;
                all.extend(above.map(|value| if high == day { value } else { value * weight }));
                continue;
            };
            let weight = (day - low) as f64 / (high - low) as f64;
            all.extend(self.outputs_of(at - 1, row(day)).zip(above).map(|(low, high)| low + weight * (high - low)));
        }
        all
    }

    fn outputs_of<'a>(&'a self, at: usize, row: &'a [f32]) -> impl Iterator<Item = f64> + 'a {
        let ensembles = self.ensembles.iter().skip(at * self.outputs).take(self.outputs);
        ensembles.map(|trees| f64::from(trees.predict(row)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_horizon_always_has_trees() {
        assert_eq!(days_with_trees(&[], 4), [1, 2, 3, 4]);
        assert_eq!(days_with_trees(&[1, 7, 14], 10), [1, 7, 10]);
        assert_eq!(days_with_trees(&[1, 7, 14], 14), [1, 7, 14]);
        assert_eq!(days_with_trees(&[2], 1), [1]);
    }
}
