//! A first configuration from what files hold.

mod guess;
mod survey;
mod suspect;
mod text;

use std::collections::BTreeSet;
use std::path::Path;

use almanac_engine::settings::Settings;
use almanac_engine::{Result, reserved};

pub(crate) use guess::{Guess, Told};

/// The configuration for the files of a folder, with what was guessed.
///
/// # Errors
/// As surveying and guessing.
pub(crate) fn configure(name: &str, folder: &Path, told: &Told) -> Result<(String, Guess)> {
    let files = survey::folder(folder)?;
    let guess = guess::guess(&files, told)?;
    Ok((text::toml(name, &guess, told, &taken(name, &guess, told)), guess))
}

/// Names of the files' columns that the tables cannot have, because they have them already.
fn taken(name: &str, guess: &Guess, told: &Told) -> BTreeSet<String> {
    let mut taken = BTreeSet::new();
    loop {
        // a text that is no configuration is refused where it is used
        let settings = toml::from_str::<Settings>(&text::toml(name, guess, told, &taken)).ok();
        match settings.as_ref().and_then(reserved::twice) {
            Some(twice) if !taken.contains(&twice.name) => taken.insert(twice.name),
            _ => return taken,
        };
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::panic)]
mod tests {
    use super::*;

    fn configured(files: &[(&str, &str)], told: &Told) -> Result<(Settings, String)> {
        let folder = tempfile::tempdir().unwrap();
        files.iter().for_each(|(name, text)| std::fs::write(folder.path().join(name), text).unwrap());
        configure("test", folder.path(), told)
            .map(|(text, _)| (toml::from_str(&text).unwrap_or_else(|e| panic!("{e}: {text}")), text))
    }

    #[test]
    fn prices_with_regional_weather() {
        let market = "date,commodity,open,close\n2024-01-01,Coffee,1,2\n2024-01-02,Coffee,2,3\n\
                      2024-01-01,Sugar,1,2\n2024-01-02,Sugar,1,2\n";
        let weather = "date,region,temp,commodity\n2024-01-06,A,1,Coffee\n2024-01-06,B,2,Coffee\n";
        let vix = "date,close\n2024-01-01,15.5\n";
        let files = [("market.csv", market), ("vix.csv", vix), ("weather.csv", weather)];
        let (settings, text) = configured(&files, &Told::default()).unwrap();
        assert_eq!(settings.dataset.key, ["commodity"]);
        assert_eq!(settings.dataset.target, "close");
        assert_eq!(settings.dataset.calendar, almanac_models::CalendarKind::Trading);
        let source = |name: &str| settings.sources.iter().find(|source| source.name == name).unwrap();
        assert!(source("market").bars && !source("vix").bars);
        assert_eq!(source("weather").region.as_deref(), Some("region"));
        let vix = &source("vix").columns[0];
        assert_eq!((vix.name.as_str(), vix.from.as_deref()), ("vix_close", Some("close")), "{text}");
    }

    #[test]
    fn sales_by_store_with_weekends() {
        let sales = "Store,DayOfWeek,Date,Sales,Open\n1,6,2024-01-06,5,1\n1,7,2024-01-07,0,0\n\
                     2,6,2024-01-06,7,1\n2,7,2024-01-07,9,1\n";
        let (settings, text) = configured(&[("sales.csv", sales)], &Told::default()).unwrap();
        assert_eq!((settings.dataset.key[0].as_str(), settings.dataset.target.as_str()), ("store", "sales"), "{text}");
        assert_eq!(settings.dataset.calendar, almanac_models::CalendarKind::Daily);
        assert_eq!(settings.sources[0].key["store"], "Store");
        assert_eq!(settings.sources[0].date, "Date");
    }

    #[test]
    fn what_is_told_wins() {
        let text = "date,a,b,close,other\n2024-01-01,x,y,1,2\n2024-01-02,x,y,1,2\n";
        let told = Told { keys: vec!["b".into()], target: Some("other".into()), date: None };
        let (settings, _) = configured(&[("f.csv", text)], &told).unwrap();
        assert_eq!((settings.dataset.key[0].as_str(), settings.dataset.target.as_str()), ("b", "other"));
    }

