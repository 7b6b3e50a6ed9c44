//! One test per row of the table of bad input.

use almanac_engine::EngineError;
use almanac_engine::tables_input::quarantine;
use almanac_jobs::ingest::{Accept, IngestOptions, Reason};

use crate::place::{Place, SETTINGS, date, market, weekdays};

/// The ingest is refused with exit code 5, the words stand in the error, and no table exists.
async fn refused(place: &Place, words: &[&str]) {
    let before = place.versions().await;
    let error = place.ingest(IngestOptions::default()).await.unwrap_err();
    assert_eq!(error.exit_code(), 5, "{error}");
    for word in words {
        assert!(error.to_string().contains(word), "{word:?} in {error}");
    }
    assert_eq!(place.versions().await, before, "something was written");
}

#[tokio::test]
async fn a_missing_column_refuses_everything() {
    let place = Place::usual();
    place.write("plan.csv", "date,commodity,promotion\n2024-01-01,Coffee,no\n");
    refused(&place, &["plan.csv", "\"promo\" is missing"]).await;
    assert!(place.versions().await.is_empty());
}

#[tokio::test]
async fn a_wrong_type_names_file_line_column_and_value() {
    let place = Place::usual();
    place.write("market.csv", &market(30).replace("2024-01-03,Coffee,102", "2024-01-03,Coffee,n/a"));
    refused(&place, &["market.csv, line 4, column open", "\"n/a\""]).await;
    place.write("market.csv", &market(30));
    place.write("plan.csv", "date,commodity,promo\n2024-01-01,Coffee,maybe\n");
    refused(&place, &["plan.csv, line 2, column promo", "\"maybe\""]).await;
}

#[tokio::test]
async fn an_unparsable_date_names_file_line_column_and_value() {
    let place = Place::usual();
    for bad in ["03/01/2024", "2024-02-30", ""] {
        place.write("vix.csv", &format!("date,vix\n2024-01-01,15\n{bad},16\n"));
        refused(&place, &["vix.csv, line 3, column date", &format!("{bad:?}")]).await;
    }
}

#[tokio::test]
async fn an_empty_file_is_refused() {
    let place = Place::usual();
    for (text, words) in [("", "vix.csv"), ("date,vix\n", "no rows")] {
        place.write("vix.csv", text);
        refused(&place, &[words]).await;
    }
}

#[tokio::test]
async fn a_broken_file_is_refused() {
    let place = Place::usual();
    place.write("vix.csv", "date,vix\n2024-01-01,15,16\n");
    refused(&place, &["vix.csv, line 2", "3 fields"]).await;
    place.write("vix.csv", "date,vix,vix\n2024-01-01,15,16\n");
    refused(&place, &["vix.csv", "more than once"]).await;
    std::fs::write(place.source_dir.join("vix.csv"), b"date,vix\n2024-01-01,\xff\n").unwrap();
    refused(&place, &["vix.csv, line 2, column vix", "UTF-8"]).await;
    std::fs::remove_file(place.source_dir.join("vix.csv")).unwrap();
    let error = place.ingest(IngestOptions::default()).await.unwrap_err();
    assert!(matches!(error, EngineError::NotFound { .. }) && error.to_string().contains("vix.csv"), "{error}");
    assert!(place.versions().await.is_empty());
}

#[tokio::test]
async fn a_table_of_another_schema_is_refused() {
    let mut place = Place::usual();
    place.ingest(IngestOptions::default()).await.unwrap();
    // texts where numbers were
    let settings = SETTINGS.replace("{ name = \"vix\" }", "{ name = \"vix\", map = { calm = 1.0 } }");
    place.settings = toml::from_str(&settings).unwrap();
    place.write("market.csv", &market(31));
    place.write("vix.csv", "date,vix\n2024-01-01,calm\n");
    let error = place.ingest(IngestOptions::default()).await.unwrap_err();
    assert_eq!(error.exit_code(), 5, "{error}");
    assert!(error.to_string().contains("bronze.vix") && error.to_string().contains("expected Utf8"), "{error}");
    assert_eq!(place.text(&place.bronze("market"), &["date"]).await.len(), 30);
}

#[tokio::test]
async fn a_new_column_joins_its_table() {
    let mut place = Place::usual();
    place.ingest(IngestOptions::default()).await.unwrap();
    place.settings =
        toml::from_str(&SETTINGS.replace("{ name = \"vix\" }", "{ name = \"vix\" }, { name = \"more\" }")).unwrap();
    place.write("vix.csv", "date,vix,more\n2024-01-01,15.5,1\n");
    place.ingest(IngestOptions::default()).await.unwrap();
    assert_eq!(place.text(&place.bronze("vix"), &["date", "vix", "more"]).await, ["2024-01-01 15.5 1.0"]);
}

