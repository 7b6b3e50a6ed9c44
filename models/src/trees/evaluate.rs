//! Evaluation of an ensemble on blocks of rows, with the instructions the machine has.
//!
//! Every way gives the same bits as XGBoost: per row, the base score, then each tree's leaf added in `f32` in tree order.

use crate::ModelError;
use crate::trees::Ensemble;
use crate::trees::ensemble::walk;
use crate::trees::masks::Masks;
#[cfg(target_arch = "x86_64")]
use crate::trees::{evaluate_avx2, evaluate_avx512};

/// Rows of a block.
pub const LANES: usize = 64;

/// One value per row of a block.
#[derive(Debug, Clone, Copy)]
#[repr(align(64))]
pub struct Column(pub [f32; LANES]);

impl Default for Column {
    fn default() -> Self {
        Self([0.0; LANES])
    }
}

/// Instruction sets an evaluation is written for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Instructions {
    /// What every target has.
    Portable,
    /// AVX2.
    Avx2,
    /// AVX-512 F and CD.
    Avx512,
}

impl Instructions {
    /// Those this machine can run, slowest first.
    pub fn available() -> Vec<Self> {
        let mut known = vec![Self::Portable];
        #[cfg(target_arch = "x86_64")]
        {
            if is_x86_feature_detected!("avx2") {
                known.push(Self::Avx2);
            }
            if is_x86_feature_detected!("avx512f") && is_x86_feature_detected!("avx512cd") {
                known.push(Self::Avx512);
            }
        }
        known
    }

    /// The fastest of these.
    pub fn fastest() -> Self {
        Self::available().pop().unwrap_or(Self::Portable)
    }

    /// As processors are described.
    pub fn name(self) -> &'static str {
        match self {
            Self::Portable => "portable",
            Self::Avx2 => "AVX2",
            Self::Avx512 => "AVX-512",
        }
    }
}

/// An ensemble prepared for evaluation.
#[derive(Debug, Clone)]
pub struct Evaluator {
    form: Form,
    columns: usize,
    instructions: Instructions,
}

#[derive(Debug, Clone)]
enum Form {
    Masks(Masks),
    /// For trees of more leaves than a mask has bits.
    Nodes(Ensemble),
}

impl Evaluator {
    /// Prepares `ensemble` for the fastest instructions of this machine.
    pub fn new(ensemble: &Ensemble) -> Self {
        let form = Masks::new(ensemble).map_or_else(|| Form::Nodes(ensemble.clone()), Form::Masks);
        Self { form, columns: ensemble.columns(), instructions: Instructions::fastest() }
    }

    /// Restricts to other instructions, for comparison.
    ///
    /// # Errors
    /// [`ModelError::Numerical`] if this machine lacks them.
    pub fn with(mut self, instructions: Instructions) -> Result<Self, ModelError> {
        if !Instructions::available().contains(&instructions) {
            return Err(ModelError::Numerical(format!("this machine lacks {instructions:?} instructions")));
        }
        self.instructions = instructions;
        Ok(self)
    }

    /// Predicts a block of rows. `features` holds one column per feature, NaN where missing.
    ///
    /// # Errors
    /// [`ModelError::Numerical`] if there are fewer columns than the model was trained on.
    pub fn predict(&self, features: &[Column], out: &mut Column) -> Result<(), ModelError> {
        if features.len() < self.columns {
            let (have, need) = (features.len(), self.columns);
            return Err(ModelError::Numerical(format!("{have} feature columns, the trees were trained on {need}")));
        }
        match (&self.form, self.instructions) {
            (Form::Nodes(ensemble), _) => predict_nodes(ensemble, features, out),
            #[cfg(target_arch = "x86_64")]
            // SAFETY: `instructions` holds only what `Instructions::available` detected on this machine.
            (Form::Masks(masks), Instructions::Avx512) => unsafe { evaluate_avx512::predict(masks, features, out) },
            #[cfg(target_arch = "x86_64")]
            // SAFETY: as above.
            (Form::Masks(masks), Instructions::Avx2) => unsafe { evaluate_avx2::predict(masks, features, out) },
            (Form::Masks(masks), _) => predict_portable(masks, features, out),
        }
        Ok(())
    }
}

fn predict_nodes(ensemble: &Ensemble, features: &[Column], out: &mut Column) {
    out.0 = [ensemble.base_score(); LANES];
    for tree in ensemble.trees() {
        for (lane, sum) in out.0.iter_mut().enumerate() {
            *sum += walk(tree, |feature| features[feature as usize].0[lane]);
        }
    }
}

fn predict_portable(masks: &Masks, features: &[Column], out: &mut Column) {
    out.0 = [masks.base_score; LANES];
    for tree in &masks.trees {
        let mut possible = [u32::MAX; LANES];
        for split in &masks.splits[tree.start..tree.middle] {
            for (possible, x) in possible.iter_mut().zip(&features[split.feature as usize].0) {
                // a select between masks, which compilers turn into SIMD compares
                let passes = if *x < split.threshold { u32::MAX } else { 0 };
                *possible &= split.keep | passes;
            }
        }
        for split in &masks.splits[tree.middle..tree.end] {
            for (possible, x) in possible.iter_mut().zip(&features[split.feature as usize].0) {
                let fails = if *x >= split.threshold { u32::MAX } else { 0 };
                *possible &= split.keep | !fails;
            }
        }
        for (sum, possible) in out.0.iter_mut().zip(possible) {
            *sum += tree.leaves.0[(possible.trailing_zeros() & 31) as usize];
        }
    }
}
