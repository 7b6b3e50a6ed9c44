use std::sync::Arc;

use almanac_models::Day;
use datafusion::physical_expr::expressions::Column;
use datafusion::physical_expr::{LexOrdering, PhysicalSortExpr};
use datafusion::physical_plan::sorts::sort::SortExec;
use datafusion::physical_plan::{ExecutionPlan, displayable};
use datafusion::prelude::SessionContext;
use datafusion_proto::logical_plan::AsLogicalPlan;
use datafusion_proto::physical_plan::AsExecutionPlan;
use datafusion_proto::protobuf::{LogicalPlanNode, PhysicalPlanNode};

use super::client::plan_bytes;
use super::query::gathered;
use super::{LogicalCodec, PhysicalCodec, config, functions, state};
use crate::cell::Cell;
use crate::plan::job::{Job, SharedJob};
use crate::plan::node::Step;
use crate::plan::pipeline;
use crate::plan::worklist::Unit;

fn job() -> SharedJob {
    Arc::new(Job::without_sources("file:///nowhere/"))
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
fn a_query_ends_in_one_partition_and_keeps_its_order() {
    let codec = PhysicalCodec::default();
    let context = state(config()).unwrap().task_ctx();
    let plan = pipeline::train(&job(), &partitions(10, 3)).unwrap();
    let first = Column::new(plan.schema().field(0).name(), 0);
    let order = LexOrdering::new([PhysicalSortExpr::new_default(Arc::new(first))]).unwrap();
    let sorted = SortExec::new(order, Arc::clone(&plan)).with_preserve_partitioning(true);
    let sorted: Arc<dyn ExecutionPlan> = Arc::new(sorted);
    for (plan, top) in [(plan, "CoalescePartitionsExec"), (sorted, "SortPreservingMergeExec")] {
        assert_eq!(plan.properties().partitioning.partition_count(), 3);
        let one = gathered(plan);
        assert!(text(&one).starts_with(top), "{}", text(&one));
        assert_eq!(one.properties().partitioning.partition_count(), 1);
        assert_eq!(text(&gathered(Arc::clone(&one))), text(&one));
        let mut bytes = Vec::new();
        PhysicalPlanNode::try_from_physical_plan(Arc::clone(&one), &codec).unwrap().try_encode(&mut bytes).unwrap();
        let back = PhysicalPlanNode::try_decode(&bytes).unwrap().try_into_physical_plan(&context, &codec).unwrap();
        assert_eq!(text(&back), text(&one));
    }
}

#[test]
fn plans_of_table_functions_survive_the_wire() {
    let codec = PhysicalCodec::default();
    let context = state(config()).unwrap().task_ctx();
    for step in [Step::ReadPaths, Step::ReadPoints] {
        let plan = pipeline::read(&job(), units(1).remove(0), step).unwrap();
        let mut bytes = Vec::new();
        PhysicalPlanNode::try_from_physical_plan(Arc::clone(&plan), &codec).unwrap().try_encode(&mut bytes).unwrap();
        let back = PhysicalPlanNode::try_decode(&bytes).unwrap().try_into_physical_plan(&context, &codec).unwrap();
        assert_eq!(text(&back), text(&plan));
        assert_eq!(back.schema(), plan.schema());
    }
}

/// What a client sends to a scheduler: the aggregates by name, the call as what it asks for.
#[tokio::test]
async fn queries_survive_the_wire() {
    let codec = LogicalCodec::default();
    let context = SessionContext::new_with_state(state(config()).unwrap());
    crate::regenerate::register(&context, "file:///nowhere/", &job().settings);
    let query = "SELECT day_ahead, crps_agg(value, 5), quantiles_agg(value, [0.1, 0.9]), value_at_risk_agg(5, value, 0.9), \
                 expected_shortfall_agg(5, value, 0.9), pinball_loss_agg(value, 0.5, 5), interval_coverage(value, value, 5), \
                 crps(array_agg(value), 5) FROM paths('Coffee', 'naive', DATE '2024-03-01', 50) GROUP BY day_ahead";
    let plan = context.sql(query).await.unwrap().into_optimized_plan().unwrap();
    let mut bytes = Vec::new();
    LogicalPlanNode::try_from_logical_plan(&plan, &codec).unwrap().try_encode(&mut bytes).unwrap();
    let task = SessionContext::new_with_state(state(config()).unwrap()).task_ctx();
    let back = LogicalPlanNode::try_decode(&bytes).unwrap().try_into_logical_plan(&task, &codec).unwrap();
    assert_eq!(back.display_indent().to_string(), plan.display_indent().to_string());
    assert_eq!(back.schema(), plan.schema());
    assert!(functions().unwrap().aggregate_functions.contains_key("crps_agg"));
}

#[test]
fn plans_carry_keys_and_nothing_of_their_histories() {
    let plan = pipeline::infer(&job(), &partitions(10_000, 16)).unwrap();
    let bytes = plan_bytes(&plan, &PhysicalCodec::default()).unwrap();
    assert!(bytes < 1 << 20, "{bytes} bytes for 10,000 keys");
}
