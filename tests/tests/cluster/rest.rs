//! What a scheduler's REST interface tells of executors, jobs and their stages.

use serde_json::Value;

use crate::processes::Cluster;

/// A job as its scheduler knows it.
pub(crate) struct Job {
    pub(crate) id: String,
    pub(crate) name: String,
    /// A word such as `Running` or `Completed`.
    pub(crate) status: String,
    /// Each with its plan and its tasks.
    pub(crate) stages: Vec<Value>,
}

impl Cluster {
    /// An answer of the scheduler's REST interface.
    pub(crate) fn rest(&self, path: &str) -> Value {
        let answer = self.ask(self.port, path);
        serde_json::from_str(&answer).unwrap_or_else(|error| panic!("{path}: {error} in {answer:?}"))
    }

    /// Executors that are registered now.
    pub(crate) fn registered(&self) -> usize {
        self.rest("/api/executors").as_array().unwrap().len()
    }

    /// Name and status of every job.
    pub(crate) fn listed(&self) -> Vec<(String, String)> {
        let text = |job: &Value, name: &str| job[name].as_str().unwrap().to_owned();
        let listed = self.rest("/api/jobs");
        listed.as_array().unwrap().iter().map(|job| (text(job, "job_name"), text(job, "status"))).collect()
    }

    /// The jobs of a step.
    pub(crate) fn jobs(&self, step: &str) -> Vec<Job> {
        let (listed, step) = (self.rest("/api/jobs"), format!("/{step}/"));
        let text = |job: &Value, name: &str| job[name].as_str().unwrap().to_owned();
        let of_step = listed.as_array().unwrap().iter().filter(|job| text(job, "job_name").contains(&step));
        let job = |job: &Value| {
            let id = text(job, "job_id");
            // a job is listed before its graph is there
            let graph: Value =
                serde_json::from_str(&self.ask(self.port, &format!("/api/job/{id}/stages"))).unwrap_or_default();
            let stages = graph["stages"].as_array().cloned().unwrap_or_default();
            Job { name: text(job, "job_name"), status: text(job, "status"), id, stages }
        };
        of_step.map(job).collect()
    }
}

impl Job {
    /// The plan of the only stage.
    pub(crate) fn plan(&self) -> &str {
        let [stage] = &self.stages[..] else { panic!("{} has {} stages", self.name, self.stages.len()) };
        stage["stage_plan"].as_str().unwrap()
    }

    /// Tasks of all stages.
    pub(crate) fn tasks(&self) -> usize {
        self.stages.iter().map(|stage| stage["tasks"].as_array().unwrap().len()).sum()
    }

    /// Every task succeeded, or was counted as lost with an executor that left: Ballista then has it computed again.
    /// Returns how many succeeded.
    pub(crate) fn no_task_failed_but_with(&self, executor: &str) -> usize {
        let tasks = self.stages.iter().flat_map(|stage| stage["tasks"].as_array().unwrap());
        let (succeeded, lost): (Vec<&Value>, Vec<&Value>) = tasks.partition(|task| task["status"] == "Successful");
        for task in lost {
            let failure = &task["status"]["Failed"];
            let named = failure["error"].as_str().is_some_and(|error| error.contains(executor));
            assert!(named && failure["reason"] == "ResultLost", "{}: {task}", self.name);
        }
        succeeded.len()
    }
}
