//! What docs/models.md says of families, held against what they do: regressors, and every reason of a simpler form.
#![allow(clippy::unwrap_used, clippy::panic)]

mod trees_support;

use std::collections::BTreeSet;
use std::sync::Arc;

use almanac_models::trees::Xgboost;
use almanac_models::{Day, FitContext, Fitted, Future, History, ModelSpec, Registry, StreamKey};
use serde_json::{Value, json};
use trees_support::Greedy;

const DOCS: &str = include_str!("../../docs/models.md");

fn registry() -> Registry {
    Registry::default().with(Arc::new(Xgboost::new(Greedy::default())))
}

/// Cells of the rows of the table whose heading row has these cells.
fn table(heading: &[&str]) -> Vec<Vec<String>> {
    let cells =
        |line: &str| -> Vec<String> { line.trim_matches('|').split('|').map(|cell| cell.trim().to_owned()).collect() };
    let mut lines = DOCS.lines().skip_while(|line| cells(line) != heading);
    lines.by_ref().take(2).for_each(drop);
    lines.take_while(|line| line.starts_with('|')).map(cells).collect()
}

fn quoted(cell: &str) -> Vec<String> {
    cell.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

/// Family and recorded reason of every documented fallback.
fn documented() -> BTreeSet<(String, String)> {
    let rows = table(&["family", "where", "simpler form", "recorded"]);
    let pairs = rows.iter().flat_map(|row| {
        let [reason] = quoted(&row[3]).try_into().unwrap();
        quoted(&row[0]).into_iter().map(move |family| (family, reason.clone()))
    });
    pairs.collect()
}

/// Whether a text is that of a pattern, `…` standing for anything.
fn fits(pattern: &str, text: &str) -> bool {
    let mut parts = pattern.split('…');
    let Some(mut rest) = parts.next().and_then(|first| text.strip_prefix(first)) else { return false };
    let mut last = "";
    for part in parts {
        let Some(at) = rest.find(part) else { return false };
        rest = &rest[at + part.len()..];
        last = part;
    }
    rest.is_empty() || (pattern.contains('…') && last.is_empty())
}

fn noise(count: usize) -> Vec<f64> {
    let mut state = 88_172_645_463_325_252_u64;
    let mut uniform = move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 11) as f64 / (1_u64 << 53) as f64
    };
    (0..count).map(|_| (0..12).map(|_| uniform()).sum::<f64>() - 6.0).collect()
}

fn walk(count: usize) -> Vec<f64> {
    let mut level = 100.0;
    noise(count)
        .into_iter()
        .map(|shock| {
            level += shock;
            level
        })
        .collect()
}

/// A wave of a season on a level, with a little noise.
fn wave(count: usize, season: usize, level: f64, noisy: f64) -> Vec<f64> {
    let angle = |t: usize| t as f64 * std::f64::consts::TAU / season as f64;
    noise(count).into_iter().enumerate().map(|(t, e)| level + 5.0 * libm::sin(angle(t)) + noisy * e).collect()
}

/// A season of 48 sessions each of which goes its own way, so that only its last value helps.
fn wandering_season(count: usize) -> Vec<f64> {
    let (ways, noise) = (noise(48), noise(count));
    let value = |t: usize| 500.0 + 10.0 * (t / 48) as f64 * ways[t % 48] + noise[t];
    (0..count).map(value).collect()
}

/// Values the squares of which are next to the least positive number: of some nothing is left, of their mean a little, and
/// of the variance, which is that mean to more digits, nothing again. Their differences are twice as large.
fn vanishing(count: usize) -> Vec<f64> {
    let value = |t: usize| if t % 5 < 2 { 1.5e-162 } else { 1.6e-162 };
    (0..count).map(|t| if t % 2 == 0 { value(t) } else { -value(t) }).collect()
}

