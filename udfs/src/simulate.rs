//! `simulate_paths(format, fitted_model, days, target, regressors, future_days, future_regressors, seed, key,
//! model_name, model_version, origin, paths, levels)`: conditions a stored model on history up to the origin and
//! draws paths. Never fits.
//!
//! | argument | type | meaning |
//! |---|---|---|
//! | format, fitted_model | text, binary | as `fit_model` returned them |
//! | days, target, regressors | lists | history up to the origin, days ascending; later days are refused |
//! | future_days | list of date, H | sessions ahead, ascending, all after the origin |
//! | future_regressors | list of list of double | one list of length H per regressor |
//! | seed, key, model_name, model_version, origin | | the random stream; see [`almanac_models::StreamKey`] |
//! | paths | integer, n | number of paths |
//! | levels | text | central interval levels in percent, such as `80,95` |
//!
//! A null list is an empty one, a null model is one that is missing; any other null argument fails the query.
//!
//! The result is a struct: [`fields`]. `paths` is day by day: path i on day h (both from 0) at `h × n + i`. Statistics
//! are those of the stored `f32` paths; `lower` and `upper` are level by level, each of length H.

use std::sync::Arc;
use std::time::Instant;

use almanac_models::{FittedModel, Future, History, Levels, ModelError, Scratch, StreamKey, Summary, summarise};
use arrow::array::{ArrayRef, Float32Builder, Float64Array, Float64Builder, ListBuilder, StringBuilder, StructArray};
use arrow::datatypes::{DataType, Field, Fields};
use datafusion::common::{Result, exec_datafusion_err};
use datafusion::logical_expr::{
    ColumnarValue, Documentation, ScalarFunctionArgs, ScalarUDFImpl, Signature, Volatility,
};

use crate::arguments::Arguments;
use crate::documentation;
use crate::fit::{check_lengths, check_order, guarded};

/// Most values one forecast may hold, H × n: 256 MiB of `f32`.
pub const MAX_VALUES: usize = 64 << 20;

/// Fields of the result: the forecast, with the reason of a form that is simpler than the fitted one because of what came
/// since, or `error_code` and `error_message`.
pub fn fields() -> Fields {
    let list = |name: &str, item: DataType| {
        Field::new(name, DataType::List(Arc::new(Field::new_list_field(item, true))), true)
    };
    let number = |name: &str| Field::new(name, DataType::Float64, true);
    Fields::from(vec![
        list("paths", DataType::Float32),
        list("point", DataType::Float64),
        list("mean", DataType::Float64),
        list("std", DataType::Float64),
        list("lower", DataType::Float64),
        list("upper", DataType::Float64),
        Field::new("fallback_reason", DataType::Utf8, true),
        Field::new("error_code", DataType::Utf8, true),
        Field::new("error_message", DataType::Utf8, true),
        number("condition_seconds"),
        number("simulate_seconds"),
        number("summarise_seconds"),
    ])
}

/// The function.
#[derive(Debug, PartialEq, Eq, Hash)]
pub struct SimulatePaths {
    signature: Signature,
}

impl SimulatePaths {
    /// A fresh instance; it has no state.
    pub fn new() -> Self {
        Self { signature: Signature::any(14, Volatility::Volatile) }
    }
}

impl Default for SimulatePaths {
    fn default() -> Self {
        Self::new()
    }
}

