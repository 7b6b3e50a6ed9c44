//! Small panels whose rows are known by hand.

use almanac_engine::build::build;
use almanac_engine::delta::Snapshot;
use almanac_engine::runner::Runner;
use almanac_engine::tables_input::BUCKETS_PROPERTY;
use almanac_engine::tables_input::{model_input, unified_data};
use almanac_jobs::ingest::IngestOptions;

use crate::place::{Place, SETTINGS, date};

/// Thursday, Friday, Monday of coffee; Friday of sugar.
fn small() -> Place {
    let place = Place::new(SETTINGS);
    place.write(
        "market.csv",
        "date,commodity,open,high,low,close,volume\n\
         2024-01-04,Coffee,1,1,1,10,100\n2024-01-05,Coffee,2,2,2,20,200\n2024-01-08,Coffee,3,3,3,30,300\n\
         2024-01-05,Sugar,5,5,5,50,500\n2024-01-06,Sugar,6,6,6,,600\n",
    );
    place.write("vix.csv", "date,vix\n2024-01-03,13\n2024-01-04,14\n2024-01-05,\n2024-01-07,17\n");
    place.write(
        "weather.csv",
        "date,commodity,region,wind_ms\n2024-01-02,Coffee,A,1\n2024-01-03,Coffee,B,2\n2024-01-04,Coffee,A,3\n2024-01-04,Cocoa,C,9\n",
    );
    place
        .write("plan.csv", "date,commodity,promo\n2024-01-04,Coffee,no\n2024-01-08,Coffee,yes\n2024-01-10,Coffee,no\n");
    place
}

#[tokio::test]
async fn unified_data_has_a_row_per_day_and_region_and_looks_back_only() {
    let place = small();
    let (_, report) = place.ingest_and_build().await;
    let columns =
        ["date", "is_trading_day", "commodity", "region", "close", "volume", "vix", "vix_known_at", "wind_kmh"];
    let rows = place.text(&unified_data(&place.settings), &columns).await;
    // Wind is m/s × 3.6, public three days late: A's first on the 5th, B's first on the 6th.
    let wanted = [
        "2024-01-04 1 Coffee - 10.0 100.0 13.0 2024-01-04 -",
        "2024-01-05 1 Coffee A 20.0 200.0 14.0 2024-01-05 3.6",
        "2024-01-05 1 Sugar - 50.0 500.0 14.0 2024-01-05 -",
        "2024-01-06 0 Coffee A 20.0 - 14.0 2024-01-05 3.6",
        "2024-01-06 0 Coffee B 20.0 - 14.0 2024-01-05 7.2",
        "2024-01-07 0 Coffee A 20.0 - 14.0 2024-01-05 10.8",
        "2024-01-07 0 Coffee B 20.0 - 14.0 2024-01-05 7.2",
        "2024-01-08 1 Coffee A 30.0 300.0 17.0 2024-01-08 10.8",
        "2024-01-08 1 Coffee B 30.0 300.0 17.0 2024-01-08 7.2",
        "2024-01-09 0 Coffee A - - - - -",
        "2024-01-09 0 Coffee B - - - - -",
        "2024-01-10 0 Coffee A - - - - -",
        "2024-01-10 0 Coffee B - - - - -",
    ];
    assert_eq!(rows, wanted);
    assert_eq!((report.keys, report.buckets, report.unified_rows), (2, 64, wanted.len()));
    let unused: Vec<_> = report.unused.iter().map(|unused| (unused.source.as_str(), unused.first.as_str())).collect();
    assert_eq!(unused, [("weather", "Cocoa")]);
}

