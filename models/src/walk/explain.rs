//! What walks say of themselves.

use crate::{Explanation, Fitted};

/// Of a family whose next value is `level` and an innovation.
pub(crate) fn explain(fitted: &Fitted, level: &str) -> Explanation {
    let parameters = &fitted.parameters;
    let log = parameters["log"].as_bool() == Some(true);
    let (unit, joined) = if log { ("log returns", "times the exponential of") } else { ("differences", "plus") };
    let law = parameters["innovations"]["law"].as_str().unwrap_or("normal");
    let drift = if parameters["drift"].is_number() { "the drift and " } else { "" };
    let form = format!("{level}, {joined} {drift}an innovation; innovations are {unit}");
    let paths = format!("session by session from the last observed values, with {law} innovations");
    let mut out = Explanation::new(fitted, form, paths);
    out.add_orders(["season", "window"].map(|name| (name, &parameters[name])));
    out.add_named(parameters, &["drift", "scale", "start", "one_day_error"]);
    out.add_innovations(&parameters["innovations"]);
    out
}
