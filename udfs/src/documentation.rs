//! What the functions take and give, in words: `\df` of the prompt and the reference read it.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use datafusion::logical_expr::{DocSection, Documentation};

/// Where our functions stand among those of DataFusion.
const SECTION: DocSection = DocSection { include: true, label: "Forecasts", description: None };

/// The call, what it gives, and each argument with its type and meaning.
type Text = (&'static str, &'static str, &'static [(&'static str, &'static str)]);

const FIT: &str = "Fits a model of the registry; what the model refuses is told in `error_code`";
const CUTOFF: (&str, &str) = ("cutoff", "date: the last day that the fit may see; later days are refused");
const SPEC: (&str, &str) = ("spec", "text: the model's registry entry as JSON");
const SEED: (&str, &str) = ("seed", "integer: seed of every random number");
const HORIZON: (&str, &str) = ("horizon", "integer: days ahead that the fit is for");
const WEEK: (&str, &str) = ("week", "integer: sessions of a week, 5 on a trading calendar, 7 on a daily one");
const ACTUAL: (&str, &str) = ("actual", "number: what came");
const CLOSE: (&str, &str) = ("last_close", "number: the last value known");
const PATHS: (&str, &str) = ("paths", "list of numbers: the simulated values of one day");
const VALUE: (&str, &str) = ("value", "number: one path's value in each row");
const LEVEL: (&str, &str) = ("level", "number: a probability from 0 to 1");
const LEVELS: (&str, &str) = ("levels", "list of numbers: probabilities from 0 to 1");
const CRPS: &str = "Continuous ranked probability score, in the unit of the values; lower is better";
const QUANTILES: &str = "Quantiles of Hyndman and Fan's type 7, one per level, in the levels' order";
const RISK: &str = "Value at risk: the quantile of the loss `last_close - value` of a long position";
const SHORTFALL: &str = "Expected shortfall: the mean of the losses at or beyond the value at risk";
const QUANTILE: (&str, &str) = ("quantile_value", "number: the quantile that was forecast");

const TEXTS: [Text; 14] = [
    ("crps(paths, actual)", CRPS, &[PATHS, ACTUAL]),
    ("crps_agg(value, actual)", CRPS, &[VALUE, ACTUAL]),
    ("quantiles(values, levels)", QUANTILES, &[("values", "list of numbers: the sample"), LEVELS]),
    ("quantiles_agg(value, levels)", QUANTILES, &[VALUE, LEVELS]),
    ("value_at_risk(last_close, paths, level)", RISK, &[CLOSE, PATHS, LEVEL]),
    ("value_at_risk_agg(last_close, value, level)", RISK, &[CLOSE, VALUE, LEVEL]),
    ("expected_shortfall(last_close, paths, level)", SHORTFALL, &[CLOSE, PATHS, LEVEL]),
    ("expected_shortfall_agg(last_close, value, level)", SHORTFALL, &[CLOSE, VALUE, LEVEL]),
    (
        "pinball_loss(quantile_value, level, actual)",
        "Pinball loss of a quantile forecast, in the unit of the values; lower is better",
        &[QUANTILE, LEVEL, ACTUAL],
    ),
    (
        "pinball_loss_agg(quantile_value, level, actual)",
        "Mean pinball loss of quantile forecasts over the rows of a group",
        &[QUANTILE, LEVEL, ACTUAL],
    ),
    (
        "interval_coverage(lower, upper, actual)",
        "Share of the rows whose actual lies inside its interval, ends included",
        &[("lower", "number: lower end of the interval"), ("upper", "number: its upper end"), ACTUAL],
    ),
    (
        "fit_model(spec, days, target, regressors, cutoff, seed, horizon, week)",
        FIT,
        &[
            SPEC,
            ("days", "list of dates: sessions of the window, ascending"),
            ("target", "list of numbers: a value per day, null where missing"),
            ("regressors", "list of lists of numbers: one list per regressor, one value per day"),
            CUTOFF,
            SEED,
            HORIZON,
            WEEK,
        ],
    ),
    (
        "fit_model_agg(spec, day, target, regressors, cutoff, seed, horizon, week)",
        FIT,
        &[
            SPEC,
            ("day", "date: the row's session, each once, in any order"),
            ("target", "number: its value, null where missing"),
            ("regressors", "list of numbers: one value per regressor, `[]` without any"),
            CUTOFF,
            SEED,
            HORIZON,
            WEEK,
        ],
    ),
    (
        "simulate_paths(format, fitted_model, days, target, regressors, future_days, future_regressors, seed, key, \
         model_name, model_version, origin, paths, levels)",
        "Conditions a fit on history up to the origin and draws paths; fits nothing",
        &[
            ("format", "text: `format` of the fit"),
            ("fitted_model", "binary: `fitted_model` of the fit"),
            ("days", "list of dates: history up to the origin, ascending; later days are refused"),
            ("target", "list of numbers: a value per day"),
            ("regressors", "list of lists of numbers: one list per regressor, one value per day"),
            ("future_days", "list of dates: the days ahead, ascending"),
            ("future_regressors", "list of lists of numbers: one list per regressor, one value per day ahead"),
            SEED,
            ("key", "text: key of the series, which the random numbers depend on"),
            ("model_name", "text: as key"),
            ("model_version", "text: as key"),
            ("origin", "date: the last day that the forecast sees"),
            ("paths", "integer: number of paths"),
            ("levels", "text: central intervals in percent, such as `80,95`"),
        ],
    ),
];

static ALL: LazyLock<BTreeMap<&str, Documentation>> = LazyLock::new(|| {
    let named = TEXTS.iter().map(|text| (name(text.0), document(text.0, text.1, text.2)));
    named.collect()
});

fn name(call: &str) -> &str {
    call.split_once('(').map_or(call, |(name, _)| name)
}

/// Documentation of a function in DataFusion's form.
pub fn document(call: &str, gives: &str, arguments: &[(&str, &str)]) -> Documentation {
    let begun = Documentation::builder(SECTION, gives, call);
    arguments.iter().fold(begun, |text, (name, meaning)| text.with_argument(*name, *meaning)).build()
}

/// What is said of a function of this crate.
pub(crate) fn of(name: &str) -> Option<&'static Documentation> {
    ALL.get(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_function_says_what_it_takes() {
        let scalars = crate::functions().into_iter().map(|f| (f.name().to_owned(), f.documentation().cloned()));
        let aggregates = crate::aggregates().into_iter().map(|f| (f.name().to_owned(), f.documentation().cloned()));
        let mut seen = 0;
        for (name, told) in scalars.chain(aggregates) {
            let told = told.unwrap_or_else(|| document("", "", &[]));
            let names: Vec<String> = told.arguments.iter().flatten().map(|(name, _)| name.clone()).collect();
            assert_eq!(told.syntax_example, format!("{name}({})", names.join(", ")));
            seen += 1;
        }
        assert_eq!(seen, TEXTS.len());
    }
}
