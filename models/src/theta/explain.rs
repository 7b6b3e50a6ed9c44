//! What a theta fit says of itself.

use serde_json::Value;

use crate::{Explanation, Fitted};

pub(super) fn explain(fitted: &Fitted) -> Explanation {
    let parameters = &fitted.parameters;
    let decomposition = parameters["decomposition"].as_str().unwrap_or("none");
    let season = if decomposition == "none" { "without" } else { decomposition };
    let form = format!("smoothing of a theta line beside a straight line, {season} season taken out first");
    let paths = "session by session from the filtered level, with normal innovations of deviation sigma; the season is put \
                 back into every path";
    let mut out = Explanation::new(fitted, form, paths);
    let length = parameters["season"].as_array().map_or(0, Vec::len);
    out.add_orders([("season", &Value::from(length))]);
    out.add_named(parameters, &["alpha", "theta", "sigma"]);
    out.add_component("level", "at the end of the window", &parameters["state_after_window"]["level"]);
    let line = &parameters["state_after_window"];
    out.add_component("intercept", "of the straight line", &line["intercept"]);
    out.add_component("slope", "of the straight line, per session", &line["slope"]);
    out.add_component("season", &format!("{decomposition} terms, one per session"), &parameters["season"]);
    out
}
