//! A small trainer and series for the tests of the trees: boosted regression trees that write XGBoost's saved form.
#![allow(dead_code)]

use std::sync::{Arc, Mutex};

use almanac_models::trees::{BoostParams, Trainer, TrainingSet, Xgboost};
use almanac_models::{FitContext, Fitted, Future, History, ModelError, ModelSpec, Registry, StreamKey};
use serde_json::{Map, Value};

/// Features and targets of every call.
pub(crate) type Seen = Arc<Mutex<Vec<(Vec<f32>, Vec<f32>)>>>;

/// Greedy trees over the deciles of each feature. Not XGBoost's numbers, but XGBoost's format.
#[derive(Default)]
pub(crate) struct Greedy {
    pub(crate) seen: Seen,
}

#[derive(Default)]
struct Tree {
    left: Vec<i32>,
    right: Vec<i32>,
    feature: Vec<i32>,
    condition: Vec<f32>,
    gain: Vec<f32>,
}

impl Trainer for Greedy {
    fn train(&self, set: &TrainingSet<'_>, params: &BoostParams<'_>) -> Result<Vec<u8>, ModelError> {
        if let Ok(mut seen) = self.seen.lock() {
            seen.push((set.features.to_vec(), set.target.to_vec()));
        }
        let columns = set.names.len();
        let mut rest: Vec<f32> = set.target.iter().map(|y| y - params.base_score).collect();
        let mut trees = Vec::new();
        for _ in 0..params.settings.rounds.min(20) {
            let mut tree = Tree::default();
            let rows: Vec<usize> = (0..rest.len()).collect();
            grow(
                &mut tree,
                set.features,
                columns,
                &mut rest,
                &rows,
                params.settings.depth.min(3),
                params.settings.eta as f32,
            );
            trees.push(tree);
        }
        Ok(write_model(&trees, columns, params.base_score))
    }
}

fn grow(t: &mut Tree, x: &[f32], columns: usize, rest: &mut [f32], rows: &[usize], depth: u32, eta: f32) -> i32 {
    let at = t.left.len();
    t.left.push(-1);
    t.right.push(-1);
    t.feature.push(0);
    t.gain.push(0.0);
    let mean = rows.iter().map(|&i| rest[i]).sum::<f32>() / rows.len() as f32;
    t.condition.push(eta * mean);
    let mut best = (0.0_f32, 0, 0.0);
    for j in 0..columns {
        let mut values: Vec<f32> = rows.iter().map(|&i| x[i * columns + j]).filter(|v| !v.is_nan()).collect();
        values.sort_by(f32::total_cmp);
        for decile in 1..10 {
            let Some(&threshold) = values.get(values.len() * decile / 10) else { continue };
            let (mut sum, mut count) = (0.0, 0);
            for &i in rows.iter().filter(|&&i| x[i * columns + j] < threshold) {
                (sum, count) = (sum + rest[i] - mean, count + 1);
            }
            let other = rows.len() - count;
            if count >= 5 && other >= 5 {
                let gain = sum * sum * (1.0 / count as f32 + 1.0 / other as f32);
                if gain > best.0 {
                    best = (gain, j, threshold);
                }
            }
        }
    }
    if depth == 0 || best.0 <= 1e-12 {
        rows.iter().for_each(|&i| rest[i] -= eta * mean);
        return at as i32;
    }
    let (low, high): (Vec<usize>, Vec<usize>) = rows.iter().partition(|&&i| x[i * columns + best.1] < best.2);
    t.left[at] = grow(t, x, columns, rest, &low, depth - 1, eta);
    t.right[at] = grow(t, x, columns, rest, &high, depth - 1, eta);
    (t.feature[at], t.condition[at], t.gain[at]) = (best.1 as i32, best.2, best.0);
    at as i32
}

