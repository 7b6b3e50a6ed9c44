//! The `almanac` command.

use almanac_engine::memory;

#[global_allocator]
static ALLOCATOR: memory::Allocator = memory::Allocator;

fn main() {
    memory::return_early();
    std::process::exit(almanac_jobs::main());
}
