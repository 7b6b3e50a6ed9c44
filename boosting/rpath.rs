//! Build script of every crate with binaries: lets them find `libxgboost.so`: beside themselves or in the `lib`
//! beside their folder, else where the build left it.

fn main() {
    println!("cargo::rerun-if-changed=../boosting/rpath.rs");
    println!("cargo::rustc-link-arg-bins=-Wl,-rpath,$ORIGIN:$ORIGIN/../lib");
    if let Ok(folder) = std::env::var("DEP_ALMANAC_BOOSTING_XGBOOST_LIB") {
        println!("cargo::rustc-link-arg-bins=-Wl,-rpath,{folder}");
    }
}
