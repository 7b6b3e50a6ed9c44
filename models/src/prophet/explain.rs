//! What a Prophet fit says of itself.

use serde_json::Value;

use crate::{Explanation, Fitted};

pub(super) fn explain(fitted: &Fitted) -> Explanation {
    let parameters = &fitted.parameters;
    let growth = parameters["growth"].as_str().unwrap_or_default();
    let form = format!("a curve: {growth} trend with changes of its rate, seasons, holidays and regressors");
    let paths = "the curve, a residual that decays by the persistence with normal innovations from the last observation, and \
                 changes of the rate at random times as frequent and strong as those of the window";
    let mut out = Explanation::new(fitted, form, paths);
    let trend = &parameters["trend"];
    let used = trend["changepoints_used"].as_array().map_or(0, Vec::len);
    out.add_orders([("changepoints", &trend["changepoints"]), ("changepoints_used", &Value::from(used))]);
    out.add_named(trend, &["level_at_start", "change_per_day_at_start", "change_per_day_at_end"]);
    out.add_named(parameters, &["sigma", "persistence", "innovation"]);
    let changes: Vec<f64> = changes(trend).collect();
    out.add_component("trend", "changes of its rate per day, at the changepoints used", &changes.into());
    for component in parameters["components"].as_array().into_iter().flatten() {
        let mode = component["mode"].as_str().unwrap_or_default();
        let text = |key: &str| component[key].as_str();
        if let Some(name) = text("season") {
            let meaning = format!("{mode} coefficients: sines, then cosines, slowest first");
            out.add_component(
                name,
                &meaning,
                &Value::from(vec![component["sines"].clone(), component["cosines"].clone()]),
            );
        } else if let Some(name) = text("holiday") {
            let after = component["days_after"].as_i64().unwrap_or_default();
            out.add_component(&format!("{name}{after:+}"), &format!("{mode} effect of the day"), &component["effect"]);
        } else if let (Some(name), Some(effect)) = (text("regressor"), component["effect_per_unit"].as_f64()) {
            out.add(name, effect, None);
        }
    }
    out
}

fn changes(trend: &Value) -> impl Iterator<Item = f64> {
    trend["changepoints_used"].as_array().into_iter().flatten().filter_map(|one| one["change_per_day"].as_f64())
}
