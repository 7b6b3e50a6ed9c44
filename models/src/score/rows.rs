//! One forecast against its actuals: a row per horizon and scope.

use super::{
    Direction, absolute_percentage_error, crps, direction, inside, interval_score, pinball, pit,
    symmetric_percentage_error,
};
use crate::{Levels, SortScratch, Summary, sort_paths};

/// A forecast and what happened.
#[derive(Debug, Clone, Copy)]
pub struct Outcome<'a> {
    /// Stored paths, day-major: path i on day h (from 0) is `paths[h * n + i]`; in any order within a day.
    pub paths: &'a [f32],
    /// Number of paths, n.
    pub n: usize,
    /// Their summary, by [`crate::summarise`] with the same levels.
    pub summary: &'a Summary,
    /// Interval levels.
    pub levels: &'a Levels,
    /// Actual closes of days 1 to H; NaN where not known (yet).
    pub actuals: &'a [f64],
    /// Close at the origin.
    pub last_close: f64,
    /// MASE's scale of the training window, by [`super::mase_scale`]; NaN where unknown.
    pub mase_scale: f64,
}

/// What a row covers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Scope {
    /// Day h alone.
    At,
    /// Days 1 to h with a known actual.
    Through,
}

/// Scores of one forecast at, or through, a horizon. A score without a day to stand on is NaN.
#[derive(Debug, Clone, PartialEq)]
pub struct ScoreRow {
    /// Day ahead h, from 1.
    pub horizon: usize,
    /// Day h, or days 1 to h.
    pub scope: Scope,
    /// Days with a known actual.
    pub actuals_available: usize,
    /// Mean |point − actual|.
    pub mae: f64,
    /// Root of the mean square of mean − actual.
    pub rmse: f64,
    /// Mean of 100 |point − actual| / |actual|, without days whose actual is zero.
    pub mape: f64,
    /// Days left out of `mape` because their actual is zero.
    pub mape_excluded: usize,
    /// 100 Σ|point − actual| / Σ|actual|.
    pub wape: f64,
    /// Mean of 200 |point − actual| / (|point| + |actual|).
    pub smape: f64,
    /// `mae` over the mean absolute difference of the training window.
    pub mase: f64,
    /// Mean of point − actual: positive where the forecast is too high.
    pub bias: f64,
    /// Mean continuous ranked probability score.
    pub crps: f64,
    /// Mean pinball loss over days, interval ends and the median of paths.
    pub pinball: f64,
    /// Share of days inside the interval (ends included), per level.
    pub coverage: Vec<f64>,
    /// Mean width of the interval, per level.
    pub sharpness: Vec<f64>,
    /// Mean interval score over days and levels.
    pub interval_score: f64,
    /// Probability integral transform; only `at`.
    pub pit: Option<f64>,
    /// Hits over hits and misses, both moves from the last close.
    pub direction_last_close: f64,
    /// Share of days on which forecast or actual stands at the last close.
    pub ties: f64,
    /// Hits over hits and misses from day 2 on, each move from its own day 1.
    pub direction_day1: f64,
    /// Share of days from day 2 on without such a move.
    pub ties_day1: f64,
}

/// Reused buffers of [`score`].
#[derive(Debug, Default)]
pub struct ScoreScratch {
    sorted: Vec<f32>,
    order: SortScratch,
}

/// Scores a forecast: for each horizon h = 1 … H a row `at` h and a row `through` h, in that order.
///
/// MAE, MAPE, direction and their kin score `forecast_point`; RMSE scores `forecast_mean`. H is the length of the
/// summary.
pub fn score(outcome: &Outcome<'_>, scratch: &mut ScoreScratch) -> Vec<ScoreRow> {
    let levels = outcome.levels.len();
    let mut rows = Vec::with_capacity(2 * outcome.summary.point.len());
    let mut through = Totals::new(levels);
    for h in 0..outcome.summary.point.len() {
        let mut at = Totals::new(levels);
        let mut pit_at = None;
        if let Some(y) = outcome.actuals.get(h).copied().filter(|y| !y.is_nan()) {
            let day = outcome.paths.get(h * outcome.n..(h + 1) * outcome.n).unwrap_or_default();
            sort_paths(day, &mut scratch.sorted, &mut scratch.order);
            at.add(outcome, h, y, &scratch.sorted);
            through.add(outcome, h, y, &scratch.sorted);
            pit_at = Some(pit(&scratch.sorted, y));
        }
        rows.push(at.row(h + 1, Scope::At, pit_at, outcome.mase_scale));
        rows.push(through.row(h + 1, Scope::Through, None, outcome.mase_scale));
    }
    rows
}

