//! Progress: a bar on a terminal, one JSON line per step when piped or asked for.

use almanac_engine::backfill::Event;
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::{Value, json};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use crate::cli::Form;
use crate::{look, output, show};

/// Says that a step ended: a sentence on a terminal, a JSON line elsewhere, or the form asked for.
pub(crate) fn step(name: &str, sentence: &str, facts: Value) {
    let look = look::get();
    let mut document = json!({ "step": name });
    if let (Some(document), Value::Object(facts)) = (document.as_object_mut(), facts) {
        document.extend(facts);
    }
    match look.form {
        Some(Form::Json) => show::line(&document),
        Some(Form::Yaml) => output::value(&document, Form::Yaml),
        _ if look.quiet => {}
        None if !look.terminal => show::line(&document),
        _ => show::line(format_args!("{name:<9} {sentence}")),
    }
}

/// Shows events until the sender is dropped.
pub(crate) struct Listener {
    /// Where the driver sends its events.
    pub(crate) sender: mpsc::UnboundedSender<Event>,
    task: JoinHandle<()>,
}

impl Listener {
    /// Starts listening.
    pub(crate) fn start() -> Self {
        let (sender, events) = mpsc::unbounded_channel();
        Self { sender, task: tokio::spawn(draw(events)) }
    }

    /// Waits until every event is shown.
    pub(crate) async fn finish(self) {
        drop(self.sender);
        // the listener only draws; its failure is not the run's
        let _ = self.task.await;
    }
}

async fn draw(mut events: mpsc::UnboundedReceiver<Event>) {
    let draws = look::get().draws();
    let mut bar: Option<ProgressBar> = None;
    while let Some(event) = events.recv().await {
        if !draws {
            continue;
        }
        match event {
            Event::Planned { step, units, forecasts, .. } => {
                if let Some(bar) = bar.take() {
                    bar.finish_and_clear();
                }
                let total = if step == "train" { units } else { forecasts };
                if total > 0 {
                    bar = Some(new_bar(step, total as u64));
                }
            }
            Event::Computed { step, units, forecasts, .. } => {
                if let Some(bar) = &bar {
                    bar.inc(if step == "train" { units as u64 } else { forecasts });
                }
            }
            Event::Committed { .. } => {}
        }
    }
    if let Some(bar) = bar {
        bar.finish_and_clear();
    }
}

fn new_bar(step: &'static str, total: u64) -> ProgressBar {
    let bar = ProgressBar::new(total);
    let unit = if step == "train" { "fits" } else { "forecasts" };
    let template = format!("{step:<9} {{bar:30}} {{pos}}/{{len}} {unit}, {{eta}} left");
    match ProgressStyle::with_template(&template) {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}
