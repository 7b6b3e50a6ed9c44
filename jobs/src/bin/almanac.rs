//! The `almanac` command.

use almanac_engine::memory;

#[global_allocator]
static ALLOCATOR: memory::Allocator = memory::Allocator;

fn main() {
    std::process::exit(almanac_jobs::main());
}
