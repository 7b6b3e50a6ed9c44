//! A walk at an origin: medians by the recursion without innovations, paths by the same recursion of innovations alone.

use rand_distr::{Distribution, StandardNormal};

use super::levels::{Levels, mean};
use super::{Lags, Walk};
use crate::differences::AFTER_FIT;
use crate::innovations::{Origin, Residual};
use crate::{FittedModel, Future, History, ModelError, State, StreamKey};

/// Stream of what is drawn once per path, beyond every day's.
const BEFORE: usize = 1 << 32;

/// How a step is put on the last price.
#[derive(Debug, Clone, Copy)]
enum Place {
    /// As a factor exp(step).
    Log,
    /// As an addend, in units of this size.
    Plain(f64),
}

/// Levels relative to the last one, and the law of what comes.
struct AtOrigin<'a> {
    season: usize,
    /// Standard deviation of the paths' start.
    start: f64,
    place: Place,
    /// Whether steps that were fitted to logarithms are plain ones here.
    plain_here: bool,
    last: f64,
    /// Median level of each day, relative to the last level.
    medians: Vec<f64>,
    innovations: Origin<'a>,
}

impl FittedModel for Walk {
    fn condition(&self, history: &History<'_>, future: &Future<'_>) -> Result<Box<dyn State + '_>, ModelError> {
        let recent = self.recent(history, future.horizon())?;
        let last = history.target.iter().rev().copied().find(|y| !y.is_nan());
        let last = last.ok_or(ModelError::TooShort { have: 0, need: 1 })?;
        if let Some(bad) = recent.iter().chain([&last]).find(|y| !y.is_finite()) {
            return Err(ModelError::Unusable { what: "target".into(), value: bad.to_string() });
        }
        let place = self.place(&recent, last);
        let plain_here = self.log && matches!(place, Place::Plain(_));
        let relative = |y: f64| match place {
            Place::Log => libm::log(y) - libm::log(last),
            Place::Plain(size) if size > 0.0 => (y - last) / size,
            Place::Plain(_) => 0.0,
        };
        let recent: Vec<f64> = recent.into_iter().map(relative).collect();
        let innovations = self.innovations.origin(|| self.residuals(history));
        let medians = self.medians(&recent, future.horizon());
        let (season, start) = (self.lags.season(), self.start);
        Ok(Box::new(AtOrigin { season, start, place, plain_here, last, medians, innovations }))
    }
}

impl Walk {
    /// The prices that the days ahead follow: one per day of the season ahead, or the window's.
    fn recent(&self, history: &History<'_>, horizon: usize) -> Result<Vec<f64>, ModelError> {
        let present = || history.target.iter().rev().copied().filter(|y| !y.is_nan());
        match self.lags {
            Lags::Season(season) => {
                // a day of the season without any value takes the last one
                let last = present().next().ok_or(ModelError::TooShort { have: 0, need: 1 })?;
                let rows = history.target.len();
                let before = |day: usize| {
                    let older = (1..=(rows + day) / season).map(|k| rows + day - k * season);
                    older.filter_map(|row| history.target.get(row)).copied().find(|y| !y.is_nan()).unwrap_or(last)
                };
                Ok((0..season.min(horizon)).map(before).collect())
            }
            Lags::Window(window) => {
                let mut recent: Vec<f64> = present().take(window).collect();
                if recent.len() < window {
                    return Err(ModelError::TooShort { have: recent.len(), need: window });
                }
                recent.reverse();
                Ok(recent)
            }
        }
    }

    /// Logarithms cannot be applied to a price at or below zero that came after the fit: steps are then relative to the
    /// mean size of the prices.
    fn place(&self, recent: &[f64], last: f64) -> Place {
        match (self.log, last > 0.0 && recent.iter().all(|y| *y > 0.0)) {
            (true, true) => Place::Log,
            (true, false) => Place::Plain(recent.iter().map(|y| y.abs() / recent.len() as f64).sum()),
            (false, _) => Place::Plain(1.0),
        }
    }

    /// Residuals of a history, as those of the fit.
    fn residuals(&self, history: &History<'_>) -> Vec<Residual> {
        let steps = Levels::in_unit(self.log, history).steps(self.lags);
        steps.into_iter().map(|step| step.less(self.centre)).collect()
    }

    /// The recursion without innovations.
    fn medians(&self, recent: &[f64], horizon: usize) -> Vec<f64> {
        let start = |h: usize| match self.lags {
            Lags::Season(season) => recent[h % season],
            Lags::Window(_) => mean(recent),
        };
        (0..horizon).map(|h| start(h) + self.drift * (h + 1) as f64).collect()
    }
}

impl AtOrigin<'_> {
    /// The price at a level relative to the last one.
    fn price(&self, level: f64) -> f64 {
        match self.place {
            Place::Log => self.last * libm::exp(level),
            Place::Plain(size) => self.last + size * level,
        }
    }
}

impl State for AtOrigin<'_> {
    fn median(&self) -> Option<Vec<f64>> {
        self.innovations.symmetric().then(|| self.medians.iter().map(|level| self.price(*level)).collect())
    }

    fn fallback(&self) -> Option<String> {
        self.plain_here.then(|| AFTER_FIT.to_owned())
    }

    fn simulate(&self, paths: usize, stream: &StreamKey, out: &mut [f32]) -> Result<(), ModelError> {
        let mut draws = self.innovations.draws(paths);
        let mut sums = Sums::new(self.season, self.medians.len(), paths);
        if self.start > 0.0 {
            sums.scatter(self.start, stream);
        }
        let mut innovations = vec![0.0_f64; paths];
        for (h, (day, median)) in out.chunks_exact_mut(paths.max(1)).zip(&self.medians).enumerate() {
            draws.day(&mut stream.day(h), &mut innovations);
            for (sum, value) in sums.day(h, &innovations).iter().zip(day) {
                *value = self.price(median + sum) as f32;
            }
        }
        match out.iter().find(|v| !v.is_finite()) {
            None => Ok(()),
            Some(v) => Err(ModelError::Numerical(format!("a path reached {v}"))),
        }
    }
}

/// The recursion of the innovations alone: what paths have more than the median.
struct Sums {
    season: usize,
    paths: usize,
    /// The last days, as many as a season has: day h is row h modulo their number.
    rows: Vec<f64>,
}

impl Sums {
    fn new(season: usize, horizon: usize, paths: usize) -> Self {
        Self { season, paths, rows: vec![0.0; season.min(horizon) * paths] }
    }

    /// Puts every path at a level of its own, with a standard deviation.
    fn scatter(&mut self, deviation: f64, stream: &StreamKey) {
        let mut rng = stream.day(BEFORE);
        for sum in self.rows.iter_mut().take(self.paths) {
            let standard: f64 = StandardNormal.sample(&mut rng);
            *sum = deviation * standard;
        }
    }

    /// Adds a day's innovations.
    fn day(&mut self, h: usize, innovations: &[f64]) -> &[f64] {
        let first = h % self.season * self.paths;
        let row = &mut self.rows[first..first + self.paths];
        row.iter_mut().zip(innovations).for_each(|(sum, innovation)| *sum += innovation);
        row
    }
}
