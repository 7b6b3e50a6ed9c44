//! Residuals of the sessions after a fit, for laws with a state.

use crate::innovations::Residual;
use crate::trees::law::FittedLaw;
use crate::trees::simulate::Loaded;
use crate::trees::table::{Observed, Source};
use crate::trees::{Column, Evaluator, LANES};
use crate::{History, ModelError};

impl Loaded {
    /// Residuals of the observations after the fit's last, oldest first, in the fit's unit: the return less what the
    /// trees predict from the observations before it, less the residuals' centre. One that has too few observations
    /// before it, or a price among them that has no level in this unit, is absent.
    pub(super) fn since(
        &self,
        law: &FittedLaw,
        trees: &Evaluator,
        history: &History<'_>,
        observed: &Observed,
    ) -> Result<Vec<Residual>, ModelError> {
        let lookback = self.layout.lookback();
        let first = observed.rows.partition_point(|&row| history.days[row] <= law.cutoff);
        let start = first.saturating_sub(lookback);
        let (rows, closes) = (&observed.rows[start..], &observed.closes[start..]);
        let source = Source::new(&self.layout, self.unit, history, rows, closes);
        let whole = |t: usize| t >= lookback && source.levels[t - lookback..=t].iter().all(|level| level.is_finite());
        let mut features = vec![Column::default(); self.layout.names().len()];
        let mut row = vec![[0.0_f32; 1]; features.len()];
        let mut predicted = Column::default();
        let later: Vec<usize> = (first - start..rows.len()).collect();
        let mut residuals = Vec::with_capacity(later.len());
        for block in later.chunks(LANES) {
            for (lane, &t) in block.iter().enumerate().filter(|(_, t)| whole(**t)) {
                source.fill(t, 1, &mut row);
                for (column, [value]) in features.iter_mut().zip(&row) {
                    column.0[lane] = *value;
                }
            }
            trees.predict(&features, &mut predicted)?;
            for (&t, prediction) in block.iter().zip(predicted.0) {
                let size = if whole(t) { f64::from(source.target(t, 1) - prediction) - law.centre } else { f64::NAN };
                residuals.push(if size.is_finite() { Residual { size, span: 1.0 } } else { Residual::ABSENT });
            }
        }
        Ok(residuals)
    }
}
