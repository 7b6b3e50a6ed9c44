//! `fit_model_agg(spec, day, target, regressors, cutoff, seed, horizon, week)`: `fit_model` over rows.
//!
//! | argument | type | meaning |
//! |---|---|---|
//! | day | date | the row's session; rows may come in any order, a day only once |
//! | target | double | its value, null where missing |
//! | regressors | list of double | one value per regressor of the specification, `[]` without any |
//! | spec, cutoff, seed, horizon, week | | as of [`fit_model`](crate::fit); the same in every row of a group |
//!
//! A null list is an empty one; any other null but a target's fails the query. The result is that of `fit_model`: what
//! a model refuses is told in it, and every group has one.

use std::sync::Arc;
use std::time::Instant;

use almanac_models::{FitContext, Fitted, ModelError, ModelSpec};
use arrow::array::{Array, ArrayRef, AsArray, Float64Array};
use arrow::datatypes::{DataType, Field, FieldRef};
use datafusion::common::{Result, ScalarValue, exec_datafusion_err, internal_datafusion_err, not_impl_err};
use datafusion::logical_expr::function::{AccumulatorArgs, StateFieldsArgs};
use datafusion::logical_expr::utils::format_state_name;
use datafusion::logical_expr::{Accumulator, AggregateUDFImpl, Documentation, Signature, Volatility};

use serde::{Deserialize, Serialize};

use crate::arguments::Arguments;
use crate::documentation;
use crate::error::ArgumentError;
use crate::fit::{self, guarded};
use crate::signature::doubles;
use crate::state::{list, numbers};

const NAME: &str = "fit_model_agg";

/// The function.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(crate) struct FitModelAgg {
    signature: Signature,
}

impl FitModelAgg {
    pub(crate) fn new() -> Self {
        Self { signature: Signature::any(8, Volatility::Volatile) }
    }
}

impl AggregateUDFImpl for FitModelAgg {
    fn name(&self) -> &str {
        NAME
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn documentation(&self) -> Option<&Documentation> {
        documentation::of(self.name())
    }

    fn return_type(&self, _arguments: &[DataType]) -> Result<DataType> {
        Ok(DataType::Struct(fit::fields()))
    }

    fn accumulator(&self, arguments: AccumulatorArgs) -> Result<Box<dyn Accumulator>> {
        if arguments.is_distinct {
            return not_impl_err!("{NAME} of DISTINCT rows");
        }
        Ok(Box::new(Window::default()))
    }

    fn state_fields(&self, arguments: StateFieldsArgs) -> Result<Vec<FieldRef>> {
        let field =
            |name: &str, kind: DataType| Arc::new(Field::new(format_state_name(arguments.name, name), kind, true));
        Ok(vec![field("fit", DataType::Utf8), field("rows", doubles())])
    }
}

/// What is fitted, the same in every row of a group.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Ask {
    spec: String,
    cutoff: i32,
    seed: i64,
    horizon: i64,
    week: i64,
    /// Regressors of a row.
    width: usize,
}

impl Ask {
    /// The first argument in which two rows differ: its name and both values.
    fn difference(&self, other: &Self) -> Option<(&'static str, String, String)> {
        let texts = |ask: &Self| {
            let numbers = [i64::from(ask.cutoff), ask.seed, ask.horizon, ask.week, ask.width as i64];
            std::iter::once(ask.spec.clone()).chain(numbers.map(|number| number.to_string())).collect::<Vec<_>>()
        };
        let names = ["spec", "cutoff", "seed", "horizon", "week", "number of regressors"];
        let mut pairs = names.into_iter().zip(texts(self)).zip(texts(other));
        pairs.find(|((_, known), found)| known != found).map(|((name, known), found)| (name, known, found))
    }
}

/// The rows of a group so far.
#[derive(Debug, Default)]
struct Window {
    ask: Option<Ask>,
    /// Row by row: day, target, regressors.
    rows: Vec<f64>,
}

