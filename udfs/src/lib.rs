//! DataFusion functions over the models. They know Arrow and the models, nothing of Delta or of clusters.
//!
//! | function | kind | what it does |
//! |---|---|---|
//! | [`fit_model`](fit) | scalar | estimates a model on a training window |
//! | [`simulate_paths`](simulate) | scalar | conditions a stored model on history and draws paths |
//!
//! Both report a unit's failure in their result (`error_code`, `error_message`) instead of failing the query.

mod arguments;
pub mod fit;
mod models;
pub mod simulate;

use datafusion::logical_expr::ScalarUDF;
use datafusion::prelude::SessionContext;

/// Every function, for registration and for plans built by hand.
pub fn functions() -> Vec<ScalarUDF> {
    vec![ScalarUDF::new_from_impl(fit::FitModel::new()), ScalarUDF::new_from_impl(simulate::SimulatePaths::new())]
}

/// Registers every function of this crate.
pub fn register(context: &SessionContext) {
    for function in functions() {
        context.register_udf(function);
    }
}

pub use models::registry;
