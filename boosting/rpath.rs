//! Build script of every crate with binaries: lets them find `libxgboost.so`: beside themselves first, else where the build left it.

fn main() {
    println!("cargo::rerun-if-changed=../boosting/rpath.rs");
    println!("cargo::rustc-link-arg-bins=-Wl,-rpath,$ORIGIN");
    if let Ok(folder) = std::env::var("DEP_ALMANAC_BOOSTING_XGBOOST_LIB") {
        println!("cargo::rustc-link-arg-bins=-Wl,-rpath,{folder}");
    }
}
