//! What gradient-boosted trees say of themselves.

use serde_json::Value;

use crate::{Explanation, Fitted, Importance};

pub(super) fn explain(fitted: &Fitted) -> Explanation {
    let parameters = &fitted.parameters;
    let settings = &parameters["settings"];
    let direct = fitted.format == "xgboost/2";
    let target = if parameters["target"].as_str() == Some("scaled_difference") { "difference" } else { "log return" };
    let (reach, paths) = if !direct {
        let law = parameters["innovations"]["law"].as_str().map(|law| format!("{law} innovation"));
        let innovation = law.unwrap_or_else(|| "residual drawn out of fold".to_owned());
        let paths = format!("session by session: the trees' return from the path's own features, and a {innovation}");
        ("the next session", paths)
    } else if settings["objective"] == "quantile" {
        let paths = "all days at once: the quantiles predicted, at the levels that a row drawn out of fold reached";
        ("each day ahead, as quantiles", paths.to_owned())
    } else {
        let paths =
            "all days at once: the returns predicted, and the whole vector of residuals of a row drawn out of fold";
        ("each day ahead", paths.to_owned())
    };
    let form = format!("gradient-boosted trees of the {target} to {reach}, from lags, windows and regressors");
    let mut out = Explanation::new(fitted, form, paths);
    out.add_orders(["trees", "nodes", "rows_out_of_fold"].map(|name| (name, &parameters[name])));
    out.add_orders(["rounds", "depth", "folds"].map(|name| (name, &settings[name])));
    out.add_named(parameters, &["scale", "base_score", "value"]);
    for name in ["out_of_fold_rms", "in_sample_rms", "centred_rms"] {
        if let Some(value) = parameters["residuals"][name].as_f64() {
            out.add(&format!("residuals.{name}"), value, None);
        }
    }
    out.add_innovations(&parameters["innovations"]);
    let features = parameters["features"].as_array().into_iter().flatten();
    out.importance = features.filter_map(importance).collect();
    out.importance.sort_by(|a, b| b.share.total_cmp(&a.share));
    out
}

fn importance(feature: &Value) -> Option<Importance> {
    Some(Importance { feature: feature["name"].as_str()?.to_owned(), share: feature["gain_share"].as_f64()? })
}
