//! Tables that hold what comes in: `bronze.*`, `bronze.quarantine`, `silver.unified_data`, `silver.model_input`.
//!
//! Bronze keeps values as the file has them; scale and map are applied on the way into silver.

use arrow::datatypes::{DataType, Field};

use crate::settings::{Column, Settings, Source};
use crate::tables::{TableDef, table, with_unit};

/// Name of the quarantine table within `bronze`; no source may take it.
pub const QUARANTINE: &str = "quarantine";

/// Property of `silver.model_input` that fixes the number of key buckets.
pub const BUCKETS_PROPERTY: &str = "almanac.buckets";

/// A value column of the silver tables: one name, and the sources that carry it in the order they are listed.
#[derive(Debug, Clone)]
pub struct SilverColumn<'a> {
    /// Name in silver.
    pub name: &'a str,
    /// (index of the source, index of the column in it), first listed first: on one date the first wins.
    pub origins: Vec<(usize, usize)>,
    /// Whether any of its sources names regions.
    pub regional: bool,
    /// Whether days without a value take the last one; the first source decides.
    pub fill: bool,
    /// Whether `<name>_known_at` stands beside it: a source is lagged, or staleness is limited.
    pub known_at: bool,
    /// Unit, from the first source that states one.
    pub unit: Option<&'a str>,
    /// Least of the limits stated: each value is held to its own source's. Where there is one, `<name>_date` and
    /// `<name>_stale_on` stand in `silver.model_input`.
    pub max_staleness_days: Option<i32>,
}

/// Whether a source's rows become public on another day than their own.
pub fn is_lagged(source: &Source) -> bool {
    source.publication_lag_days != 0 || source.known_at.is_some()
}

/// Whether a source may hold rows for days still to come: promotions, holidays, opening plans.
pub fn is_known_in_advance(source: &Source) -> bool {
    source.publication_lag_days < 0 || source.known_at.is_some()
}

/// The value columns of silver, in the order in which the sources first name them.
pub fn silver_columns(settings: &Settings) -> Vec<SilverColumn<'_>> {
    let mut columns: Vec<SilverColumn<'_>> = Vec::new();
    for (s, source) in settings.sources.iter().enumerate() {
        for (c, column) in source.columns.iter().enumerate() {
            let known_at = is_lagged(source) || column.max_staleness_days.is_some();
            let Some(seen) = columns.iter_mut().find(|seen| seen.name == column.name) else {
                columns.push(SilverColumn {
                    name: &column.name,
                    origins: vec![(s, c)],
                    regional: source.region.is_some(),
                    fill: column.fill,
                    known_at,
                    unit: column.unit.as_deref(),
                    max_staleness_days: column.max_staleness_days,
                });
                continue;
            };
            seen.origins.push((s, c));
            seen.regional |= source.region.is_some();
            seen.known_at |= known_at;
            seen.unit = seen.unit.or(column.unit.as_deref());
            seen.max_staleness_days = [seen.max_staleness_days, column.max_staleness_days].into_iter().flatten().min();
        }
    }
    columns
}

/// Name of a column in its bronze table: the file's own, unless it is no plain identifier or already taken; then ours.
pub fn bronze_names(settings: &Settings, source: &Source) -> Vec<String> {
    let mut taken: Vec<String> = ["date", "known_at", "region"].map(str::to_owned).to_vec();
    taken.extend(settings.dataset.key.iter().map(|key| key.to_lowercase()));
    let mut names = Vec::with_capacity(source.columns.len());
    for column in &source.columns {
        let own = file_name(column);
        let free = is_identifier(own) && !taken.contains(&own.to_lowercase());
        let name = if free { own } else { &column.name };
        taken.push(name.to_lowercase());
        names.push(name.to_owned());
    }
    names
}

/// Name of a column in the source's file.
pub fn file_name(column: &Column) -> &str {
    column.from.as_deref().unwrap_or(&column.name)
}

fn is_identifier(name: &str) -> bool {
    !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || c == '_')
}

/// `bronze.<source>`: grain (date, key of the source, region of the source). Values as the file has them: double, or
/// text for mapped columns; `known_at` is the day the row became public.
pub fn bronze(settings: &Settings, source: &Source) -> TableDef {
    let mut fields = vec![Field::new("date", DataType::Date32, false)];
    let mut grain: Vec<String> = source_keys(settings, source).map(str::to_owned).collect();
    grain.extend(source.region.is_some().then(|| "region".to_owned()));
    fields.extend(grain.iter().map(|name| Field::new(name, DataType::Utf8, false)));
    for (column, name) in source.columns.iter().zip(bronze_names(settings, source)) {
        let kind = if column.map.is_empty() { DataType::Float64 } else { DataType::Utf8 };
        // A unit is that of the scaled value, so it would be wrong here.
        let unit = if column.scale.is_none() && column.map.is_empty() { column.unit.as_deref() } else { None };
        fields.push(with_unit(Field::new(name, kind, true), unit));
    }
    fields.push(Field::new("known_at", DataType::Date32, false));
    grain.insert(0, "date".into());
    table("bronze", &source.name, fields, &[], grain.clone(), grain)
}

/// Dataset keys that a source carries, in the dataset's order.
pub fn source_keys<'a>(settings: &'a Settings, source: &'a Source) -> impl Iterator<Item = &'a str> {
    settings.dataset.key.iter().map(String::as_str).filter(|key| source.key.contains_key(*key))
}