#[tokio::test]
async fn model_input_averages_regions_and_goes_on_with_what_is_known_in_advance() {
    let place = small();
    let (_, report) = place.ingest_and_build().await;
    let columns = [
        "date",
        "is_trading_day",
        "commodity",
        "close",
        "wind_kmh",
        "wind_kmh_known_at",
        "regions_present",
        "promo",
        "promo_known_at",
    ];
    let rows = place.text(&model_input(&place.settings), &columns).await;
    let wanted = [
        "2024-01-04 1 Coffee 10.0 - - 0 0.0 2023-12-25",
        "2024-01-05 1 Coffee 20.0 3.6 2024-01-05 1 0.0 2023-12-25",
        "2024-01-05 1 Sugar 50.0 - - 0 - -",
        "2024-01-06 0 Coffee 20.0 5.4 2024-01-06 2 0.0 2023-12-25",
        "2024-01-07 0 Coffee 20.0 9.0 2024-01-07 2 0.0 2023-12-25",
        "2024-01-08 1 Coffee 30.0 9.0 2024-01-07 2 1.0 2023-12-29",
        "2024-01-09 0 Coffee - - - 0 1.0 2023-12-29",
        "2024-01-10 0 Coffee - - - 0 0.0 2023-12-31",
    ];
    assert_eq!(rows, wanted);
    assert_eq!(report.model_input_rows, wanted.len());
    let wind = report.columns.iter().find(|column| column.column == "wind_kmh").unwrap();
    // Without: coffee's first session and sugar's. On the 8th B's value is of the 3rd.
    assert_eq!((wind.sessions_without, wind.max_age_days), (2, 5));
}

#[tokio::test]
async fn staleness_is_counted_and_its_column_carries_known_at() {
    let mut place = small();
    let limited = SETTINGS.replace("{ name = \"close\" }", "{ name = \"close\", max_staleness_days = 9 }");
    let limited = limited.replace("unit = \"km/h\"", "max_staleness_days = 4");
    place.settings = toml::from_str(&limited).unwrap();
    let (_, report) = place.ingest_and_build().await;
    let wind = report.columns.iter().find(|column| column.column == "wind_kmh").unwrap();
    assert_eq!((wind.max_staleness_days, wind.sessions_over_limit), (Some(4), 1));
    let rows = place.text(&model_input(&place.settings), &["date", "close_known_at"]).await;
    assert_eq!(rows[1], "2024-01-05 2024-01-05");
    assert_eq!(rows[3], "2024-01-06 2024-01-05");

    // The age is that of the value's own date, three days before it was public, and of the older region.
    let columns = ["date", "commodity", "wind_kmh_known_at", "wind_kmh_date", "wind_kmh_stale_on", "close_stale_on"];
    let rows = place.text(&model_input(&place.settings), &columns).await;
    assert_eq!(rows[1], "2024-01-05 Coffee 2024-01-05 2024-01-02 2024-01-07 2024-01-15");
    assert_eq!(rows[2], "2024-01-05 Sugar - - - 2024-01-15");
    assert_eq!(rows[5], "2024-01-08 Coffee 2024-01-07 2024-01-03 2024-01-08 2024-01-18");
}

#[tokio::test]
async fn building_again_writes_nothing_and_a_new_bar_only_its_bucket() {
    let place = small();
    let (_, first) = place.ingest_and_build().await;
    assert!(first.unified_written && first.model_input_written);
    let before = place.versions().await;
    let (_, again) = place.ingest_and_build().await;
    assert!(!again.unified_written && !again.model_input_written);
    assert_eq!(place.versions().await, before);
    assert_eq!(again.unified_rows, first.unified_rows);

    let table = model_input(&place.settings);
    let paths = |snapshot: Snapshot| snapshot.files().unwrap().into_iter().map(|file| file.path).collect::<Vec<_>>();
    let old = paths(Snapshot::open(&place.warehouse, &table).await.unwrap().unwrap());
    let text = std::fs::read_to_string(place.source_dir.join("market.csv")).unwrap();
    place.write("market.csv", &format!("{text}2024-01-08,Sugar,8,8,8,80,800\n"));
    let (_, changed) = place.ingest_and_build().await;
    assert!(changed.unified_written && changed.model_input_written);
    let new = paths(Snapshot::open(&place.warehouse, &table).await.unwrap().unwrap());
    let kept = new.iter().filter(|path| old.contains(path)).count();
    let same_bucket = old.len() == 1;
    assert_eq!(kept, usize::from(!same_bucket), "{old:?} {new:?}");
}

