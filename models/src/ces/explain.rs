//! What a fit of complex exponential smoothing says of itself.

use crate::{Explanation, Fitted};

pub(super) fn explain(fitted: &Fitted) -> Explanation {
    let parameters = &fitted.parameters;
    let form = "a complex level: its real part is the value, its imaginary part what past errors carry on";
    let paths = "session by session from the filtered components, with normal innovations of deviation sigma that move \
                 the components of the path; parameters are taken as known";
    let mut out = Explanation::new(fitted, form, paths);
    out.add_orders([("season", &parameters["season"])]);
    out.add_named(parameters, &["alpha_0", "alpha_1", "beta_0", "beta_1", "sigma"]);
    let end = &parameters["components_after_window"];
    out.add_component("level", "at the end of the window", &end["level"]["level"]);
    out.add_component("information", "of past errors, at the end of the window", &end["level"]["information"]);
    let season: Vec<f64> =
        end["season"].as_array().into_iter().flatten().filter_map(|term| term["level"].as_f64()).collect();
    out.add_component("season", "one term per session", &season.into());
    out
}
