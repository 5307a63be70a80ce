//! What a table of sites says of one, whatever it is rendered to.

use super::source_line::source_line;
use crate::output::number_format;
use crate::profile::top::TopRow;

/// The role that its samples have; nothing if they have none.
pub(super) fn role(row: &TopRow) -> &str {
    row.role.as_ref().map_or("", |role| role.name.as_str())
}

/// How far its value may be off.
pub(super) fn off(row: &TopRow) -> String {
    match row.half_width() {
        Some(half) if half > 0.0 => number_format::plus_minus(half),
        Some(_) => "exact".to_owned(),
        None => String::new(),
    }
}

/// Its file and line: of the path the last two parts.
pub(super) fn short_source(row: &TopRow) -> String {
    let parts: Vec<&str> = row.file.rsplitn(3, '/').collect();
    let file = match parts.as_slice() {
        [name, folder, rest] if !rest.is_empty() || !folder.is_empty() => format!("…/{folder}/{name}"),
        _ => row.file.clone(),
    };
    source_line(&file, row.line)
}