#[tokio::test]
async fn the_number_of_buckets_is_fixed_when_the_table_is_created() {
    let mut place = small();
    place.settings.dataset.buckets = Some(5);
    place.ingest_and_build().await;
    let text = std::fs::read_to_string(place.source_dir.join("market.csv")).unwrap();
    place.write("market.csv", &format!("{text}2024-01-08,Cocoa,8,8,8,80,800\n2024-01-08,Tea,8,8,8,80,800\n"));
    place.settings.dataset.buckets = None;
    let (_, report) = place.ingest_and_build().await;
    assert_eq!((report.keys, report.buckets), (4, 5));
    let table = Snapshot::open(&place.warehouse, &model_input(&place.settings)).await.unwrap().unwrap();
    assert_eq!(table.property(BUCKETS_PROPERTY).as_deref(), Some("5"));
}

#[tokio::test]
async fn a_key_that_vanishes_leaves_no_rows() {
    let place = small();
    place.ingest_and_build().await;
    let text = std::fs::read_to_string(place.source_dir.join("market.csv")).unwrap();
    let without: Vec<&str> = text.lines().filter(|line| !line.contains("Sugar")).collect();
    place.write("market.csv", &(without.join("\n") + "\n"));
    place.ingest_and_build().await;
    let keys = place.text(&model_input(&place.settings), &["commodity"]).await;
    assert!(keys.iter().all(|key| key == "Coffee"), "{keys:?}");
}

#[tokio::test]
async fn of_two_sources_the_first_listed_wins_and_differences_are_listed() {
    let second = "[[sources]]\nname = \"vix2\"\npath = \"vix2.csv\"\npublication_lag_days = 1\n\
                  columns = [{ name = \"vix\", from = \"value\" }]\n";
    let place = Place::new(&format!("{SETTINGS}\n{second}"));
    let usual = small();
    for name in ["market.csv", "vix.csv", "weather.csv", "plan.csv"] {
        place.write(name, &std::fs::read_to_string(usual.source_dir.join(name)).unwrap());
    }
    place.write("vix2.csv", "date,value\n2024-01-03,13\n2024-01-04,14.01\n2024-01-05,15\n2024-01-07,18\n");
    let (_, report) = place.ingest_and_build().await;
    let found = &report.disagreements[0];
    assert_eq!((found.used.as_str(), found.other.as_str()), ("vix", "vix2"));
    assert_eq!((found.compared, found.different, found.over_tolerance), (3, 2, 1));
    assert_eq!(
        (found.listed[0].date.as_str(), found.listed[0].used, found.listed[0].other),
        ("2024-01-07", 17.0, 18.0)
    );
    let rows = place.text(&model_input(&place.settings), &["date", "commodity", "vix"]).await;
    let coffee: Vec<_> =
        rows.iter().filter(|row| row.contains("Coffee")).map(|row| row.rsplit(' ').next().unwrap()).collect();
    // The 5th's value comes from the second source: the first has none.
    assert_eq!(coffee, ["13.0", "14.0", "15.0", "15.0", "17.0", "-", "-"]);
}

#[tokio::test]
async fn a_known_at_column_decides_what_may_be_seen() {
    let known = SETTINGS.replace("publication_lag_days = 1\n", "known_at = \"published\"\n");
    let place = Place::new(&known);
    let usual = small();
    for name in ["market.csv", "weather.csv", "plan.csv"] {
        place.write(name, &std::fs::read_to_string(usual.source_dir.join(name)).unwrap());
    }
    place.write(
        "vix.csv",
        "date,vix,published\n2024-01-02,12,2024-01-05\n2024-01-03,13,2024-01-04\n2024-01-04,14,2024-01-08\n",
    );
    place.ingest_and_build().await;
    let rows = place.text(&model_input(&place.settings), &["date", "commodity", "vix", "vix_known_at"]).await;
    let coffee: Vec<_> = rows.iter().filter(|row| row.contains("Coffee")).take(5).map(String::as_str).collect();
    let wanted = [
        "2024-01-04 Coffee 13.0 2024-01-04",
        "2024-01-05 Coffee 13.0 2024-01-04",
        "2024-01-06 Coffee 13.0 2024-01-04",
        "2024-01-07 Coffee 13.0 2024-01-04",
        "2024-01-08 Coffee 14.0 2024-01-08",
    ];
    assert_eq!(coffee, wanted);
}

