//! Views over the forecast tables. They say the same in either form of the paths, as far as the form allows.

mod meanings;

use almanac_engine::delta::Snapshot;
use almanac_engine::settings::Settings;
use almanac_engine::tables::{self, TableDef};
use almanac_engine::width::{self, Form};

pub(crate) use self::meanings::Meanings;

/// What the stored tables have for the days ahead.
#[derive(Debug, Default)]
pub(crate) struct Stored {
    /// Form of `forecast.distributions`.
    paths: Option<Form>,
    /// Days of `forecast.actual_paths`.
    actual_days: usize,
}

impl Stored {
    /// What a new warehouse would have.
    pub(crate) fn planned(settings: &Settings) -> Self {
        let days = settings.forecast.horizon;
        let paths = tables::distributions(settings, days).columns;
        Self { paths: Some(Form::of(&paths)), actual_days: days }
    }

    /// Notes what a table has.
    pub(crate) fn note(&mut self, def: &TableDef, snapshot: &Snapshot) {
        match def.full_name().as_str() {
            "forecast.distributions" => self.paths = Some(Form::of(&snapshot.schema())),
            "forecast.actual_paths" => self.actual_days = width::days(&snapshot.schema()),
            _ => {}
        }
    }
}

/// A view of the schema `forecast`.
#[derive(Debug)]
pub(crate) struct View {
    pub(crate) name: &'static str,
    pub(crate) query: String,
    /// Tables without which there is none.
    pub(crate) needs: &'static [&'static str],
}

fn view(name: &'static str, query: String, needs: &'static [&'static str]) -> View {
    View { name, query, needs }
}

/// What a view holds, by its name.
pub(crate) fn meaning(name: &str) -> &'static str {
    match name {
        "distributions_long" => {
            "every simulated path, one row per path and day ahead, whatever the form that is stored"
        }
        "distributions_with_actuals" => "the paths, with what came as path 0",
        "point_forecasts_with_actuals" => "the point forecasts, each beside what came on its day",
        "point_forecasts_wide" => "points of a forecast in one row, a column per day ahead",
        "trained_model_counts" => "how many models are stored, with first and last window",
        _ => "",
    }
}

/// The views that the stored tables allow.
pub(crate) fn all(settings: &Settings, stored: &Stored) -> Vec<View> {
    let text = Text { settings };
    let mut views = match stored.paths {
        Some(Form::Wide(days)) => vec![text.wide_as_long(days), text.wide_with_actuals(days, stored.actual_days)],
        Some(Form::Long) => vec![text.long(), text.long_with_actuals()],
        None => vec![],
    };
    let days = match stored.paths {
        Some(Form::Wide(days)) => days.max(settings.forecast.horizon),
        _ => settings.forecast.horizon,
    };
    views.extend([text.points_with_actuals(), text.points_wide(days), text.model_counts()]);
    views
}

/// What tells one forecast from another, beside the key.
const FORECAST: &str = "model_name, model_version, data_cutoff_date";

struct Text<'a> {
    settings: &'a Settings,
}

