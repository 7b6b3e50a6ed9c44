//! Generated raw data: several keys, covariates that become known after the day they are about.

use rand::{Rng, RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal};

use crate::civil::ymd;
use crate::{Calendar, Day, FutureRegressor, ModelSpec};

/// One reading of a covariate.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Observation {
    /// The day it is about.
    pub date: Day,
    /// The day it becomes known.
    pub known_at: Day,
    /// The reading.
    pub value: f64,
}

/// Raw data of one key.
#[derive(Debug, Clone, PartialEq)]
pub struct Series {
    /// Its name.
    pub key: String,
    /// Days with a bar, ascending.
    pub days: Vec<Day>,
    /// Close of each.
    pub close: Vec<f64>,
    /// Readings per regressor of the specification, ascending by date.
    pub columns: Vec<Vec<Observation>>,
}

/// Raw data of all keys.
#[derive(Debug, Clone, PartialEq)]
pub struct Panel {
    /// One entry per key.
    pub series: Vec<Series>,
}

/// Standard deviation of one session's log return in generated panels. Returns are independent, so no model can
/// honestly be surer than this.
pub(super) const RETURN_SCALE: f64 = 0.015;
/// Sessions of a generated series: four years and some.
const SESSIONS: usize = 1_100;
/// Days after which a reading of a covariate is known, as for weather.
const PUBLICATION_LAG: Day = 3;
/// Days by which covariates known in advance (promotions, holidays) are known.
const ANNOUNCED: Day = 60;

impl Panel {
    /// Three keys: log random walks, with one covariate per regressor of the specification.
    pub(super) fn generate(spec: &ModelSpec, calendar: &Calendar) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(super::SEED);
        let days = calendar.next_sessions(ymd(2015, 12, 31), SESSIONS);
        let series = ["north", "south", "west"].map(|key| Series {
            key: key.to_owned(),
            days: days.clone(),
            close: walk(&mut rng, days.len()),
            columns: spec.regressors.iter().map(|r| readings(&mut rng, &days, r.future)).collect(),
        });
        Self { series: series.into() }
    }

    /// The panel with everything that is not known by `at` changed: closes, the sessions that have a bar, readings.
    pub(super) fn changed_after(&self, at: Day) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(super::SEED + 1);
        let series = self.series.iter().map(|series| series.changed(&mut rng, |known| known > at));
        Self { series: series.collect() }
    }

    /// The panel with every value of every other key changed.
    pub(super) fn changed_except(&self, key: &str) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(super::SEED + 2);
        let change = |series: &Series| match series.key == key {
            true => series.clone(),
            false => series.changed(&mut rng, |_| true),
        };
        Self { series: self.series.iter().map(change).collect() }
    }
}

impl Series {
    /// Changes what became known on a day that `which` selects: the first such bar is dropped, of the others a tenth.
    fn changed(&self, rng: &mut impl Rng, which: impl Fn(Day) -> bool) -> Self {
        let mut changed = Self { days: Vec::new(), close: Vec::new(), ..self.clone() };
        let mut first = true;
        for (&day, &close) in self.days.iter().zip(&self.close) {
            let (factor, dropped) = (1.5 + rng.random::<f64>(), rng.random_bool(0.1));
            let selected = which(day);
            if !(selected && (first || dropped)) {
                changed.days.push(day);
                changed.close.push(if selected { close * factor } else { close });
            }
            first &= !selected;
        }
        for reading in changed.columns.iter_mut().flatten() {
            let shift = 100.0 * (1.0 + rng.random::<f64>());
            if which(reading.known_at) {
                reading.value += shift;
            }
        }
        changed
    }
}

fn walk(rng: &mut impl Rng, n: usize) -> Vec<f64> {
    let mut level = libm::log(100.0);
    (0..n)
        .map(|_| {
            let shock: f64 = StandardNormal.sample(rng);
            level += RETURN_SCALE * shock;
            libm::exp(level)
        })
        .collect()
}

/// Readings of each calendar day: an autoregression around 20.
fn readings(rng: &mut impl Rng, days: &[Day], future: FutureRegressor) -> Vec<Observation> {
    let (Some(&first), Some(&last)) = (days.first(), days.last()) else {
        return Vec::new();
    };
    let delay = if future == FutureRegressor::Known { -ANNOUNCED } else { PUBLICATION_LAG };
    let mut deviation = 0.0;
    (first - 30..=last + 90)
        .map(|date| {
            let shock: f64 = StandardNormal.sample(rng);
            deviation = 0.8 * deviation + shock;
            Observation { date, known_at: date + delay, value: 20.0 + deviation }
        })
        .collect()
}
