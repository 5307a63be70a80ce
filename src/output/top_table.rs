//! The table of the biggest for a terminal, 80 columns wide unless told otherwise.

use comfy_table::{Cell, CellAlignment, ColumnConstraint, ContentArrangement, Table, Width, presets};
use unicode_width::UnicodeWidthStr;

use crate::profile::rust_symbol::{brief, short};
use crate::profile::top::{By, Part, TopRow, TopTable, WIDEST, Warning, too_wide};

use super::number_format;

/// Columns that a function's name needs to be recognized.
const NAME_ROOM: usize = 30;

/// A column of figures or words before the name.
struct Column {
    header: String,
    cells: Vec<String>,
    right: bool,
}

impl Column {
    /// Its width with the two spaces behind it.
    fn width(&self) -> usize {
        self.cells.iter().map(|cell| cell.width()).max().unwrap_or(0).max(self.header.width()) + 2
    }
}

/// How bytes are shown.
type Bytes = fn(i64) -> String;

/// `table` as text, `width` columns wide at most. Under each site stands where it is and who led there. Columns without
/// a figure in any row are left out, and where names would get no room, those that tell least.
pub fn render(table: &TopTable, width: u16) -> String {
    with_bytes(table, width, number_format::bytes)
}

/// The same with bytes in binary units, as pprof shows them.
pub fn render_binary(table: &TopTable, width: u16) -> String {
    with_bytes(table, width, number_format::binary_bytes)
}

fn with_bytes(table: &TopTable, width: u16, bytes: Bytes) -> String {
    if table.rows.is_empty() {
        return match table.hidden {
            0 => format!("nothing to show: {} is zero everywhere\n", table.sample_type),
            _ => format!("nothing to show\n{}", hidden(table, bytes)),
        };
    }
    let (columns, below) = columns(table, usize::from(width), bytes);
    // The name gets what the others leave.
    let taken: usize = columns.iter().map(Column::width).sum();
    let room = usize::from(width).saturating_sub(taken).max(20);

    let mut shown = Table::new();
    shown.load_preset(presets::NOTHING).set_content_arrangement(ContentArrangement::Disabled);
    shown.set_header(columns.iter().map(|c| c.header.as_str()).chain([table.by.name()]).map(Cell::new));
    for (index, row) in table.rows.iter().enumerate() {
        let cells = columns.iter().map(|c| c.cells.get(index).cloned().unwrap_or_default());
        let sum = row.cumulative.filter(|_| below.cumulative).map(|sum| value(sum, &table.unit, bytes));
        shown.add_row(cells.chain([named(row, table.by, room, &below, sum)]));
    }
    for (index, column) in shown.column_iter_mut().enumerate() {
        match columns.get(index) {
            Some(known) => {
                column.set_padding((0, 2));
                if known.right {
                    column.set_cell_alignment(CellAlignment::Right);
                }
            }
            None => {
                column.set_padding((0, 0));
                column.set_constraint(ColumnConstraint::UpperBoundary(Width::Fixed(room as u16)));
            }
        }
    }
    let mut out: String = shown.lines().map(|line| line.trim_end().to_string() + "\n").collect();
    if table.left_out > 0 {
        out.push_str(&format!("and {} more\n", number_format::count(table.left_out as i64)));
    }
    out.push_str(&format!("total {} {}\n", table.sample_type, value(table.total, &table.unit, bytes)));
    out.push_str(&hidden(table, bytes));
    out
}

/// A value in the table's unit.
fn value(value: i64, unit: &str, bytes: Bytes) -> String {
    if unit == "bytes" { bytes(value) } else { number_format::value(value, unit) }
}

/// What is in no row, in a line; empty if there is nothing.
fn hidden(table: &TopTable, bytes: Bytes) -> String {
    match table.hidden {
        0 => String::new(),
        hidden => {
            let value = value(hidden, &table.unit, bytes);
            format!("hidden {value}, the harness's own (--harness-frames)\n")
        }
    }
}

/// A line of 80 columns at most for each row that is known badly ([`too_wide`]); empty if there is none. `sample_bytes` is
/// the mean distance between samples; none for a CPU profile, which a longer run makes more precise, and no other period.
pub fn warnings(table: &TopTable, sample_bytes: Option<i64>) -> String {
    let Some(sample_bytes) = sample_bytes.and_then(|bytes| u64::try_from(bytes).ok()) else {
        return String::new();
    };
    // A program that is not run by mapprof has another way to set it.
    let ours = table.rows.iter().any(|row| row.role.is_some());
    let option = if ours { "--sample-bytes" } else { "a sampling period of" };
    let line = |warning: &Warning| {
        let verb = if warning.width > 2.0 { "has" } else { "is" };
        let off = number_format::plus_minus(warning.width / 2.0);
        let enough = number_format::plus_minus(WIDEST / 2.0);
        let rest = format!(" {verb} {off}; {option} {} would make it {enough}\n", warning.sample_bytes);
        fit_name(&warning.name, 80usize.saturating_sub(rest.trim_end().width()).max(20)) + &rest
    };
    too_wide(table, sample_bytes).iter().map(line).collect()
}

