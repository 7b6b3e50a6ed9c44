//! No look-ahead: whatever is changed after a cut, everything made before it stays bit-identical.

use super::ground::Ground;
use super::panel::{Panel, Series};
use super::pipeline::Pipeline;
use super::report::Running;
use super::{HORIZON, PATHS, SEED};
use crate::{Day, FitContext, Fitted, Future, FutureRegressor, History, ModelSpec, Registry, StreamKey};

pub(super) fn check(bench: &Bench<'_>, report: &mut Running<'_>) {
    report.run("fit sees nothing after the cutoff", || {
        let changed = bench.ground.panel.changed_after(bench.ground.cutoff);
        same(&bench.fit_evidence(&bench.ground.panel)?.evidence, &bench.fit_evidence(&changed)?.evidence)
    });
    report.run("forecast sees nothing after the origin", || {
        let made = bench.fit_evidence(&bench.ground.panel)?;
        // an origin's own day counts, and so do later ones of the window
        let first = bench.ground.origin;
        for origin in [first, first + 1, first + 9] {
            let changed = bench.rows(&bench.ground.panel.changed_after(origin))?;
            let whole = bench.forecast_evidence(&made.rows, &made.fitted, origin)?;
            same(&whole, &bench.forecast_evidence(&changed, &made.fitted, origin)?)?;
        }
        Ok("sessions, regressors and paths of 3 origins are unchanged".into())
    });
    report.run("other keys change nothing", || {
        let all = |panel: &Panel| {
            let made = bench.fit_evidence(panel)?;
            let forecast = bench.forecast_evidence(&made.rows, &made.fitted, bench.ground.origin)?;
            Ok::<_, String>(made.evidence.into_iter().chain(forecast).collect::<Evidence>())
        };
        same(&all(&bench.ground.panel)?, &all(&bench.ground.panel.changed_except(&bench.ground.key))?)
    });
}

/// Named bit patterns of what was seen and made.
type Evidence = Vec<(&'static str, Vec<u64>)>;

fn same(one: &Evidence, other: &Evidence) -> Result<String, String> {
    match one.iter().zip(other).find(|(a, b)| a != b) {
        Some(((what, _), _)) => Err(format!("{what} changed with data that must not be seen")),
        None => Ok(one.iter().map(|(what, _)| *what).collect::<Vec<_>>().join(", ") + " are unchanged"),
    }
}

fn bits(values: &[f64]) -> impl Iterator<Item = u64> + '_ {
    values.iter().map(|x| x.to_bits())
}

/// A model on its ground.
#[derive(Clone, Copy)]
pub(super) struct Bench<'a> {
    pub(super) registry: &'a Registry,
    pub(super) spec: &'a ModelSpec,
    pub(super) pipeline: &'a dyn Pipeline,
    pub(super) ground: &'a Ground,
}

/// One key's rows, as `silver.model_input` has them.
pub(super) struct Rows {
    pub(super) series: Series,
    pub(super) regressors: Vec<Vec<f64>>,
}

impl Rows {
    pub(super) fn slices(&self, rows: std::ops::Range<usize>) -> Vec<&[f64]> {
        self.regressors.iter().map(|column| column.get(rows.clone()).unwrap_or_default()).collect()
    }
}

/// The sessions after an origin.
pub(super) struct Ahead {
    pub(super) days: Vec<Day>,
    pub(super) regressors: Vec<Vec<f64>>,
}

