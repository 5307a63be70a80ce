//! Rows of a name and a text, below a title.

use super::terminal::width;
use crate::output::text_columns;

/// Rows below a title, with a blank line before them; nothing of none.
pub fn titled_rows(title: &str, rows: impl Iterator<Item = [String; 2]>) -> String {
    let rows: Vec<[String; 2]> = rows.map(|[name, text]| [format!("  {name}"), text]).collect();
    match rows.is_empty() {
        true => String::new(),
        false => format!("\n{title}\n{}", text_columns::two_columns(&rows, width())),
    }
}
