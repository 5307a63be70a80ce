//! The biggest of a profile for a terminal, a line each: for summaries. `table` has all that is known of each.

use unicode_width::UnicodeWidthStr;

use super::number_format;
use super::top_table::fit_name;
use crate::profile::top::{TopRow, TopTable};

/// The rows of `table` in `width` columns: value, how far it may be off, share, role, name, and the place where it fits.
pub fn render(table: &TopTable, width: usize) -> String {
    if table.rows.is_empty() {
        return format!("nothing to show: {} is zero everywhere\n", table.sample_type);
    }
    // Of what was not sampled, none is off.
    let sampled = table.rows.iter().any(|row| row.half_width().is_some_and(|half| half > 0.0));
    let cells = |row: &TopRow| {
        let off = row.half_width().filter(|_| sampled).map(number_format::plus_minus).unwrap_or_default();
        let role = row.role.as_ref().map(|role| role.name.clone()).unwrap_or_default();
        [number_format::value(row.value, &table.unit), off, number_format::percent(row.share), role]
    };
    let rows: Vec<[String; 4]> = table.rows.iter().map(cells).collect();
    let widths: [usize; 4] = std::array::from_fn(|n| {
        rows.iter().filter_map(|cells| cells.get(n)).map(|c| c.width()).max().unwrap_or(0)
    });
    let mut text = String::new();
    for (row, cells) in table.rows.iter().zip(&rows) {
        let mut line = String::from(" ");
        for (n, (cell, widest)) in cells.iter().zip(widths).enumerate().filter(|(_, (_, widest))| *widest > 0)
        {
            let missing = " ".repeat(widest.saturating_sub(cell.width()));
            // Words begin and numbers end below each other.
            line.push_str(&if n == 3 { format!(" {cell}{missing} ") } else { format!(" {missing}{cell} ") });
        }
        line.push(' ');
        let room = width.saturating_sub(line.width()).max(20);
        let name = fit_name(&row.name, room);
        let place = place(row);
        line.push_str(&name);
        if !place.is_empty() && name.width() + place.width() < room {
            line.push_str(&format!(" {place}"));
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

/// `(map.rs:17)`; empty if it is not known.
fn place(row: &TopRow) -> String {
    match row.file.rsplit('/').next() {
        Some(file) if !file.is_empty() && row.line > 0 => format!("({file}:{})", row.line),
        Some(file) if !file.is_empty() => format!("({file})"),
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::profile::fixtures;
    use crate::profile::top::{TopOptions, top};

    #[test]
    fn each_site_is_a_line_that_fits() {
        let heap = top(&fixtures::heap(), &TopOptions::default()).unwrap();
        for width in [60, 80, 120] {
            let text = render(&heap, width);
            assert_eq!(text.lines().count(), heap.rows.len());
            assert!(text.lines().all(|line| line.width() <= width), "{width}:\n{text}");
        }
        let wide = render(&heap, 120);
        assert!(wide.contains("mapprof::workload::payload::make_key (payload.rs:"), "{wide}");
    }

    #[test]
    fn an_interval_wider_than_its_value_is_not_printed() {
        let mut heap = top(&fixtures::heap(), &TopOptions::default()).unwrap();
        let row = &mut heap.rows[0];
        (row.low, row.high) = (Some(0), Some(6 * row.value));
        let text = render(&heap, 80);
        assert!(text.lines().next().unwrap().contains(" few samples "), "{text}");
        heap.rows.clear();
        assert!(render(&heap, 80).starts_with("nothing to show"));
    }
}