impl Bench<'_> {
    /// The unchanged key's rows.
    pub(super) fn own_rows(&self) -> Result<Rows, String> {
        self.rows(&self.ground.panel)
    }

    fn rows(&self, panel: &Panel) -> Result<Rows, String> {
        let series = self.pipeline.select(panel, &self.ground.key).ok_or("the key is not selected")?;
        let column = |readings: &Vec<_>| series.days.iter().map(|d| self.pipeline.as_of(readings, *d)).collect();
        let regressors = series.columns.iter().map(column).collect();
        Ok(Rows { series, regressors })
    }

    pub(super) fn context(&self) -> FitContext {
        FitContext { seed: SEED, horizon: HORIZON, week: self.ground.calendar.week(), cutoff: self.ground.cutoff }
    }

    /// Fits on the rows up to the cutoff.
    pub(super) fn fit(&self, rows: &Rows) -> Result<Fitted, String> {
        let (days, close) = (&rows.series.days, &rows.series.close);
        let all = rows.slices(0..days.len());
        let range = self.pipeline.training_range(&self.ground.calendar, days, close, &all, self.ground.cutoff);
        let range = range.map_err(|skip| format!("skipped on {}: {skip}", self.ground.what()))?;
        let regressors = rows.slices(range.clone());
        let window = History { days: &days[range.clone()], target: &close[range], regressors: &regressors };
        let model = self.registry.model(self.spec).map_err(|e| format!("not configured: {e}"))?;
        model.fit(&window, &self.context()).map_err(|e| format!("not fitted on {}: {e}", self.ground.what()))
    }

    /// What is known at the origin of the sessions after it.
    pub(super) fn ahead(&self, rows: &Rows, origin: Day) -> Result<Ahead, String> {
        let bars = &rows.series.days;
        let days = self.pipeline.sessions(&self.ground.calendar, bars, origin, HORIZON);
        let end = self.pipeline.cut(bars, origin);
        let regressor = |(index, column): (usize, &Vec<f64>)| {
            let policy = self.spec.regressors.get(index).map_or(FutureRegressor::None, |r| r.future);
            let readings = rows.series.columns.get(index).map_or(&[][..], Vec::as_slice);
            let known: Vec<f64> = days.iter().map(|d| self.pipeline.announced(readings, *d, origin)).collect();
            self.pipeline.project(policy, &bars[..end], &column[..end], &days, &known).map_err(|e| e.to_string())
        };
        let regressors = rows.regressors.iter().enumerate().map(regressor).collect::<Result<_, _>>()?;
        Ok(Ahead { days, regressors })
    }

    /// The origin, later than the cutoff.
    pub(super) fn origin(&self) -> Day {
        self.ground.origin
    }

    /// Paths from an origin, drawn from one fixed stream.
    pub(super) fn simulate(&self, rows: &Rows, fitted: &Fitted, origin: Day, shape: Shape) -> Result<Drawn, String> {
        let ahead = self.ahead(rows, origin)?;
        let end = self.pipeline.cut(&rows.series.days, origin);
        let seen = shape.skip.min(end)..end;
        let regressors = rows.slices(seen.clone());
        let history = History {
            days: &rows.series.days[seen.clone()],
            target: &rows.series.close[seen],
            regressors: &regressors,
        };
        let future: Vec<&[f64]> = ahead.regressors.iter().map(|column| &column[..shape.horizon]).collect();
        let future = Future { days: &ahead.days[..shape.horizon], regressors: &future };
        let loaded = self.registry.load(&fitted.format, &fitted.bytes).map_err(|e| format!("not loaded: {e}"))?;
        let state = loaded.condition(&history, &future).map_err(|e| format!("not conditioned: {e}"))?;
        let mut paths = vec![f32::NAN; shape.horizon * shape.paths];
        // one fixed stream for every origin, so that paths differ by the state alone
        let stream = StreamKey::new(SEED, &self.ground.key, &self.spec.name, "conformance", 0);
        state.simulate(shape.paths, &stream, &mut paths).map_err(|e| format!("not simulated: {e}"))?;
        Ok(Drawn { paths, median: state.median() })
    }

    /// What a fit saw and made.
    fn fit_evidence(&self, panel: &Panel) -> Result<Made, String> {
        let rows = self.rows(panel)?;
        let fitted = self.fit(&rows)?;
        let close = &rows.series.close;
        // what the validation of the simplest member would score
        let error = |origin: usize| {
            let last = close.get(origin).copied().unwrap_or(f64::NAN);
            close.iter().skip(origin + 1).take(HORIZON).map(|y| (y - last).abs()).sum::<f64>()
        };
        let origins = self.pipeline.inner_origins(&rows.series.days, self.ground.cutoff, HORIZON);
        let inner: Vec<f64> = origins.into_iter().map(error).collect();
        let evidence = vec![
            ("stored fit", fitted.bytes.iter().map(|byte| u64::from(*byte)).collect()),
            ("parameters", fitted.parameters.to_string().bytes().map(u64::from).collect()),
            ("observations used", vec![fitted.samples as u64]),
            ("errors of inner folds", bits(&inner).collect()),
        ];
        Ok(Made { rows, fitted, evidence })
    }

    /// What a forecast saw and made.
    fn forecast_evidence(&self, rows: &Rows, fitted: &Fitted, origin: Day) -> Result<Evidence, String> {
        let end = self.pipeline.cut(&rows.series.days, origin);
        let seen = rows.regressors.iter().flat_map(|column| bits(column.get(..end).unwrap_or_default()));
        let ahead = self.ahead(rows, origin)?;
        let drawn = self.simulate(rows, fitted, origin, Shape::default())?;
        Ok(vec![
            ("history of regressors", seen.collect()),
            ("history of the target", bits(&rows.series.close[..end]).collect()),
            ("sessions ahead", ahead.days.iter().map(|day| *day as u64).collect()),
            ("regressors ahead", ahead.regressors.iter().flat_map(|column| bits(column)).collect()),
            ("point forecast", bits(&drawn.median.unwrap_or_default()).collect()),
            ("paths", drawn.paths.iter().map(|x| u64::from(x.to_bits())).collect()),
        ])
    }
}

/// A fit and what it rests on.
struct Made {
    rows: Rows,
    fitted: Fitted,
    evidence: Evidence,
}

/// How much to draw.
#[derive(Debug, Clone, Copy)]
pub(super) struct Shape {
    pub(super) paths: usize,
    pub(super) horizon: usize,
    /// Oldest rows left out of the history.
    pub(super) skip: usize,
}

impl Default for Shape {
    fn default() -> Self {
        Self { paths: PATHS, horizon: HORIZON, skip: 0 }
    }
}

/// What was drawn.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Drawn {
    pub(super) paths: Vec<f32>,
    pub(super) median: Option<Vec<f64>>,
}
