//! The table of the biggest for a terminal, 80 columns wide unless told otherwise.

use comfy_table::{Cell, CellAlignment, ColumnConstraint, ContentArrangement, Table, Width, presets};
use unicode_width::UnicodeWidthStr;

use crate::profile::name::{brief, short};
use crate::profile::top::{By, Part, TopRow, TopTable};

use super::size;

/// `table` as text, `width` columns wide at most. Under each site stands where it is and who led there.
pub fn render(table: &TopTable, width: u16) -> String {
    if table.rows.is_empty() {
        return format!("nothing to show: {} is zero everywhere\n", table.sample_type);
    }
    let mut header = vec![value_header(&table.unit), "share".to_string()];
    let has = |get: fn(&TopRow) -> bool| table.rows.iter().any(get);
    let counts = table.unit != "count" && has(|r| r.count.is_some());
    let roles = has(|r| r.role.is_some());
    let phases = has(|r| r.phase.is_some());
    if counts {
        header.push("count".to_string());
    }
    if roles {
        header.push("role".to_string());
    }
    if phases {
        header.push("phase".to_string());
    }
    let fixed = header.len();
    header.push(table.by.name().to_string());

    let mut cells: Vec<Vec<String>> = Vec::new();
    for row in &table.rows {
        let mut line = vec![size::value(row.value, &table.unit), size::percent(row.share)];
        if counts {
            line.push(row.count.map(size::count).unwrap_or_default());
        }
        if roles {
            line.push(part(row.role.as_ref()));
        }
        if phases {
            line.push(part(row.phase.as_ref()));
        }
        cells.push(line);
    }
    // The last column gets what the others leave; comfy-table puts two spaces between columns.
    let taken: usize = (0..fixed)
        .map(|c| {
            let widest = cells.iter().map(|line| line[c].width()).chain([header[c].width()]).max();
            widest.unwrap_or(0) + 2
        })
        .sum();
    let room = usize::from(width).saturating_sub(taken).max(20);

    let mut shown = Table::new();
    shown.load_preset(presets::NOTHING).set_content_arrangement(ContentArrangement::Disabled);
    shown.set_header(header.iter().map(Cell::new));
    for (row, mut line) in table.rows.iter().zip(cells) {
        line.push(named(row, table.by, room));
        shown.add_row(line);
    }
    for (index, column) in shown.column_iter_mut().enumerate() {
        column.set_padding((0, 2));
        if index < 2 + usize::from(counts) {
            column.set_cell_alignment(CellAlignment::Right);
        }
        if index == fixed {
            column.set_padding((0, 0));
            column.set_constraint(ColumnConstraint::UpperBoundary(Width::Fixed(room as u16)));
        }
    }
    let mut out: String = shown.lines().map(|line| line.trim_end().to_string() + "\n").collect();
    if table.left_out > 0 {
        out.push_str(&format!("and {} more\n", size::count(table.left_out as i64)));
    }
    out.push_str(&format!("total {} {}\n", table.sample_type, size::value(table.total, &table.unit)));
    out
}

fn value_header(unit: &str) -> String {
    match unit {
        "bytes" => "bytes",
        "nanoseconds" => "time",
        "count" | "" => "count",
        other => other,
    }
    .to_string()
}

/// A name, with its share where it is not all.
fn part(part: Option<&Part>) -> String {
    match part {
        Some(part) if part.share < 0.995 => format!("{} {:.0}%", part.name, part.share * 100.0),
        Some(part) => part.name.clone(),
        None => String::new(),
    }
}

/// The row's name; under a site its place and its caller.
fn named(row: &TopRow, by: By, room: usize) -> String {
    let mut lines = vec![fit_name(&row.name, room)];
    if matches!(by, By::Site | By::Function) {
        if !row.file.is_empty() {
            lines.push(fit(&format!("  {}:{}", file(&row.file), row.line), room));
        }
        if let Some(caller) = &row.caller {
            lines.push(format!("  from {}", fit_name(&caller.name, room - 7)));
        }
    }
    lines.join("\n")
}

/// The end of a path, from the crate's folder on: `hashbrown-0.17.1/src/raw.rs`.
fn file(path: &str) -> String {
    let parts: Vec<&str> = path.split('/').collect();
    match parts.iter().rposition(|part| *part == "src") {
        Some(src) => parts[src.saturating_sub(1)..].join("/"),
        None => path.to_string(),
    }
}

/// A function's name in `room` columns, as much of its path as there is room for.
fn fit_name(name: &str, room: usize) -> String {
    let brief = brief(name);
    // Without the crate, should even the brief form be too wide.
    let tail = brief.split_once("::…::").map(|(_, tail)| format!("…::{tail}"));
    [Some(short(name)), Some(brief.clone()), tail]
        .into_iter()
        .flatten()
        .find(|shown| shown.width() <= room)
        .unwrap_or_else(|| fit(&brief, room))
}

/// `text` in `room` columns: the middle is left out, since both the crate and the function at the end matter.
fn fit(text: &str, room: usize) -> String {
    if text.width() <= room || room < 8 {
        return text.to_string();
    }
    let chars: Vec<char> = text.chars().collect();
    // All that is shown here is one column wide but for names in exotic scripts; those are wrapped by the table.
    let tail = (room - 1) * 2 / 3;
    let head = room - 1 - tail;
    let start: String = chars.iter().take(head).collect();
    let end: String = chars.iter().skip(chars.len().saturating_sub(tail)).collect();
    format!("{start}…{end}")
}
