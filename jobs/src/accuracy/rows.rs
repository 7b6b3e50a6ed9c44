//! Rows of a run: one per series, model and step.

use std::sync::Arc;

use almanac_engine::tables::TableDef;
use arrow::array::{ArrayRef, BooleanBuilder, Float64Builder, Int32Builder, StringBuilder};
use arrow::datatypes::{DataType, Field, Schema};
use arrow::error::ArrowError;
use arrow::record_batch::RecordBatch;

use super::run::{Plan, Results, Scored};
use super::{LEVEL, Panel};

/// `experiments.accuracy`: grain (dataset, series, model, step). Scaled scores are over MASE's scale, without unit; a
/// model without a forecast of a series has one row of step 0 that says why.
pub(crate) fn table() -> TableDef {
    use DataType::{Boolean, Float64, Int32, Utf8};
    let field = Field::new;
    let fields = vec![
        field("series", Utf8, false),
        field("model", Utf8, false),
        field("model_type", Utf8, true),
        field("fallback_reason", Utf8, true),
        field("error", Utf8, true),
        field("model_season", Int32, false),
        field("scale_season", Int32, false),
        field("training_samples", Int32, false),
        field("step", Int32, false),
        field("actual", Float64, true),
        field("forecast_point", Float64, true),
        field("level", Float64, false),
        field("interval_lower", Float64, true),
        field("interval_upper", Float64, true),
        field("inside", Boolean, true),
        field("smape", Float64, true),
        field("scaled_error", Float64, true),
        field("scaled_interval_score", Float64, true),
        field("scaled_crps", Float64, true),
        field("dataset", Utf8, false),
    ];
    TableDef {
        schema_name: "experiments".into(),
        name: "accuracy".into(),
        columns: Arc::new(Schema::new(fields)),
        partition_by: vec!["dataset".into()],
        statistics: vec!["series".into(), "model".into(), "step".into()],
        grain: ["dataset", "series", "model", "step"].map(str::to_owned).to_vec(),
    }
}

/// The rows, in the order of series, models and steps, without the column `dataset`.
pub(super) fn batch(panel: &Panel, plan: &Plan, results: &Results) -> Result<RecordBatch, ArrowError> {
    let mut columns = Columns::default();
    for (series, outcomes) in panel.series.iter().zip(&results.series) {
        for (model, outcome) in results.names.iter().zip(outcomes) {
            let mut row = |step: usize, actual: f64, scored: Option<&Scored>| {
                columns.series.append_value(&series.id);
                columns.model.append_value(model);
                columns.model_type.append_option(outcome.as_ref().ok().map(|served| &served.kind));
                columns.fallback.append_option(outcome.as_ref().ok().and_then(|served| served.fallback.as_ref()));
                columns.error.append_option(outcome.as_ref().err());
                columns.model_season.append_value(plan.model_season as i32);
                columns.scale_season.append_value(plan.scale_season as i32);
                columns.samples.append_value(series.training.iter().filter(|y| !y.is_nan()).count() as i32);
                columns.step.append_value(step as i32);
                columns.level.append_value(LEVEL);
                columns.scored(actual, scored);
            };
            match outcome {
                Err(_) => row(0, f64::NAN, None),
                Ok(served) => {
                    let steps = served.steps.iter().zip(&series.actual).zip(1..);
                    steps.for_each(|((scored, actual), step)| row(step, *actual, Some(scored)));
                }
            }
        }
    }
    RecordBatch::try_new(table().file_columns(), columns.finish())
}

#[derive(Default)]
struct Columns {
    series: StringBuilder,
    model: StringBuilder,
    model_type: StringBuilder,
    fallback: StringBuilder,
    error: StringBuilder,
    model_season: Int32Builder,
    scale_season: Int32Builder,
    samples: Int32Builder,
    step: Int32Builder,
    actual: Float64Builder,
    point: Float64Builder,
    level: Float64Builder,
    lower: Float64Builder,
    upper: Float64Builder,
    inside: BooleanBuilder,
    scores: [Float64Builder; 4],
}

impl Columns {
    fn scored(&mut self, actual: f64, scored: Option<&Scored>) {
        let present = |value: f64| (!value.is_nan()).then_some(value);
        self.actual.append_option(present(actual));
        self.point.append_option(scored.and_then(|scored| present(scored.point)));
        self.lower.append_option(scored.and_then(|scored| present(scored.ends[0])));
        self.upper.append_option(scored.and_then(|scored| present(scored.ends[1])));
        let score = scored.and_then(|scored| scored.score);
        self.inside.append_option(score.and_then(|score| score.inside));
        let values = score.map_or([f64::NAN; 4], |score| {
            [score.smape, score.scaled_error, score.scaled_interval_score, score.scaled_crps]
        });
        self.scores.iter_mut().zip(values).for_each(|(column, value)| column.append_option(present(value)));
    }

    fn finish(mut self) -> Vec<ArrayRef> {
        let mut columns: Vec<ArrayRef> = vec![
            Arc::new(self.series.finish()),
            Arc::new(self.model.finish()),
            Arc::new(self.model_type.finish()),
            Arc::new(self.fallback.finish()),
            Arc::new(self.error.finish()),
            Arc::new(self.model_season.finish()),
            Arc::new(self.scale_season.finish()),
            Arc::new(self.samples.finish()),
            Arc::new(self.step.finish()),
            Arc::new(self.actual.finish()),
            Arc::new(self.point.finish()),
            Arc::new(self.level.finish()),
            Arc::new(self.lower.finish()),
            Arc::new(self.upper.finish()),
            Arc::new(self.inside.finish()),
        ];
        columns.extend(self.scores.iter_mut().map(|column| Arc::new(column.finish()) as ArrayRef));
        columns
    }
}
