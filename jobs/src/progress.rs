//! Progress: a bar on a terminal, one JSON line per step when piped.

use std::io::IsTerminal;

use almanac_engine::backfill::Event;
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::{Value, json};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

/// Whether a person is looking at standard output.
pub(crate) fn interactive() -> bool {
    std::io::stdout().is_terminal()
}

/// Says that a step ended: a sentence on a terminal, a JSON line elsewhere.
pub(crate) fn step(name: &str, sentence: &str, facts: Value) {
    if interactive() {
        crate::show::line(format_args!("{name:<9} {sentence}"));
        return;
    }
    let mut line = json!({ "step": name });
    if let (Some(line), Value::Object(facts)) = (line.as_object_mut(), facts) {
        line.extend(facts);
    }
    crate::show::line(&line);
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
        Self { sender, task: tokio::spawn(show(events)) }
    }

    /// Waits until every event is shown.
    pub(crate) async fn finish(self) {
        drop(self.sender);
        // the listener only draws; its failure is not the run's
        let _ = self.task.await;
    }
}

async fn show(mut events: mpsc::UnboundedReceiver<Event>) {
    let mut bar: Option<ProgressBar> = None;
    while let Some(event) = events.recv().await {
        if !interactive() {
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
