//! Modules from source files. Programs built with `debug = "line-tables-only"` name an inlined function without its
//! module (`push<u8>`); the file that it is in (`library/alloc/src/vec/mod.rs`) tells most of it.

/// `name` with the module that `file` stands for before it; `None` if the name has a module, or the file is none of a
/// Rust crate.
pub fn qualify(name: &str, file: &str) -> Option<String> {
    let bare = name.split('<').next().unwrap_or(name);
    if bare.is_empty() || bare.contains("::") || !file.ends_with(".rs") {
        return None;
    }
    // The compiler makes these wherever an allocator is chosen; they lie in no module of that file.
    if bare.starts_with("__rust_") {
        return Some(format!("__rustc::{name}"));
    }
    let (before, inside) = file.rsplit_once("/src/")?;
    let module = inside.strip_suffix(".rs")?.replace('/', "::");
    let module = module.strip_suffix("::mod").unwrap_or(&module);
    let module = if matches!(module, "lib" | "main" | "mod") { "" } else { module };
    let krate = crate_name(before)?;
    let name = if name.starts_with("{closure") { "{{closure}}" } else { name };
    Some(match module {
        "" => format!("{krate}::{name}"),
        module => format!("{krate}::{module}::{name}"),
    })
}

/// The crate whose sources lie in `folder`: `…/hashbrown-0.17.1`, `…/library/alloc`.
fn crate_name(folder: &str) -> Option<String> {
    // mapprof's own sources may lie in a folder of any name.
    if folder == env!("CARGO_MANIFEST_DIR") {
        return Some(env!("CARGO_PKG_NAME").to_string());
    }
    let last = folder.rsplit('/').next().filter(|last| !last.is_empty())?;
    let name = match last.rsplit_once('-') {
        Some((name, version)) if version.starts_with(|c: char| c.is_ascii_digit()) => name,
        _ => last,
    };
    // The crate of processor intrinsics is a module of `core`.
    Some(if name == "core_arch" { "core::core_arch".to_string() } else { name.replace('-', "_") })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_module_comes_from_the_file() {
        let of = |name, file| qualify(name, file).unwrap_or_default();
        assert_eq!(
            of("grow_one<u8>", "/rustc/59807616/library/alloc/src/raw_vec/mod.rs"),
            "alloc::raw_vec::grow_one<u8>"
        );
        assert_eq!(
            of("reserve_rehash<u64, Global>", "/cargo/registry/src/index-1949/hashbrown-0.17.1/src/raw.rs"),
            "hashbrown::raw::reserve_rehash<u64, Global>"
        );
        assert_eq!(of("new", "/cargo/registry/src/index-1949/dashmap-7.0.0/src/lib.rs"), "dashmap::new");
        assert_eq!(of("{closure#0}", "/home/me/my-app/src/main.rs"), "my_app::{{closure}}");
        assert_eq!(
            of("_mm_load_si128", "/rustc/59807616/library/stdarch/crates/core_arch/src/x86/sse2.rs"),
            "core::core_arch::x86::sse2::_mm_load_si128"
        );
        assert_eq!(of("__rust_alloc", "/home/me/my-app/src/main.rs"), "__rustc::__rust_alloc");
        let own = concat!(env!("CARGO_MANIFEST_DIR"), "/src/worker/driver.rs");
        assert_eq!(of("operations<u64>", own), "mapprof::worker::driver::operations<u64>");
    }

    #[test]
    fn a_name_with_a_module_and_other_languages_are_left_alone() {
        assert_eq!(qualify("alloc::vec::Vec<T>::push", "/x/library/alloc/src/vec/mod.rs"), None);
        assert_eq!(qualify("malloc", "/x/src/jemalloc.c"), None);
        assert_eq!(qualify("push", ""), None);
    }
}
