#![allow(clippy::unwrap_used)]

use super::*;
use crate::{Scratch, summarise};

/// Three days of five paths.
const PATHS: [f32; 15] = [
    10.0, 12.0, 11.0, 9.0, 13.0, //
    14.0, 8.0, 11.0, 10.0, 15.0, //
    16.0, 7.0, 12.0, 9.0, 14.0,
];

fn rows(actuals: &[f64], mase_scale: f64) -> Vec<ScoreRow> {
    let levels = Levels::default();
    let summary = summarise(&PATHS, 5, &levels, None, &mut Scratch::default());
    let outcome =
        Outcome { paths: &PATHS, n: 5, summary: &summary, levels: &levels, actuals, last_close: 10.5, mase_scale };
    score(&outcome, &mut ScoreScratch::default())
}

fn near(got: f64, want: f64) {
    assert!((got - want).abs() < 1e-9, "{got} is not {want}");
}

/// numpy 2.4 and scoringrules 0.10, by `tests/oracle/scores.py`.
#[test]
fn three_days_against_numpy_and_scoringrules() {
    let rows = rows(&[12.0, 7.0, 13.0], 2.0);
    assert_eq!(rows.len(), 6);
    let through = &rows[5];
    assert_eq!((through.horizon, through.scope, through.actuals_available), (3, Scope::Through, 3));
    near(through.mae, 2.0);
    near(through.rmse, 2.835489375751565);
    near(through.mape, 24.38949938949939);
    near(through.wape, 18.75);
    near(through.smape, 20.380032206119164);
    near(through.mase, 1.0);
    near(through.bias, 0.6666666666666666);
    near(through.crps, 1.64);
    near(through.pinball, 0.5411666666666667);
    near(through.interval_score, 16.916666666666657);
    near(through.coverage[0], 0.6666666666666666);
    near(through.sharpness[0], 5.466666666666666);
    near(through.coverage[1], 0.6666666666666666);
    near(through.sharpness[1], 6.366666666666667);
    let second = &rows[2];
    assert_eq!((second.horizon, second.scope), (2, Scope::At));
    near(second.crps, 3.1599999999999997);
    near(second.pinball, 1.1495);
    near(second.interval_score, 39.24999999999997);
    assert_eq!((second.pit, through.pit), (Some(0.0), None));
}

#[test]
fn direction_by_hand() {
    let rows = rows(&[12.0, 7.0, 13.0], 2.0);
    // points 11, 11, 12 from 10.5 are all up; actuals are up, down, up
    near(rows[5].direction_last_close, 2.0 / 3.0);
    near(rows[5].ties, 0.0);
    // from day 1 (points 11, actuals 12): day 2 is a tie of the forecast, day 3 up and up
    near(rows[5].direction_day1, 1.0);
    near(rows[5].ties_day1, 0.5);
    assert!(rows[0].direction_day1.is_nan());
}

#[test]
fn unknown_actuals_are_left_out_and_counted() {
    let rows = rows(&[12.0, f64::NAN], 2.0);
    let available: Vec<usize> = rows.iter().map(|row| row.actuals_available).collect();
    assert_eq!(available, [1, 1, 0, 1, 0, 1]);
    assert!(rows[2].mae.is_nan() && rows[2].pit.is_none());
    assert_eq!(rows[3].mae, rows[0].mae);
    assert_eq!(rows[5].crps, rows[0].crps);
}

#[test]
fn zero_actuals_are_excluded_from_mape_and_counted() {
    let rows = rows(&[0.0, 10.0, 0.0], f64::NAN);
    assert!(rows[0].mape.is_nan());
    assert_eq!(rows[5].mape_excluded, 2);
    near(rows[5].mape, 10.0);
    near(rows[5].wape, 100.0 * 24.0 / 10.0);
    assert!(rows[5].mase.is_nan());
}

#[test]
fn nothing_to_score() {
    let levels = Levels::default();
    let summary = summarise(&[], 0, &levels, None, &mut Scratch::default());
    let outcome = Outcome {
        paths: &[],
        n: 0,
        summary: &summary,
        levels: &levels,
        actuals: &[],
        last_close: 1.0,
        mase_scale: 1.0,
    };
    assert!(score(&outcome, &mut ScoreScratch::default()).is_empty());
}

#[test]
fn a_level_without_intervals_counts_nowhere() {
    let actuals = [12.0, 7.0, 13.0];
    let last = |levels: &Levels, summary: &Summary| {
        let outcome =
            Outcome { paths: &PATHS, n: 5, summary, levels, actuals: &actuals, last_close: 10.5, mase_scale: 2.0 };
        score(&outcome, &mut ScoreScratch::default()).pop().unwrap()
    };
    let (both, one) = (Levels::default(), Levels::try_from(vec![95.0]).unwrap());
    let mut lacking = summarise(&PATHS, 5, &both, None, &mut Scratch::default());
    for ends in [&mut lacking.lower[0], &mut lacking.upper[0]] {
        ends.fill(f64::NAN);
    }
    let (got, want) = (last(&both, &lacking), last(&one, &summarise(&PATHS, 5, &one, None, &mut Scratch::default())));
    assert!(got.coverage[0].is_nan() && got.sharpness[0].is_nan());
    assert_eq!((got.coverage[1], got.sharpness[1]), (want.coverage[0], want.sharpness[0]));
    assert_eq!((got.interval_score, got.pinball, got.crps), (want.interval_score, want.pinball, want.crps));
}
