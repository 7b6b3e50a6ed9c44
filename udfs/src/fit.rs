//! `fit_model(spec, days, target, regressors, cutoff, seed, horizon, week)`: estimates a model on a training window.
//!
//! | argument | type | meaning |
//! |---|---|---|
//! | spec | text | the model's registry entry as JSON |
//! | days | list of date, n | sessions of the window, ascending |
//! | target | list of double, n | values, null where missing |
//! | regressors | list of list of double | one list of length n per regressor of the specification |
//! | cutoff | date | last day the fit may see; later days are refused |
//! | seed, horizon, week | integer | see [`almanac_models::FitContext`] |
//!
//! A null list is an empty one; any other null argument fails the query.
//!
//! The result is a struct: [`fields`].

use std::sync::Arc;
use std::time::Instant;

use almanac_models::{FitContext, Fitted, History, ModelError, ModelSpec};
use arrow::array::{
    Array, ArrayRef, BinaryBuilder, Float64Array, Float64Builder, Int32Builder, StringBuilder, StructArray,
};
use arrow::datatypes::{DataType, Field, Fields};
use datafusion::common::{Result, exec_datafusion_err};
use datafusion::logical_expr::{
    ColumnarValue, Documentation, ScalarFunctionArgs, ScalarUDFImpl, Signature, Volatility,
};

use crate::arguments::Arguments;
use crate::documentation;

/// Fields of the result: the fit, or `error_code` and `error_message`.
pub fn fields() -> Fields {
    let field = |name: &str, kind: DataType| Field::new(name, kind, true);
    Fields::from(vec![
        field("model_type", DataType::Utf8),
        field("format", DataType::Utf8),
        field("fitted_model", DataType::Binary),
        field("parameters", DataType::Utf8),
        field("samples", DataType::Int32),
        field("log_likelihood", DataType::Float64),
        field("aicc", DataType::Float64),
        field("training_loss", DataType::Float64),
        field("validation_loss", DataType::Float64),
        field("fallback_reason", DataType::Utf8),
        field("error_code", DataType::Utf8),
        field("error_message", DataType::Utf8),
        field("fit_seconds", DataType::Float64),
    ])
}

/// The function.
#[derive(Debug, PartialEq, Eq, Hash)]
pub struct FitModel {
    signature: Signature,
}

impl FitModel {
    /// A fresh instance; it has no state.
    pub fn new() -> Self {
        // volatile, so that a call on literals is not folded on the client while planning
        Self { signature: Signature::any(8, Volatility::Volatile) }
    }
}

impl Default for FitModel {
    fn default() -> Self {
        Self::new()
    }
}

impl ScalarUDFImpl for FitModel {
    fn name(&self) -> &str {
        "fit_model"
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
        let arguments = Arguments::new("fit_model", args)?;
        let (spec, days, target) = (arguments.text(0)?, arguments.lists(1)?, arguments.lists(2)?);
        let (regressors, cutoff) = (arguments.lists(3)?, arguments.dates(4)?);
        let (seed, horizon, week) = (arguments.integers(5)?, arguments.integers(6)?, arguments.integers(7)?);
        let mut results = Results::default();
        for row in 0..rows {
            let started = Instant::now();
            let spec: ModelSpec = serde_json::from_str(spec.value(row))
                .map_err(|e| exec_datafusion_err!("fit_model: specification {:?}: {e}", spec.value(row)))?;
            let context = FitContext {
                seed: seed.value(row) as u64,
                horizon: horizon.value(row).max(0) as usize,
                week: week.value(row).max(1) as usize,
                cutoff: cutoff.value(row),
            };
            let (days, target, series) = (days.dates(row)?, target.doubles(row)?, regressors.series(row)?);
            let fitted = guarded(|| fit(&spec, days.values(), target.values(), &series, &context));
            results.push(fitted, started.elapsed().as_secs_f64());
        }
        Ok(ColumnarValue::Array(Arc::new(results.finish())))
    }
}

