//! What a fit of exponential smoothing says of itself.

use serde_json::Value;

use crate::{Explanation, Fitted};

pub(super) fn explain(fitted: &Fitted) -> Explanation {
    let parameters = &fitted.parameters;
    let form = parameters["form"].as_str().unwrap_or_default();
    let letters: Vec<char> = form.chars().collect();
    let part = |letter: Option<&char>| match letter {
        Some('A') => "additive",
        Some('M') => "multiplicative",
        _ => "no",
    };
    let damped = if letters.get(2) == Some(&'d') { "damped " } else { "" };
    let [error, trend, season] = [letters.first(), letters.get(1), letters.last()].map(part);
    let form =
        format!("a level with {damped}{trend} trend and {season} season, each moved by a share of every {error} error");
    let paths = "session by session from the filtered components, with normal innovations of deviation sigma that move \
                 the components of the path; parameters are taken as known";
    let mut out = Explanation::new(fitted, form, paths);
    out.add_orders([("season", &parameters["season"])]);
    out.add_named(parameters, &["alpha", "beta", "gamma", "phi", "sigma"]);
    let tried = parameters["forms_tried"].as_array().map_or(0, Vec::len);
    out.add_orders([("forms_tried", &Value::from(tried))]);
    let end = &parameters["components_after_window"];
    out.add_component("level", "at the end of the window", &end["level"]);
    if trend != "no" {
        out.add_component("growth", "per session at the end of the window", &end["growth"]);
    }
    out.add_component(
        "season",
        "one term per session, that of the first session after the window first",
        &end["season"],
    );
    out
}