impl ScalarUDFImpl for SimulatePaths {
    fn name(&self) -> &str {
        "simulate_paths"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn documentation(&self) -> Option<&Documentation> {
        documentation::of(self.name())
    }

    fn return_type(&self, _arguments: &[DataType]) -> Result<DataType> {
        Ok(DataType::Struct(fields()))
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let rows = args.number_rows;
        let arguments = Arguments::new("simulate_paths", args)?;
        let (format, fitted) = (arguments.text_or_empty(0)?, arguments.bytes(1)?);
        let (days, target, regressors) = (arguments.lists(2)?, arguments.lists(3)?, arguments.lists(4)?);
        let (future_days, future_regressors) = (arguments.lists(5)?, arguments.lists(6)?);
        let (seed, key, name) = (arguments.integers(7)?, arguments.text(8)?, arguments.text(9)?);
        let (version, origin, paths) = (arguments.text(10)?, arguments.dates(11)?, arguments.integers(12)?);
        let levels = arguments.text(13)?;
        let mut results = Results::of(rows);
        let mut loaded: Option<Loaded> = None;
        let mut buffer = Vec::new();
        let mut scratch = Scratch::default();
        for row in 0..rows {
            let (days, target, series) = (days.dates(row)?, target.doubles(row)?, regressors.series(row)?);
            let (ahead, ahead_series) = (future_days.dates(row)?, future_regressors.series(row)?);
            let levels = parse_levels(levels.value(row))?;
            let forecast = Loaded::reuse(&mut loaded, format.value(row), fitted.get(row)).and_then(|model| {
                let stream = StreamKey::new(
                    seed.value(row) as u64,
                    key.value(row),
                    name.value(row),
                    version.value(row),
                    origin.value(row),
                );
                let ask = Ask {
                    days: days.values(),
                    target: target.values(),
                    series: &series,
                    ahead: ahead.values(),
                    ahead_series: &ahead_series,
                    origin: origin.value(row),
                    paths: usize::try_from(paths.value(row)).unwrap_or(0),
                    levels: &levels,
                };
                guarded(|| ask.forecast(model, &stream, &mut buffer, &mut scratch))
            });
            results.push(forecast, &buffer);
        }
        Ok(ColumnarValue::Array(results.finish()))
    }
}

/// The last loaded model, kept while successive rows carry the same bytes.
struct Loaded {
    format: String,
    bytes: Vec<u8>,
    model: Box<dyn FittedModel>,
}

impl Loaded {
    fn reuse<'a>(
        slot: &'a mut Option<Self>,
        format: &str,
        bytes: Option<&[u8]>,
    ) -> Result<&'a dyn FittedModel, ModelError> {
        let bytes = bytes.ok_or_else(|| ModelError::Corrupt("no stored model".into()))?;
        let same = slot.as_ref().is_some_and(|loaded| loaded.format == format && loaded.bytes == bytes);
        if !same {
            let model = crate::registry().load(format, bytes)?;
            *slot = Some(Self { format: format.to_owned(), bytes: bytes.to_vec(), model });
        }
        match slot {
            Some(loaded) => Ok(loaded.model.as_ref()),
            None => Err(ModelError::Corrupt("no stored model".into())),
        }
    }
}

/// One forecast as asked for.
struct Ask<'a> {
    days: &'a [i32],
    target: &'a [f64],
    series: &'a [Float64Array],
    ahead: &'a [i32],
    ahead_series: &'a [Float64Array],
    origin: i32,
    paths: usize,
    levels: &'a Levels,
}

struct Forecast {
    summary: Summary,
    fallback: Option<String>,
    condition_seconds: f64,
    simulate_seconds: f64,
    summarise_seconds: f64,
}

impl Ask<'_> {
    /// Draws into `out` (day by day) and summarises.
    fn forecast(
        &self,
        model: &dyn FittedModel,
        stream: &StreamKey,
        out: &mut Vec<f32>,
        scratch: &mut Scratch,
    ) -> Result<Forecast, ModelError> {
        check_lengths(self.days.len(), self.target.len(), self.series)?;
        check_lengths(self.ahead.len(), self.ahead.len(), self.ahead_series)?;
        check_order("days", self.days)?;
        check_order("days ahead", self.ahead)?;
        if let Some(day) = self.days.last().filter(|&&day| day > self.origin) {
            return Err(ModelError::Unusable { what: "days after the origin".into(), value: day.to_string() });
        }
        if let Some(day) = self.ahead.first().filter(|&&day| day <= self.origin) {
            return Err(ModelError::Unusable {
                what: "days ahead".into(),
                value: format!("{day}, not after the origin"),
            });
        }
        let values = self.paths.saturating_mul(self.ahead.len());
        if self.paths == 0 || self.ahead.is_empty() || values > MAX_VALUES {
            return Err(ModelError::Unusable {
                what: "paths × days".into(),
                value: format!("{} × {}, accepted are 1 to {MAX_VALUES} values", self.paths, self.ahead.len()),
            });
        }
        let started = Instant::now();
        let regressors: Vec<&[f64]> = self.series.iter().map(|values| &values.values()[..]).collect();
        let ahead: Vec<&[f64]> = self.ahead_series.iter().map(|values| &values.values()[..]).collect();
        let history = History { days: self.days, target: self.target, regressors: &regressors };
        let future = Future { days: self.ahead, regressors: &ahead };
        let state = model.condition(&history, &future)?;
        let (median, fallback) = (state.median(), state.fallback());
        let conditioned = Instant::now();
        out.resize(values, 0.0);
        state.simulate(self.paths, stream, out)?;
        let simulated = Instant::now();
        let summary = summarise(out, self.paths, self.levels, median.as_deref(), scratch);
        Ok(Forecast {
            summary,
            fallback,
            condition_seconds: (conditioned - started).as_secs_f64(),
            simulate_seconds: (simulated - conditioned).as_secs_f64(),
            summarise_seconds: simulated.elapsed().as_secs_f64(),
        })
    }
}

