#![allow(clippy::unwrap_used, clippy::panic)]

mod warehouse;

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::Float64Type;
use datafusion::prelude::SessionContext;

use super::*;
use crate::backfill::Condition;
use crate::delta::commit_cells;
use warehouse::{FIRST, Made, Small, cell};

/// From the fourth session (13): actuals 14 and 12.
const COMPLETE: Made = Made { origin: FIRST + 3, paths: [[16.0, 12.0, 14.0], [13.0, 12.0, 17.0]], point: [14.0, 13.0] };
/// From the fifth session (14): actuals 12 and, once it is known, 15.
const INCOMPLETE: Made =
    Made { origin: FIRST + 4, paths: [[13.0, 14.0, 15.0], [13.0, 14.0, 15.0]], point: [14.0, 14.0] };

async fn run(small: &Small) -> EvaluateReport {
    evaluate(&small.warehouse, &small.job, &Selection::default(), &Runner::Embedded).await.unwrap()
}

/// One row's columns, NaN for null.
async fn row(small: &Small, model: &str, origin: i32, horizon: i32, scope: &str) -> impl Fn(&str) -> f64 + use<> {
    let context = SessionContext::new();
    context.register_table("scores", small.scores().await.provider()).unwrap();
    let query = format!(
        "SELECT * FROM scores WHERE model_name = '{model}' AND horizon = {horizon} AND scope = '{scope}' \
         AND arrow_cast(data_cutoff_date, 'Int32') = {origin}"
    );
    let batches = context.sql(&query).await.unwrap().collect().await.unwrap();
    let rows: Vec<RecordBatch> = batches.into_iter().filter(|batch| batch.num_rows() > 0).collect();
    assert_eq!(rows.iter().map(RecordBatch::num_rows).sum::<usize>(), 1, "{query}");
    let row = rows[0].clone();
    move |name| {
        let array =
            arrow::compute::cast(row.column_by_name(name).unwrap(), &arrow::datatypes::DataType::Float64).unwrap();
        if array.is_valid(0) { array.as_primitive::<Float64Type>().value(0) } else { f64::NAN }
    }
}

fn near(got: f64, want: f64) {
    assert!((got - want).abs() < 1e-12, "{got} is not {want}");
}

/// Three paths and two days by hand; the training closes 10, 12, 11 move by 1.5 on average.
#[tokio::test]
async fn scores_by_hand() {
    let small = Small::new().await;
    small.forecasts("naive", &[COMPLETE]).await;
    let report = run(&small).await;
    assert_eq!((report.scored_cells, report.scored_forecasts, report.incomplete_forecasts), (1, 1, 0));
    assert_eq!((report.pathless_forecasts, report.stray_path_rows, report.commits), (0, 0, 1));

    let first = row(&small, "naive", COMPLETE.origin, 1, "at").await;
    near(first("mae"), 0.0);
    // 12, 14, 16 around 14: 4/3 − 8/9
    near(first("crps"), 4.0 / 9.0);
    near(first("pit"), 0.5);
    near(first("coverage_80"), 1.0);
    near(first("direction_last_close"), 1.0);

    let second = row(&small, "naive", COMPLETE.origin, 2, "at").await;
    near(second("mae"), 1.0);
    near(second("bias"), 1.0);
    near(second("rmse"), 2.0);
    near(second("mase"), 1.0 / 1.5);
    // 12, 13, 17 around 12: 2 − 10/9
    near(second("crps"), 8.0 / 9.0);
    near(second("pit"), 1.0 / 6.0);
    near(second("sharpness_95"), 4.0);
    // the point stands at the last close
    near(second("ties"), 1.0);
    assert!(second("direction_last_close").is_nan());

    let through = row(&small, "naive", COMPLETE.origin, 2, "through").await;
    near(through("mae"), 0.5);
    near(through("rmse"), 2.0_f64.sqrt());
    near(through("mape"), 50.0 / 12.0);
    near(through("wape"), 100.0 / 26.0);
    near(through("crps"), 2.0 / 3.0);
    near(through("direction_last_close"), 1.0);
    near(through("ties"), 0.5);
    near(through("actuals_available"), 2.0);
    assert!(through("pit").is_nan());
}

#[tokio::test]
async fn a_second_run_writes_nothing() {
    let small = Small::new().await;
    small.forecasts("naive", &[COMPLETE, INCOMPLETE]).await;
    let first = run(&small).await;
    let (version, content) = (small.scores().await.version(), small.content().await);
    let second = run(&small).await;
    assert_eq!((second.scored_cells, second.unchanged_cells, second.commits), (0, 1, 0));
    assert_eq!((small.scores().await.version(), small.content().await), (version, content));
    assert_eq!(first.scores, second.scores);
}

#[tokio::test]
async fn new_actuals_are_scored_and_replace_what_was_open() {
    let mut small = Small::new().await;
    small.forecasts("naive", &[COMPLETE, INCOMPLETE]).await;
    assert_eq!(run(&small).await.incomplete_forecasts, 1);
    let open = row(&small, "naive", INCOMPLETE.origin, 2, "at").await;
    assert!(open("mae").is_nan() && open("crps").is_nan() && open("pit").is_nan());
    near(open("actuals_available"), 0.0);
    near(row(&small, "naive", INCOMPLETE.origin, 2, "through").await("mae"), 2.0);

    small.sessions(7).await;
    let report = run(&small).await;
    assert_eq!((report.scored_cells, report.incomplete_forecasts), (1, 0));
    near(row(&small, "naive", INCOMPLETE.origin, 2, "at").await("mae"), 1.0);
    near(row(&small, "naive", INCOMPLETE.origin, 2, "through").await("mae"), 1.5);
    assert_eq!(small.content().await.rows, 8);
}

