//! This machine: its processor, its memory beside what is needed, and room for the plan.

use almanac_engine::EngineError;
use almanac_engine::backfill::estimate;
use almanac_engine::cluster::EXECUTOR_MEMORY_MIB;
use almanac_engine::runner::Runner;

use super::super::Session;
use super::Checks;
use crate::exit::Failure;

/// Memory of a process without units, and of each unit computed at once, in MiB: above what docs/capacity.md measured.
const MEMORY: (u64, u64) = (200, 50);
/// Variable with the memory of an executor's sorts and joins, in MiB.
const POOL: &str = "ALMANAC_MEMORY_MIB";
const MIB: u64 = 1 << 20;

pub(super) fn check(session: &Session, checks: &mut Checks) {
    let cores = std::thread::available_parallelism().map_or(1, |cores| cores.get());
    let features = features();
    let with = if features.is_empty() { String::new() } else { format!(" with {}", features.join(", ")) };
    checks.ok("processor", format!("{} cores of {}{with}", cores, std::env::consts::ARCH));
    let Some(limit) = limit() else {
        let fix = "make sure by hand that each process has some 100 MiB per core";
        return checks.warn("memory", "this system does not tell how much there is", fix);
    };
    let threads = if session.settings.run.threads == 0 { cores } else { session.settings.run.threads };
    let told = std::env::var(POOL).ok().and_then(|text| text.parse::<u64>().ok());
    let pool = match (told, &session.runner) {
        (Some(told), _) => Pool::Told(told),
        (None, Runner::Cluster(_)) => Pool::Assumed,
        (None, Runner::Embedded) => Pool::None,
    };
    memory(limit, threads, pool, checks);
}

/// Instructions that decide how sums are rounded in libraries that look for them.
fn features() -> Vec<&'static str> {
    #[cfg(target_arch = "x86_64")]
    {
        let known = [
            ("avx", std::is_x86_feature_detected!("avx")),
            ("avx2", std::is_x86_feature_detected!("avx2")),
            ("fma", std::is_x86_feature_detected!("fma")),
            ("avx512f", std::is_x86_feature_detected!("avx512f")),
        ];
        known.iter().filter(|(_, there)| *there).map(|(name, _)| *name).collect()
    }
    #[cfg(not(target_arch = "x86_64"))]
    {
        Vec::new()
    }
}

/// Memory of an executor's sorts and joins, beside that of its units.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Pool {
    /// None: without a cluster there is no executor.
    None,
    /// So many MiB, as the environment says.
    Told(u64),
    /// The default: executors do not tell theirs.
    Assumed,
}

impl Pool {
    fn mebibytes(self) -> u64 {
        match self {
            Self::None => 0,
            Self::Told(told) => told,
            Self::Assumed => EXECUTOR_MEMORY_MIB,
        }
    }
}

/// Holds what so many units at once and a pool need against a limit in bytes.
fn memory(limit: u64, threads: usize, pool: Pool, checks: &mut Checks) {
    let units = MEMORY.1.saturating_mul(threads as u64).saturating_add(MEMORY.0).saturating_mul(MIB);
    let needed = units.saturating_add(pool.mebibytes().saturating_mul(MIB));
    let beside = match pool {
        Pool::None => String::new(),
        Pool::Told(told) => format!(" beside a pool of {told} MiB ({POOL})"),
        Pool::Assumed => format!(" beside a pool of {EXECUTOR_MEMORY_MIB} MiB, an executor's default"),
    };
    let seen =
        format!("{} MiB may be used, {threads} units at once need about {} MiB{beside}", limit / MIB, units / MIB);
    let most = limit.saturating_sub(units) / MIB;
    let fix = match pool {
        Pool::Told(_) => format!("set {POOL} to at most {most}, or raise the limit"),
        Pool::Assumed if most > 0 => {
            format!("if an executor runs here, set {POOL} to at most {most} for it, or raise the limit")
        }
        Pool::Assumed | Pool::None => {
            "raise the limit of memory, or compute fewer units at once with --threads".to_owned()
        }
    };
    // executors may all be elsewhere: a pool that is only assumed fails nothing
    let certain = if pool == Pool::Assumed { units } else { needed };
    match needed {
        _ if certain > limit => checks.fail("memory", seen, fix),
        needed if needed > limit / 4 * 3 => checks.warn("memory", seen, fix),
        _ => checks.ok("memory", seen),
    }
}