impl Window {
    fn agree(&mut self, ask: Ask) -> Result<(), ArgumentError> {
        let known = self.ask.get_or_insert_with(|| ask.clone());
        match known.difference(&ask) {
            None => Ok(()),
            Some((argument, first, other)) => Err(ArgumentError::Differs { function: NAME, argument, first, other }),
        }
    }

    fn fit(&self, ask: &Ask) -> Result<std::result::Result<Fitted, ModelError>> {
        let spec: ModelSpec = serde_json::from_str(&ask.spec)
            .map_err(|e| exec_datafusion_err!("{NAME}: specification {:?}: {e}", ask.spec))?;
        let context = FitContext {
            seed: ask.seed as u64,
            horizon: ask.horizon.max(0) as usize,
            week: ask.week.max(1) as usize,
            cutoff: ask.cutoff,
        };
        let mut rows: Vec<&[f64]> = self.rows.chunks_exact(2 + ask.width).collect();
        // equal days are refused by the fit, so their order does not matter
        rows.sort_by(|a, b| a[0].total_cmp(&b[0]));
        let days: Vec<i32> = rows.iter().map(|row| row[0] as i32).collect();
        let column = |place: usize| rows.iter().map(|row| row[place]).collect::<Vec<f64>>();
        let series: Vec<Float64Array> = (0..ask.width).map(|r| Float64Array::from(column(2 + r))).collect();
        Ok(guarded(|| fit::fit(&spec, &days, &column(1), &series, &context)))
    }
}

impl Accumulator for Window {
    fn update_batch(&mut self, arguments: &[ArrayRef]) -> Result<()> {
        let arguments = Arguments::of_arrays(NAME, arguments.to_vec());
        let (spec, days, target) = (arguments.text(0)?, arguments.dates(1)?, arguments.doubles(2)?);
        let (regressors, cutoff) = (arguments.lists(3)?, arguments.dates(4)?);
        let (seed, horizon, week) = (arguments.integers(5)?, arguments.integers(6)?, arguments.integers(7)?);
        for row in 0..days.len() {
            let beside = regressors.doubles(row)?;
            let ask = Ask {
                spec: spec.value(row).to_owned(),
                cutoff: cutoff.value(row),
                seed: seed.value(row),
                horizon: horizon.value(row),
                week: week.value(row),
                width: beside.len(),
            };
            self.agree(ask)?;
            self.rows.extend([f64::from(days.value(row)), target.value(row)]);
            self.rows.extend(beside.values());
        }
        Ok(())
    }

    fn evaluate(&mut self) -> Result<ScalarValue> {
        let started = Instant::now();
        let Some(ask) = &self.ask else { return ScalarValue::try_new_null(&DataType::Struct(fit::fields())) };
        let fitted = self.fit(ask)?;
        let mut results = fit::Results::default();
        results.push(fitted, started.elapsed().as_secs_f64());
        Ok(ScalarValue::Struct(Arc::new(results.finish())))
    }

    fn size(&self) -> usize {
        let spec = self.ask.as_ref().map_or(0, |ask| ask.spec.capacity());
        size_of_val(self) + spec + self.rows.capacity() * size_of::<f64>()
    }

    fn state(&mut self) -> Result<Vec<ScalarValue>> {
        let ask = self.ask.as_ref().map(serde_json::to_string).transpose();
        let ask = ask.map_err(|e| internal_datafusion_err!("{NAME}: {e}"))?;
        Ok(vec![ScalarValue::Utf8(ask), list(std::mem::take(&mut self.rows))?])
    }

    fn merge_batch(&mut self, states: &[ArrayRef]) -> Result<()> {
        let [asks, rows] = states else { return Ok(()) };
        let texts = asks.as_string_opt::<i32>();
        let texts = texts.ok_or_else(|| internal_datafusion_err!("{NAME}: a state is {}", asks.data_type()))?;
        for row in 0..texts.len() {
            if texts.is_null(row) {
                continue;
            }
            let ask = serde_json::from_str(texts.value(row)).map_err(|e| internal_datafusion_err!("{NAME}: {e}"))?;
            self.agree(ask)?;
            self.rows.extend(numbers(rows, row)?);
        }
        Ok(())
    }
}
