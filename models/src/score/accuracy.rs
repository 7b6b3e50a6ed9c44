//! Accuracy over many series of different sizes, as the M4 competition measures it.
//!
//! Every step of every series counts alike. What has the unit of its series is divided by MASE's scale
//! ([`super::mase_scale`]) before it is averaged (Makridakis, Spiliotis and Assimakopoulos, The M4 Competition,
//! International Journal of Forecasting 36, 2020, equations 1 to 5).

use super::{crps, inside, interval_score, symmetric_percentage_error};

/// A forecast of one step and what came. A point forecast alone has NaN for both ends and no members.
#[derive(Debug, Clone, Copy)]
pub struct Step<'a> {
    /// Point forecast.
    pub point: f64,
    /// Lower end of the interval.
    pub lower: f64,
    /// Upper end of the interval.
    pub upper: f64,
    /// Members of the predictive distribution, ascending.
    pub sorted: &'a [f32],
    /// The value that came; not NaN.
    pub actual: f64,
}

/// Scores of one step, none of which has a unit.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct StepScore {
    /// 200 |y − f| / (|y| + |f|).
    pub smape: f64,
    /// |y − f| over MASE's scale.
    pub scaled_error: f64,
    /// Interval score over MASE's scale.
    pub scaled_interval_score: f64,
    /// CRPS over MASE's scale.
    pub scaled_crps: f64,
    /// Whether y lies in the interval, its ends included; none without an interval.
    pub inside: Option<bool>,
}

impl StepScore {
    /// Scores a step whose interval has `level` percent. With a scale of zero or NaN (a constant or empty training
    /// series) the scaled scores are NaN.
    pub fn of(step: &Step<'_>, level: f64, scale: f64) -> Self {
        let scaled = |value: f64| if scale > 0.0 { value / scale } else { f64::NAN };
        let Step { point, lower, upper, sorted, actual } = *step;
        Self {
            smape: symmetric_percentage_error(point, actual),
            scaled_error: scaled((actual - point).abs()),
            scaled_interval_score: scaled(interval_score(lower, upper, level, actual)),
            scaled_crps: scaled(crps(sorted, actual)),
            inside: (!lower.is_nan() && !upper.is_nan()).then(|| inside(lower, upper, actual)),
        }
    }
}

/// Sums of step scores; NaN scores are left out, each of its own mean.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Accuracy {
    smape: Mean,
    scaled_error: Mean,
    scaled_interval_score: Mean,
    scaled_crps: Mean,
    coverage: Mean,
}

/// A running mean.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
struct Mean {
    sum: f64,
    count: usize,
}

impl Mean {
    fn add(&mut self, value: f64) {
        if !value.is_nan() {
            self.sum += value;
            self.count += 1;
        }
    }

    /// NaN of nothing.
    fn value(&self) -> f64 {
        self.sum / self.count as f64
    }
}

impl Accuracy {
    /// Adds a step.
    pub fn add(&mut self, score: &StepScore) {
        self.smape.add(score.smape);
        self.scaled_error.add(score.scaled_error);
        self.scaled_interval_score.add(score.scaled_interval_score);
        self.scaled_crps.add(score.scaled_crps);
        self.coverage.add(score.inside.map_or(f64::NAN, |inside| f64::from(u8::from(inside))));
    }

    /// Steps added.
    pub fn steps(&self) -> usize {
        self.smape.count
    }

    /// Steps with a scale.
    pub fn scaled_steps(&self) -> usize {
        self.scaled_error.count
    }

    /// Mean of 200 |y − f| / (|y| + |f|).
    pub fn smape(&self) -> f64 {
        self.smape.value()
    }

    /// Mean of |y − f| over MASE's scale.
    pub fn mase(&self) -> f64 {
        self.scaled_error.value()
    }

    /// Mean interval score over MASE's scale.
    pub fn msis(&self) -> f64 {
        self.scaled_interval_score.value()
    }

    /// Mean CRPS over MASE's scale.
    pub fn crps(&self) -> f64 {
        self.scaled_crps.value()
    }

    /// Share of steps inside their interval.
    pub fn coverage(&self) -> f64 {
        self.coverage.value()
    }

    /// Overall weighted average: the mean of sMAPE and MASE, each over that of a benchmark, [`super::naive2`] in the
    /// M4 competition. The ratios are of means over all series, not means of ratios.
    pub fn owa(&self, benchmark: &Self) -> f64 {
        0.5 * (self.smape() / benchmark.smape() + self.mase() / benchmark.mase())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn score(point: f64, actual: f64) -> StepScore {
        let step = Step { point, lower: 8.0, upper: 12.0, sorted: &[8.0, 12.0], actual };
        StepScore::of(&step, 95.0, 2.0)
    }

    /// |12 − 8| of 20 is 40 %, over the scale 2; the interval of width 4 is hit; the CRPS of {8, 12} at 12 is
    /// 2 − 1 = 1.
    #[test]
    fn a_step_by_hand() {
        let got = score(8.0, 12.0);
        let want = StepScore {
            smape: 40.0,
            scaled_error: 2.0,
            scaled_interval_score: 2.0,
            scaled_crps: 0.5,
            inside: Some(true),
        };
        assert_eq!(got, want);
        // two above the interval cost 2/0.05 each
        let missed = score(8.0, 14.0);
        assert!((missed.scaled_interval_score - (4.0 + 80.0) / 2.0).abs() < 1e-9 && missed.inside == Some(false));
    }

    #[test]
    fn means_and_ratios_by_hand() {
        let (mut model, mut benchmark) = (Accuracy::default(), Accuracy::default());
        model.add(&score(8.0, 12.0));
        model.add(&score(14.0, 14.0));
        assert_eq!((model.smape(), model.mase(), model.coverage(), model.steps()), (20.0, 1.0, 0.5, 2));
        benchmark.add(&score(8.0, 12.0));
        assert_eq!(model.owa(&benchmark), 0.5);
        assert!(Accuracy::default().smape().is_nan());
    }

    #[test]
    fn a_point_alone_has_no_interval() {
        let step = Step { point: 8.0, lower: f64::NAN, upper: f64::NAN, sorted: &[], actual: 12.0 };
        let mut accuracy = Accuracy::default();
        accuracy.add(&StepScore::of(&step, 95.0, 2.0));
        assert_eq!((accuracy.smape(), accuracy.mase(), accuracy.steps()), (40.0, 2.0, 1));
        assert!(accuracy.msis().is_nan() && accuracy.crps().is_nan() && accuracy.coverage().is_nan());
    }

    #[test]
    fn without_a_scale_only_percentages_count() {
        let step = Step { point: 8.0, lower: 8.0, upper: 12.0, sorted: &[8.0], actual: 12.0 };
        for scale in [0.0, f64::NAN] {
            let mut accuracy = Accuracy::default();
            accuracy.add(&StepScore::of(&step, 95.0, scale));
            assert!(accuracy.mase().is_nan() && accuracy.smape() == 40.0);
            assert_eq!((accuracy.steps(), accuracy.scaled_steps()), (1, 0));
        }
    }
}
