//! A sample of stored forecasts, drawn again: they must be what is stored, and the same from an input that ends on their
//! origin, since later days must change nothing.

mod verdict;

use std::sync::Arc;

use almanac_engine::backfill::shown_key;
use almanac_engine::regenerate::{Ask, Regenerated, What};
use arrow::array::RecordBatch;
use datafusion::prelude::SessionContext;

use self::verdict::{NUMBERS, Redrawn, Verdict};
use super::super::choose::{call_again, key_of_row, literal};
use super::super::rows::{self, Row};
use super::super::{Session, catalog};
use super::Checks;
use crate::exit::Outcome;

/// Forecasts that are drawn again.
const SAMPLE: usize = 3;
const CHECK: &str = "leaks, a sample";
const POINTS: &str = "forecast.point_forecasts";

pub(super) async fn check(session: &Session, checks: &mut Checks) {
    match sample(session).await {
        Ok(found) => tell(&found, checks),
        Err(failure) => checks.failed(CHECK, failure),
    }
}

/// A forecast of the sample: its name, what became of it, and what shows that.
struct Drawn {
    name: String,
    verdict: Verdict,
    seen: String,
}

/// Tells the worst that was found.
fn tell(found: &[Drawn], checks: &mut Checks) {
    let Some(worst) = found.iter().map(|drawn| drawn.verdict).max() else {
        return checks.ok(CHECK, "no forecast is stored yet");
    };
    if worst == Verdict::Same {
        let names: Vec<&str> = found.iter().map(|drawn| drawn.name.as_str()).collect();
        let seen = format!("as stored, and equal from an input that ends on their origin: {}", names.join(", "));
        return checks.ok(CHECK, seen);
    }
    let of_worst = found.iter().filter(|drawn| drawn.verdict == worst);
    let told: Vec<String> = of_worst.map(|drawn| format!("{}: {}", drawn.name, drawn.seen)).collect();
    let told = told.join("; ");
    match worst {
        Verdict::Same | Verdict::Older => checks.warn(
            CHECK,
            format!("the input has changed since, and gives others. {told}"),
            "`almanac --refresh stale backfill` makes them anew, if they are to follow it",
        ),
        Verdict::Altered => checks.fail(
            CHECK,
            format!("{POINTS} holds others than the models give. {told}"),
            "`almanac --force infer` makes them anew, if another program or version wrote them; else report it with \
             the configuration",
        ),
        Verdict::Leaks => checks.fail(
            CHECK,
            format!("later days change forecasts. {told}"),
            "do not use these forecasts; report it with the configuration and `almanac models test` of the model",
        ),
    }
}

/// Forecasts drawn again; none where none is stored.
async fn sample(session: &Session) -> Outcome<Vec<Drawn>> {
    let context = catalog::context(session).await?;
    if !context.table_exist(POINTS)? {
        return Ok(Vec::new());
    }
    let keys: Vec<String> = session.settings.dataset.key.iter().map(|key| format!("\"{key}\"")).collect();
    let version = literal(&session.settings.forecast.model_version);
    let query = format!(
        "SELECT {}, model_name, CAST(data_cutoff_date AS INT) AS origin, CAST(data_cutoff_date AS TEXT) AS date \
         FROM {POINTS} WHERE day_ahead = 1 AND model_version = {version} ORDER BY random() LIMIT {SAMPLE}",
        keys.join(", ")
    );
    let chosen = rows::of(&context, &query).await?;
    if chosen.is_empty() {
        return Ok(Vec::new());
    }
    let input = session.job().await?.data_version();
    let mut found = Vec::with_capacity(chosen.len());
    for row in &chosen {
        found.push(draw(session, &context, row, &input).await?);
    }
    Ok(found)
}

async fn draw(session: &Session, context: &SessionContext, row: &Row, input: &str) -> Outcome<Drawn> {
    let ask = ask(session, row);
    let date = rows::text(row, "date");
    let key = shown_key(&ask.key);
    let name = format!("{} of {key} on {date}", ask.model);
    let numbers = NUMBERS.join(", ");
    let stored = format!(
        "SELECT day_ahead, data_version, {numbers} FROM {POINTS} WHERE {} = {} AND model_name = {} \
         AND model_version = {} AND data_cutoff_date = DATE '{date}' ORDER BY day_ahead",
        key_of_row(session),
        literal(&key),
        literal(&ask.model),
        literal(&session.settings.forecast.model_version)
    );
    let stored = rows::of(context, &stored).await?;
    let points = format!("SELECT day_ahead, {numbers} FROM {}", call_again(&ask.key, &ask.model, date));
    let points = rows::of(context, &points).await?;
    let cut = Ask { until: Some(ask.origin), ..ask.clone() };
    let (whole, cut) = (paths(context, ask).await?, paths(context, cut).await?);
    let redrawn = Redrawn { whole: &whole, cut: &cut, stored: &stored, points: &points, input };
    let (verdict, seen) = redrawn.judged();
    Ok(Drawn { name, verdict, seen })
}

fn ask(session: &Session, row: &Row) -> Ask {
    let columns = session.settings.dataset.key.iter();
    Ask {
        warehouse: session.warehouse.root().to_string(),
        settings: session.settings.clone(),
        key: columns.map(|column| rows::text(row, column).to_owned()).collect(),
        model: rows::text(row, "model_name").to_owned(),
        origin: rows::value(row, "origin").as_i64().and_then(|day| i32::try_from(day).ok()).unwrap_or_default(),
        until: None,
        what: What::Paths(session.settings.forecast.paths),
    }
}

async fn paths(context: &SessionContext, ask: Ask) -> Outcome<Vec<RecordBatch>> {
    Ok(context.read_table(Arc::new(Regenerated::new(ask)))?.collect().await?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worst_is_told() {
        let told = |verdicts: &[Verdict]| {
            let drawn = |(number, &verdict): (usize, &Verdict)| {
                let name = format!("forecast {number}");
                Drawn { name, verdict, seen: format!("place {number}") }
            };
            let mut checks = Checks::default();
            tell(&verdicts.iter().enumerate().map(drawn).collect::<Vec<_>>(), &mut checks);
            let found = checks.found.pop().map(|found| (found.result, found.seen, found.fix));
            found.unwrap_or(("", String::new(), None))
        };
        let (result, seen, fix) = told(&[Verdict::Same, Verdict::Same]);
        assert!(result == "ok" && seen.ends_with("on their origin: forecast 0, forecast 1") && fix.is_none(), "{seen}");
        let (result, seen, _) = told(&[Verdict::Same, Verdict::Older]);
        assert!(result == "warn" && seen.ends_with("gives others. forecast 1: place 1"), "{seen}");
        let (result, seen, _) = told(&[Verdict::Altered, Verdict::Older]);
        assert!(result == "fail" && seen.ends_with("the models give. forecast 0: place 0"), "{seen}");
        let (result, seen, fix) = told(&[Verdict::Leaks, Verdict::Altered, Verdict::Leaks]);
        assert_eq!(
            (result, seen.as_str()),
            ("fail", "later days change forecasts. forecast 0: place 0; forecast 2: place 2")
        );
        assert!(fix.is_some_and(|fix| fix.contains("do not use these forecasts")));
        assert_eq!(told(&[]), ("ok", "no forecast is stored yet".to_owned(), None));
    }
}
