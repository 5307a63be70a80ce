//! Whether the kernel gives a process huge pages when it asks for them.

/// Where the kernel says when it gives transparent huge pages: `always`, `madvise` or `never`, the one in force in brackets.
/// Source: Documentation/admin-guide/mm/transhuge.rst of Linux.
const ENABLED: &str = "/sys/kernel/mm/transparent_hugepage/enabled";

/// Why no huge pages can be had; `None` if they can.
pub fn unavailable() -> Option<String> {
    match std::fs::read_to_string(ENABLED) {
        Ok(said) => refusal(&said),
        Err(error) => Some(format!("{ENABLED} cannot be read: {error}")),
    }
}

fn refusal(said: &str) -> Option<String> {
    said.contains("[never]").then(|| format!("{ENABLED} says never; madvise or always would do"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_never_is_a_refusal() {
        assert_eq!(refusal("always [madvise] never\n"), None);
        assert_eq!(refusal("[always] madvise never\n"), None);
        assert!(refusal("always madvise [never]\n").is_some_and(|why| why.contains("madvise or always")));
    }
}
