//! What every model's state and paths must do.

use super::evidence::{Bench, Drawn, Rows, Shape};
use super::panel::RETURN_SCALE;
use super::report::Running;
use super::{HORIZON, PATHS};
use crate::Fitted;

/// The spread of accumulated log returns may fall by this factor from one day to the next, and by sampling error.
const SPREAD_TOLERANCE: f64 = 1.02;
/// Standard errors that sampling may take: where days are drawn independently, equal spreads differ by 2 % alone.
const SPREAD_ERRORS: f64 = 4.0;
/// Share of the true one-day spread below which a model is too sure of unpredictable returns.
const LEAST_SPREAD: f64 = 0.5;
/// Shift of the paths, in one-day deviations, that older history may cause.
const OLD_HISTORY: f64 = 0.5;

pub(super) fn check(bench: &Bench<'_>, report: &mut Running<'_>) {
    let ready = Ready::new(*bench);
    let ready = || ready.as_ref().map_err(Clone::clone);
    report.run("two fits are equal", || ready()?.fits_are_equal());
    report.run("state advances with the origin", || ready()?.advances());
    report.run("older history does not matter", || ready()?.forgets());
    report.run("fewer paths or days are a prefix", || ready()?.prefix());
    report.run("median of paths is the point", || ready()?.median());
    // of other data nobody knows the truth, and a season may well shrink a spread
    if bench.ground.generated {
        report.run("spread does not shrink with the horizon", || ready()?.spread());
        report.run("paths are no surer than the truth", || ready()?.humble());
    }
}

/// A fitted model and its paths at the origin.
struct Ready<'a> {
    bench: Bench<'a>,
    rows: Rows,
    fitted: Fitted,
    drawn: Drawn,
}

impl<'a> Ready<'a> {
    fn new(bench: Bench<'a>) -> Result<Self, String> {
        let made = super::report::unwound(|| {
            let rows = bench.own_rows()?;
            let fitted = bench.fit(&rows)?;
            let drawn = bench.simulate(&rows, &fitted, bench.origin(), Shape::default())?;
            Ok::<_, String>((rows, fitted, drawn))
        });
        let (rows, fitted, drawn) = made??;
        Ok(Self { bench, rows, fitted, drawn })
    }

    fn fits_are_equal(&self) -> Result<String, String> {
        let again = self.bench.fit(&self.rows)?;
        let same = again.bytes == self.fitted.bytes && again.parameters == self.fitted.parameters;
        same.then(|| format!("{} bytes", again.bytes.len())).ok_or("a second fit differs".into())
    }

    fn advances(&self) -> Result<String, String> {
        let days = &self.rows.series.days;
        let at = days.partition_point(|day| *day <= self.bench.origin());
        for next in days.iter().skip(at).take(3) {
            let moved = self.bench.simulate(&self.rows, &self.fitted, *next, Shape::default())?;
            if moved.paths == self.drawn.paths {
                return Err(format!("with one stream, paths from day {next} equal those from the origin"));
            }
        }
        let again = self.bench.simulate(&self.rows, &self.fitted, self.bench.origin(), Shape::default())?;
        let same = again == self.drawn;
        same.then(|| "3 later origins differ, the same origin repeats".into())
            .ok_or("conditioning twice on the same history differs".into())
    }

    fn forgets(&self) -> Result<String, String> {
        let shape = Shape { skip: 200, ..Shape::default() };
        let shorter = self.bench.simulate(&self.rows, &self.fitted, self.bench.origin(), shape)?;
        let one_day = deviation(self.drawn.paths.iter().take(PATHS).map(|x| f64::from(*x)));
        let pairs = shorter.paths.iter().zip(&self.drawn.paths);
        let shift = pairs.map(|(a, b)| f64::from((a - b).abs())).fold(0.0, f64::max) / one_day;
        let message = format!("without the oldest 200 rows paths move by {shift:.1e} one-day deviations");
        if shift <= OLD_HISTORY { Ok(message) } else { Err(message) }
    }