/// Sums over days, from which a row's means are taken.
struct Totals {
    days: usize,
    absolute: f64,
    square: f64,
    percentage: f64,
    percentage_days: usize,
    size: f64,
    symmetric: f64,
    signed: f64,
    crps: f64,
    pinball: f64,
    /// Days on which a level has an interval, by level.
    intervals: Vec<usize>,
    inside: Vec<usize>,
    width: Vec<f64>,
    interval: f64,
    last_close: Moves,
    day1: Moves,
}

/// Hits, misses and ties.
#[derive(Debug, Clone, Copy, Default)]
struct Moves {
    hits: usize,
    misses: usize,
    ties: usize,
}

impl Moves {
    fn add(&mut self, direction: Direction) {
        match direction {
            Direction::Hit => self.hits += 1,
            Direction::Miss => self.misses += 1,
            Direction::Tie => self.ties += 1,
        }
    }

    fn rate(self) -> f64 {
        self.hits as f64 / (self.hits + self.misses) as f64
    }

    fn tie_share(self) -> f64 {
        self.ties as f64 / (self.hits + self.misses + self.ties) as f64
    }
}

impl Totals {
    fn new(levels: usize) -> Self {
        Self {
            days: 0,
            absolute: 0.0,
            square: 0.0,
            percentage: 0.0,
            percentage_days: 0,
            size: 0.0,
            symmetric: 0.0,
            signed: 0.0,
            crps: 0.0,
            pinball: 0.0,
            intervals: vec![0; levels],
            inside: vec![0; levels],
            width: vec![0.0; levels],
            interval: 0.0,
            last_close: Moves::default(),
            day1: Moves::default(),
        }
    }

    /// Adds day h (from 0) with actual y.
    fn add(&mut self, outcome: &Outcome<'_>, h: usize, y: f64, sorted: &[f32]) {
        let summary = outcome.summary;
        let point = summary.point[h];
        let error = point - y;
        let mean_error = summary.mean[h] - y;
        self.days += 1;
        self.absolute += error.abs();
        self.square += mean_error * mean_error;
        self.signed += error;
        self.size += y.abs();
        self.symmetric += symmetric_percentage_error(point, y);
        if let Some(percentage) = absolute_percentage_error(point, y) {
            self.percentage += percentage;
            self.percentage_days += 1;
        }
        self.crps += crps(sorted, y);
        let mut loss = pinball(crate::quantile_of_sorted(sorted, 0.5), 0.5, y);
        let mut quantiles = 1;
        for (j, level) in outcome.levels.percent().iter().enumerate() {
            let (lower, upper) = (summary.lower[j][h], summary.upper[j][h]);
            if lower.is_nan() || upper.is_nan() {
                continue;
            }
            quantiles += 2;
            self.intervals[j] += 1;
            let tail = (100.0 - level) / 200.0;
            loss += pinball(lower, tail, y) + pinball(upper, 1.0 - tail, y);
            self.inside[j] += usize::from(inside(lower, upper, y));
            self.width[j] += upper - lower;
            self.interval += interval_score(lower, upper, *level, y);
        }
        self.pinball += loss / f64::from(quantiles);
        self.last_close.add(direction(point, outcome.last_close, y, outcome.last_close));
        match outcome.actuals.first() {
            Some(first) if h > 0 && !first.is_nan() => self.day1.add(direction(point, summary.point[0], y, *first)),
            _ => {}
        }
    }

    fn row(&self, horizon: usize, scope: Scope, pit: Option<f64>, mase_scale: f64) -> ScoreRow {
        let days = self.days as f64;
        let mae = self.absolute / days;
        ScoreRow {
            horizon,
            scope,
            actuals_available: self.days,
            mae,
            rmse: (self.square / days).sqrt(),
            mape: self.percentage / self.percentage_days as f64,
            mape_excluded: self.days - self.percentage_days,
            wape: if self.size > 0.0 { 100.0 * self.absolute / self.size } else { f64::NAN },
            smape: self.symmetric / days,
            mase: if mase_scale > 0.0 { mae / mase_scale } else { f64::NAN },
            bias: self.signed / days,
            crps: self.crps / days,
            pinball: self.pinball / days,
            coverage: self.inside.iter().zip(&self.intervals).map(|(inside, n)| *inside as f64 / *n as f64).collect(),
            sharpness: self.width.iter().zip(&self.intervals).map(|(width, n)| width / *n as f64).collect(),
            interval_score: self.interval / self.intervals.iter().sum::<usize>() as f64,
            pit,
            direction_last_close: self.last_close.rate(),
            ties: self.last_close.tie_share(),
            direction_day1: self.day1.rate(),
            ties_day1: self.day1.tie_share(),
        }
    }
}

#[cfg(test)]
mod tests;