/// Bytes that this process may use: the machine's, or fewer where its group has a limit.
fn limit() -> Option<u64> {
    let number = |text: String| text.trim().parse::<u64>().ok();
    let groups = ["/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"];
    let of_group = groups.iter().filter_map(|file| std::fs::read_to_string(file).ok().and_then(number)).min();
    let machine = std::fs::read_to_string("/proc/meminfo").ok().and_then(|text| {
        let line = text.lines().find(|line| line.starts_with("MemTotal:"))?.to_owned();
        line.split_whitespace().nth(1)?.parse::<u64>().ok().map(|kib| kib * 1024)
    });
    of_group.into_iter().chain(machine).min()
}

/// Room for what a backfill would write.
pub(super) async fn check_disk(session: &Session, checks: &mut Checks) {
    let Ok(root) = session.warehouse.root().to_file_path() else { return };
    let Some(place) = root.ancestors().find(|folder| folder.exists()) else { return };
    let free = match rustix::fs::statvfs(place) {
        Ok(found) => found.f_bavail * found.f_frsize,
        Err(error) => {
            let fix = "make sure by hand that there is room for what `almanac plan` tells";
            return checks.warn("disk", format!("{} does not tell its room: {error}", place.display()), fix);
        }
    };
    let room = format!("{} MiB free", free / MIB);
    let job = match session.job().await {
        Ok(job) => job,
        Err(Failure::Engine(EngineError::NotFound { .. })) => {
            return checks.ok("disk", format!("{room}; what is needed is known once `almanac build` has run"));
        }
        Err(error) => return checks.failed("plan", error),
    };
    let planned = match estimate(&session.warehouse, &job, &session.selection).await {
        Ok(planned) => planned,
        Err(error) => return checks.failed("plan", error),
    };
    let needed = planned.total.bytes;
    let seen = format!("{room}, the plan writes about {} MiB", needed / MIB);
    let fix = "make room, plan fewer paths or origins, or put the warehouse elsewhere";
    match needed {
        needed if needed > free => checks.fail("disk", seen, fix),
        needed if needed > free / 2 => checks.warn("disk", seen, fix),
        _ => checks.ok("disk", seen),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pool_that_is_assumed_is_told_and_fails_nothing() {
        let judged = |mebibytes: u64, pool: Pool| {
            let mut checks = Checks::default();
            // of two units, which need 300 MiB
            memory(mebibytes * MIB, 2, pool, &mut checks);
            let found = checks.found.pop();
            found.map_or(("", String::new(), String::new()), |found| {
                (found.result, found.seen, found.fix.unwrap_or_default())
            })
        };
        let (result, seen, _) = judged(1_000, Pool::None);
        assert!(result == "ok" && seen.ends_with("need about 300 MiB"), "{result} {seen}");
        for (mebibytes, expected) in [(4_000, "ok"), (1_400, "warn"), (1_000, "warn")] {
            let (result, seen, _) = judged(mebibytes, Pool::Assumed);
            assert!(result == expected && seen.ends_with(" a pool of 1024 MiB, an executor's default"), "{seen}");
        }
        assert!(judged(1_000, Pool::Assumed).2.contains("to at most 700 for it"));
        assert_eq!(judged(1_000, Pool::Told(1_024)).0, "fail");
        let (result, _, fix) = judged(200, Pool::Assumed);
        assert!(result == "fail" && fix.contains("--threads"), "{fix}");
    }
}
