//! What an ARIMA fit says of itself.

use serde_json::Value;

use crate::{Explanation, Fitted};

pub(super) fn explain(fitted: &Fitted) -> Explanation {
    let parameters = &fitted.parameters;
    let [order, seasonal] = [&parameters["order"], &parameters["seasonal_order"]];
    let lags = "differences of the series are a linear function of earlier ones and of earlier innovations";
    let regressed = parameters["coefficients"].as_array().into_iter().flatten().any(|one| {
        let name = one["name"].as_str().unwrap_or_default();
        !["constant"].contains(&name) && !["ar.", "ma.", "seasonal_"].iter().any(|own| name.starts_with(own))
    });
    let form =
        if regressed { format!("a regression whose errors follow a process: their {lags}") } else { lags.into() };
    let paths = "session by session from the filtered state, with normal innovations of deviation sigma; coefficients are \
                 taken as known";
    let mut out = Explanation::new(fitted, form, paths);
    out.add_orders(["p", "d", "q"].into_iter().zip(list(order)));
    out.add_orders(["seasonal_p", "seasonal_d", "seasonal_q", "season"].into_iter().zip(list(seasonal)));
    out.add_orders(["models_tried", "likelihood_observations"].map(|name| (name, &parameters[name])));
    // the simpler forms have their constant apart
    out.add_named(parameters, &["constant"]);
    out.add_listed(&parameters["coefficients"]);
    out.add_named(parameters, &["sigma", "seasonal_strength"]);
    if let Some(period) = parameters["fourier"]["period_days"].as_f64() {
        let meaning = format!("coefficients of sines and cosines of a season of {period} calendar days, slowest first");
        let terms = out.coefficients.iter().filter(|one| one.name.starts_with("sin.") || one.name.starts_with("cos."));
        let values: Vec<Value> = terms.map(|one| one.value.into()).collect();
        out.add_component("season", &meaning, &values.into());
    }
    out
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}
