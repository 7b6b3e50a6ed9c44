//! `plot`: pictures of the forecasts and scores of a small warehouse.

use std::fs;

use serde_json::Value;

use crate::world;

#[test]
fn each_picture_is_drawn_in_each_form() {
    let job = world::job();
    let folder = tempfile::tempdir().unwrap();
    for (what, parts) in [
        ("fan", ["Coffee close, 3 days ahead", "US cents per pound", "origin"]),
        ("coverage", ["Coverage of central intervals", "level of the interval", "random_walk"]),
        ("errors", ["Errors beside a naive forecast", "days ahead", "naive = 1"]),
    ] {
        let file = |ending: &str| folder.path().join(format!("{what}.{ending}"));
        let written = job.ok(&["--key", "Coffee", "plot", what, "--into", file("svg").to_str().unwrap()]);
        assert!(written.stdout.contains("written"), "{}", written.stdout);
        job.ok(&["--key", "Coffee", "plot", what, "--into", file("png").to_str().unwrap()]);
        let text = fs::read_to_string(file("svg")).unwrap();
        let sketched = job.ok(&["--key", "Coffee", "plot", what]).stdout;
        for part in parts {
            assert!(text.contains(part), "{what}: no {part:?} in {text}");
            assert!(sketched.contains(part), "{what}: no {part:?} in\n{sketched}");
        }
        assert!(sketched.lines().all(|line| line.chars().count() <= 80), "{sketched}");
        let picture = fs::read(file("png")).unwrap();
        assert!(picture.starts_with(b"\x89PNG") && picture.len() > 10_000, "{what}: {} bytes", picture.len());
    }
}

#[test]
fn a_sketch_can_stand_beside_a_file() {
    let job = world::job();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("fan.svg");
    let path = file.to_str().unwrap();
    let sketch = job.ok(&["plot", "fan"]).stdout;
    assert_eq!(job.ok(&["plot", "fan", "--tty"]).stdout, sketch);
    let both = job.ok(&["plot", "fan", "--tty", "--into", path]).stdout;
    assert!(both.starts_with(sketch.trim_end()) && both.ends_with(&format!("{path} written\n")), "{both}");
    assert!(fs::read_to_string(&file).unwrap().contains("Coffee close"));
    assert_eq!(job.ok(&["plot", "fan", "--into", path]).stdout, format!("{path} written\n"));
    let told = job.ok(&["plot", "fan", "--tty", "--into", path, "-o", "json"]).stdout;
    let told: Value = serde_json::from_str(&told).unwrap();
    assert_eq!(told["file"], path);
    assert!(told["sketch"].as_str().unwrap().contains("Coffee close"), "{told}");
}

#[test]
fn a_fan_is_of_the_forecast_that_is_named() {
    let job = world::job();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("fan.svg");
    let named =
        ["--key", "Sugar", "plot", "fan", "--model", "random_walk", "--origin", "2024-01-03", "--history", "10"];
    job.ok(&[&named[..], &["--into", file.to_str().unwrap()]].concat());
    let text = fs::read_to_string(&file).unwrap();
    assert!(text.contains("random_walk from 3 Jan 2024, 10 paths") && text.contains("Sugar close"), "{text}");
}

#[test]
fn what_is_not_there_is_named() {
    let job = world::job();
    job.refused(&["--key", "Cofee", "plot", "fan"], 4, &["error[E0404]", "Coffee"]);
    job.refused(&["plot", "fan", "--model", "niave"], 4, &["error[E0402]", "naive"]);
    job.refused(&["plot", "fan", "--origin", "2024-01-06"], 4, &["error[E0407]", "2024-01-05"]);
    job.refused(&["plot", "coverage", "--into", "a.gif"], 2, &["error[E0002]", ".svg or .png"]);
    world::fresh().refused(&["plot", "errors"], 4, &["error[E0403]", "almanac evaluate"]);
}

#[test]
fn models_with_other_numbers_of_forecasts_are_told() {
    let job = world::copy();
    let third = ["--models", "window_average", "--from", "2024-01-04"];
    for step in ["backfill", "evaluate"] {
        job.ok(&[&third[..], &[step]].concat());
    }
    // beside those of the world
    let more = ["--models", "window_average"];
    let told = |what: &str, more: &[&str]| job.ok(&[&["--key", "Coffee"], more, &["plot", what]].concat()).stdout;
    for what in ["coverage", "errors"] {
        let sketch = told(what, &more);
        assert!(sketch.contains("Coffee, 2 to 4 forecasts per model"), "{what}:\n{sketch}");
    }
    assert!(told("coverage", &[]).contains("Coffee, 4 forecasts per model"));
}
