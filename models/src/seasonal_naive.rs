//! Seasonal naive: the close is that of the same session a season before times (or plus) an innovation.
//!
//! Innovations are seasonal log differences when every training price is positive, else seasonal differences. Paths
//! go on from their own values once the season is over, so that their variance grows by one innovation's a season. The
//! exact conditional median of every day is the close of the last season's same session; a session without any value
//! takes the last close. Resampled innovations (`bootstrap`) have no exact median.
//!
//! Settings: `season`, `"week"` (the default: 5 sessions on trading days, 7 on calendar days) or a number of sessions;
//! `innovations`, a law of [`crate::innovations`].
//!
//! Fallback: where no two values are whole seasons apart, a season of 1, which is the last value.

use serde_json::{Map, json};

use crate::innovations::{Kind, Residual};
use crate::walk::{LONGEST, Lags, Levels, Trained, Walk, explain, fitted, read, whole};
use crate::{Explanation, Family, FitContext, Fitted, FittedModel, History, Model, ModelError, ModelSpec};

/// The `seasonal_naive` family. It uses no regressors.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SeasonalNaive;

/// A specification ready to be fitted.
#[derive(Debug, Clone, Copy)]
struct Configured {
    /// Sessions; none for a week of the calendar.
    season: Option<usize>,
    innovations: Kind,
}

impl Family for SeasonalNaive {
    fn name(&self) -> &'static str {
        "seasonal_naive"
    }

    fn model(&self, spec: &ModelSpec) -> Result<Box<dyn Model>, ModelError> {
        let mut season = None;
        let mut set = |value: &serde_json::Value| {
            if value.as_str() == Some("week") {
                return Ok(());
            }
            season = Some(whole(value).ok_or_else(|| format!("{value} is not \"week\" or 1 to {LONGEST} sessions"))?);
            Ok(())
        };
        let innovations = read(spec, Some(("season", &mut set)))?;
        Ok(Box::new(Configured { season, innovations }))
    }

    fn format_version(&self) -> u32 {
        1
    }

    fn load(&self, _version: u32, bytes: &[u8]) -> Result<Box<dyn FittedModel>, ModelError> {
        Ok(Box::new(Walk::load(bytes)?))
    }

    fn explain(&self, fitted: &Fitted) -> Result<Explanation, ModelError> {
        Ok(explain(fitted, "the next value is that of a season before"))
    }
}

impl Model for Configured {
    fn fit(&self, window: &History<'_>, context: &FitContext) -> Result<Fitted, ModelError> {
        let levels = Levels::of(window)?;
        let wanted = self.season.unwrap_or(context.week).clamp(1, LONGEST);
        let mut season = wanted;
        let mut steps = levels.steps(Lags::Season(season));
        if !steps.iter().any(Residual::present) {
            season = 1;
            steps = levels.steps(Lags::Season(season));
        }
        let fallback = (season != wanted).then(|| format!("last value: no two values are {wanted} sessions apart"));
        let trained = Trained {
            name: format!("seasonal_naive({season})"),
            format: "seasonal_naive/1",
            levels: &levels,
            lags: Lags::Season(season),
            drift: None,
            centre: 0.0,
            start: 0.0,
            steps: &steps,
            own: Map::from_iter([("season".to_owned(), json!(season))]),
            fallback,
        };
        fitted(self.innovations, trained)
    }
}
