//! What the table functions take and give, in words. DataFusion has no place for it beside a table function.

use almanac_udfs::document;
use datafusion::logical_expr::Documentation;

const KEY: (&str, &str) = ("key", "text: the series; several key columns one after the other, or as one list");
const MODEL: (&str, &str) = ("model", "text: registry name of a stored model");
const ORIGIN: (&str, &str) = ("origin", "date: the last day that the forecast sees, any session of the key");
const COUNT: (&str, &str) = ("n", "integer: number of paths, up to 1,000,000");

/// What is said of a table function; none of one that is not ours.
pub fn documentation(name: &str) -> Option<Documentation> {
    Some(match name {
        "forecast" => document(
            "forecast(key, model, origin)",
            "A forecast drawn again from its stored model: point, mean, deviation and interval ends, one row per day ahead",
            &[KEY, MODEL, ORIGIN],
        ),
        "paths" => document(
            "paths(key, model, origin, n)",
            "Paths of a forecast drawn again from its stored model, one row per path and day ahead",
            &[KEY, MODEL, ORIGIN, COUNT],
        ),
        "explain_model" => document(
            "explain_model(key, model, origin)",
            "What the stored model of the origin's window says: kind, orders, coefficients with standard errors, components, importance",
            &[KEY, MODEL, ("origin", "date: any day of the window that the model serves")],
        ),
        _ => return None,
    })
}
