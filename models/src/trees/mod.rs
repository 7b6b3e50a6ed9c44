//! Gradient-boosted trees: an XGBoost model of the one-session return, simulated path by path.
//!
//! The target is the one-session log return (a scaled difference where a price is zero or negative), the price features
//! are relative to the last close, and the innovations are residuals resampled **out of fold**, or of a law fitted to
//! these. Training is behind [`Trainer`]; loading, conditioning and simulating need no XGBoost: its saved model is read by
//! [`Ensemble`] and evaluated bit for bit as XGBoost does.
//!
//! A regressor enters with its value one session before; one whose future is known (promotions, holidays) with that of
//! the session itself. A value that is absent, in training or ahead, is missing to XGBoost, which learns a direction for
//! it at every split.
//!
//! Two strategies reach the days ahead ([`Strategy`]): recursive, one model applied to its own simulated paths, and direct,
//! a model per day, of the mean or of quantiles ([`direct`] says how its paths are made).
//!
//! # Stored form, `xgboost/1` (recursive)
//! ```text
//! "ALXG" | u32 LE: bytes of the header | header, JSON | XGBoost's own model, UBJSON | residuals, f32 LE | SHA-256 of all before
//! ```
//! `header.model_bytes` and `header.residuals` hold the lengths, so XGBoost's model can be cut out and loaded elsewhere:
//! ```python
//! n = int.from_bytes(stored[4:8], "little")
//! header = json.loads(stored[8:8 + n])
//! booster = xgboost.Booster()
//! booster.load_model(bytearray(stored[8 + n:8 + n + header["model_bytes"]]))
//! ```
//!
//! # Stored form, `xgboost/3` (recursive, with a law of the innovations)
//! As `xgboost/1`, with `header.innovations`: the `law` with its parameters, the `centre` that was subtracted from the
//! residuals, and the `cutoff`, the day of the last observation that the fit saw. The residuals are what the state of a
//! GARCH law begins with; it goes on over those of the observations after the cutoff.

pub mod direct;
mod ensemble;
mod evaluate;
#[cfg(target_arch = "x86_64")]
mod evaluate_avx2;
#[cfg(target_arch = "x86_64")]
mod evaluate_avx512;
mod explain;
mod family;
mod features;
mod folds;
mod frame;
mod law;
mod masks;
mod recursive;
mod settings;
mod simulate;
mod since;
mod stored;
mod table;
mod trainer;
mod ubjson;
mod unit;

pub use crate::innovations::Kind as Innovations;
pub use direct::StoredDirect;
pub use ensemble::{Ensemble, Node};
pub use evaluate::{Column, Evaluator, Instructions, LANES};
pub use family::Xgboost;
pub use features::{Feature, Layout};
pub use settings::{LEVELS, Objective, Settings, Strategy, TreeMethod};
pub use stored::Stored;
pub use trainer::{BoostParams, Loss, NoTrainer, Trainer, TrainingSet};
pub use unit::Unit;
