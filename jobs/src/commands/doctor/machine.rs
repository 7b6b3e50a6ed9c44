//! This machine: its processor, its memory beside what is needed, and room for the plan.

use almanac_engine::EngineError;
use almanac_engine::backfill::estimate;
use almanac_engine::settings::Settings;

use super::super::Session;
use super::Checks;
use crate::exit::Failure;

/// Memory of a process without units, and of each unit computed at once, in MiB: above what docs/capacity.md measured.
const MEMORY: (u64, u64) = (200, 50);
/// Variable with the memory of an executor's sorts and joins, in MiB.
const POOL: &str = "ALMANAC_MEMORY_MIB";
const MIB: u64 = 1 << 20;

pub(super) fn check(settings: &Settings, checks: &mut Checks) {
    let cores = std::thread::available_parallelism().map_or(1, |cores| cores.get());
    let features = features();
    let with = if features.is_empty() { String::new() } else { format!(" with {}", features.join(", ")) };
    checks.ok("processor", format!("{} cores of {}{with}", cores, std::env::consts::ARCH));
    memory(settings, cores, checks);
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

fn memory(settings: &Settings, cores: usize, checks: &mut Checks) {
    let Some(limit) = limit() else {
        let fix = "make sure by hand that each process has some 100 MiB per core";
        return checks.warn("memory", "this system does not tell how much there is", fix);
    };
    let threads = if settings.run.threads == 0 { cores } else { settings.run.threads };
    let need = MEMORY.1.saturating_mul(threads as u64).saturating_add(MEMORY.0).saturating_mul(MIB);
    let told = std::env::var(POOL).ok().and_then(|text| text.parse::<u64>().ok());
    let pool = told.unwrap_or(0).saturating_mul(MIB);
    let beside = told.map(|pool| format!(" beside a pool of {pool} MiB ({POOL})")).unwrap_or_default();
    let seen =
        format!("{} MiB may be used, {threads} units at once need about {} MiB{beside}", limit / MIB, need / MIB);
    let fix = match told {
        Some(_) => format!("set {POOL} to at most {}, or raise the limit", limit.saturating_sub(need) / MIB),
        None => "raise the limit of memory, or compute fewer units at once with --threads".to_owned(),
    };
    match need.saturating_add(pool) {
        needed if needed > limit => checks.fail("memory", seen, fix),
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