impl Text<'_> {
    fn keys(&self, alias: &str) -> String {
        let names = self.settings.dataset.key.iter().map(|key| format!("{alias}\"{key}\""));
        names.collect::<Vec<_>>().join(", ")
    }

    fn same_key(&self, a: &str, b: &str) -> String {
        let pairs = self.settings.dataset.key.iter().map(|key| format!("{a}.\"{key}\" = {b}.\"{key}\""));
        pairs.collect::<Vec<_>>().join(" AND ")
    }

    fn actual(&self) -> String {
        format!("\"actual_{}\"", self.settings.dataset.target)
    }

    /// Sessions of every key, numbered: the n-th after another is its n-th day ahead.
    fn sessions(&self) -> String {
        format!(
            "SELECT {k}, date, {actual}, row_number() OVER (PARTITION BY {k} ORDER BY date) AS n \
             FROM forecast.forecast_actuals",
            k = self.keys(""),
            actual = self.actual()
        )
    }

    fn wide_as_long(&self, days: usize) -> View {
        let keys = self.keys("");
        let query = format!(
            "SELECT {keys}, {FORECAST}, path_id, CAST(day_ahead AS INT) AS day_ahead, value FROM (SELECT {keys}, \
             {FORECAST}, path_id, unnest(range(1, {})) AS day_ahead, unnest(make_array({})) AS value \
             FROM forecast.distributions) WHERE value IS NOT NULL",
            days + 1,
            columns(days)
        );
        view("distributions_long", query, &["forecast.distributions"])
    }

    fn long(&self) -> View {
        let keys = self.keys("");
        let query = format!("SELECT {keys}, {FORECAST}, path_id, day_ahead, value FROM forecast.distributions");
        view("distributions_long", query, &["forecast.distributions"])
    }

    fn wide_with_actuals(&self, days: usize, actual_days: usize) -> View {
        let actual = |h: usize| match h <= actual_days {
            true => format!("a.day_{h}"),
            false => format!("CAST(NULL AS FLOAT) AS day_{h}"),
        };
        let query = format!(
            "SELECT {k}, {FORECAST}, path_id, {d}, false AS is_actuals FROM forecast.distributions UNION ALL \
             SELECT {ak}, o.model_name, o.model_version, a.data_cutoff_date, 0 AS path_id, {ad}, true AS is_actuals \
             FROM forecast.actual_paths a JOIN (SELECT DISTINCT {k}, {FORECAST} \
             FROM forecast.point_forecasts) o ON {j} AND a.data_cutoff_date = o.data_cutoff_date",
            k = self.keys(""),
            d = columns(days),
            ak = self.keys("a."),
            ad = (1..=days).map(actual).collect::<Vec<_>>().join(", "),
            j = self.same_key("a", "o")
        );
        let needs = &["forecast.distributions", "forecast.actual_paths", "forecast.point_forecasts"];
        view("distributions_with_actuals", query, needs)
    }

    /// One row per path and day; path 0 is what happened, of the days of each forecast.
    fn long_with_actuals(&self) -> View {
        let query = format!(
            "WITH sessions AS ({sessions}) \
             SELECT {k}, {FORECAST}, path_id, day_ahead, value, false AS is_actuals FROM forecast.distributions \
             UNION ALL SELECT {pk}, p.model_name, p.model_version, p.data_cutoff_date, 0 AS path_id, p.day_ahead, \
             CAST(t.{actual} AS FLOAT) AS value, true AS is_actuals FROM forecast.point_forecasts p \
             JOIN sessions o ON {po} AND o.date = p.data_cutoff_date \
             JOIN sessions t ON {pt} AND t.n = o.n + p.day_ahead",
            sessions = self.sessions(),
            k = self.keys(""),
            pk = self.keys("p."),
            actual = self.actual(),
            po = self.same_key("p", "o"),
            pt = self.same_key("p", "t")
        );
        let needs = &["forecast.distributions", "forecast.forecast_actuals", "forecast.point_forecasts"];
        view("distributions_with_actuals", query, needs)
    }

    fn points_with_actuals(&self) -> View {
        let query = format!(
            "WITH sessions AS ({sessions}) \
             SELECT p.*, t.date AS actual_date, t.{actual} FROM forecast.point_forecasts p \
             JOIN sessions o ON {po} AND o.date = p.data_cutoff_date \
             LEFT JOIN sessions t ON {pt} AND t.n = o.n + p.day_ahead",
            sessions = self.sessions(),
            actual = self.actual(),
            po = self.same_key("p", "o"),
            pt = self.same_key("p", "t")
        );
        view("point_forecasts_with_actuals", query, &["forecast.point_forecasts", "forecast.forecast_actuals"])
    }

    fn points_wide(&self, days: usize) -> View {
        let day = |h: usize| format!("max(CASE WHEN day_ahead = {h} THEN forecast_point END) AS day_{h}");
        let query = format!(
            "SELECT {k}, {FORECAST}, {wide} FROM forecast.point_forecasts GROUP BY {k}, {FORECAST}",
            k = self.keys(""),
            wide = (1..=days).map(day).collect::<Vec<_>>().join(", ")
        );
        view("point_forecasts_wide", query, &["forecast.point_forecasts"])
    }

    fn model_counts(&self) -> View {
        let query = format!(
            "SELECT {k}, model_name, model_version, count(*) AS models, min(window_start) AS first_window, \
             max(window_start) AS last_window FROM forecast.trained_models GROUP BY {k}, model_name, model_version",
            k = self.keys("")
        );
        view("trained_model_counts", query, &["forecast.trained_models"])
    }
}

fn columns(days: usize) -> String {
    (1..=days).map(|h| format!("day_{h}")).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use almanac_engine::reserved;

    use super::*;
    use crate::commands::catalog;

    #[test]
    fn columns_that_views_make_are_kept_from_keys() {
        let mut settings: Settings = toml::from_str(include_str!("../../../examples/demo.toml")).unwrap();
        let defs = catalog::all(&settings);
        let of_tables = |name: &str| defs.iter().any(|def| def.columns.column_with_name(name).is_some());
        let mut made = Vec::new();
        for horizon in [3, 100] {
            settings.forecast.horizon = horizon;
            for view in all(&settings, &Stored::planned(&settings)) {
                let names = view.query.split(" AS ").skip(1).map(|rest| {
                    let ends = |c: char| !(c.is_alphanumeric() || c == '_');
                    rest.split(ends).next().unwrap().to_owned()
                });
                // what is left are types and the end of `WITH … AS (`
                made.extend(names.filter(|name| !name.is_empty() && *name == name.to_lowercase()));
            }
        }
        made.retain(|name| name != "value" && !name.starts_with("day_") && !of_tables(name.as_str()));
        assert!(!made.is_empty());
        for name in made {
            assert!(reserved::MADE.contains(&name.as_str()), "{name}");
        }
    }
}
