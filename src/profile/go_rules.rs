//! The rules of attribution for Go: what kind of frame a function is, by the name that Go gives it, such as
//! `runtime.mallocgc` or `mapprof/internal/replay.(*looper[...]).operationsFolded`.

use super::class::Class;

/// How a row names functions.
#[derive(Debug, Clone, Copy)]
enum Pattern {
    /// The name begins so.
    Start(&'static str),
    /// The name begins so, and the method's name goes on like this.
    Method(&'static str, &'static str),
    /// The whole name, or that of a closure in it.
    Exact(&'static str),
}

use Class::{
    Adapter, Allocator, Collector, Glue, Harness, KeyMaker, Map, OperationLoop, Other, ProgramLoop, Shim,
    ValueMaker,
};
use Pattern::{Exact, Method, Start};

/// The rules, of which the first that fits decides. What no row names is as in any other language.
const RULES: &[(Pattern, Class)] = &[
    // The worker in Go.
    (Method("mapprof/internal/replay.", ").operations"), OperationLoop),
    (Start("mapprof/internal/replay.operations"), OperationLoop),
    (Start("mapprof/internal/replay."), Glue),
    // A program's own code: its payload, but where one of the runtime's maps is at work under it.
    (Method("mapprof/internal/programs.", ").operations"), ProgramLoop),
    (Start("mapprof/internal/programs."), Other),
    (Start("mapprof/internal/keys."), KeyMaker),
    (Start("mapprof/internal/values."), ValueMaker),
    (Start("mapprof/internal/maps."), Adapter),
    (Start("mapprof/"), Harness),
    // The collector: what it does by itself, and what allocations have to do for it.
    (Start("runtime.gcBgMarkWorker"), Collector),
    (Start("runtime.gcAssistAlloc"), Collector),
    (Start("runtime.gcDrain"), Collector),
    (Start("runtime.gcStart"), Collector),
    (Start("runtime.gcMark"), Collector),
    (Start("runtime.gcSweep"), Collector),
    (Start("runtime.gcWriteBarrier"), Collector),
    (Start("runtime.wbBuf"), Collector),
    (Start("runtime.bgsweep"), Collector),
    (Start("runtime.bgscavenge"), Collector),
    (Start("runtime.sweepone"), Collector),
    (Start("runtime.(*sweepLocked)."), Collector),
    (Start("runtime.deductSweepCredit"), Collector),
    (Exact("runtime.GC"), Collector),
    // The allocator.
    (Start("runtime.mallocgc"), Allocator),
    (Start("runtime.(*mcache)."), Allocator),
    (Start("runtime.(*mcentral)."), Allocator),
    (Start("runtime.(*mheap)."), Allocator),
    (Start("runtime.(*mspan)."), Allocator),
    (Start("runtime.nextFreeFast"), Allocator),
    (Start("runtime.profilealloc"), Allocator),
    (Start("runtime.newobject"), Shim),
    (Start("runtime.newarray"), Shim),
    (Start("runtime.makeslice"), Shim),
    (Start("runtime.rawstring"), Shim),
    (Start("runtime.rawbyteslice"), Shim),
    (Start("runtime.unsafe_NewArray"), Shim),
    (Start("internal/runtime/maps.newarray"), Shim),
    (Start("internal/runtime/maps.newobject"), Shim),
    (Start("internal/runtime/maps.newGroups"), Glue),
    (Start("internal/runtime/maps.newTable"), Glue),
    (Start("internal/runtime/maps.(*table).reset"), Glue),
    (Start("runtime.makeBucketArray"), Glue),
    (Start("runtime.growslice"), Glue),
    (Start("runtime.slicebytetostring"), Glue),
    (Start("runtime.convT"), Glue),
    (Start("runtime.systemstack"), Glue),
    // Its maps, of both generations.
    (Start("runtime.map"), Map),
    (Start("runtime.makemap"), Map),
    (Start("runtime.hashGrow"), Map),
    (Start("runtime.growWork"), Map),
    (Start("runtime.evacuate"), Map),
    (Start("runtime.(*hmap)."), Map),
    (Start("internal/runtime/maps."), Map),
    (Start("sync.(*Map)."), Map),
    (Start("internal/sync.(*HashTrieMap"), Map),
    // The start of the process and its threads.
    (Exact("main.main"), Harness),
    (Exact("runtime.main"), Harness),
    (Exact("runtime.goexit"), Harness),
    (Start("runtime.mstart"), Harness),
    (Start("runtime.schedule"), Harness),
    (Start("runtime.findRunnable"), Harness),
    (Start("runtime.findrunnable"), Harness),
];

/// The class of a function of Go's runtime or of the worker in Go; none of any other.
pub(super) fn class(name: &str) -> Option<Class> {
    // No other name has to be held against every row.
    let is_ours = ["runtime.", "internal/", "mapprof/", "sync.", "main."];
    if !is_ours.iter().any(|head| name.starts_with(head)) {
        return None;
    }
    let fits = |pattern: &Pattern| match pattern {
        Start(head) => name.starts_with(head),
        Method(head, method) => name.strip_prefix(head).is_some_and(|rest| rest.contains(method)),
        Exact(whole) => {
            name.strip_prefix(whole).is_some_and(|rest| rest.is_empty() || rest.starts_with(".func"))
        }
    };
    RULES.iter().find(|(pattern, _)| fits(pattern)).map(|(_, class)| *class)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::profile::attribute::{Kind, Role, role, site};
    use crate::profile::rules::classify;

    fn classes(stack: &[&str]) -> Vec<Class> {
        stack.iter().map(|name| classify(name, "")).collect()
    }

    const LOOP: [&str; 3] = [
        "mapprof/internal/replay.(*looper[go.shape.string,go.shape.[]uint8]).operationsFolded",
        "mapprof/internal/worker.(*crew).fold",
        "main.main",
    ];

    #[test]
    fn a_loop_for_one_type_of_map_is_the_harnesss_as_the_one_around_it() {
        let look_up = ["runtime.mapaccess2_faststr"];
        let inner = ["mapprof/internal/replay.operationsGetTexts"];
        let outer = ["mapprof/internal/replay.(*looper[go.shape.string,go.shape.[]uint8]).operationsDirect"];
        let of = |stack: &[&[&str]]| role(&classes(&stack.concat()), Kind::Cpu);
        assert_eq!(of(&[&look_up, &inner, &outer]), Role::Table);
        assert_eq!(of(&[&inner, &outer]), Role::Harness);
        assert_eq!(of(&[&outer]), Role::Harness);
    }

    #[test]
    fn what_a_program_allocates_is_its_map_s_or_a_value() {
        let program = [
            "mapprof/internal/programs.(*requests).request",
            "mapprof/internal/programs.(*Loop).operationsAlone",
        ];
        let of = |inside: &[&str]| role(&classes(&[inside, &program].concat()), Kind::Heap);
        assert_eq!(
            of(&["runtime.mallocgc", "runtime.newarray", "runtime.hashGrow", "runtime.mapassign_fast64"]),
            Role::Table
        );
        assert_eq!(of(&["runtime.mallocgc", "runtime.makeslice"]), Role::Value);
    }

    #[test]
    fn keys_values_and_tables_have_their_roles_on_both_generations() {
        for (inside, due, at) in [
            (
                &["runtime.mallocgc", "runtime.slicebytetostring", "mapprof/internal/keys.makeTexts"][..],
                Role::Key,
                2,
            ),
            (
                &["runtime.mallocgc", "runtime.makeslice", "mapprof/internal/values.fillSlices"],
                Role::Value,
                2,
            ),
            (
                &[
                    "runtime.mallocgc",
                    "runtime.newarray",
                    "runtime.makeBucketArray",
                    "runtime.hashGrow",
                    "runtime.mapassign_faststr",
                ],
                Role::Table,
                3,
            ),
            (
                &[
                    "runtime.mallocgc",
                    "runtime.newarray",
                    "internal/runtime/maps.newGroups",
                    "internal/runtime/maps.(*table).grow",
                    "runtime.mapassign_faststr",
                ],
                Role::Table,
                3,
            ),
            (&["runtime.growslice", "mapprof/internal/maps.(*sorted[...]).put"], Role::Table, 1),
        ] {
            let chunk = ["mapprof/internal/replay.(*looper[go.shape.string,go.shape.[]uint8]).chunk"];
            let stack = classes(&[inside, &chunk, &LOOP].concat());
            assert_eq!((role(&stack, Kind::Heap), site(&stack, Kind::Heap)), (due, Some(at)), "{inside:?}");
        }
    }

    #[test]
    fn the_collector_is_a_role_of_its_own_of_cpu_time_alone() {
        let background = classes(&["runtime.scanobject", "runtime.gcDrain", "runtime.gcBgMarkWorker"]);
        assert_eq!(role(&background, Kind::Cpu), Role::Collector);
        let assist = ["runtime.gcAssistAlloc", "runtime.mallocgc", "mapprof/internal/values.fillSlices"];
        let stack = classes(&[&assist[..], &LOOP].concat());
        assert_eq!((role(&stack, Kind::Cpu), role(&stack, Kind::Heap)), (Role::Collector, Role::Value));
    }

    #[test]
    fn functions_of_others_are_left_to_the_other_rules() {
        for name in ["main.serve", "hashbrown::raw::RawTable::reserve", "runtime", "sync.(*Mutex).Lock"] {
            assert_eq!(class(name), None, "{name}");
        }
    }
}
