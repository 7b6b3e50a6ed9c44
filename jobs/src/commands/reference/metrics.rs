//! Metrics of the cluster's processes.

use almanac_engine::cluster::metrics::{EXECUTOR, Metric, PROCESS, SCHEDULER};

use super::page::{Page, cell, code, codes, sentence};

pub(super) fn page() -> String {
    let mut page = Page::new(
        "Metrics",
        "`/metrics` on the probes' port of `almanac-scheduler` (50051) and `almanac-executor` (50061), in Prometheus' \
         text format. [Clusters](../cluster.md) says what else that port answers.",
    );
    for (heading, metrics) in
        [("Executors: tasks", EXECUTOR), ("Scheduler: jobs", SCHEDULER), ("Both: the process, on Linux", PROCESS)]
    {
        page.heading(2, heading);
        let rows: Vec<[String; 4]> = metrics.iter().map(row).collect();
        page.table(["name", "type", "label", "help"], &rows);
    }
    page.finish()
}

fn row(metric: &Metric) -> [String; 4] {
    let label =
        metric.label.map_or_else(|| "–".to_owned(), |(name, values)| format!("{}: {}", code(name), codes(values)));
    [code(metric.name), metric.kind.to_owned(), label, cell(&sentence(metric.help))]
}