#[tokio::test]
async fn several_key_columns_and_a_source_that_carries_one_of_them() {
    let settings = r#"
        [dataset]
        name = "shops"
        key = ["store", "sku"]
        target = "sales"
        [[sources]]
        name = "sales"
        path = "sales.csv"
        bars = true
        key = { store = "store", sku = "sku" }
        columns = [{ name = "sales" }]
        [[sources]]
        name = "visits"
        path = "visits.csv"
        key = { store = "shop" }
        columns = [{ name = "visits" }]
    "#;
    let place = Place::new(settings);
    place.write("sales.csv", "date,store,sku,sales\n2024-01-01,1,a,5\n2024-01-01,2,a,6\n2024-01-01,1,b,7\n");
    place.write("visits.csv", "date,shop,visits\n2024-01-01,1,50\n");
    let report = place.ingest_and_build().await.1;
    assert_eq!((report.keys, report.buckets), (3, 64));
    let rows = place.text(&model_input(&place.settings), &["store", "sku", "sales", "visits"]).await;
    assert_eq!(rows, ["1 a 5.0 50.0", "1 b 7.0 50.0", "2 a 6.0 -"]);
}

#[tokio::test]
async fn building_without_bronze_says_what_to_do() {
    let place = small();
    let error = build(&place.settings, &place.warehouse, &Runner::Embedded).await.unwrap_err();
    assert_eq!(error.exit_code(), 4);
    assert!(error.to_string().contains("ingest"), "{error}");
    assert!(place.versions().await.is_empty());
}

#[tokio::test]
async fn nothing_but_quarantine_still_builds() {
    let place = small();
    place.ingest(IngestOptions { as_of: Some(date("2020-01-01")), ..IngestOptions::default() }).await.unwrap();
    let report = build(&place.settings, &place.warehouse, &Runner::Embedded).await.unwrap();
    assert_eq!((report.keys, report.model_input_rows), (0, 0));
}

#[tokio::test]
async fn more_keys_than_one_group_holds() {
    const KEYS: usize = 450;
    const DAYS: i64 = 1_000;
    let settings = r#"
        [dataset]
        name = "shops"
        key = ["store"]
        target = "sales"
        [[sources]]
        name = "sales"
        path = "sales.csv"
        bars = true
        key = { store = "store" }
        columns = [{ name = "sales" }]
        [[sources]]
        name = "vix"
        path = "vix.csv"
        columns = [{ name = "vix" }]
    "#;
    let place = Place::new(settings);
    let mut text = "date,store,sales\n".to_owned();
    for key in 0..KEYS {
        for day in 0..DAYS {
            let day = date("2020-01-01") + chrono::TimeDelta::days(day);
            text.push_str(&format!("{day},{key},{}\n", key + 1));
        }
    }
    place.write("sales.csv", &text);
    place.write("vix.csv", "date,vix\n2020-01-01,20\n");
    let (ingested, built) = place.ingest_and_build().await;
    eprintln!("450,000 bars: ingest {:.2} s, build {:.2} s", ingested.ingest_seconds, built.build_seconds);
    assert_eq!((built.keys, built.buckets, built.model_input_rows), (KEYS, 64, KEYS * DAYS as usize));
    let rows = place.text(&model_input(&place.settings), &["store", "sales", "vix"]).await;
    assert_eq!(rows.len(), KEYS * DAYS as usize);
    for row in rows {
        let fields: Vec<f64> = row.split(' ').map(|field| field.parse().unwrap()).collect();
        assert_eq!((fields[0] + 1.0, 20.0), (fields[1], fields[2]));
    }
    let again = build(&place.settings, &place.warehouse, &Runner::Embedded).await.unwrap();
    assert!(!again.unified_written && !again.model_input_written);
}
