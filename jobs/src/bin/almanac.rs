//! The `almanac` command.

fn main() {
    std::process::exit(almanac_jobs::cli::main());
}
