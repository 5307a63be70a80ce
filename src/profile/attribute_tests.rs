//! Role, site and caller of stacks that were taken from real programs.

use super::*;

/// A stack of the fixture with what it should come to.
struct Case {
    title: String,
    kind: Kind,
    names: Vec<String>,
    classes: Vec<Class>,
}

fn cases() -> Vec<Case> {
    include_str!("fixtures/stacks.txt")
        .split("\n\n")
        .map(|block| {
            let (title, frames) = block.trim_start().split_once('\n').unwrap();
            let title = title.strip_prefix("# ").unwrap();
            let (names, classes) = frames
                .lines()
                .map(|line| {
                    let (name, file) = line.split_once('\t').unwrap();
                    (name.to_string(), classify(name, file))
                })
                .unzip();
            let kind = if title.starts_with("cpu") { Kind::Cpu } else { Kind::Heap };
            Case { title: title.to_string(), kind, names, classes }
        })
        .collect()
}

#[test]
fn real_stacks_come_to_their_role_site_and_caller() {
    for case in cases() {
        let at = site(&case.classes, case.kind).unwrap();
        let from = caller(&case.classes, at).unwrap();
        let kind = if case.kind == Kind::Cpu { "cpu" } else { "heap" };
        let owner = role(&case.classes, case.kind).name();
        let found = format!("{kind} {owner} | {} | {}", case.names[at], case.names[from]);
        assert_eq!(found, case.title, "{:#?}", case.names.iter().zip(&case.classes).collect::<Vec<_>>());
    }
}

#[test]
fn pictures_begin_at_the_loop_and_end_before_the_allocator() {
    let case = cases().into_iter().find(|c| c.title.starts_with("heap key")).unwrap();
    let range = visible(&case.classes, Kind::Heap);
    assert_eq!(case.names[range.start], "alloc::vec::Vec<T,A>::with_capacity_in");
    assert_eq!(case.names[range.end - 1], "mapprof::worker::replay::operations_checked");
}

#[test]
fn a_stack_of_the_harness_shows_nothing() {
    let stack = [Class::Allocator, Class::Glue, Class::Harness];
    assert_eq!(visible(&stack, Kind::Heap), 0..0);
    assert_eq!(role(&stack, Kind::Heap), Role::Harness);
    assert_eq!(site(&stack, Kind::Heap), Some(2));
}

#[test]
fn glue_all_the_way_falls_back_to_the_innermost_frame() {
    assert_eq!(site(&[Class::Glue, Class::Glue], Kind::Cpu), Some(0));
    assert_eq!(site(&[], Kind::Heap), None);
    assert_eq!(caller(&[Class::Glue], 0), None);
}

#[test]
fn what_an_operation_allocates_without_a_name_is_never_the_harness() {
    // A build without line tables: the closure is inlined into the loop.
    let inlined = |border| [Class::Allocator, Class::Shim, Class::Glue, border, Class::Harness];
    assert_eq!(role(&inlined(Class::ProgramLoop), Kind::Heap), Role::Value);
    assert_eq!(role(&inlined(Class::OperationLoop), Kind::Heap), Role::Table);
    assert_eq!(role(&[Class::Allocator, Class::Foreign, Class::ProgramLoop], Kind::Heap), Role::Value);
    // Time is the loop's own where nothing lies inside of it.
    for kind in [Kind::Heap, Kind::Cpu] {
        assert_eq!(role(&[Class::ProgramLoop, Class::Harness], kind), Role::Harness);
        assert_eq!(role(&[Class::Glue, Class::ProgramLoop, Class::Harness], kind), Role::Harness);
    }
    assert_eq!(visible(&inlined(Class::ProgramLoop), Kind::Heap), 2..4, "and it is shown");
}

#[test]
fn time_in_the_counting_alone_is_the_harness() {
    for border in [Class::OperationLoop, Class::ProgramLoop] {
        let counting = [classify("mapprof::capture::ledger::growth_ended", ""), border, Class::Harness];
        assert_eq!(counting[0], Class::Allocator);
        assert_eq!(role(&counting, Kind::Cpu), Role::Harness);
        let own = [Class::Allocator, Class::Other, border, Class::Harness];
        assert_eq!(role(&own, Kind::Cpu), Role::Value, "a closure that has a frame");
    }
}

#[test]
fn keys_of_a_program_are_known_by_the_name_of_what_makes_them() {
    let of = |inside: &[Class]| {
        let stack = [&[Class::Allocator, Class::Glue], inside, &[Class::ProgramLoop, Class::Harness]];
        role(&stack.concat(), Kind::Heap)
    };
    assert_eq!(of(&[Class::OwnKey, Class::Other]), Role::Key);
    assert_eq!(of(&[Class::Other, Class::OwnKey, Class::Other]), Role::Key);
    assert_eq!(of(&[Class::Other]), Role::Value);
    assert_eq!(of(&[Class::KeyMaker, Class::Other]), Role::Key, "it says so itself");
    assert_eq!(of(&[Class::ValueMaker, Class::OwnKey]), Role::Value);
    assert_eq!(of(&[Class::Map, Class::OwnKey]), Role::Table, "a map at work for it");
    let marked = [Class::Allocator, Class::Glue, Class::Other, Class::KeyMaker, Class::ProgramLoop];
    assert_eq!(site(&marked, Kind::Heap), Some(2), "its own code, and not what marks it");
    assert_eq!(site(&[Class::Allocator, Class::KeyMaker, Class::ProgramLoop], Kind::Heap), Some(1));
}