/// `bronze.quarantine`: rows that were refused, as of the last ingest of their source. Partitioned by source.
pub fn quarantine() -> TableDef {
    use DataType::{Date32, Int64, Utf8};
    let fields = vec![
        Field::new("reason", Utf8, false),
        Field::new("detail", Utf8, false),
        Field::new("file", Utf8, false),
        Field::new("line", Int64, false),
        Field::new("date", Date32, false),
        Field::new("row", Utf8, false),
        Field::new("source", Utf8, false),
    ];
    table("bronze", QUARANTINE, fields, &["source"], strings(&["reason", "date"]), strings(&["source", "line"]))
}

/// `silver.unified_data`: grain (date, key, region), one row per calendar day from the key's first bar on. `region` is
/// `-` where none is known. Partitioned by `key_bucket`.
pub fn unified_data(settings: &Settings) -> TableDef {
    let keys = &settings.dataset.key;
    let mut fields = head(settings);
    fields.push(Field::new("region", DataType::Utf8, false));
    fields.extend(values(settings));
    fields.extend(known_ats(settings));
    fields.push(Field::new("key_bucket", DataType::Int32, false));
    let mut grain = with_keys(keys);
    grain.push("region".into());
    table("silver", "unified_data", fields, &["key_bucket"], with_keys(keys), grain)
}

/// `silver.model_input`: grain (date, key); regional columns are the mean over the regions that have a value,
/// `regions_present` counts the regions that have any. Columns of limited age have their value's own date
/// (`<column>_date`) and the first day on which it is too old (`<column>_stale_on`), of the region nearest its limit.
/// Partitioned by `key_bucket`, sorted by key and date.
pub fn model_input(settings: &Settings) -> TableDef {
    let keys = &settings.dataset.key;
    let mut fields = head(settings);
    fields.extend(values(settings));
    fields.push(Field::new("regions_present", DataType::Int32, false));
    fields.extend(known_ats(settings));
    fields.extend(ages(settings));
    fields.push(Field::new("key_bucket", DataType::Int32, false));
    table("silver", "model_input", fields, &["key_bucket"], with_keys(keys), with_keys(keys))
}

fn head(settings: &Settings) -> Vec<Field> {
    let mut fields =
        vec![Field::new("date", DataType::Date32, false), Field::new("is_trading_day", DataType::Int32, false)];
    fields.extend(settings.dataset.key.iter().map(|key| Field::new(key, DataType::Utf8, false)));
    fields
}

fn values(settings: &Settings) -> Vec<Field> {
    let columns = silver_columns(settings).into_iter();
    columns.map(|c| with_unit(Field::new(c.name, DataType::Float64, true), c.unit)).collect()
}

fn known_ats(settings: &Settings) -> Vec<Field> {
    let columns = silver_columns(settings).into_iter().filter(|c| c.known_at);
    columns.map(|c| Field::new(format!("{}_known_at", c.name), DataType::Date32, true)).collect()
}

fn ages(settings: &Settings) -> Vec<Field> {
    let columns = silver_columns(settings).into_iter().filter(|c| c.max_staleness_days.is_some());
    let of = |c: SilverColumn<'_>| ["date", "stale_on"].map(|what| format!("{}_{what}", c.name));
    columns.flat_map(of).map(|name| Field::new(name, DataType::Date32, true)).collect()
}

fn with_keys(keys: &[String]) -> Vec<String> {
    std::iter::once("date".to_owned()).chain(keys.iter().cloned()).collect()
}

fn strings(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn source(name: &str, columns: &[(&str, Option<&str>)]) -> Source {
        let columns = columns.iter().map(|(name, from)| Column {
            name: (*name).into(),
            from: from.map(str::to_owned),
            scale: None,
            map: Default::default(),
            unit: None,
            fill: true,
            max_staleness_days: None,
        });
        Source {
            name: name.into(),
            path: format!("{name}.csv"),
            bars: name == "market",
            date: "date".into(),
            key: Default::default(),
            region: None,
            publication_lag_days: 0,
            known_at: None,
            columns: columns.collect(),
        }
    }

    fn settings(sources: Vec<Source>) -> Settings {
        Settings {
            dataset: crate::settings::Dataset {
                name: "d".into(),
                key: vec!["commodity".into()],
                target: "close".into(),
                calendar: Default::default(),
                holidays: "none".into(),
                timezone: "UTC".into(),
                buckets: None,
                synthetic: false,
            },
            sources,
            training: Default::default(),
            forecast: Default::default(),
            models: Vec::new(),
            run: Default::default(),
        }
    }

    #[test]
    fn the_first_source_that_names_a_column_leads() {
        let mut vix = source("vix", &[("vix", None)]);
        vix.publication_lag_days = 1;
        let settings =
            settings(vec![source("market", &[("close", None)]), vix, source("other", &[("vix", Some("v"))])]);
        let columns = silver_columns(&settings);
        assert_eq!(columns.len(), 2);
        assert_eq!(columns[1].origins, [(1, 0), (2, 0)]);
        assert!(columns[1].known_at && !columns[0].known_at);
        let names = |settings: &Settings| -> Vec<String> {
            model_input(settings).columns.fields().iter().map(|f| f.name().clone()).collect()
        };
        let head = ["date", "is_trading_day", "commodity", "close", "vix", "regions_present", "vix_known_at"];
        assert_eq!(names(&settings), [&head[..], &["key_bucket"]].concat());

        // a limit on either source's values brings their dates
        let mut limited = settings.clone();
        limited.sources[2].columns[0].max_staleness_days = Some(5);
        assert_eq!(names(&limited), [&head[..], &["vix_date", "vix_stale_on", "key_bucket"]].concat());
    }

    #[test]
    fn bronze_names_are_the_files_unless_unusable() {
        let s =
            source("market", &[("close", Some("Adj Close")), ("speed", Some("wind_ms")), ("when", Some("known_at"))]);
        assert_eq!(bronze_names(&settings(vec![s.clone()]), &s), ["close", "wind_ms", "when"]);
    }
}