    #[test]
    fn key_date_and_target_say_why_they_were_taken() {
        let market = "day,symbol,close\n2024-01-01,X,2\n2024-01-02,X,3\n2024-01-01,Y,2\n2024-01-02,Y,3\n";
        let rates = "date,rate\n2024-01-01,1\n2024-01-02,1\n";
        let written = |told: &Told| configured(&[("market.csv", market), ("rates.csv", rates)], told).unwrap().1;
        let guessed = written(&Told::default());
        for line in [
            "key = [\"symbol\"]  # guessed: tells the rows of one date apart, 2 values\n",
            "target = \"close\"  # guessed: a usual name of the column that is forecast\n",
            "date = \"day\"  # guessed: every row has a day in it\n",
            "date = \"date\"  # guessed: every row has a day in it\n",
        ] {
            assert!(guessed.contains(line), "no {line} in {guessed}");
        }
        let (date, target) = (Some("day".to_owned()), Some("close".to_owned()));
        let told = written(&Told { keys: vec!["symbol".into()], date, target });
        for line in [
            "key = [\"symbol\"]  # as told, 2 values\n",
            "target = \"close\"  # as told\n",
            "date = \"day\"  # as told\n",
            "date = \"date\"  # guessed: every row has a day in it\n",
        ] {
            assert!(told.contains(line), "no {line} in {told}");
        }
        let market = market.replace("close", "strikes");
        let unusual = configured(&[("market.csv", market.as_str())], &Told::default()).unwrap().1;
        assert!(unusual.contains("target = \"strikes\"  # guessed: the first column of numbers\n"), "{unusual}");
    }

    #[test]
    fn what_is_told_and_not_there_is_refused_with_what_may_be_meant() {
        let sales = "date,day,store,sales\n2024-01-01,1,x,5\n2024-01-02,2,x,6\n";
        let refused = |told: Told| configured(&[("sales.csv", sales)], &told).unwrap_err().to_string();
        let dated = |name: &str| refused(Told { date: Some(name.into()), ..Told::default() });
        let unknown = dated("dte");
        let expected = "column \"dte\" not found; did you mean \"date\"? known columns are date, day, store, sales";
        assert_eq!(unknown, expected);
        let unfit = dated("day");
        assert!(unfit.contains("--date-column = day: not every row has a date"), "{unfit}");
        let target = refused(Told { target: Some("sels".into()), ..Told::default() });
        assert!(target.contains("--target = sels: ") && target.contains("; did you mean \"sales\"?"), "{target}");
    }

    #[test]
    fn a_file_that_fits_nowhere_is_left_out_with_the_reason() {
        let market = "date,symbol,close\n2024-01-01,X,2\n2024-01-02,X,3\n";
        let long = "date,indicator,value\n2024-01-01,a,1\n2024-01-01,b,2\n";
        let (settings, text) = configured(&[("long.csv", long), ("market.csv", market)], &Told::default()).unwrap();
        assert_eq!(settings.sources.len(), 1);
        assert!(text.contains("# long.csv is left out: column indicator tells its rows apart"), "{text}");
    }

    #[test]
    fn rows_that_are_far_apart_are_warned_of() {
        let rows = |dates: &[&str]| {
            let lines = dates.iter().map(|date| format!("{date},x,1\n{date},y,2\n"));
            format!("date,k,px\n{}", lines.collect::<String>())
        };
        let warning = |dates: &[&str]| {
            let text = configured(&[("f.csv", &rows(dates))], &Told::default()).unwrap().1;
            text.lines().find(|line| line.starts_with("# WARNING: ")).map(str::to_owned).unwrap_or_default()
        };
        let months = ["2022-01-01", "2022-02-01", "2022-03-01", "2022-04-01", "2022-05-01"];
        let told = warning(&months);
        assert!(told.contains("31 days apart") && told.contains("scored as if it had come"), "{told}");
        let mondays = warning(&["2022-01-03", "2022-01-10", "2022-01-17"]);
        assert!(mondays.contains("7 days apart") && mondays.contains("training.max_gap"), "{mondays}");
        assert_eq!(warning(&["2022-01-06", "2022-01-07", "2022-01-10", "2022-01-11"]), "");
    }

    #[test]
    fn keys_are_counted_as_the_file_combines_them() {
        let market = "date,store,item,sales\n2024-01-06,1,a,1\n2024-01-07,1,a,2\n2024-01-06,2,b,1\n2024-01-06,3,c,1\n";
        let told = Told { keys: vec!["store".into(), "item".into()], ..Told::default() };
        let (_, text) = configured(&[("f.csv", market)], &told).unwrap();
        assert!(text.contains("# as told, 3 values\n") && text.contains("buckets = 3 "), "{text}");
    }

