//! The cluster: a scheduler of our version, and executors.

use almanac_engine::EngineError;
use almanac_engine::cluster::{Cluster, DATAFUSION_VERSION, ExecutorSeen, Identity, SCHEDULER_VERSION};

use super::Checks;

pub(super) async fn check(cluster: &Cluster, checks: &mut Checks) {
    let survey = match cluster.survey().await {
        Ok(survey) => survey,
        Err(error) => {
            let seen = match error {
                EngineError::Scheduler { scheduler, source } => format!("{scheduler}: {source}"),
                other => other.to_string(),
            };
            let fix = "start almanac-scheduler there, tell with --scheduler where it is, or give it time with \
                       --wait-scheduler";
            return checks.fail("scheduler reached", format!("{seen}; version and executors are not checked"), fix);
        }
    };
    checks.ok("scheduler reached", cluster.root());
    let theirs = format!("Ballista {} with DataFusion {}", survey.ballista, survey.datafusion);
    if survey.ballista == SCHEDULER_VERSION && survey.datafusion == DATAFUSION_VERSION {
        checks.ok("scheduler's version", format!("{theirs}, as here"));
    } else {
        let ours = format!("Ballista {SCHEDULER_VERSION} with DataFusion {DATAFUSION_VERSION}");
        let fix =
            "start scheduler and executors from the release of this program: plans are not understood across versions";
        checks.fail("scheduler's version", format!("{theirs}, here {ours}"), fix);
    }
    program(survey.identity.as_ref(), &Identity::own(), checks);
    if survey.executors.is_empty() {
        let fix = "start almanac-executor with --scheduler-host and --scheduler-port of this scheduler";
        return checks.fail("executors", "none is registered", fix);
    }
    let vcores: usize = survey.executors.iter().map(|executor| executor.vcores).sum();
    checks.ok("executors", format!("registered: {}, cores: {vcores}", survey.executors.len()));
    let mut systems: Vec<&str> = survey.executors.iter().map(|executor| executor.system.as_str()).collect();
    systems.sort_unstable();
    systems.dedup();
    match systems.as_slice() {
        [one] => checks.ok("executors' systems", format!("all on {one}")),
        several => checks.warn(
            "executors' systems",
            format!("they differ: {}", several.join("; ")),
            "start all executors from one image, so that all compute the same to the last bit",
        ),
    }
    identities(&survey.executors, &Identity::own(), checks);
}

/// Whether the scheduler is of this program's version.
fn program(told: Option<&Identity>, own: &Identity, checks: &mut Checks) {
    let check = "scheduler's program";
    let fix = "start the scheduler from the release of this program";
    match told {
        Some(told) if told.version == own.version => checks.ok(check, format!("almanac {}, as here", own.version)),
        Some(told) => checks.fail(check, format!("almanac {}, here {}", told.version, own.version), fix),
        None => checks.warn(check, "it does not tell its version of almanac", fix),
    }
}

/// Whether all executors are of this program's version, and of one kind of processor.
fn identities(executors: &[ExecutorSeen], own: &Identity, checks: &mut Checks) {
    let told: Vec<&Identity> = executors.iter().filter_map(|executor| executor.identity.as_ref()).collect();
    let silent = executors.len() - told.len();
    let others = told.iter().filter(|identity| identity.version != own.version).count();
    let fix = "start all executors from the release of this program";
    match (silent, others) {
        (0, 0) => checks.ok("executors' versions", format!("all {}, as here", own.version)),
        (0, others) => {
            checks.fail("executors' versions", format!("{others} of {} are not {}", told.len(), own.version), fix);
        }
        (silent, _) => checks.warn("executors' versions", format!("{silent} executors do not tell theirs"), fix),
    }
    let mut processors: Vec<&str> = told.iter().map(|identity| identity.processor.as_str()).collect();
    processors.sort_unstable();
    processors.dedup();
    match processors.as_slice() {
        [] => {}
        [one] => checks.ok("executors' processors", format!("all {one}")),
        several => checks.warn(
            "executors' processors",
            format!("they differ: {}", several.join(", ")),
            "rows should not depend on it; where they must be equal to the last bit, compare `almanac tables --content` of a small run",
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(identities_of: &[Option<(&str, &str)>]) -> Vec<(String, &'static str)> {
        let executors: Vec<ExecutorSeen> = identities_of
            .iter()
            .map(|told| ExecutorSeen {
                vcores: 1,
                system: String::new(),
                identity: told
                    .map(|(version, processor)| Identity { version: version.into(), processor: processor.into() }),
            })
            .collect();
        let mut checks = Checks::default();
        identities(&executors, &Identity { version: "1.0.0".into(), processor: "x86-64-v4".into() }, &mut checks);
        checks.found.iter().map(|found| (found.check.clone(), found.result)).collect()
    }

    #[test]
    fn executors_are_compared() {
        let of = |versions: &'static str, processors: &'static str| {
            vec![("executors' versions".to_owned(), versions), ("executors' processors".to_owned(), processors)]
        };
        let (here, older) = (Some(("1.0.0", "x86-64-v4")), Some(("0.9.0", "x86-64-v4")));
        assert_eq!(found(&[here, here]), of("ok", "ok"));
        assert_eq!(found(&[here, older]), of("fail", "ok"));
        assert_eq!(found(&[here, Some(("1.0.0", "x86-64-v3"))]), of("ok", "warn"));
        assert_eq!(found(&[here, None]), of("warn", "ok"));
        assert_eq!(found(&[None]), [("executors' versions".to_owned(), "warn")]);
    }
}
