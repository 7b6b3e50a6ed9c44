//! The layers of the configuration.

use serde_json::Value;

use crate::world;

#[test]
fn each_value_says_where_it_comes_from() {
    let job = world::fresh();
    let variables = [("ALMANAC_TRAINING__YEARS", "5"), ("ALMANAC_FORECAST__SEED", "3")];
    let text = job.run_with(&variables, &["config", "-o", "json"]).stdout;
    let document: Value = serde_json::from_str(&text).unwrap();
    let setting = |name: &str| {
        let found = document["settings"].as_array().unwrap().iter().find(|setting| setting["setting"] == name);
        found.map(|setting| (setting["value"].clone(), setting["origin"].as_str().unwrap().to_owned())).expect(name)
    };
    assert_eq!(setting("forecast.paths"), (10.into(), "flag --paths".to_owned()));
    assert_eq!(setting("training.years"), (5.into(), "variable ALMANAC_TRAINING__YEARS".to_owned()));
    assert_eq!(setting("forecast.seed"), (3.into(), "variable ALMANAC_FORECAST__SEED".to_owned()));
    let (target, file) = setting("dataset.target");
    assert!(target == "close" && file.starts_with("file ") && file.ends_with("demo.toml"), "{file}");
    assert_eq!(setting("run.threads"), (0.into(), "default".to_owned()));
    assert_eq!(setting("training.max_gap").1, "default");
    assert_eq!(setting("warehouse").1, "flag --warehouse");
    assert_eq!(setting("wait_scheduler"), (0.into(), "default".to_owned()));
    assert_eq!(setting("sources.0.name").0, "market");
    // a flag wins over a variable
    let text = job.run_with(&variables, &["--seed", "9", "config", "-o", "json"]).stdout;
    assert!(text.contains("flag --seed"), "{text}");
}
