//! The evaluation of parsed trees against XGBoost's own `predict`, bit for bit.
#![allow(clippy::unwrap_used)]

use almanac_boosting::XgboostTrainer;
use almanac_models::trees::{
    BoostParams, Column, Ensemble, Evaluator, Instructions, LANES, Loss, Settings, Trainer, TrainingSet, TreeMethod,
};
use xgb::{Booster, DMatrix};

/// Uniform on ±½ (Knuth's MMIX generator).
struct Uniform(u64);

impl Uniform {
    fn next(&mut self) -> f32 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 40) as f32 / (1_u64 << 24) as f32 - 0.5
    }

    fn rows(&mut self, rows: usize, columns: usize, missing: f32) -> Vec<f32> {
        (0..rows * columns)
            .map(|_| {
                let x = self.next();
                // few distinct values, so that rows lie exactly on thresholds
                if self.next() + 0.5 < missing { f32::NAN } else { (x * 40.0).round() / 40.0 }
            })
            .collect()
    }
}

fn settings(depth: u32, method: TreeMethod) -> Settings {
    let (rounds, eta, min_child_weight, subsample, colsample) = (60, 0.3, 1.0, 0.9, 0.9);
    Settings { rounds, depth, eta, min_child_weight, subsample, colsample, method, ..Settings::default() }
}

fn params(settings: &Settings, loss: Loss, base_score: f32) -> BoostParams<'_> {
    BoostParams { settings, loss, base_score, seed: 7 }
}

fn train(uniform: &mut Uniform, columns: usize, missing: f32, params: &BoostParams<'_>) -> Vec<u8> {
    let rows = 400;
    let features = uniform.rows(rows, columns, missing);
    let target: Vec<f32> = features
        .chunks_exact(columns)
        .map(|row| {
            let x = |j: usize| if row[j].is_nan() { 0.7 } else { row[j] };
            x(0) * x(1) + (9.0 * x(columns - 1)).sin() + 0.2 * uniform.next()
        })
        .collect();
    let names: Vec<String> = (0..columns).map(|j| format!("f{j}")).collect();
    XgboostTrainer.train(&TrainingSet { features: &features, names: &names, target: &target }, params).unwrap()
}

#[test]
fn every_instruction_set_predicts_the_bits_of_the_library() {
    let mut uniform = Uniform(1);
    let mut compared = 0;
    let quantiles = [0.025, 0.5, 0.9].map(|level| (0.1, Loss::Quantile(level)));
    for depth in [1, 2, 3, 4, 5, 6, 8] {
        for method in [TreeMethod::Hist, TreeMethod::Exact, TreeMethod::Approx] {
            for (missing, loss) in [(0.0, Loss::SquaredError), (0.2, Loss::SquaredError)].into_iter().chain(quantiles) {
                let columns = 3 + depth as usize;
                let base_score = uniform.next() * 1e-3;
                let settings = settings(depth, method);
                let model = train(&mut uniform, columns, missing, &params(&settings, loss, base_score));
                let ensemble = Ensemble::parse(&model).unwrap();
                assert_eq!(ensemble.base_score().to_bits(), base_score.to_bits());
                let rows = uniform.rows(LANES * 3, columns, 0.2);
                let expected =
                    Booster::load_buffer(&model).unwrap().predict(&DMatrix::from_dense(&rows, LANES * 3).unwrap());
                let expected: Vec<u32> = expected.unwrap().iter().map(|x| x.to_bits()).collect();
                let walked: Vec<u32> = rows.chunks_exact(columns).map(|row| ensemble.predict(row).to_bits()).collect();
                assert_eq!(walked, expected, "depth {depth} {method:?} {loss:?} missing {missing}");
                for instructions in Instructions::available() {
                    let got = blocks(&Evaluator::new(&ensemble).with(instructions).unwrap(), &rows, columns);
                    assert_eq!(got, expected, "depth {depth} {method:?} {loss:?} missing {missing} {instructions:?}");
                    compared += got.len();
                }
            }
        }
    }
    assert!(compared >= 105 * LANES * 3);
}

fn blocks(evaluator: &Evaluator, rows: &[f32], columns: usize) -> Vec<u32> {
    let mut bits = Vec::new();
    for block in rows.chunks_exact(LANES * columns) {
        let mut features = vec![Column::default(); columns];
        for (lane, row) in block.chunks_exact(columns).enumerate() {
            for (column, x) in features.iter_mut().zip(row) {
                column.0[lane] = *x;
            }
        }
        let mut out = Column::default();
        evaluator.predict(&features, &mut out).unwrap();
        bits.extend(out.0.map(f32::to_bits));
    }
    bits
}

#[test]
fn the_same_rows_train_the_same_bytes() {
    let settings = settings(5, TreeMethod::Hist);
    let params = params(&settings, Loss::SquaredError, 0.1);
    let first = train(&mut Uniform(3), 8, 0.1, &params);
    assert_eq!(first, train(&mut Uniform(3), 8, 0.1, &params));
    assert_ne!(first, train(&mut Uniform(3), 8, 0.1, &BoostParams { seed: 8, ..params }));
}

#[test]
fn importance_agrees_with_the_planted_columns() {
    let settings = settings(3, TreeMethod::Hist);
    let params = params(&settings, Loss::SquaredError, 0.0);
    let ensemble = Ensemble::parse(&train(&mut Uniform(5), 8, 0.0, &params)).unwrap();
    let importance = ensemble.importance();
    assert!((importance.iter().sum::<f64>() - 1.0).abs() < 1e-9);
    assert!(importance[7] > 0.5, "the sine's column carries most of the variance: {importance:?}");
}

#[test]
fn input_that_does_not_fit_is_refused() {
    let names = vec!["a".to_owned(), "b".to_owned()];
    let settings = settings(2, TreeMethod::Hist);
    let params = params(&settings, Loss::SquaredError, 0.0);
    let set = TrainingSet { features: &[1.0; 3], names: &names, target: &[1.0; 2] };
    assert!(XgboostTrainer.train(&set, &params).is_err());
    let set = TrainingSet { features: &[], names: &names, target: &[] };
    assert!(XgboostTrainer.train(&set, &params).is_err());
    let set = TrainingSet { features: &[f32::INFINITY; 4], names: &names, target: &[1.0; 2] };
    assert!(XgboostTrainer.train(&set, &params).is_err());
    let names = vec!["a\0".to_owned(), "b".to_owned()];
    let set = TrainingSet { features: &[1.0; 4], names: &names, target: &[1.0; 2] };
    assert!(XgboostTrainer.train(&set, &params).is_err());
}