    #[test]
    fn columns_of_names_that_tables_have_get_others() {
        for key in ["region", "Status", "horizon", "path_id", "model_name", "scope", "day_ahead", "models"] {
            let rows = "2024-01-01,x,1\n2024-01-02,x,2\n2024-01-01,y,1\n2024-01-02,y,2\n";
            let told = Told { keys: vec![key.into()], ..Told::default() };
            let (settings, text) = configured(&[("f.csv", &format!("date,{key},px\n{rows}"))], &told).unwrap();
            let renamed = format!("{}_key", key.to_lowercase());
            assert_eq!(
                (&settings.dataset.key[0], settings.sources[0].key[&renamed].as_str()),
                (&renamed, key),
                "{text}"
            );
            assert_eq!(reserved::twice(&settings), None, "{text}");
            assert!(text.contains("# the tables have a column "), "{text}");
        }
        let text = "date,k,px,region\n2024-01-01,x,1,5\n2024-01-02,x,2,6\n2024-01-03,x,2,7\n";
        let told = Told { target: Some("px".into()), keys: vec!["k".into()], date: None };
        let (settings, text) = configured(&[("f.csv", text)], &told).unwrap();
        let value = &settings.sources[0].columns[1];
        assert_eq!((value.name.as_str(), value.from.as_deref()), ("region_value", Some("region")), "{text}");
    }

    #[test]
    fn files_of_other_forms_are_refused_with_what_was_read() {
        let refused = |text: &str| configured(&[("f.csv", text)], &Told::default()).unwrap_err().to_string();
        for (text, expected) in [
            (
                "date;close\n2024-01-01;1,5\n2024-01-02;2\n",
                "f.csv: its fields are separated by semicolons, not by commas",
            ),
            ("date\tclose\n2024-01-01\t1\n", "separated by tabs"),
            ("date|close\n2024-01-01|1\n", "separated by vertical bars"),
            (
                "date,close\n31.12.2020,1\n",
                "f.csv: 1 row; date has \"31.12.2020\", a date as DD.MM.YYYY; close has numbers",
            ),
            ("date,close\n12/31/2020,1\n", "date has \"12/31/2020\", a date as MM/DD/YYYY"),
            ("date,close\n20201231,1\n", "date has \"20201231\", a date as YYYYMMDD"),
            ("date,close\n2020-12-31,\"1,234.5\"\n", "close has \"1,234.5\", a number with commas between thousands"),
            ("date,close\n2020-12-31,NA\n", "date has dates; close has \"NA\""),
            ("date,close\n2020-12-31,1\n,2\n", "date has dates, but not in every row"),
            ("date,close\n", "f.csv: it has a header and no rows"),
            ("", "f.csv: it is empty"),
            ("date,close\n2020-12-31,1,5\n", "line 2 has 3 fields, the header 2: a comma within a value needs quotes"),
        ] {
            let told = refused(text);
            assert!(told.contains(expected), "{text:?}: {told}");
            assert!(told.contains("dates as YYYY-MM-DD") || told.contains("3 fields"), "{told}");
        }
        // beside a file that can be read it is left out, with the same words
        let files = [("good.csv", "date,symbol,close\n2024-01-01,X,2\n2024-01-02,X,3\n"), ("vix.csv", "date;vix\n")];
        let text = configured(&files, &Told::default()).unwrap().1;
        assert!(text.contains("# vix.csv is left out: no column holds dates as YYYY-MM-DD: its fields are"), "{text}");
    }

    #[test]
    fn rows_that_come_twice_are_named() {
        let twice = "date,symbol,close\n2024-01-01,X,2\n2024-01-02,X,3\n2024-01-02,X,4\n2024-01-01,Y,5\n";
        let refused = |told: &Told| configured(&[("f.csv", twice)], told).unwrap_err().to_string();
        let rows = "date = \"2024-01-02\", symbol = \"X\" comes twice, with close = \"3\" and \"4\"";
        let guessed = refused(&Told::default());
        assert!(guessed.contains(rows) && !guessed.contains("a constant"), "{guessed}");
        let told = refused(&Told { keys: vec!["symbol".into()], ..Told::default() });
        assert!(told.contains(rows), "{told}");
    }

    #[test]
    fn other_columns_that_might_be_forecast_are_named() {
        let market = "date,symbol,open,close\n2024-01-01,X,1,2\n2024-01-02,X,2,3\n";
        let written = |told: &Told| configured(&[("market.csv", market)], told).unwrap().1;
        let line =
            "target = \"close\"  # guessed: a usual name of the column that is forecast; others of numbers: open\n";
        let guessed = written(&Told::default());
        assert!(guessed.contains(line), "{guessed}");
        let told = written(&Told { target: Some("close".into()), ..Told::default() });
        assert!(told.contains("target = \"close\"  # as told\n"), "{told}");
    }

    #[test]
    fn a_series_without_a_key_is_refused() {
        let refused = configured(&[("f.csv", "date,close\n2024-01-01,1\n2024-01-02,1\n")], &Told::default());
        assert!(refused.unwrap_err().to_string().contains("f.csv: no column names the series"));
    }
}
