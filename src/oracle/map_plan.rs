//! How the structures of a map are made: its form, the layout of its entries, and the machine.

use super::dense::DenseVector;
use super::doubled::Doubled;
use super::hash_table::HashTable;
use super::structure::{Layouts, Structure};
use super::tree::Nodes;
use crate::maps::hashbrown_layout::Table;
use crate::maps::{ClosedForm, cow_std, left_right_map};
use crate::workload::payload;
use crate::workload::spec::{KeyOrder, Workload};

/// What the bytes depend on beside workload and seed.
#[derive(Debug, Clone, Copy)]
pub struct Ground {
    /// The processors that the map is run on.
    pub cores: usize,
    /// Bytes of a map where it lies, if they are known: several lie in a vector.
    pub map_bytes: Option<u64>,
}

/// How the structures of a map are made.
pub struct MapPlan {
    form: ClosedForm,
    layouts: Layouts,
    /// Whether keys ascend.
    ascending: bool,
    cores: usize,
    /// Shards, if the workload says how many.
    shards: Option<usize>,
}

impl MapPlan {
    /// The plan of the maps of a workload. Fails, in words, where the run does not say enough.
    pub fn new(workload: &Workload, form: ClosedForm, ground: Ground) -> Result<MapPlan, String> {
        if matches!(form, ClosedForm::Go(_)) {
            return Err("its blocks are those of Go's runtime".to_owned());
        }
        Ok(MapPlan {
            form,
            layouts: layouts(workload)?,
            ascending: workload.key.order == KeyOrder::Ascending,
            cores: ground.cores,
            shards: workload.shards.map(|shards| shards as usize),
        })
    }

    /// The structures of a map that is made for so many entries.
    pub fn structure(&self, capacity: u64) -> Structure {
        let Layouts { table, entry, slot, bucket, nodes, change } = self.layouts;
        match self.form {
            // There is no plan of a map of Go's.
            ClosedForm::Nothing | ClosedForm::Go(_) => Structure::Nothing,
            ClosedForm::Table => Structure::Table(HashTable::new(table, capacity)),
            ClosedForm::Tree => {
                let keys_ascend = self.ascending;
                Structure::Tree { nodes, entries: 0, ascending: keys_ascend, keys_ascend, rooted: false }
            }
            ClosedForm::Indexed => Structure::Indexed {
                indexes: HashTable::new(Table::of::<usize>(), capacity),
                capacity,
                bucket,
            },
            ClosedForm::Vector => Structure::Vector { entries: 0, capacity, entry },
            ClosedForm::Dense => Structure::Dense(DenseVector::new(capacity, slot)),
            ClosedForm::Copied => {
                Structure::Copied { table: HashTable::new(table, capacity), head: cow_std::HEAD_BYTES }
            }
            ClosedForm::Doubled => Structure::Doubled(Doubled::new(HashTable::new(table, capacity), change)),
            ClosedForm::Shards { count, bytes, locks } => {
                let shards = self.shards.unwrap_or_else(|| count(self.cores));
                let table = HashTable::new(table, capacity.div_ceil(shards as u64));
                Structure::Shards { tables: vec![table; shards], array_bytes: bytes * shards as u64, locks }
            }
        }
    }
}

/// The layouts that follow from the types of keys and values.
fn layouts(workload: &Workload) -> Result<Layouts, String> {
    let of = |layout: payload::Layout| (layout.size as u64, layout.align as u64);
    let (key, value) = (of(workload.key.layout), of(workload.value.layout));
    if key.1 == 0 || value.1 == 0 {
        return Err("the run does not say how its keys and values lie".to_owned());
    }
    // Sizes are multiples of alignments, and the compiler puts what is aligned by more first: only the end is padded.
    let align = key.1.max(value.1);
    let entry = (key.0 + value.0).next_multiple_of(align);
    let hash = size_of::<usize>() as u64;
    Ok(Layouts {
        table: Table::of_entries(entry, align),
        entry,
        slot: workload.value.layout.option_size() as u64,
        bucket: (hash + key.0 + value.0).next_multiple_of(align.max(hash)),
        nodes: Nodes::of(key, value),
        change: left_right_map::change_bytes(key, value),
    })
}
