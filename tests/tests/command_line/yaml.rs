//! YAML as another program reads it.

use std::io::Write;
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use almanac_tests::notice;
use serde_json::Value;

/// Prints the documents of standard input as JSON; every scalar is a text, whatever it looks like.
const READ: &str = "import json, sys, yaml\n\
                    json.dump(list(yaml.load_all(sys.stdin.read(), Loader=yaml.BaseLoader)), sys.stdout)";

/// A Python that reads YAML, or a notice that there is none.
fn python() -> Option<&'static str> {
    static FOUND: OnceLock<Option<String>> = OnceLock::new();
    let found = FOUND.get_or_init(|| {
        let named = std::env::var("ALMANAC_PYTHON").ok();
        let reads = |python: &String| {
            let asked = Command::new(python).args(["-c", "import yaml"]).output();
            asked.is_ok_and(|output| output.status.success())
        };
        let found = named.into_iter().chain(["python3".to_owned()]).find(reads);
        if found.is_none() {
            notice(
                "YAML is not read by others, ALMANAC_PYTHON does not name a Python with tests/readers/requirements.txt",
            );
        }
        found
    });
    found.as_deref()
}

/// The documents of a text; none where nothing here reads YAML.
pub(crate) fn documents(text: &str) -> Option<Vec<Value>> {
    let mut read = Command::new(python()?);
    read.args(["-c", READ]).env("PYTHONUTF8", "1");
    let mut child = read.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{}\n{text}", String::from_utf8_lossy(&output.stderr));
    Some(serde_json::from_slice(&output.stdout).unwrap())
}

/// Whether both have the same names, as many items in each list, and texts where the other has no list and no names.
pub(crate) fn same_shape(json: &Value, yaml: &Value) -> bool {
    match (json, yaml) {
        (Value::Object(one), Value::Object(other)) => {
            let same = |(name, value): (&String, &Value)| other.get(name).is_some_and(|other| same_shape(value, other));
            one.len() == other.len() && one.iter().all(same)
        }
        (Value::Array(one), Value::Array(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| same_shape(one, other))
        }
        (Value::Object(_) | Value::Array(_), _) => false,
        (_, other) => other.is_string(),
    }
}

#[test]
fn shapes_are_told_apart() {
    let json = serde_json::json!({ "a": [1, null], "b": { "c": true } });
    let yaml = |text: &str| serde_json::from_str::<Value>(text).unwrap();
    assert!(same_shape(&json, &yaml(r#"{"b":{"c":"true"},"a":["1","null"]}"#)));
    for other in
        [r#"{"a":["1"],"b":{"c":"true"}}"#, r#"{"a":["1","2"],"b":"c"}"#, r#"{"a":["1","2"],"b":{"d":"true"}}"#]
    {
        assert!(!same_shape(&json, &yaml(other)), "{other}");
    }
}
