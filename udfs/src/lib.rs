//! DataFusion functions over the models. They know Arrow and the models, nothing of Delta or of clusters.
//!
//! | function | kind | what it does |
//! |---|---|---|
//! | [`fit_model`](fit) | scalar | estimates a model on a training window |
//! | [`fit_model_agg`](fit_rows) | aggregate | the same on the rows of a group |
//! | [`simulate_paths`](simulate) | scalar | conditions a stored model on history and draws paths |
//! | [`crps`, `quantiles`, `value_at_risk`, `expected_shortfall`](sample) | scalar | statistics of the values in a list |
//! | [`crps_agg`, … `expected_shortfall_agg`](sample) | aggregate | the same of the rows of a group |
//! | [`pinball_loss`](pinball) | scalar | loss of a quantile forecast |
//! | [`pinball_loss_agg`](pinball) | aggregate | its mean |
//! | [`interval_coverage`](coverage) | aggregate | share of actuals inside their intervals |
//!
//! Functions that run models report a unit's failure in their result (`error_code`, `error_message`) instead of failing
//! the query; the others fail it with an [`ArgumentError`].

mod arguments;
mod columns;
pub mod coverage;
mod documentation;
mod error;
pub mod fit;
pub mod fit_rows;
mod models;
pub mod pinball;
pub mod sample;
mod signature;
pub mod simulate;
mod state;

use datafusion::logical_expr::{AggregateUDF, ScalarUDF};
use datafusion::prelude::SessionContext;

use sample::Statistic;

/// Every scalar function, for registration and for plans built by hand.
pub fn functions() -> Vec<ScalarUDF> {
    let mut functions = vec![
        ScalarUDF::new_from_impl(fit::FitModel::new()),
        ScalarUDF::new_from_impl(simulate::SimulatePaths::new()),
        ScalarUDF::new_from_impl(pinball::PinballLoss::new()),
    ];
    functions.extend(Statistic::ALL.map(|statistic| ScalarUDF::new_from_impl(sample::scalar::OfList::new(statistic))));
    functions
}

/// Every aggregate function.
pub fn aggregates() -> Vec<AggregateUDF> {
    let mut functions = vec![
        AggregateUDF::new_from_impl(fit_rows::FitModelAgg::new()),
        AggregateUDF::new_from_impl(pinball::MeanPinballLoss::new()),
        AggregateUDF::new_from_impl(coverage::IntervalCoverage::new()),
    ];
    functions
        .extend(Statistic::ALL.map(|statistic| AggregateUDF::new_from_impl(sample::aggregate::OfRows::new(statistic))));
    functions
}

/// Registers every function of this crate.
pub fn register(context: &SessionContext) {
    for function in functions() {
        context.register_udf(function);
    }
    for function in aggregates() {
        context.register_udaf(function);
    }
}

pub use documentation::document;
pub use error::ArgumentError;
pub use models::registry;
