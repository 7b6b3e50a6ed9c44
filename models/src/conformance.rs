//! One suite of checks that every family passes.