/// Checks a window and fits a model on it.
pub(crate) fn fit(
    spec: &ModelSpec,
    days: &[i32],
    target: &[f64],
    series: &[Float64Array],
    context: &FitContext,
) -> Result<Fitted, ModelError> {
    check_lengths(days.len(), target.len(), series)?;
    check_order("days", days)?;
    if let Some(day) = days.iter().find(|&&day| day > context.cutoff) {
        return Err(ModelError::Unusable { what: "days after the cutoff".into(), value: day.to_string() });
    }
    let regressors: Vec<&[f64]> = series.iter().map(|values| &values.values()[..]).collect();
    let window = History { days, target, regressors: &regressors };
    crate::registry().model(spec)?.fit(&window, context)
}

/// A defect in a model fails its unit, not the query.
pub(crate) fn guarded<T>(work: impl FnOnce() -> Result<T, ModelError>) -> Result<T, ModelError> {
    let caught = std::panic::catch_unwind(std::panic::AssertUnwindSafe(work));
    caught.unwrap_or_else(|_| Err(ModelError::Numerical("the model panicked; please report this input".into())))
}

/// Refuses days that do not ascend: the last one would not be the latest.
pub(crate) fn check_order(what: &str, days: &[i32]) -> Result<(), ModelError> {
    match days.windows(2).find(|pair| pair[0] >= pair[1]) {
        None => Ok(()),
        Some(pair) => Err(ModelError::Unusable {
            what: format!("{what}, which must ascend,"),
            value: format!("{} after {}", pair[1], pair[0]),
        }),
    }
}

/// Refuses series whose lengths differ from the number of days.
pub(crate) fn check_lengths(days: usize, target: usize, series: &[Float64Array]) -> Result<(), ModelError> {
    let lengths = std::iter::once(target).chain(series.iter().map(Array::len));
    match lengths.into_iter().find(|&length| length != days) {
        None => Ok(()),
        Some(length) => Err(ModelError::Unusable {
            what: format!("a series beside {days} days"),
            value: format!("{length} values"),
        }),
    }
}

/// Fits as rows of the result.
#[derive(Default)]
pub(crate) struct Results {
    text: [StringBuilder; 6],
    fitted_model: BinaryBuilder,
    samples: Int32Builder,
    numbers: [Float64Builder; 5],
}

impl Results {
    pub(crate) fn push(&mut self, fitted: Result<Fitted, ModelError>, seconds: f64) {
        let (fitted, error) = match fitted {
            Ok(fitted) => (Some(fitted), None),
            Err(error) => (None, Some(error)),
        };
        let fitted = fitted.as_ref();
        let texts = [
            fitted.map(|f| f.model_type.clone()),
            fitted.map(|f| f.format.clone()),
            fitted.map(|f| f.parameters.to_string()),
            fitted.and_then(|f| f.fallback.clone()),
            error.as_ref().map(|e| e.code().to_owned()),
            error.as_ref().map(ToString::to_string),
        ];
        for (builder, text) in self.text.iter_mut().zip(texts) {
            builder.append_option(text);
        }
        self.fitted_model.append_option(fitted.map(|f| &f.bytes));
        self.samples.append_option(fitted.map(|f| f.samples as i32));
        let numbers = [
            fitted.and_then(|f| f.log_likelihood),
            fitted.and_then(|f| f.aicc),
            fitted.and_then(|f| f.training_loss),
            fitted.and_then(|f| f.validation_loss),
            Some(seconds),
        ];
        for (builder, number) in self.numbers.iter_mut().zip(numbers) {
            builder.append_option(number);
        }
    }

    pub(crate) fn finish(self) -> StructArray {
        let [mut model_type, mut format, mut parameters, mut fallback, mut code, mut message] = self.text;
        let [mut log_likelihood, mut aicc, mut training, mut validation, mut seconds] = self.numbers;
        let (mut fitted_model, mut samples) = (self.fitted_model, self.samples);
        let columns: Vec<ArrayRef> = vec![
            Arc::new(model_type.finish()),
            Arc::new(format.finish()),
            Arc::new(fitted_model.finish()),
            Arc::new(parameters.finish()),
            Arc::new(samples.finish()),
            Arc::new(log_likelihood.finish()),
            Arc::new(aicc.finish()),
            Arc::new(training.finish()),
            Arc::new(validation.finish()),
            Arc::new(fallback.finish()),
            Arc::new(code.finish()),
            Arc::new(message.finish()),
            Arc::new(seconds.finish()),
        ];
        StructArray::new(fields(), columns, None)
    }
}