/// Family, settings, regressors and target.
type Case = (&'static str, Value, Vec<Vec<f64>>, Vec<f64>);

fn fit(registry: &Registry, (family, settings, columns, target): &Case) -> Fitted {
    let regressors: Vec<Value> = (0..columns.len()).map(|i| json!({ "column": format!("x{i}") })).collect();
    let spec = json!({ "name": "m", "family": family, "settings": settings, "regressors": regressors });
    let spec: ModelSpec = serde_json::from_value(spec).unwrap();
    let days: Vec<Day> = (0..target.len() as Day).collect();
    let columns: Vec<&[f64]> = columns.iter().map(Vec::as_slice).collect();
    let context = FitContext { seed: 1, horizon: 14, week: 7, cutoff: target.len() as Day };
    let window = History { days: &days, target: target.as_slice(), regressors: &columns };
    registry.model(&spec).unwrap().fit(&window, &context).unwrap()
}

/// Fits that end in a simpler form.
fn provocations() -> Vec<Case> {
    let still = vec![7.0; 400];
    let crossing: Vec<f64> = walk(400).iter().map(|y| y - 100.0).collect();
    let line: Vec<f64> = (0..400).map(|t| 10.0 + f64::from(t)).collect();
    let repeated: Vec<f64> = (0..140).map(|t| [3.0, 1.0, 4.0, 1.0, 5.0, 9.0, 2.0][t % 7]).collect();
    let member =
        |name: &str, family: &str, settings: Value| json!({ "name": name, "family": family, "settings": settings });
    let naive = member("n", "naive", json!({}));
    let members = |first: Value, method: &str| json!({ "members": [first, naive], "method": method });
    let ets = member("e", "ets", json!({ "season": 100 }));
    let prophet = member("p", "prophet", json!({}));
    let plain = |family, settings, target: &[f64]| (family, settings, Vec::new(), target.to_vec());
    let mut all = vec![
        plain("naive", json!({ "innovations": "laplace" }), &still),
        plain("seasonal_naive", json!({ "season": 100 }), &walk(50)),
        ("arima", json!({ "order": [1, 1, 0] }), vec![vec![3.0; 400]], walk(400)),
        plain("arima", json!({ "season": 12 }), &walk(22)),
        plain("arima", json!({ "order": [0, 1, 0], "constant": true }), &line),
        plain("arima", json!({ "order": [0, 0, 0], "constant": false }), &vanishing(100)),
        plain("ets", json!({ "season": "none", "model": "MMN" }), &crossing),
        plain("ets", json!({ "season": 24 }), &walk(40)),
        plain("ets", json!({ "season": 48 }), &wave(480, 48, 100.0, 0.1)),
        plain("ets", json!({ "season": 48, "model": "AAM" }), &wave(480, 48, 100.0, 0.1)),
        plain("ets", json!({ "season": 48 }), &walk(480)),
        plain("ets", json!({ "season": 48 }), &wandering_season(480)),
        // one step ahead the last value says most, half a wave ahead it says the contrary
        plain("ets", json!({ "season": 24 }), &wave(480, 28, 100.0, 0.1)),
        plain("ets", json!({ "season": 4, "model": "AAA", "damped": true }), &walk(9)),
        plain("ets", json!({ "season": "none", "model": "AAN" }), &line),
        plain("theta", json!({ "season": 24 }), &walk(40)),
        plain("theta", json!({ "season": 12 }), &wave(240, 12, 0.0, 0.1)),
        plain("theta", json!({ "season": "none" }), &line),
        plain("ces", json!({ "season": 24 }), &walk(40)),
        plain("ces", json!({ "season": 7, "model": "S" }), &repeated),
        plain("prophet", json!({}), &line),
        plain("combination", members(ets.clone(), "mean"), &walk(120)),
        plain("combination", members(prophet, "mean"), &walk(20)),
        plain("combination", members(ets, "nnls"), &walk(20)),
    ];
    for family in ["naive", "random_walk", "seasonal_naive", "window_average"] {
        all.push(plain(family, json!({}), &crossing));
        all.push(plain(family, json!({ "innovations": "garch" }), &walk(60)));
    }
    for family in
        ["random_walk", "seasonal_naive", "window_average", "arima", "ets", "theta", "ces", "prophet", "xgboost"]
    {
        all.push(plain(family, json!({}), &still));
    }
    all.push(plain("xgboost", json!({ "rounds": 3 }), &crossing));
    let brief = json!({ "innovations": "garch", "rounds": 3, "lags": [1], "windows": [], "folds": 2 });
    all.push(plain("xgboost", brief, &walk(60)));
    all
}

/// What a fit on prices above zero tells at an origin whose last price is below; its paths are finite all the same.
fn sunk(registry: &Registry, case: &Case) -> Option<String> {
    const AHEAD: usize = 14;
    let (family, fitted) = (case.0, fit(registry, case));
    let mut target = case.3.clone();
    target.push(-3.0);
    let days: Vec<Day> = (0..(target.len() + AHEAD) as Day).collect();
    let (past, ahead) = days.split_at(target.len());
    let loaded = registry.load(&fitted.format, &fitted.bytes).unwrap();
    let history = History { days: past, target: &target, regressors: &[] };
    let state = loaded.condition(&history, &Future { days: ahead, regressors: &[] }).unwrap();
    let mut paths = vec![0.0; AHEAD * 50];
    state.simulate(50, &StreamKey::new(1, "key", family, "v1", 0), &mut paths).unwrap();
    assert!(paths.iter().all(|path| path.is_finite()), "{family}: {paths:?}");
    state.fallback()
}

/// Fits on prices above zero.
fn floating() -> Vec<Case> {
    let plain = |family, settings| (family, settings, Vec::new(), walk(400));
    let direct = json!({ "rounds": 3, "strategy": "direct", "days": [1, 7] });
    vec![
        plain("naive", json!({})),
        plain("random_walk", json!({})),
        plain("seasonal_naive", json!({})),
        plain("window_average", json!({})),
        plain("ets", json!({ "season": "none", "model": "MNN" })),
        plain("xgboost", json!({ "rounds": 3 })),
        plain("xgboost", direct),
    ]
}

#[test]
fn every_reason_is_documented_and_every_documented_one_occurs() {
    let (documented, registry) = (documented(), registry());
    let mut seen = BTreeSet::new();
    for case in floating() {
        let reason = sunk(&registry, &case).unwrap_or_else(|| panic!("{} {} tells nothing", case.0, case.1));
        let row = (case.0.to_owned(), reason);
        assert!(documented.contains(&row), "{row:?} is not in docs/models.md");
        seen.insert(row);
    }
    for case in provocations() {
        let (family, fitted) = (case.0, fit(&registry, &case));
        let reasons = registry.explain(&fitted).unwrap().fallbacks;
        assert!(!reasons.is_empty(), "{family} {} has no fallback: {}", case.1, fitted.parameters);
        // what is explained is what is stored, from where the ledger has it
        assert_eq!(fitted.fallback.as_deref(), Some(reasons.join("; ").as_str()), "{family} {}", case.1);
        for reason in reasons {
            // a general pattern such as `…: …` is for what no other says
            let known = documented.iter().filter(|(of, pattern)| of == family && fits(pattern, &reason));
            let known = known.max_by_key(|(_, pattern)| pattern.len());
            let known = known.unwrap_or_else(|| panic!("{family}: {reason:?} is not in docs/models.md"));
            seen.insert(known.clone());
        }
    }
    assert_eq!(seen, documented);
    let families: BTreeSet<&str> = documented.iter().map(|(family, _)| family.as_str()).collect();
    assert_eq!(families, registry.names().collect());
}

/// A fit's reasons are told together, in the order in which forms were tried, and so by a combination of it.
#[test]
fn all_reasons_of_a_fit_are_stored() {
    let registry = registry();
    let told = |case: Case| fit(&registry, &case).fallback.unwrap();
    let still = || vec![3.0; 50];
    let settings = json!({ "order": [0, 1, 0], "season": 30 });
    let reasons = "no season: 50 sessions are fewer than 2 seasons of 30; without x0: constant in the window";
    assert_eq!(told(("arima", settings.clone(), vec![still()], walk(50))), reasons);
    let arima = json!({ "name": "a", "family": "arima", "settings": settings, "regressors": [{ "column": "x0" }] });
    let members = json!({ "members": [arima, { "name": "n", "family": "naive" }] });
    let combined = told(("combination", members, vec![still()], walk(50)));
    assert!(combined.contains(&format!("a: {reasons}")), "{combined}");

    let twice: Vec<f64> = walk(50).iter().map(|y| 2.0 * y).collect();
    let exact = told(("arima", json!({ "order": [0, 1, 0] }), vec![walk(50), still()], twice));
    assert_eq!(exact, "without x1: constant in the window; the regression explains the series exactly");
}

/// The families' table names all of them and says which use regressors; the others refuse them.
#[test]
fn regressors_are_used_where_the_docs_say_so() {
    let registry = registry();
    let rows = table(&["family", "entries", "what it is", "regressors", "settings"]);
    let mut families = BTreeSet::new();
    for row in &rows {
        let [family] = quoted(&row[0]).try_into().unwrap();
        let uses = registry.uses_regressors(&family).unwrap();
        assert_eq!(uses, row[3] != "no", "{family}");
        let spec = json!({ "name": "m", "family": family, "regressors": [{ "column": "rain" }] });
        let spec: ModelSpec = serde_json::from_value(spec).unwrap();
        // a combination has no members here
        if family != "combination" {
            let refusal = registry.model(&spec).err().map(|error| error.to_string());
            assert_eq!(refusal.is_some_and(|text| text.contains("uses no regressors")), !uses, "{family}");
        }
        families.insert(family);
    }
    assert_eq!(families, registry.names().map(str::to_owned).collect());
    assert!(registry.uses_regressors("oracle").is_err());
}

#[test]
fn patterns_stand_for_names_and_numbers() {
    assert!(fits("no … of …", "no season of 12") && fits("a … b", "a 3 b") && fits("constant", "constant"));
    assert!(!fits("a … b", "a 3 b c") && !fits("constant", "constant, almost") && !fits("b …", "a b 3"));
}
