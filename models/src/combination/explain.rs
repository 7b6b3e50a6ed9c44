//! What a combination says of itself and of its members.

use serde_json::Value;

use super::of_member;
use super::stored::Stored;
use crate::{Explanation, Fitted, Member, ModelError, Registry};

/// Members are explained by the families that `registry` knows; those without weight, whose fits are not stored, are
/// named only.
pub(super) fn explain(registry: &Registry, fitted: &Fitted) -> Result<Explanation, ModelError> {
    let parameters = &fitted.parameters;
    let method = parameters["method"].as_str().unwrap_or_default();
    let point = match method {
        "median" => "the median of its members' points",
        "mean" => "the mean of its members' points",
        _ => "a mean of its members' points, weighted by their errors before the cutoff",
    };
    let paths = "each path is one member's own, as many of each as its weight says, laid around the point by one deviation \
                 of all members, less what their disagreement says";
    let mut out = Explanation::new(fitted, point, paths);
    let stored = Stored::decode(&fitted.bytes)?;
    let readable = || parameters["members"].as_array().into_iter().flatten();
    for member in &stored.members {
        let named = readable().find(|one| one["name"].as_str() == Some(member.name.as_str()));
        let fit = member_fit(&member.format, &member.bytes, named.unwrap_or(&Value::Null));
        let explanation = registry.explain(&fit).map_err(|error| of_member(&member.name, error))?;
        let explanation = Some(Box::new(explanation));
        out.members.push(Member { name: member.name.clone(), weight: member.weight, explanation });
    }
    out.members.sort_by(|a, b| b.weight.total_cmp(&a.weight));
    let missing = |name: &&str| stored.members.iter().all(|member| member.name != *name);
    for name in readable().filter_map(|one| one["name"].as_str()).filter(missing) {
        out.members.push(Member { name: name.to_owned(), weight: 0.0, explanation: None });
    }
    let origins = parameters["inner"]["origins"].as_array().map_or(0, Vec::len);
    out.add_orders([("members", &Value::from(stored.members.len())), ("inner_origins", &Value::from(origins))]);
    out.add_named(&parameters["inner"], &["rmse"]);
    out.add_named(parameters, &["spread"]);
    Ok(out)
}

/// What is stored of a member's fit; its likelihood and losses are not.
fn member_fit(format: &str, bytes: &[u8], readable: &Value) -> Fitted {
    let text = |name: &str| readable[name].as_str().map(str::to_owned);
    let samples = readable["samples"].as_u64().and_then(|samples| usize::try_from(samples).ok());
    Fitted {
        model_type: text("model_type").unwrap_or_default(),
        format: format.to_owned(),
        bytes: bytes.to_vec(),
        parameters: readable["parameters"].clone(),
        samples: samples.unwrap_or_default(),
        log_likelihood: None,
        aicc: None,
        training_loss: None,
        validation_loss: readable["inner_rmse"].as_f64(),
        fallback: text("fallback"),
    }
}