#[tokio::test]
async fn redone_forecasts_are_scored_again() {
    let small = Small::new().await;
    small.forecasts("naive", &[COMPLETE]).await;
    small.forecasts("random_walk", &[COMPLETE]).await;
    run(&small).await;
    small.forecasts("naive", &[Made { point: [15.0, 13.0], ..COMPLETE }]).await;
    let report = run(&small).await;
    assert_eq!((report.scored_cells, report.unchanged_cells), (1, 1));
    near(row(&small, "naive", COMPLETE.origin, 1, "at").await("mae"), 1.0);
    near(row(&small, "random_walk", COMPLETE.origin, 1, "at").await("mae"), 0.0);
}

#[tokio::test]
async fn scores_do_not_depend_on_threads() {
    let mut contents = Vec::new();
    for threads in [1, 3] {
        let mut small = Small::new().await;
        small.job.settings.run.threads = threads;
        for model in ["naive", "random_walk", "xgboost"] {
            small.forecasts(model, &[COMPLETE, INCOMPLETE]).await;
        }
        evaluate(&small.warehouse, &small.job, &Selection::default(), &Runner::Embedded).await.unwrap();
        contents.push(small.content().await);
    }
    assert_eq!(contents[0].rows, 24);
    assert_eq!(contents[0], contents[1]);
}

/// naive errs by 0, 1 and, from the second origin, 2: xgboost is compared on the first alone.
#[tokio::test]
async fn models_are_compared_on_the_same_origins() {
    let small = Small::new().await;
    small.forecasts("naive", &[COMPLETE, INCOMPLETE]).await;
    small.forecasts("xgboost", &[Made { point: [15.0, 13.0], ..COMPLETE }]).await;
    let report = run(&small).await;
    let [naive, xgboost] = &report.scores[..] else { panic!("{:?}", report.scores) };
    assert_eq!((naive.model_name.as_str(), naive.key.as_str(), naive.forecasts), ("naive", "Coffee", 2));
    near(naive.mae, 1.0);
    near(naive.ratio_to_naive.unwrap(), 1.0);
    near(xgboost.mae, 1.0);
    near(xgboost.ratio_to_naive.unwrap(), 2.0);
    assert_eq!(naive.mae_at, [(1, 1.0), (2, 1.0)]);
    near(xgboost.coverage[0].1, 1.0);
}

#[tokio::test]
async fn only_what_is_selected_is_scored() {
    let small = Small::new().await;
    small.forecasts("naive", &[COMPLETE]).await;
    small.forecasts("xgboost", &[COMPLETE]).await;
    let of = |text: &str| Selection { conditions: Condition::parse_list(text).unwrap(), ..Selection::default() };
    let none = evaluate(&small.warehouse, &small.job, &of("key=Sugar"), &Runner::Embedded).await.unwrap();
    assert_eq!((none.scored_cells, none.scores.len()), (0, 0));
    let one = evaluate(&small.warehouse, &small.job, &of("model=xgboost"), &Runner::Embedded).await.unwrap();
    assert_eq!((one.scored_cells, one.scores.len()), (1, 1));
    assert_eq!(one.scores[0].ratio_to_naive, None);
}

#[tokio::test]
async fn scores_of_vanished_forecasts_go() {
    let small = Small::new().await;
    small.forecasts("naive", &[COMPLETE]).await;
    small.forecasts("xgboost", &[COMPLETE]).await;
    run(&small).await;
    let points = tables::point_forecasts(&small.job.settings);
    let snapshot = Snapshot::open(&small.warehouse, &points).await.unwrap().unwrap();
    let own = snapshot.files().unwrap().into_iter().filter(|file| file.cell() == Some(cell("xgboost")));
    let change = CellChange {
        cell: cell("xgboost"),
        app_id: cell("xgboost").app_id("test"),
        base: own.map(|file| file.path).collect(),
        replace: true,
        add: Vec::new(),
        claims: Arc::default(),
    };
    commit_cells(&small.warehouse, &points, vec![change], serde_json::Map::new()).await.unwrap();
    let report = run(&small).await;
    assert_eq!((report.removed_cells, report.unchanged_cells), (1, 1));
    assert_eq!(small.content().await.rows, 4);
}

#[tokio::test]
async fn points_without_paths_have_no_crps() {
    let small = Small::new().await;
    small.forecasts("naive", &[COMPLETE]).await;
    let (paths, of) = (small.job.distributions(), cell("naive"));
    let snapshot = Snapshot::open(&small.warehouse, &paths).await.unwrap().unwrap();
    let base = snapshot.files().unwrap().into_iter().map(|file| file.path).collect();
    let change = CellChange {
        app_id: of.app_id("test"),
        cell: of,
        base,
        replace: true,
        add: Vec::new(),
        claims: Arc::default(),
    };
    commit_cells(&small.warehouse, &paths, vec![change], serde_json::Map::new()).await.unwrap();
    assert_eq!(run(&small).await.pathless_forecasts, 1);
    let first = row(&small, "naive", COMPLETE.origin, 1, "at").await;
    near(first("mae"), 0.0);
    near(first("coverage_95"), 1.0);
    assert!(first("crps").is_nan() && first("pit").is_nan());
}

#[tokio::test]
async fn without_forecasts_the_table_is_named() {
    let small = Small::new().await;
    let refused = evaluate(&small.warehouse, &small.job, &Selection::default(), &Runner::Embedded).await.unwrap_err();
    assert_eq!(refused.exit_code(), 4);
    assert!(refused.to_string().contains("forecast.point_forecasts"), "{refused}");
}