#[tokio::test]
async fn equal_duplicates_are_counted_and_different_ones_listed() {
    let place = Place::usual();
    let extra =
        "2024-01-01,Coffee,100,102,98,100,1000\n2024-01-02,Coffee,,,,90,\n2024-01-03,Coffee,102,104,100,103,1002\n";
    place.write("market.csv", &format!("{}{extra}", market(30)));
    let report = place.ingest(IngestOptions::default()).await.unwrap();
    let market = &report.sources[0];
    assert_eq!((market.rows_read, market.rows_kept), (33, 30));
    assert_eq!((market.duplicates_equal, market.duplicates_different), (1, 2));
    let lines: Vec<_> = market.differing.iter().map(|group| (group.lines.clone(), group.kept_line)).collect();
    assert_eq!(lines, [(vec![3, 33], 3), (vec![4, 34], 34)]);
    let closes = place.text(&place.bronze("market"), &["date", "close"]).await;
    assert_eq!(closes[..3], ["2024-01-01 100.0", "2024-01-02 101.0", "2024-01-03 103.0"]);
}

async fn quarantined(place: &Place) -> Vec<String> {
    place.text(&quarantine(), &["source", "line", "date", "reason", "row"]).await
}

#[tokio::test]
async fn not_a_number_and_infinity_go_to_quarantine() {
    let place = Place::usual();
    let text = market(30).replace(",101,1001\n", ",NaN,1001\n").replace(",102,1002\n", ",inf,1002\n");
    place.write("market.csv", &text);
    let report = place.ingest(IngestOptions::default()).await.unwrap();
    assert_eq!(report.sources[0].quarantined[&Reason::NotFinite], 2);
    assert_eq!((report.quarantined, report.sources[0].rows_kept), (2, 28));
    let rows = quarantined(&place).await;
    assert!(rows[0].starts_with("market 3 2024-01-02 not_finite {"), "{rows:?}");
    assert!(rows[0].contains(r#""close":"NaN""#) && rows[1].contains(r#""close":"inf""#), "{rows:?}");
}

#[tokio::test]
async fn a_value_twenty_times_away_goes_to_quarantine() {
    for value in ["12500", "1.25"] {
        let place = Place::usual();
        place.write("market.csv", &market(30).replace(",125,1025\n", &format!(",{value},1025\n")));
        let report = place.ingest(IngestOptions::default()).await.unwrap();
        assert_eq!(report.sources[0].quarantined[&Reason::Outlier], 1);
        assert!(report.sources[0].refused[0].detail.contains("close"), "{report:?}");
        assert_eq!(place.text(&place.bronze("market"), &["date"]).await.len(), 29);
        assert!(quarantined(&place).await[0].starts_with("market 27 2024-02-05 outlier {"));
    }
}

#[tokio::test]
async fn shares_and_moods_near_zero_are_no_outliers() {
    let place = Place::new(
        &SETTINGS.replace("{ name = \"vix\" }", "{ name = \"vix\" }, { name = \"share\" }, { name = \"cop_usd\" }"),
    );
    place.write("market.csv", &market(30));
    place.write("weather.csv", "date,commodity,region,wind_ms\n2024-01-01,Coffee,A,1\n");
    place.write("plan.csv", "date,commodity,promo\n2024-01-01,Coffee,no\n");
    let row = |(i, day): (usize, &chrono::NaiveDate)| {
        let share = if i == 25 { 0.006 } else { 0.31 + 0.001 * i as f64 };
        let rate = if i == 27 { 39.5 } else { 3_950.0 };
        format!("{day},15,{share},{rate}\n")
    };
    let rows: String = weekdays(30).iter().enumerate().map(row).collect();
    place.write("vix.csv", &format!("date,vix,share,cop_usd\n{rows}"));
    let report = place.ingest(IngestOptions::default()).await.unwrap();
    // the share stays; the rate a hundred times off does not
    assert_eq!(report.quarantined, 1, "{report:?}");
    assert!(report.sources[1].refused[0].detail.starts_with("cop_usd is 39.5"), "{report:?}");
}

#[tokio::test]
async fn future_rows_go_to_quarantine_and_rows_known_in_advance_are_judged_by_known_at() {
    let place = Place::usual();
    place.write("plan.csv", "date,commodity,promo\n2024-02-15,Coffee,no\n2024-02-16,Coffee,yes\n");
    let options = IngestOptions { as_of: Some(date("2024-02-05")), ..IngestOptions::default() };
    let report = place.ingest(options).await.unwrap();
    assert_eq!(report.sources[0].quarantined[&Reason::FutureDated], 4);
    assert_eq!(report.sources[0].last_date.as_deref(), Some("2024-02-05"));
    // Known on 2024-02-05 and 2024-02-06.
    assert_eq!(report.sources[3].quarantined[&Reason::FutureDated], 1);
    assert_eq!(report.sources[3].last_date.as_deref(), Some("2024-02-15"));
}

#[tokio::test]
async fn strict_refuses_what_would_be_quarantined_and_accept_lets_it_in() {
    let place = Place::usual();
    place
        .write("market.csv", &market(30).replace(",125,1025\n", ",12500,1025\n").replace(",128,1028\n", ",NaN,1028\n"));
    let strict = IngestOptions { strict: true, ..IngestOptions::default() };
    let error = place.ingest(strict.clone()).await.unwrap_err();
    assert_eq!(error.exit_code(), 5);
    assert!(error.to_string().contains("market.csv, line 27") || error.to_string().contains("line 30"), "{error}");
    assert!(place.versions().await.is_empty());

    let one = IngestOptions { accept: Accept::parse(&["market:27"]).unwrap(), ..IngestOptions::default() };
    let report = place.ingest(one).await.unwrap();
    assert_eq!((report.sources[0].accepted, report.quarantined), (1, 1));

    let all = IngestOptions { accept: Accept::All, ..strict };
    let report = place.ingest(all).await.unwrap();
    assert_eq!((report.sources[0].accepted, report.quarantined), (2, 0));
    let closes = place.text(&place.bronze("market"), &["close"]).await;
    assert_eq!((closes.len(), closes[25].as_str(), closes[28].as_str()), (30, "12500.0", "-"));
    assert!(quarantined(&place).await.is_empty());
}

#[tokio::test]
async fn zero_and_negative_prices_are_accepted() {
    let place = Place::usual();
    place.write("market.csv", &market(30).replace(",125,1025\n", ",0,1025\n").replace(",126,1026\n", ",-37.63,1026\n"));
    let report = place.ingest(IngestOptions::default()).await.unwrap();
    assert_eq!((report.quarantined, report.sources[0].rows_kept), (0, 30));
}

#[tokio::test]
async fn open_or_close_outside_high_and_low_is_a_warning() {
    let place = Place::usual();
    place.write("market.csv", &market(30).replace(",125,1025\n", ",128,1025\n").replace("Coffee,120,", "Coffee,110,"));
    let report = place.ingest(IngestOptions::default()).await.unwrap();
    assert_eq!((report.quarantined, report.sources[0].rows_kept), (0, 30));
    assert_eq!(report.sources[0].open_close_outside_high_low, 2);
}

#[tokio::test]
async fn a_row_without_key_is_never_let_in() {
    let place = Place::usual();
    place.write("market.csv", &market(30).replace("2024-01-02,Coffee", "2024-01-02, "));
    place.write("weather.csv", "date,commodity,region,wind_ms\n2024-01-01,Coffee,A,1\n2024-01-01,Coffee,,2\n");
    let report = place.ingest(IngestOptions { accept: Accept::All, ..IngestOptions::default() }).await.unwrap();
    assert_eq!(report.sources[0].quarantined[&Reason::MissingKey], 1);
    assert_eq!(report.sources[2].quarantined[&Reason::MissingKey], 1);
    assert_eq!(report.sources[0].rows_kept, 29);
}

#[tokio::test]
async fn ingesting_again_writes_only_what_changed() {
    let place = Place::usual();
    let first = place.ingest(IngestOptions::default()).await.unwrap();
    assert!(first.sources.iter().all(|source| source.written));
    let before = place.versions().await;
    let again = place.ingest(IngestOptions::default()).await.unwrap();
    assert!(again.sources.iter().all(|source| !source.written));
    assert_eq!(place.versions().await, before);

    place.write("market.csv", &market(31));
    let more = place.ingest(IngestOptions::default()).await.unwrap();
    assert_eq!(more.sources.iter().map(|source| source.written).collect::<Vec<_>>(), [true, false, false, false]);
    assert_eq!(place.text(&place.bronze("market"), &["date"]).await.len(), 31);
    let json: serde_json::Value = serde_json::to_value(&more).unwrap();
    assert_eq!(json["sources"][0]["rows_kept"], 31);
}

#[tokio::test]
async fn settings_that_mean_nothing_are_refused() {
    let cases = [
        ("bars = true", "bars = false", "bars"),
        ("target = \"close\"", "target = \"price\"", "target"),
        ("name = \"vix\"\npath", "name = \"market\"\npath", "market"),
        ("{ name = \"vix\" }", "{ name = \"region\" }", "region"),
        ("timezone = \"UTC\"", "timezone = \"Mars/Olympus\"", "timezone"),
    ];
    for (from, to, word) in cases {
        let mut place = Place::usual();
        place.settings = toml::from_str(&SETTINGS.replace(from, to)).unwrap();
        let error = place.ingest(IngestOptions::default()).await.unwrap_err();
        assert_eq!(error.exit_code(), 2, "{error}");
        assert!(error.to_string().contains(word), "{error}");
    }
}