/// Which columns gave way to the name and stand under it.
#[derive(Default)]
struct Below {
    role: bool,
    phase: bool,
    cumulative: bool,
}

/// The columns before the name, and which of them stand under it for want of room.
fn columns(table: &TopTable, width: usize, bytes: Bytes) -> (Vec<Column>, Below) {
    let rows = &table.rows;
    let has = |get: fn(&TopRow) -> bool| rows.iter().any(get);
    let column = |header: &str, right: bool, cell: &dyn Fn(&TopRow) -> String| Column {
        header: header.to_string(),
        cells: rows.iter().map(cell).collect(),
        right,
    };
    let wide = |row: &TopRow| row.half_width().is_some_and(|half| half > 0.0);
    let off = |row: &TopRow| row.half_width().map(number_format::plus_minus).unwrap_or_default();
    let temporary = |row: &TopRow| row.temporary.map(bytes).unwrap_or_default();
    let cumulative =
        |row: &TopRow| row.cumulative.map(|sum| value(sum, &table.unit, bytes)).unwrap_or_default();
    // Each with whether it has a figure at all, and when it gives way: the lowest first, those of 9 never.
    let mut all = [
        (true, 9, column(&value_header(&table.unit), true, &|r| value(r.value, &table.unit, bytes))),
        (has(wide), 9, column("±", true, &off)),
        (true, 5, column("share", true, &|r| number_format::percent(r.share))),
        (has(|r| r.cumulative.is_some()), 4, column("cum", true, &cumulative)),
        (
            table.unit != "count" && has(|r| r.count.is_some()),
            1,
            column("count", true, &|r| r.count.map(number_format::count).unwrap_or_default()),
        ),
        (has(|r| r.role.is_some()), 3, column("role", false, &|r| part(r.role.as_ref()))),
        (has(|r| r.phase.is_some()), 2, column("phase", false, &|r| part(r.phase.as_ref()))),
        (has(|r| r.temporary.is_some_and(|bytes| bytes != 0)), 9, column("temp", true, &temporary)),
        (has(|r| r.freed.is_some()), 9, column("life", true, &lifetime)),
    ];
    let longest = rows.iter().map(|row| short(&row.name).width()).max().unwrap_or(0);
    let needed = longest.min(NAME_ROOM);
    let mut below = Below::default();
    for rank in 1..9 {
        let taken: usize = all.iter().filter(|(shown, ..)| *shown).map(|(.., c)| c.width()).sum();
        if taken + needed <= width {
            break;
        }
        for (shown, _, column) in all.iter_mut().filter(|(shown, own, _)| *shown && *own == rank) {
            *shown = false;
            below.role |= column.header == "role";
            below.phase |= column.header == "phase";
            below.cumulative |= column.header == "cum";
        }
    }
    (all.into_iter().filter(|(shown, ..)| *shown).map(|(.., column)| column).collect(), below)
}

/// The median lifetime of a row's blocks, calls.
fn lifetime(row: &TopRow) -> String {
    match (row.median_lifetime, row.freed) {
        (Some(calls), _) => number_format::brief_count(calls as i64),
        (None, Some(_)) => "stays".to_string(),
        (None, None) => String::new(),
    }
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

/// The row's name; under a site its place, its caller and what had no room beside it.
fn named(row: &TopRow, by: By, room: usize, below: &Below, cumulative: Option<String>) -> String {
    let mut lines = vec![fit_name(&row.name, room)];
    if matches!(by, By::Site | By::Function) {
        if !row.file.is_empty() {
            lines.push(fit(&format!("  {}:{}", file(&row.file), row.line), room));
        }
        if let Some(caller) = &row.caller {
            lines.push(format!("  from {}", fit_name(&caller.name, room - 7)));
        }
        let role = row.role.as_ref().filter(|_| below.role).map(|role| part(Some(role)));
        let phase =
            row.phase.as_ref().filter(|_| below.phase).map(|phase| format!("in {}", part(Some(phase))));
        let rest: Vec<String> = role.into_iter().chain(phase).collect();
        if !rest.is_empty() {
            lines.push(fit(&format!("  {}", rest.join(", ")), room));
        }
        lines.extend(cumulative.map(|sum| format!("  cum {sum}")));
    }
    lines.join("\n")
}

/// The end of a path, from the crate's folder on: `hashbrown-0.17.1/src/raw.rs`.
pub(super) fn file(path: &str) -> String {
    let parts: Vec<&str> = path.split('/').collect();
    match parts.iter().rposition(|part| *part == "src") {
        Some(src) => parts[src.saturating_sub(1)..].join("/"),
        None => path.to_string(),
    }
}

/// A function's name in `room` columns, as much of its path as there is room for.
pub(super) fn fit_name(name: &str, room: usize) -> String {
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
pub(super) fn fit(text: &str, room: usize) -> String {
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
