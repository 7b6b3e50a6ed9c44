//! The models that are chosen: whether some source gives each column that they need.

use almanac_engine::registry;

use super::super::Session;
use super::Checks;
use crate::config::columns::usable;

const CHECK: &str = "models";

pub(super) fn check(session: &Session, checks: &mut Checks) {
    let settings = &session.settings;
    let columns = usable(settings);
    let chosen = settings.forecast.models.iter().filter(|name| session.selection.model(name));
    let (mut count, mut lacking) = (0, Vec::new());
    for name in chosen {
        let spec = match registry::model(settings, name) {
            Ok(spec) => spec,
            Err(error) => return checks.failed(CHECK, error),
        };
        count += 1;
        let absent = spec.regressors.iter().map(|regressor| regressor.column.as_str());
        let absent: Vec<&str> = absent.filter(|column| !columns.contains(column)).collect();
        if !absent.is_empty() {
            lacking.push(format!("{name} needs {}", absent.join(", ")));
        }
    }
    if lacking.is_empty() {
        return checks.ok(CHECK, format!("{count} chosen, and some source gives each column that they need"));
    }
    let seen = format!("of {count} chosen these will be skipped, as no source gives: {}", lacking.join("; "));
    checks.warn(CHECK, seen, "add a source with these columns, or leave the models out of forecast.models");
}
