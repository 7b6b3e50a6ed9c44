//! The command line as people and scripts meet it: help, forms of results, errors by code, configuration.
//!
//! The binary is `ALMANAC_BIN`, or `target/release/almanac` beside this test.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "command_line/commands.rs"]
mod commands;
#[path = "command_line/configuration.rs"]
mod configuration;
#[path = "command_line/doctor.rs"]
mod doctor;
#[path = "command_line/doctor/cluster.rs"]
mod doctor_cluster;
#[path = "command_line/doctor/inputs.rs"]
mod doctor_inputs;
#[path = "command_line/doctor/leaks.rs"]
mod doctor_leaks;
#[path = "command_line/doctor/machine.rs"]
mod doctor_machine;
#[path = "command_line/doctor/store.rs"]
mod doctor_store;
#[path = "command_line/documents.rs"]
mod documents;
#[path = "command_line/errors.rs"]
mod errors;
#[path = "command_line/explain.rs"]
mod explain;
#[path = "command_line/forms.rs"]
mod forms;
#[path = "command_line/help.rs"]
mod help;
#[path = "s3/http.rs"]
#[allow(dead_code)] // shared with the tests of S3
mod http;
#[path = "command_line/init.rs"]
mod init;
#[path = "command_line/links.rs"]
mod links;
#[path = "command_line/model_checks.rs"]
mod model_checks;
#[path = "command_line/person.rs"]
mod person;
#[path = "command_line/pictures.rs"]
mod pictures;
#[path = "command_line/plots.rs"]
mod plots;
#[path = "command_line/prompt.rs"]
mod prompt;
#[path = "command_line/queries.rs"]
mod queries;
#[path = "command_line/quickstart.rs"]
mod quickstart;
#[path = "command_line/reference.rs"]
mod reference;
#[path = "command_line/schema.rs"]
mod schema;
#[path = "command_line/shells.rs"]
mod shells;
#[path = "command_line/status.rs"]
mod status;
#[path = "proofs/support.rs"]
#[allow(dead_code)] // of what the proofs share, a part is used here
mod support;
#[path = "command_line/synthetic.rs"]
mod synthetic;
#[path = "command_line/terminal.rs"]
mod terminal;
#[path = "command_line/unwritable.rs"]
mod unwritable;
#[path = "command_line/world.rs"]
mod world;
#[path = "command_line/yaml.rs"]
mod yaml;
