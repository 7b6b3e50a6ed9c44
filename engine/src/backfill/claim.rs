//! For which settings a model version is claimed.
//!
//! Planning refuses a version whose stored models were made under other settings. Of two runs that plan on a warehouse
//! without models neither finds any, so the first to commit claims the version of all its models: the other plans anew,
//! and is refused.

use std::collections::HashMap;
use std::sync::Arc;

use crate::cell::claim_id;
use crate::delta::Claim;
use crate::plan::job::Job;
use crate::{EngineError, Result, identity};

/// Digits of a settings' hash that a transaction's version has room for.
const MARK_DIGITS: usize = 15;

/// What a run claims, given the transactions of the models' table that it was planned on.
pub(super) fn of(job: &Job, transactions: &HashMap<String, i64>) -> Result<Arc<[Claim]>> {
    let forecast = &job.settings.forecast;
    let claim = |model: &String| {
        let app_id = claim_id(model, &forecast.model_version);
        let hash = identity::config_hash(&identity::settings_json(&job.settings, model)?);
        let mark = hash.get(..MARK_DIGITS).and_then(|digits| i64::from_str_radix(digits, 16).ok());
        let own = mark.ok_or_else(|| EngineError::Internal(format!("settings have the hash {hash:?}")))?;
        Ok(Claim { seen: transactions.get(&app_id).copied(), app_id, own })
    };
    forecast.models.iter().map(claim).collect()
}
