//! The operations that grew the map: how many there were, the largest, and the worst one in a sentence.

use super::phase_name;
use crate::output::number_format;
use crate::record::{CaseRecord, Growth, Memory, PassKind};
use crate::report::terminal::function;
use crate::report::{Cell, Column, NameCut, Table};

/// Letters of the site's name.
const SITE: usize = 36;

/// The largest of them, `most` at most; none if there was none.
pub fn table(memory: &Memory, most: usize) -> Option<Table> {
    let mut largest: Vec<&Growth> = memory.growth.iter().collect();
    if largest.is_empty() {
        return None;
    }
    largest.sort_by_key(|growth| std::cmp::Reverse(growth.highest));
    largest.truncate(most);
    let row = |growth: &&Growth| {
        let bytes = |bytes: u64| Cell::whole(Some(bytes as i64), number_format::bytes);
        vec![
            Cell::text(growth.site.clone()),
            Cell::whole(Some(growth.call as i64), number_format::count),
            bytes(growth.before),
            bytes(growth.highest),
            bytes(growth.after),
            Cell::whole(Some(growth.duration_ns as i64), number_format::nanoseconds),
        ]
    };
    let how_many = match memory.growth_events {
        1 => "1 operation".to_owned(),
        n => format!("{} operations", number_format::count(n as i64)),
    };
    let is_all = largest.len() as u64 == memory.growth_events;
    let header = ["growth at", "call", "before", "highest", "after", "took"];
    Some(Table {
        heading: format!(
            "{how_many} of the memory pass allocated more than an eighth of the live bytes{}:",
            if is_all { "" } else { "; the largest" }
        ),
        columns: header.map(Column::kept).to_vec(),
        rows: largest.iter().map(row).collect(),
        names: NameCut::Function(12),
        ..Table::default()
    })
}

/// The worst growth event; empty if there is none.
pub fn worst(record: &CaseRecord) -> String {
    let pass = record.passes.get(&PassKind::Memory);
    let growth =
        pass.and_then(|pass| pass.memory.as_ref()?.growth.iter().max_by_key(|growth| growth.highest));
    let Some((growth, pass)) = growth.zip(pass) else { return String::new() };
    format!(
        "Worst growth: {} at call {} in {}: {} before, {} during, {} after, {}.",
        function(&growth.site, SITE),
        number_format::count(growth.call as i64),
        phase_name(&pass.phases, growth.phase),
        number_format::bytes(growth.before as i64),
        number_format::bytes(growth.highest as i64),
        number_format::bytes(growth.after as i64),
        number_format::nanoseconds(growth.duration_ns as i64),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::fixtures;
    use crate::report::{Block, terminal::render};

    #[test]
    fn the_largest_growth_events() {
        let text = render(&[Block::Table(table(&fixtures::memory(), 3).unwrap())], 80);
        let expected = "\
19 operations of the memory pass allocated more than an eighth of the live
bytes; the largest:
growth at                          call   before  highest    after     took
…::RawTable<…>::reserve_rehash  917,504  17.8 MB  53.5 MB  35.7 MB  18.9 ms
…::RawTable<…>::reserve_rehash  458,752  8.91 MB  26.7 MB  17.8 MB  9.44 ms
…::RawTable<…>::reserve_rehash  229,376  4.46 MB  13.4 MB  8.91 MB  4.72 ms
";
        assert_eq!(text, expected, "{text}");
        assert_eq!(table(&Memory::default(), 3), None);
        assert_eq!(function("an_unreasonably_long_name_of_a_function", 12), "…_a_function");
    }
}
