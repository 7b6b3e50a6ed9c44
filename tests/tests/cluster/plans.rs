//! What a job is: one stage of our nodes around a registered function, as the scheduler has it and as executors get it.

use crate::processes::Cluster;

/// A step's nodes between the shuffle writer, which ends every stage, and the worklist, from the top.
pub(crate) struct Shape {
    pub(crate) step: &'static str,
    pub(crate) nodes: &'static [&'static str],
    /// The registered function that the projection calls.
    pub(crate) function: Option<&'static str>,
}

pub(crate) const TRAIN: Shape =
    Shape { step: "train", nodes: &["WriteModels", "ProjectionExec", "AttachWindows"], function: Some("fit_model(") };
pub(crate) const INFER: Shape = Shape {
    step: "infer",
    nodes: &["WriteForecasts", "ProjectionExec", "AttachHistory"],
    function: Some("simulate_paths("),
};
pub(crate) const BUILD: Shape = Shape { step: "build", nodes: &["LayBuckets"], function: None };
pub(crate) const SCORE: Shape = Shape { step: "evaluate", nodes: &["ScoreCells"], function: None };

impl Shape {
    /// Every job of the step has one stage of this shape.
    pub(crate) fn is_that_of_every_job(&self, cluster: &Cluster) {
        let jobs = cluster.jobs(self.step);
        assert!(!jobs.is_empty(), "no job of {}", self.step);
        for job in jobs {
            println!("{} {}: {}\n{}", job.name, job.id, job.status, job.plan());
            self.is_that_of(job.plan());
        }
    }

    /// Each executor was sent tasks of this shape; their logs must tell details.
    pub(crate) fn reached_every_executor(&self, cluster: &Cluster) {
        for executor in &cluster.executors {
            let lines = executor.logged();
            let plans = lines.iter().filter_map(|line| line["plan"].as_str());
            let of_step: Vec<&str> = plans.filter(|plan| plan.contains(self.nodes[0])).collect();
            assert!(!of_step.is_empty(), "no plan of {} in {}", self.step, executor.log.display());
            of_step.into_iter().for_each(|plan| self.is_that_of(plan));
        }
    }

    /// No more nodes than these: nothing shuffles, repartitions or gathers.
    fn is_that_of(&self, plan: &str) {
        let node = |line: &str| line.trim().split([':', ' ']).next().unwrap_or_default().to_owned();
        let nodes: Vec<String> = plan.lines().filter(|line| !line.trim().is_empty()).map(node).collect();
        let [top, inner @ .., source] = &nodes[..] else { panic!("a plan of {} nodes: {plan}", nodes.len()) };
        assert!(top == "ShuffleWriterExec" && !plan.contains("Hash("), "{plan}");
        assert_eq!(
            (inner, source.as_str()),
            (&self.nodes.iter().map(ToString::to_string).collect::<Vec<_>>()[..], "DataSourceExec"),
            "{plan}"
        );
        let function = self.function.unwrap_or("");
        let calls = plan.lines().any(|line| line.trim().starts_with("ProjectionExec") && line.contains(function));
        assert!(function.is_empty() || calls, "no {function} in {plan}");
    }
}
