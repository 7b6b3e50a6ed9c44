//! What the columns of a view hold: most are passed on from the tables that it reads.

use almanac_engine::settings::Settings;
use almanac_engine::tables::{self, TableDef};
use almanac_engine::tables_docs;

use super::{Stored, all};
use crate::commands::catalog;

/// Units and meanings of one view's columns.
pub(crate) struct Meanings<'a> {
    settings: &'a Settings,
    view: &'a str,
    /// Tables that it reads; of several with a column the first passes it on.
    reads: Vec<TableDef>,
}

impl<'a> Meanings<'a> {
    /// Those of the view of this name, without its schema.
    pub(crate) fn of(settings: &'a Settings, view: &'a str) -> Self {
        let views = all(settings, &Stored::planned(settings));
        let needs = views.iter().find(|known| known.name == view).map(|known| known.needs).unwrap_or_default();
        let defs = catalog::all(settings);
        let def = |table: &&str| defs.iter().find(|def| def.full_name() == *table).cloned();
        Self { settings, view, reads: needs.iter().filter_map(def).collect() }
    }

    /// Unit and meaning of a column; empty where nothing is known.
    pub(crate) fn column(&self, name: &str) -> (Option<String>, String) {
        if let Some((is_value, what)) = own(self.view, name) {
            let unit = if is_value { tables::target_unit(self.settings) } else { None };
            return (unit.map(str::to_owned), what);
        }
        let holds = |def: &&TableDef| def.columns.column_with_name(name).is_some();
        let Some(def) = self.reads.iter().find(holds).or(self.reads.first()) else { return (None, String::new()) };
        let field = def.columns.field_with_name(name).ok();
        let unit = field.and_then(|field| field.metadata().get("unit").cloned());
        (unit, tables_docs::column(self.settings, def, name))
    }
}

/// What a column holds that the view makes, and whether it is in the target's unit.
fn own(view: &str, name: &str) -> Option<(bool, String)> {
    let day = name.strip_prefix("day_").and_then(|day| day.parse::<usize>().ok());
    let (is_value, what) = match (view, name, day) {
        ("distributions_long", "value", _) => (true, "simulated value"),
        ("distributions_with_actuals", "value", _) => (true, "simulated value; of path 0 what came"),
        ("distributions_with_actuals", "path_id", _) => (false, "number of the path, from 1; 0 is what came"),
        ("distributions_with_actuals", "is_actuals", _) => (false, "whether the row is what came"),
        ("distributions_with_actuals", _, Some(day)) => {
            return Some((true, format!("simulated value on day {day} ahead; of path 0 what came")));
        }
        ("point_forecasts_with_actuals", "actual_date", _) => (false, "session that came so many days ahead"),
        ("point_forecasts_wide", _, Some(day)) => return Some((true, format!("point of day {day} ahead"))),
        ("trained_model_counts", "models", _) => (false, "models that are stored"),
        ("trained_model_counts", "first_window", _) => (false, "first origin that the first of them serves"),
        ("trained_model_counts", "last_window", _) => (false, "first origin that the last of them serves"),
        _ => return None,
    };
    Some((is_value, what.to_owned()))
}