fn write_model(trees: &[Tree], columns: usize, base_score: f32) -> Vec<u8> {
    let mut out = Vec::new();
    let key = |out: &mut Vec<u8>, name: &str| {
        out.push(b'L');
        out.extend((name.len() as i64).to_be_bytes());
        out.extend(name.as_bytes());
    };
    let text = |out: &mut Vec<u8>, name: &str, value: &str| {
        key(out, name);
        out.push(b'S');
        key(out, value);
    };
    let open = |out: &mut Vec<u8>, name: &str| {
        key(out, name);
        out.push(b'{');
    };
    let list = |out: &mut Vec<u8>, name: &str, kind: u8, count: usize, bytes: Vec<u8>| {
        key(out, name);
        out.extend([b'[', b'$', kind, b'#', b'L']);
        out.extend((count as i64).to_be_bytes());
        out.extend(bytes);
    };
    out.push(b'{');
    open(&mut out, "learner");
    open(&mut out, "learner_model_param");
    text(&mut out, "base_score", &format!("[{base_score:E}]"));
    text(&mut out, "num_feature", &columns.to_string());
    out.push(b'}');
    open(&mut out, "gradient_booster");
    text(&mut out, "name", "gbtree");
    open(&mut out, "model");
    key(&mut out, "trees");
    out.extend([b'[', b'#', b'L']);
    out.extend((trees.len() as i64).to_be_bytes());
    let ints = |values: &[i32]| values.iter().flat_map(|v| v.to_be_bytes()).collect::<Vec<u8>>();
    let floats = |values: &[f32]| values.iter().flat_map(|v| v.to_be_bytes()).collect::<Vec<u8>>();
    for tree in trees {
        let n = tree.left.len();
        out.push(b'{');
        list(&mut out, "left_children", b'l', n, ints(&tree.left));
        list(&mut out, "right_children", b'l', n, ints(&tree.right));
        list(&mut out, "split_indices", b'l', n, ints(&tree.feature));
        list(&mut out, "default_left", b'U', n, vec![0; n]);
        list(&mut out, "split_conditions", b'd', n, floats(&tree.condition));
        list(&mut out, "loss_changes", b'd', n, floats(&tree.gain));
        out.push(b'}');
    }
    out.extend(*b"}}}}");
    out
}

pub(crate) const CONTEXT: FitContext = FitContext { seed: 42, horizon: 14, week: 5, cutoff: i32::MAX };

pub(crate) struct Series {
    pub(crate) days: Vec<i32>,
    pub(crate) closes: Vec<f64>,
}

impl Series {
    pub(crate) fn history(&self) -> History<'_> {
        History { days: &self.days, target: &self.closes, regressors: &[] }
    }
}

/// A log random walk with a pull to its recent mean, on weekdays.
pub(crate) fn walk(sessions: usize, seed: u64) -> Series {
    let mut state = seed;
    let mut levels = vec![4.0_f64];
    for _ in 1..sessions {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let noise = (state >> 40) as f64 / (1_u64 << 24) as f64 - 0.5;
        let recent = &levels[levels.len().saturating_sub(20)..];
        let mean = recent.iter().sum::<f64>() / recent.len() as f64;
        let last = levels[levels.len() - 1];
        levels.push(last + 0.1 * (mean - last) + 0.04 * noise);
    }
    let days = (0..sessions as i32).map(|i| 14_000 + i / 5 * 7 + i % 5).collect();
    Series { days, closes: levels.iter().map(|level| level.exp()).collect() }
}

pub(crate) fn spec(settings: Value) -> ModelSpec {
    let settings = if let Value::Object(settings) = settings { settings } else { Map::new() };
    ModelSpec { name: "trees".into(), family: "xgboost".into(), regressors: vec![], settings }
}

pub(crate) fn registry() -> Registry {
    Registry::default().with(Arc::new(Xgboost::new(Greedy::default())))
}

pub(crate) fn fit(settings: Value, history: &History<'_>, context: &FitContext) -> Result<Fitted, ModelError> {
    registry().model(&spec(settings))?.fit(history, context)
}

/// Paths of `days` days from the end of `history`, with one fixed stream.
pub(crate) fn simulate(
    fitted: &Fitted,
    history: &History<'_>,
    paths: usize,
    days: usize,
) -> Result<Vec<f32>, ModelError> {
    let last = history.last_day().unwrap_or(0);
    let ahead: Vec<i32> = (1..=days as i32).map(|h| last + h).collect();
    let future = vec![vec![1.0; days]; history.regressors.len()];
    let future: Vec<&[f64]> = future.iter().map(Vec::as_slice).collect();
    let loaded = registry().load(&fitted.format, &fitted.bytes)?;
    let state = loaded.condition(history, &Future { days: &ahead, regressors: &future })?;
    let mut out = vec![0.0; paths * days];
    state.simulate(paths, &StreamKey::new(42, "key", "trees", "v1", 1), &mut out)?;
    Ok(out)
}
