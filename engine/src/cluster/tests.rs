use std::sync::Arc;

use almanac_models::Day;
use datafusion::physical_plan::{ExecutionPlan, displayable};
use datafusion_proto::physical_plan::AsExecutionPlan;
use datafusion_proto::protobuf::PhysicalPlanNode;

use super::client::plan_bytes;
use super::{PhysicalCodec, config, state};
use crate::cell::Cell;
use crate::plan::job::{Job, SharedJob};
use crate::plan::pipeline;
use crate::plan::worklist::Unit;

fn job() -> SharedJob {
    let settings =
        toml::from_str("[dataset]\nname = \"futures\"\nkey = [\"commodity\"]\ntarget = \"close\"\n").unwrap();
    Arc::new(Job {
        warehouse: "file:///nowhere/".into(),
        settings,
        input_version: 3,
        models_version: Some(5),
        run_id: "run".into(),
        generated_at: 0,
        reports: None,
    })
}

fn units(count: usize) -> Vec<Unit> {
    let unit = |number: usize| Unit {
        cell: Cell {
            model_name: "naive".into(),
            model_version: "v1".into(),
            key_bucket: (number % 64) as i32,
            training_cutoff_date: 17_531,
        },
        key: format!("key-{number:06}"),
        origins: (17_532, 17_712),
        only: (number == 1).then(|| vec![17_540, 17_541] as Vec<Day>),
        paths: true,
        points: true,
    };
    (0..count).map(unit).collect()
}

fn partitions(count: usize, partitions: usize) -> Vec<Vec<Unit>> {
    units(count).chunks(count.div_ceil(partitions)).map(<[Unit]>::to_vec).collect()
}

fn text(plan: &Arc<dyn ExecutionPlan>) -> String {
    displayable(plan.as_ref()).indent(true).to_string()
}

#[test]
fn plans_survive_the_wire() {
    let codec = PhysicalCodec::default();
    let context = state(config()).unwrap().task_ctx();
    for (plan, function) in [
        (pipeline::train(&job(), &partitions(10, 3)).unwrap(), "fit_model"),
        (pipeline::infer(&job(), &partitions(10, 3)).unwrap(), "simulate_paths"),
    ] {
        let mut bytes = Vec::new();
        PhysicalPlanNode::try_from_physical_plan(Arc::clone(&plan), &codec).unwrap().try_encode(&mut bytes).unwrap();
        let back = PhysicalPlanNode::try_decode(&bytes).unwrap().try_into_physical_plan(&context, &codec).unwrap();
        assert_eq!(text(&back), text(&plan));
        assert!(text(&back).contains(function), "{}", text(&back));
        assert_eq!(back.properties().partitioning.partition_count(), 3);
        assert_eq!(back.schema(), plan.schema());
    }
}

#[test]
fn plans_carry_keys_and_nothing_of_their_histories() {
    let plan = pipeline::infer(&job(), &partitions(10_000, 16)).unwrap();
    let bytes = plan_bytes(&plan, &PhysicalCodec::default()).unwrap();
    assert!(bytes < 1 << 20, "{bytes} bytes for 10,000 keys");
}
