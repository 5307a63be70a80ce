//! From usable bytes to resident memory where a runtime with a collector has the memory.

use super::Chain;
use crate::record::RuntimeHeap;
use crate::record::memory::Reading;

impl Chain {
    /// Adds the steps from usable bytes to what is resident, garbage among them.
    pub(super) fn extend_to_runtime(&mut self, reading: &Reading, heap: &RuntimeHeap) {
        let usable = i128::from(reading.usable_bytes);
        let (counted, base) = (i128::from(heap.counted_bytes), i128::from(heap.base_bytes));
        // What the runtime counts as live, and what the map's blocks should come to.
        self.count += counted - usable;
        let garbage = (i128::from(heap.objects) - counted - base).max(0);
        self.step("fragmentation", i128::from(heap.unused));
        self.step("garbage", garbage);
        let Some(resident) = &heap.resident else {
            self.notes.push("Resident memory could not be read.".to_owned());
            self.total = counted + garbage + i128::from(heap.unused);
            return;
        };
        let [all, arenas, mapped, harness] =
            [resident.all, resident.arenas, resident.mapped, heap.harness_bytes].map(i128::from);
        // What the harness has cannot be more than what is resident where it lies.
        let harness = harness.min(mapped);
        let structures = mapped - harness;
        let [free, stacks] = [heap.free, heap.stacks].map(i128::from);
        let heap_pages = counted + base + garbage + i128::from(heap.unused) + free + stacks;
        let untouched = (heap_pages - arenas).max(0);
        self.step("runtime", structures + stacks);
        self.step("free-pages", free);
        self.step("untouched", -untouched);
        self.step("harness", harness);
        // A step is never less than nothing; what would make it so is left to the last one.
        let rest = all - arenas - mapped;
        self.step("process", rest.max(0) + base);
        self.pages += arenas - (heap_pages - untouched) + rest.min(0);
        self.total = all;
        self.to_resident = true;
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Moment, waterfalls};
    use crate::record::{Memory, Reading, RuntimeHeap, RuntimeResident, Shape, Waterfall};

    fn of(reading: Reading) -> Waterfall {
        let memory = Memory { phases: vec![reading], ..Memory::default() };
        waterfalls(&memory, &[]).remove(0)
    }

    fn heap() -> RuntimeHeap {
        RuntimeHeap {
            counted_bytes: 1000,
            base_bytes: 200,
            objects: 1700,
            unused: 300,
            free: 4000,
            released: 9000,
            stacks: 100,
            resident: Some(RuntimeResident { all: 20_000, arenas: 5_100, mapped: 3_000 }),
            harness_bytes: 1_000,
        }
    }

    fn reading(heap: RuntimeHeap) -> Reading {
        Reading {
            live_bytes: 900,
            usable_bytes: 1000,
            entries: 10,
            payload_bytes: 160,
            entry_bytes: 16,
            shape: Some(Shape { slots: Some(40), slot_bytes: 16, own_bytes: Some(900), capacity: None }),
            runtime: Some(heap),
            ..Reading::default()
        }
    }

    #[test]
    fn its_steps_add_up_to_what_is_resident() {
        let fall = of(reading(heap()));
        let steps: Vec<(&str, i64)> =
            fall.steps.iter().map(|step| (step.name.as_str(), step.bytes)).collect();
        let due = [
            ("payload", 160),
            ("headers", 0),
            ("empty-slots", 480),
            ("control", 260),
            ("rounding", 100),
            ("fragmentation", 300),
            ("garbage", 500),
            ("runtime", 2_100),
            ("free-pages", 4_000),
            ("untouched", -1_000),
            ("harness", 1_000),
            ("process", 12_100),
            ("unexplained", 0),
        ];
        assert_eq!(steps, due);
        assert_eq!((fall.total, fall.to_resident, fall.moment), (20_000, true, Moment::PhaseEnd));
        assert_eq!(steps.iter().map(|(_, bytes)| bytes).sum::<i64>(), 20_000);
    }

    #[test]
    fn what_the_runtime_counts_and_the_blocks_do_not_explain_is_the_last_step() {
        let fall = of(reading(RuntimeHeap { counted_bytes: 1_016, ..heap() }));
        assert_eq!((fall.unexplained_count, fall.unexplained_pages), (16, 0));
        assert_eq!(fall.steps.iter().map(|step| step.bytes).sum::<i64>(), 20_000);
    }

    #[test]
    fn more_in_arenas_than_the_runtime_says_is_unexplained() {
        let resident = RuntimeResident { all: 20_000, arenas: 9_000, mapped: 3_000 };
        let fall = of(reading(RuntimeHeap { resident: Some(resident), ..heap() }));
        assert_eq!((fall.bytes("untouched"), fall.unexplained_pages), (Some(0), 2_900));
        assert_eq!(fall.steps.iter().map(|step| step.bytes).sum::<i64>(), 20_000);
    }

    #[test]
    fn without_the_kernel_it_ends_at_the_heap() {
        let fall = of(reading(RuntimeHeap { resident: None, ..heap() }));
        assert_eq!((fall.total, fall.to_resident), (1_800, false));
        assert_eq!(fall.steps.iter().map(|step| step.bytes).sum::<i64>(), 1_800);
    }
}
