//! Real files, where they are at hand: nothing true is lost, known defects are caught, and it is quick.

use std::path::PathBuf;
use std::time::Instant;

use almanac_engine::build::build;
use almanac_engine::delta::Warehouse;
use almanac_engine::runner::Runner;
use almanac_engine::settings::Settings;
use almanac_engine::tables_input::{model_input, quarantine, unified_data};
use almanac_jobs::ingest::{IngestOptions, Reason, ingest};

use crate::leaks::truncated_equals_full;
use crate::notice::notice_of_data;
use crate::place::{Place, date};

/// The folder of real data: `ALMANAC_SHARED/data`, else `../shared/data` beside the workspace or above it.
fn data() -> Option<PathBuf> {
    let workspace = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..");
    let candidates = [
        std::env::var_os("ALMANAC_SHARED").map(PathBuf::from),
        Some(workspace.join("../shared")),
        Some(workspace.join("../../shared")),
    ];
    let found = candidates.into_iter().flatten().map(|shared| shared.join("data")).find(|data| data.is_dir());
    if found.is_none() {
        notice_of_data("nothing proved, there is no real data here; set ALMANAC_SHARED");
    }
    found
}

fn example(name: &str) -> String {
    std::fs::read_to_string(PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../examples").join(name)).unwrap()
}

fn place(settings: &str, folder: PathBuf) -> Place {
    let dir = tempfile::tempdir().unwrap();
    let warehouse = Warehouse::open(dir.path().join("warehouse").to_str().unwrap()).unwrap();
    Place { settings: toml::from_str::<Settings>(settings).unwrap(), warehouse, source_dir: folder, _dir: dir }
}

#[tokio::test]
async fn coffee_and_sugar_lose_nothing() {
    let Some(data) = data() else { return };
    let place = place(&example("coffee-sugar.toml"), data.join("bronze"));
    let started = Instant::now();
    let ingested = place.ingest(IngestOptions { as_of: Some(date("2026-06-22")), ..Default::default() }).await.unwrap();
    let built = build(&place.settings, &place.warehouse, &Runner::Embedded).await.unwrap();
    let seconds = started.elapsed().as_secs_f64();
    eprintln!(
        "coffee and sugar: {seconds:.2} s, ingest {:.2} s, build {:.2} s",
        ingested.ingest_seconds, built.build_seconds
    );
    eprintln!("unified_data {} rows, model_input {} rows", built.unified_rows, built.model_input_rows);
    eprintln!("{}", serde_json::to_string(&built.columns).unwrap());
    let kept: Vec<_> = ingested.sources.iter().map(|source| (source.rows_read, source.rows_kept)).collect();
    assert_eq!(kept, [(13_059, 13_059), (6_271, 6_271), (12_206, 12_206), (29_896, 29_896)]);
    assert_eq!(ingested.quarantined, 0);
    // Counted by a script on the file: 710 of coffee, 11 of sugar.
    assert_eq!(ingested.sources[0].open_close_outside_high_low, 721);
    // Every session is a bar and every day from the first to the last has its row.
    let rows = place.text(&model_input(&place.settings), &["commodity", "is_trading_day", "close"]).await;
    assert_eq!(rows.iter().filter(|row| row.contains(" 1 ")).count(), 13_059);
    assert!(rows.iter().all(|row| !row.ends_with('-')));
    assert_eq!(rows.len(), built.model_input_rows);
    let regions = place.text(&unified_data(&place.settings), &["region"]).await;
    assert_eq!(regions.iter().collect::<std::collections::BTreeSet<_>>().len(), 9);

    agrees_with_a_script(&place).await;
    let again = build(&place.settings, &place.warehouse, &Runner::Embedded).await.unwrap();
    assert!(!again.unified_written && !again.model_input_written);
    for last in ["2009-05-29", "2018-01-05", "2025-04-01"] {
        let day = date(last).signed_duration_since(date("1970-01-01")).num_days() as i32;
        eprintln!("up to {last}: {} rows identical", truncated_equals_full(&place, day).await);
    }
}

/// Three days of coffee, worked out from the files by a script of dictionaries and `max`: the newest VIX up to the day
/// before, the newest rates up to the day, the mean over eight regions of the weather three days before.
async fn agrees_with_a_script(place: &Place) {
    let columns = ["date", "commodity", "is_trading_day", "regions_present", "vix_known_at", "temp_mean_c_known_at"];
    let exact = ["close", "volume", "vix", "cop_usd", "brl_usd", "wind_speed_max_kmh", "temp_mean_c"];
    let wanted = [
        (
            "2016-02-29 Coffee 1 8 2016-02-27 2016-02-29",
            [112.650002, 6.0, 19.809999465942383, 3306.0, 3.9796, 10.8765, 19.85125],
        ),
        (
            "2020-06-15 Coffee 1 8 2020-06-13 2020-06-15",
            [94.0, 22016.0, 36.09000015258789, 3758.15, 5.1883, 8.937, 17.54375],
        ),
        (
            "2024-03-31 Coffee 0 8 2024-03-29 2024-03-31",
            [188.85000610351562, f64::NAN, 13.010000228881836, 3842.3, 4.9962, 10.7145, 18.965],
        ),
    ];
    let table = model_input(&place.settings);
    let (names, values) = (place.text(&table, &columns).await, place.text(&table, &exact).await);
    for (name, numbers) in wanted {
        let row = names.iter().position(|row| row == name).expect(name);
        for (text, number) in values[row].split(' ').zip(numbers) {
            let found = if text == "-" { f64::NAN } else { text.parse::<f64>().unwrap() };
            let same = (found.is_nan() && number.is_nan()) || (found - number).abs() < 1e-9;
            assert!(same, "{name}: {text}, wanted {number}");
        }
    }
}

#[tokio::test]
async fn shops_keep_their_closed_days() {
    let Some(data) = data() else { return };
    let place = place(&example("rossmann.toml"), data.join("retail"));
    let started = Instant::now();
    let ingested = place.ingest(IngestOptions { as_of: Some(date("2015-08-01")), ..Default::default() }).await.unwrap();
    let built = build(&place.settings, &place.warehouse, &Runner::Embedded).await.unwrap();
    let seconds = started.elapsed().as_secs_f64();
    eprintln!("rossmann: {seconds:.2} s, ingest {:.2} s, build {:.2} s", ingested.ingest_seconds, built.build_seconds);
    eprintln!("unified_data {} rows, model_input {} rows", built.unified_rows, built.model_input_rows);
    assert_eq!(
        (ingested.quarantined, ingested.sources[0].rows_kept, ingested.sources[1].rows_kept),
        (0, 45_812, 45_812)
    );
    assert_eq!((built.keys, built.buckets), (50, 50));

    // With an earlier today sales end there, and the plan goes on for the sixty days it is known in advance.
    let options = IngestOptions { as_of: Some(date("2015-03-31")), ..Default::default() };
    let earlier = ingest(&place.settings, &place.source_dir, &place.warehouse, options).await.unwrap();
    assert_eq!(earlier.sources[0].last_date.as_deref(), Some("2015-03-31"));
    assert_eq!(earlier.sources[1].last_date.as_deref(), Some("2015-05-30"));
    build(&place.settings, &place.warehouse, &Runner::Embedded).await.unwrap();
    let rows = place.text(&model_input(&place.settings), &["date", "store", "is_trading_day", "sales", "promo"]).await;
    assert!(rows.contains(&"2015-05-29 1 0 - 0.0".to_owned()) || rows.contains(&"2015-05-29 1 0 - 1.0".to_owned()));
    assert!(rows.iter().all(|row| row.as_str() < "2015-05-31"));
}

/// A file whose rows are bars under one made-up key.
fn bars(file: &str, columns: &str, target: &str) -> String {
    format!(
        "[dataset]\nname = \"t\"\nkey = [\"k\"]\ntarget = \"{target}\"\n\
         [[sources]]\nname = \"bars\"\npath = \"bars.csv\"\nbars = true\nkey = {{ k = \"k\" }}\ncolumns = [{{ name = \"{target}\" }}]\n\
         [[sources]]\nname = \"other\"\npath = \"{file}\"\ncolumns = [{columns}]\n"
    )
}

#[tokio::test]
async fn bad_ticks_of_currencies_are_caught_and_negative_oil_is_kept() {
    let Some(data) = data() else { return };
    let columns = r#"{ name = "cop_usd" }, { name = "brl_usd" }, { name = "krw_usd" }, { name = "cl_close" }"#;
    let place = Place::new(&bars("fx.csv", columns, "close"));
    std::fs::copy(data.join("fx_macro/market_data_yahoo_2015_2025.csv"), place.source_dir.join("fx.csv")).unwrap();
    // The same file's oil as bars: the target is a price and judged as one.
    let text = std::fs::read_to_string(place.source_dir.join("fx.csv")).unwrap();
    let mut oil = "date,k,close\n".to_owned();
    for line in text.lines().skip(1) {
        let fields: Vec<&str> = line.split(',').collect();
        oil.push_str(&format!("{},CL,{}\n", fields[0], fields[2]));
    }
    place.write("bars.csv", &oil);
    let report = place.ingest(IngestOptions::default()).await.unwrap();
    assert_eq!(report.sources[0].quarantined.len(), 0, "{:?}", report.sources[0]);
    assert!(oil.contains("2020-04-20,CL,-37.63"));
    let closes = place.text(&place.bronze("bars"), &["close"]).await;
    assert_eq!(closes.iter().filter(|close| close.starts_with('-') && close.len() > 1).count(), 1);
    assert_eq!(report.sources[1].quarantined[&Reason::Outlier], 5, "{:?}", report.sources[1].refused);
    let dates = place.text(&quarantine(), &["date"]).await;
    assert_eq!(dates, ["2015-02-17", "2015-02-20", "2015-06-04", "2015-12-15", "2016-02-18"]);
}

#[tokio::test]
async fn no_true_price_is_refused() {
    let Some(data) = data() else { return };
    let files = [
        "coffee/kc_ohlcv_merged_2000_2026.csv",
        "sugar/sb_ohlcv_yahoo_2000_2025.csv",
        "soyoil/cl_wti_ohlcv.csv",
        "soyoil/zl_ohlcv_yahoo_2000_2025.csv",
        "soyoil/zs_soybeans_ohlcv.csv",
        "soyoil/zm_soymeal_ohlcv.csv",
        "soyoil/zc_corn_ohlcv.csv",
        "soyoil/natgas_ng_ohlcv_2000_2025.csv",
        "soyoil/heating_oil_ho_ohlcv_2000_2025.csv",
        "soyoil/rbob_rb_ohlcv_2000_2025.csv",
        "soyoil/dx_dollar_index_ohlcv.csv",
    ];
    for file in files {
        let columns =
            "{ name = \"open\" }, { name = \"high\" }, { name = \"low\" }, { name = \"close\" }, { name = \"volume\" }";
        let text = bars("unused.csv", "{ name = \"x\" }", "close").replace("{ name = \"close\" }", columns);
        let place = Place::new(&text);
        let original = std::fs::read_to_string(data.join(file)).unwrap();
        let keyed: Vec<String> = original
            .lines()
            .enumerate()
            .map(|(i, line)| format!("{line},{}", if i == 0 { "k" } else { "key" }))
            .collect();
        place.write("bars.csv", &keyed.join("\n"));
        place.write("unused.csv", "date,x\n2020-01-01,1\n");
        let report = place.ingest(IngestOptions::default()).await.unwrap();
        assert_eq!(report.quarantined, 0, "{file}: {:?}", report.sources[0].refused);
        assert_eq!(
            report.sources[0].rows_kept + report.sources[0].duplicates_equal + report.sources[0].duplicates_different,
            original.lines().count() - 1
        );
    }
}

#[tokio::test]
async fn weather_is_left_alone() {
    let Some(data) = data() else { return };
    let columns = r#"{ name = "temp_max_c" }, { name = "temp_min_c" }, { name = "humidity_mean_pct" }, { name = "solar_mj_m2_day" }, { name = "precipitation_mm" }"#;
    let place = Place::new(&bars("weather.csv", columns, "close"));
    std::fs::copy(data.join("weather/nasa_power_minas_gerais_2001_2025.csv"), place.source_dir.join("weather.csv"))
        .unwrap();
    place.write("bars.csv", "date,k,close\n2020-01-01,a,1\n");
    let report = place.ingest(IngestOptions::default()).await.unwrap();
    assert_eq!(report.quarantined, 0, "{:?}", report.sources[1].refused);
}
