//! Passes on the folder of `libxgboost.so`: a build script that depends on this crate directly reads it from
//! `DEP_ALMANAC_BOOSTING_XGBOOST_LIB`.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-env-changed=DEP_XGBOOST_ROOT");
    let Ok(root) = std::env::var("DEP_XGBOOST_ROOT") else { return };
    let root = std::path::Path::new(&root);
    let folder = ["lib", "lib64"].map(|name| root.join(name)).into_iter().find(|path| path.is_dir());
    println!("cargo::metadata=XGBOOST_LIB={}", folder.unwrap_or_else(|| root.to_path_buf()).display());
}