    fn prefix(&self) -> Result<String, String> {
        let shape = Shape { paths: 500, horizon: 7, skip: 0 };
        let fewer = self.bench.simulate(&self.rows, &self.fitted, self.bench.origin(), shape)?;
        let (mut few, mut many) = (fewer.paths.chunks_exact(500), self.drawn.paths.chunks_exact(PATHS));
        match (0..7).find(|_| few.next() != many.next().map(|day| &day[..500])) {
            None => Ok("500 × 7 is a prefix of 2,000 × 14".into()),
            Some(h) => Err(format!("500 × 7 differs from 2,000 × 14 on day {}", h + 1)),
        }
    }

    /// The number of paths below the true median is binomial: within 4 standard errors of half of them.
    fn median(&self) -> Result<String, String> {
        let Some(exact) = &self.drawn.median else {
            return Ok("no exact median: the point is the median of paths".into());
        };
        if exact.len() != HORIZON {
            return Err(format!("{} medians for {HORIZON} days", exact.len()));
        }
        let mut worst = 0.0_f64;
        for (h, (day, point)) in self.drawn.paths.chunks_exact(PATHS).zip(exact).enumerate() {
            let rounding = 1e-6 * point.abs();
            let below = day.iter().filter(|x| f64::from(**x) < point - rounding).count() as f64;
            let through = day.iter().filter(|x| f64::from(**x) <= point + rounding).count() as f64;
            let half = PATHS as f64 / 2.0;
            let errors = (below - half).max(half - through).max(0.0) / (0.5 * (PATHS as f64).sqrt());
            if errors > 4.0 {
                return Err(format!("day {}: the point {point} is {errors:.1} standard errors off", h + 1));
            }
            worst = worst.max(errors);
        }
        Ok(format!("at most {worst:.1} standard errors"))
    }

    fn spread(&self) -> Result<String, String> {
        let spreads = self.spreads()?;
        let days: Vec<&[f32]> = self.drawn.paths.chunks_exact(PATHS).collect();
        let falls = |h: &usize| {
            let allowed = libm::log(SPREAD_TOLERANCE) + SPREAD_ERRORS * spread_error(days[*h], days[h + 1]);
            libm::log(spreads[*h] / spreads[h + 1]) > allowed
        };
        match (0..spreads.len() - 1).find(falls) {
            None => Ok(format!("{:.4} on day 1, {:.4} on day {HORIZON}", spreads[0], spreads[HORIZON - 1])),
            Some(h) => Err(format!("it falls from {:.4} on day {} to {:.4}", spreads[h], h + 1, spreads[h + 1])),
        }
    }

    /// Returns of the generated series are independent: surer forecasts than their own scale mean that the fit saw
    /// the values it was to predict (a feature with lag 0, residuals in sample).
    fn humble(&self) -> Result<String, String> {
        let share = self.spreads()?[0] / RETURN_SCALE;
        let message = format!("one-day spread is {share:.2} of the true one");
        if share >= LEAST_SPREAD { Ok(message) } else { Err(message) }
    }

    /// Deviation of log price per day.
    fn spreads(&self) -> Result<Vec<f64>, String> {
        if let Some(bad) = self.drawn.paths.iter().find(|x| !(x.is_finite() && **x > 0.0)) {
            return Err(format!("a path from positive prices reached {bad}"));
        }
        let days = self.drawn.paths.chunks_exact(PATHS);
        Ok(days.map(|day| deviation(day.iter().map(|x| libm::log(f64::from(*x))))).collect())
    }
}

/// Standard error of the logarithm of the ratio of two days' spreads, from the paths they have in common.
fn spread_error(day: &[f32], next: &[f32]) -> f64 {
    let squares = |day: &[f32]| {
        let logs: Vec<f64> = day.iter().map(|x| libm::log(f64::from(*x))).collect();
        let mean = logs.iter().sum::<f64>() / logs.len() as f64;
        let squares: Vec<f64> = logs.iter().map(|x| (x - mean) * (x - mean)).collect();
        let variance = squares.iter().sum::<f64>() / logs.len() as f64;
        squares.into_iter().map(move |square| square / variance)
    };
    let differences = squares(day).zip(squares(next)).map(|(a, b)| a - b);
    0.5 * deviation(differences) / (day.len() as f64).sqrt()
}

fn deviation(values: impl Iterator<Item = f64>) -> f64 {
    let (mut n, mut mean, mut square) = (0.0, 0.0, 0.0);
    for x in values {
        n += 1.0;
        let delta = x - mean;
        mean += delta / n;
        square += delta * (x - mean);
    }
    (square / (n - 1.0)).sqrt()
}