struct Results {
    rows: usize,
    paths: Option<ListBuilder<Float32Builder>>,
    lists: [ListBuilder<Float64Builder>; 5],
    text: [StringBuilder; 3],
    seconds: [Float64Builder; 3],
}

impl Results {
    fn of(rows: usize) -> Self {
        Self { rows, paths: None, lists: Default::default(), text: Default::default(), seconds: Default::default() }
    }

    /// The paths so far, with room for as many values in every row as in the first: growing would copy them.
    fn paths(&mut self, values: usize) -> &mut ListBuilder<Float32Builder> {
        let rows = self.rows;
        self.paths.get_or_insert_with(|| {
            ListBuilder::with_capacity(Float32Builder::with_capacity(rows.saturating_mul(values)), rows)
        })
    }

    fn push(&mut self, forecast: Result<Forecast, ModelError>, paths: &[f32]) {
        let (forecast, error) = match forecast {
            Ok(forecast) => (Some(forecast), None),
            Err(error) => (None, Some(error)),
        };
        let paths = if forecast.is_some() { paths } else { &[] };
        let builder = self.paths(paths.len());
        builder.values().append_slice(paths);
        builder.append(forecast.is_some());
        let summary = forecast.as_ref().map(|f| &f.summary);
        let lists = [
            summary.map(|s| s.point.clone()),
            summary.map(|s| s.mean.clone()),
            summary.map(|s| s.std.clone()),
            summary.map(|s| s.lower.concat()),
            summary.map(|s| s.upper.concat()),
        ];
        for (builder, list) in self.lists.iter_mut().zip(lists) {
            if let Some(values) = &list {
                builder.values().append_slice(values);
            }
            builder.append(list.is_some());
        }
        self.text[0].append_option(forecast.as_ref().and_then(|f| f.fallback.as_deref()));
        self.text[1].append_option(error.as_ref().map(ModelError::code));
        self.text[2].append_option(error.as_ref().map(ToString::to_string));
        let seconds = [
            forecast.as_ref().map(|f| f.condition_seconds),
            forecast.as_ref().map(|f| f.simulate_seconds),
            forecast.as_ref().map(|f| f.summarise_seconds),
        ];
        for (builder, value) in self.seconds.iter_mut().zip(seconds) {
            builder.append_option(value);
        }
    }

    fn finish(mut self) -> ArrayRef {
        let mut columns: Vec<ArrayRef> = vec![Arc::new(self.paths(0).finish())];
        columns.extend(self.lists.iter_mut().map(|builder| Arc::new(builder.finish()) as ArrayRef));
        columns.extend(self.text.iter_mut().map(|builder| Arc::new(builder.finish()) as ArrayRef));
        columns.extend(self.seconds.iter_mut().map(|builder| Arc::new(builder.finish()) as ArrayRef));
        Arc::new(StructArray::new(fields(), columns, None))
    }
}

fn parse_levels(text: &str) -> Result<Levels> {
    let refused = |message: String| exec_datafusion_err!("simulate_paths: levels {text:?}: {message}");
    let percents = text.split(',').map(|level| level.trim().parse::<f64>());
    let percents: Vec<f64> = percents.collect::<Result<_, _>>().map_err(|e| refused(e.to_string()))?;
    Levels::try_from(percents).map_err(|e| refused(e.to_string()))
}
