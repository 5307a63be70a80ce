//! Names of workloads and variants.

/// Refuses a name that cannot be a file's and a directory's, with what it must be.
pub(super) fn check_name(name: &str) -> std::result::Result<(), String> {
    let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if name.starts_with(|c: char| c.is_ascii_lowercase()) && name.chars().all(fits) && name.len() <= 64 {
        return Ok(());
    }
    Err(format!(
        "must be lower-case letters, digits and hyphens, a letter first and 64 at most, got \"{name}\""
    ))
}
