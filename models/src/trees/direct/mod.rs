//! The direct strategy: the return accumulated to each day ahead has trees of its own.
//!
//! The features of every day are those of the first session ahead, so that no simulated close enters; only what is known
//! of the day itself (its date, announced regressors) differs. Days without trees ([`crate::trees::Settings::days`]) lie
//! on lines between those that have them, from 0 at the origin.
//!
//! A fold's trees predict rows that come after every target they were trained on: targets of day h end h − 1 sessions
//! after their row, and rows whose target reaches into the predicted block are left out.
//!
//! **Squared error.** A path is the prediction and one whole vector of out-of-fold residuals, drawn by path, so that the
//! dependence between days is that of the series. Residuals are centred per day. The point is the exact median of the
//! vectors.
//!
//! **Quantiles.** Each day's predicted quantiles are shifted by the level's quantile of out-of-fold errors (conformalized
//! quantile regression: Romano, Patterson and Candès, NeurIPS 2019) and put in order (Chernozhukov, Fernández-Val and
//! Galichon, Econometrica 78, 2010). The quantile function is linear between levels; beyond the outermost it goes on as the
//! exponential through the two outermost, `q₁ + (q₂ − q₁) · ln(u / α₁) / ln(α₂ / α₁)` below and its mirror image above.
//! A path draws one out-of-fold row; on each day its uniform number is that row's rank among the day's levels reached (its
//! probability integral transforms), and a uniform draw within the rank. Each day's paths therefore follow its quantile
//! function exactly, the dependence between days is that of the series, and the point is the quantile at ½.
//!
//! # Stored form, `xgboost/2`
//! As `xgboost/1`, with `header.model_bytes` a list, one entry per day of `header.days` and level, levels innermost; the
//! models follow each other. After them, `f32` LE: `header.shifts` shifts (days to the horizon × levels; none for squared
//! error) and `header.vectors` values, day by day: residuals, or levels reached.

mod curve;
mod fit;
mod grid;
mod simulate;
mod stored;

pub(crate) use fit::{constant, fit};
pub(crate) use simulate::Loaded;
pub use stored::StoredDirect;
