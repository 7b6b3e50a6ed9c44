//! What every process of a cluster has besides its work: logs, health, readiness, metrics, and an orderly end.

use std::net::SocketAddr;
use std::process::ExitCode;

use axum::Router;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;
use axum::routing::get;
use prometheus::{Encoder, TextEncoder};
use tracing_subscriber::EnvFilter;

use crate::{EngineError, Result};

/// Variable that says what is logged, by module.
const LOG: &str = "ALMANAC_LOG";
/// Stack of a worker thread: plans are walked recursively, as deep as they are.
const STACK_BYTES: usize = 32 << 20;

/// Runs a process to its end: logs, a runtime, and code 7 with the cause if it cannot serve.
pub fn run<E: std::fmt::Display>(serve: impl Future<Output = std::result::Result<(), E>>) -> ExitCode {
    start_logging();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().thread_stack_size(STACK_BYTES).build();
    let ended = match runtime {
        Ok(runtime) => runtime.block_on(serve).map_err(|error| error.to_string()),
        Err(error) => Err(format!("cannot start worker threads: {error}")),
    };
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::from(7)
        }
    }
}

/// Starts logging to standard error: one JSON object per line, with the fields of the spans around it.
///
/// `ALMANAC_LOG` holds the filter.
fn start_logging() {
    let quiet = "info,buoyant_kernel=warn,deltalake_core=error,datafusion=warn,h2=warn,hyper=warn";
    let (filter, refused) = log_filter(quiet);
    tracing_subscriber::fmt().json().flatten_event(true).with_env_filter(filter).with_writer(std::io::stderr).init();
    if let Some(refused) = refused {
        tracing::warn!("{refused}");
    }
}

/// What `ALMANAC_LOG` asks to be logged, or `otherwise` where it is not set; and where it is not understood, also why.
pub fn log_filter(otherwise: &str) -> (EnvFilter, Option<String>) {
    let Ok(asked) = std::env::var(LOG) else { return (EnvFilter::new(otherwise), None) };
    match EnvFilter::try_new(&asked) {
        Ok(filter) => (filter, None),
        Err(error) => {
            let refused = format!("{LOG} = {asked} is not followed: {error}; write it as module=level, level");
            (EnvFilter::new(otherwise), Some(refused))
        }
    }
}

/// Serves `/healthz` (the process runs), `/readyz` (`is_ready`) and `/metrics` (Prometheus' text format) until the
/// returned future is dropped.
///
/// # Errors
/// [`EngineError::Storage`] naming the address if it cannot be bound.
pub async fn probes(
    address: SocketAddr,
    is_ready: impl Fn() -> bool + Clone + Send + Sync + 'static,
) -> Result<impl Future<Output = std::io::Result<()>>> {
    let ready = move || {
        let answer = if is_ready() { (StatusCode::OK, "ready\n") } else { (StatusCode::SERVICE_UNAVAILABLE, "wait\n") };
        std::future::ready(answer)
    };
    let router = Router::new()
        .route("/healthz", get(|| std::future::ready("ok\n")))
        .route("/readyz", get(ready))
        .route("/metrics", get(|| std::future::ready(metrics())));
    let bound = tokio::net::TcpListener::bind(address).await;
    let listener = bound.map_err(|error| EngineError::storage(&format!("address {address}"), error))?;
    Ok(async move { axum::serve(listener, router).await })
}

fn metrics() -> impl IntoResponse {
    let encoder = TextEncoder::new();
    let mut text = Vec::new();
    match encoder.encode(&prometheus::gather(), &mut text) {
        Ok(()) => (StatusCode::OK, [(CONTENT_TYPE, encoder.format_type().to_owned())], text),
        Err(error) => {
            let text = error.to_string().into_bytes();
            (StatusCode::INTERNAL_SERVER_ERROR, [(CONTENT_TYPE, "text/plain".to_owned())], text)
        }
    }
}
