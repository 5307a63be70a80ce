use super::stack_tree::DEEPEST;
use super::*;
use crate::output::stacks::HARNESS;
use crate::profile::attribute::Role;
use crate::profile::fixtures::{self, Plan, of_stacks as of};

/// The path of a node.
fn path(tree: &CallTree, place: usize) -> String {
    let mut names = Vec::new();
    let mut node = tree.node(place).unwrap();
    while node.place != 0 {
        names.push(node.name);
        node = tree.node(node.outer).unwrap();
    }
    names.reverse();
    names.join(";")
}

fn pair(base: &Profile, new: &Profile, (share, most): (f64, usize)) -> CallTree {
    let selection = Selection { share, most, outermost: false };
    CallTree::of_pair((base, new), &[(1, 1)], &DisplayOptions::default(), true, selection).unwrap()
}

/// Each frame of a difference with its path, its two sums and its width.
fn told(base: &Profile, new: &Profile) -> Vec<(String, i128, i128, u128)> {
    let tree = pair(base, new, (0.0, 100));
    let row = |node: CallNode<'_>| {
        let [base, new] = [0, 1].map(|side| node.total(0, side).sum.value);
        (path(&tree, node.place), base, new, node.width(0))
    };
    tree.nodes().map(row).collect()
}

fn row(path: &str, base: i128, new: i128, width: u128) -> (String, i128, i128, u128) {
    (path.to_owned(), base, new, width)
}

/// Outer frames come first, and a frame and those in it add up.
fn check(tree: &CallTree) {
    for (measure, side) in (0..tree.measures().len()).flat_map(|m| (0..tree.sides()).map(move |s| (m, s))) {
        let value = |held: Held| held.sum.value;
        let mut inside: Vec<i128> = tree.nodes().map(|node| value(node.own(measure, side))).collect();
        for node in tree.nodes().skip(1).rev() {
            assert!(node.outer < node.place && !node.name.is_empty());
            inside[node.outer] += inside[node.place];
        }
        let totals: Vec<i128> = tree.nodes().map(|node| value(node.total(measure, side))).collect();
        assert_eq!(totals, inside);
    }
}

#[test]
fn a_tree_has_every_sample_type_of_its_profile() {
    let profile = fixtures::heap();
    let tree = CallTree::of(&profile, &DisplayOptions::default()).unwrap();
    check(&tree);
    let kinds: Vec<&str> = tree.measures().iter().map(|measure| &*measure.sample_type).collect();
    assert_eq!(kinds, profile.kinds());
    for (measure, kind) in kinds.iter().enumerate() {
        assert_eq!(profile.total(kind).map(i128::from), Some(tree.all(measure, 0).sum.value), "{kind}");
        assert_eq!(tree.measure(kind), Some(measure));
    }
    assert_eq!(tree.measures()[1].unit, "bytes");
    let outermost: Vec<&str> = tree.nodes().filter(|n| n.place > 0 && n.outer == 0).map(|n| n.name).collect();
    assert_eq!(outermost, ["fill", "serve"], "phases");
}

#[test]
fn a_node_has_its_source_line_its_roles_and_an_interval() {
    let profile = fixtures::heap();
    let tree = CallTree::of(&profile, &DisplayOptions::default()).unwrap();
    let named = |name: &str| tree.nodes().find(|node| node.name == name).unwrap();
    let (alloc, inuse) = (tree.measure("alloc_space").unwrap(), tree.measure("inuse_space").unwrap());
    let keys = named("mapprof::workload::payload::make_key");
    assert_eq!((keys.file, keys.line), ("src/workload/payload.rs", 57));
    assert_eq!((keys.roles().one(), keys.roles().name()), (Some(Role::Key), "key"));
    assert_eq!(keys.total(inuse, 0).sum.value, 7_340_032);
    // 14 samples of keys: Garwood's interval of 14 is 7.65 to 23.49.
    let interval = tree.interval(inuse, 0, &keys.total(inuse, 0).sum).unwrap();
    assert!((interval.low / 524_288.0 - 7.65).abs() < 0.01, "{interval:?}");
    assert_eq!(tree.interval_of_difference(inuse, &SampledSum::default(), &keys.total(inuse, 0).sum), None);
    assert_eq!(named("fill").roles().name(), "mixed");
    assert!(named("serve").total(inuse, 0).roles.has(Role::Value));
    // Its table was freed before the end.
    assert!(!named("serve").total(inuse, 0).roles.has(Role::Table));
    assert!(named("serve").total(alloc, 0).roles.has(Role::Table));
    let harness = named(HARNESS);
    assert_eq!((harness.roles().name(), harness.file, harness.line), ("harness", "", 0));
    assert_eq!((named("fill").file, named("fill").line), ("", 0));
    let nowhere = (keys.total(99, 0), keys.own(0, 1), keys.width(99), tree.node(9999).is_none());
    assert_eq!(nowhere, (Held::default(), Held::default(), 0, true));
}

#[test]
fn shares_of_cpu_time_have_an_interval_and_their_difference_has_none() {
    let profile = fixtures::cpu();
    let tree = CallTree::of(&profile, &DisplayOptions::default()).unwrap();
    check(&tree);
    let cpu = tree.measure("cpu").unwrap();
    let sip = tree.nodes().find(|node| node.name.contains("sip")).unwrap().total(cpu, 0).sum;
    let interval = tree.interval(cpu, 0, &sip).unwrap();
    assert!(interval.low < 61e6 && interval.high > 61e6, "{interval:?}");
    let both = CallTree::of_difference(&profile, &profile, &DisplayOptions::default()).unwrap();
    assert_eq!(both.interval_of_difference(cpu, &sip, &sip), None);
    assert!(both.interval(cpu, 1, &sip).is_some());
}

#[test]
fn another_programs_stacks_have_no_roles() {
    let tree = CallTree::of(&fixtures::foreign(), &DisplayOptions::default()).unwrap();
    check(&tree);
    let told: Vec<_> = tree.nodes().skip(1).map(|n| (n.name, n.file, n.line, n.roles().name())).collect();
    let main = ("main.main", "main.go", 5, "");
    assert_eq!(
        told,
        [main, ("main.(*Server).handle", "server.go", 17, ""), ("bytes.makeSlice", "buffer.go", 229, "")]
    );
}

#[test]
fn a_difference_has_the_sample_types_that_both_profiles_have() {
    let (base, new) = (of(&[(&["f@a:1", "main@m:1"], 300)]), fixtures::heap());
    let tree = CallTree::of_difference(&base, &new, &DisplayOptions::default()).unwrap();
    check(&tree);
    let kinds: Vec<&str> = tree.measures().iter().map(|measure| &*measure.sample_type).collect();
    assert_eq!(kinds, ["inuse_objects", "inuse_space"]);
    let value = |side| tree.all(1, side).sum.value;
    assert_eq!((tree.sides(), value(0), value(1)), (2, 300, 25_201_936));
    let nothing = CallTree::of_difference(&base, &fixtures::cpu(), &DisplayOptions::default()).unwrap();
    assert_eq!((nothing.measures().len(), nothing.nodes().len()), (0, 1));
}

#[test]
fn sums_go_up_and_room_is_that_of_the_larger_side() {
    let base = of(&[(&["f@a:1", "main@m:1"], 300), (&["g@a:2", "main@m:2"], 100), (&["main@m:3"], 7)]);
    let new = of(&[(&["f@a:9", "main@m:9"], 200), (&["g@a:9", "main@m:9"], 200)]);
    assert_eq!(
        told(&base, &new),
        [
            row("", 407, 400, 507),
            row("main", 407, 400, 507),
            row("main;f", 300, 200, 300),
            row("main;g", 100, 200, 200),
        ]
    );
    let tree = pair(&base, &new, (0.0, 100));
    check(&tree);
    let lines: Vec<i64> = tree.nodes().map(|node| node.line).collect();
    assert_eq!(lines, [0, 9, 9, 9], "those of the new side");
    let lines: Vec<i64> = pair(&base, &of(&[]), (0.0, 100)).nodes().map(|node| node.line).collect();
    assert_eq!(lines, [0, 1, 1, 2], "or else those of the base");
}

#[test]
fn the_same_frames_are_shown_as_in_a_flame_graph_of_one_profile() {
    let profile = fixtures::heap();
    let index = profile.sample_type("inuse_space").unwrap();
    let names = |show_harness| {
        let view = DisplayOptions { show_harness, ..DisplayOptions::default() };
        let side = (&profile, index);
        let tree = CallTree::of_difference_in(side, side, &view).unwrap();
        let all = tree.node(0).unwrap();
        assert_eq!(Some(all.width(0) as i64), profile.total("inuse_space"));
        let names: Vec<String> = tree.nodes().map(|node| node.name.to_owned()).collect();
        let one = CallTree::of_type(&profile, index, &view).unwrap();
        assert_eq!(one.nodes().map(|node| node.name.to_owned()).collect::<Vec<_>>(), names);
        names
    };
    let found = names(false);
    assert!(["fill", HARNESS].iter().all(|name| found.iter().any(|own| own == name)), "{found:?}");
    assert!(!found.iter().any(|name| name.contains("lang_start") || name.contains("__rust_alloc")));
    assert!(names(true).iter().any(|name| name.contains("lang_start")));
}

#[test]
fn negative_sums_take_no_room_and_extremes_do_not_wrap() {
    let base = of(&[(&["f@a:1"], i64::MIN), (&["f@a:1"], i64::MIN), (&["g@a:1"], i64::MAX)]);
    let new = of(&[(&["f@a:1"], -5), (&["g@a:1"], i64::MAX), (&["g@a:1"], i64::MAX)]);
    let most = 2 * i128::from(i64::MAX);
    assert_eq!(
        told(&base, &new),
        [
            row("", i128::from(i64::MAX) + 2 * i128::from(i64::MIN), most - 5, most as u128),
            row("g", i64::MAX.into(), most, most as u128),
        ]
    );
    let one = CallTree::of(&base, &DisplayOptions::default()).unwrap();
    assert_eq!(one.all(1, 0).sum.value, i64::MAX.into(), "what is below zero is left out");
}

#[test]
fn the_widest_frames_keep_what_called_them_and_what_they_called() {
    let base = of(&[(&["thin@a:1", "wide@a:2"], 1), (&["wide@a:2"], 900), (&["other@a:3"], 50)]);
    let found = |limits| {
        let tree = pair(&base, &base, limits);
        check(&tree);
        let told = tree.nodes().skip(1).map(|node| (node.name.to_owned(), node.total(0, 0).sum.value));
        told.collect::<Vec<_>>()
    };
    let named = |list: &[(&str, i128)]| -> Vec<(String, i128)> {
        list.iter().map(|(name, value)| ((*name).to_owned(), *value)).collect()
    };
    assert_eq!(found((0.0, 10)), named(&[("wide", 901), ("thin", 1), ("other", 50)]));
    assert_eq!(found((0.01, 10)), named(&[("wide", 901), ("other", 50)]));
    assert_eq!(found((0.0, 1)), named(&[("wide", 901)]));
}

#[test]
fn a_frame_that_is_wide_by_one_sample_type_is_shown() {
    let mut plan = Plan::new(&[("alloc_space", "bytes"), ("inuse_space", "bytes")], "inuse_space");
    plan.sample(&[&["a@a:1"], &["main@m:1"]], &[], &[1_000_000, 0]);
    plan.sample(&[&["b@a:1"], &["main@m:1"]], &[], &[1, 100]);
    plan.sample(&[&["c@a:1"], &["main@m:1"]], &[], &[1, 0]);
    let tree = CallTree::of(&plan.profile, &DisplayOptions::default()).unwrap();
    check(&tree);
    let told: Vec<_> = tree.nodes().map(|n| (n.name, n.own(0, 0).sum.value, n.own(1, 0).sum.value)).collect();
    assert_eq!(told, [("", 0, 0), ("main", 1, 0), ("a", 1_000_000, 0), ("b", 1, 100)]);
}

#[test]
fn a_stack_without_end_is_cut() {
    let mut plan = Plan::new(&[("inuse_objects", "count"), ("inuse_space", "bytes")], "inuse_space");
    let frames: &[&str] = &["f@a:1"; 5000];
    plan.sample(&[frames], &[], &[1, 8]);
    let profile = &plan.profile;
    let one = CallTree::of(profile, &DisplayOptions::default()).unwrap();
    for tree in [pair(profile, profile, (0.0, 9999)), one] {
        assert_eq!(tree.nodes().len(), DEEPEST + 1);
        assert_eq!(tree.node(DEEPEST).unwrap().own(tree.measures().len() - 1, 0).sum.value, 8);
    }
}

/// A profile of stacks that hold a byte each, and between them some stacks again and again that hold much.
fn crowd(wide: u32, narrow: u32) -> Profile {
    let mut plan = Plan::new(&[("inuse_objects", "count"), ("inuse_space", "bytes")], "inuse_space");
    for n in 0..narrow {
        let inner = format!("narrow{n}@n:{n}");
        plan.sample(&[&[inner.as_str()], &["main@m:1"]], &[], &[1, 1]);
        let inner = format!("wide{}@w:{n}", n % wide);
        plan.sample(&[&["leaf@l:7"], &[inner.as_str()], &["main@m:1"]], &[], &[1, 1_000_000]);
    }
    plan.profile
}

#[test]
fn a_tree_with_too_many_frames_loses_those_that_cannot_be_wide() {
    let profile = crowd(20, 200);
    let view = DisplayOptions::default();
    let weighings = [Weighing::of(&profile, 1)];
    let grown = |kind, most| {
        let stacks = Stacks::new(&profile, &view);
        let tree = StackTree::grown(&stacks, &weighings, kind, true, most)?;
        Ok::<_, crate::error::Error>(Overlay::of_one(stacks.into_names(), tree, 1))
    };
    let whole = grown(Of::Profile, 1000).unwrap();
    assert_eq!(whole.nodes.len(), 1 + 1 + 200 + 40);
    let thinned = grown(Of::Profile, 120).unwrap();
    assert!(thinned.nodes.len() < 122, "{}", thinned.nodes.len());
    let selection = Selection { share: NARROWEST, most: 100, outermost: true };
    let told = |tree: Overlay| {
        let measures = vec![Measure::of(&profile, 1, weighings.to_vec())];
        let tree = CallTree::shown(tree, measures, &[&profile], selection);
        check(&tree);
        let told =
            tree.nodes().map(|n| (path(&tree, n.place), n.own(0, 0), n.total(0, 0), n.file.len(), n.line));
        let mut told: Vec<_> = told.collect();
        told.sort_by(|a, b| a.0.cmp(&b.0));
        told
    };
    assert_eq!(told(thinned), told(whole), "what is shown holds the same");
    assert!(grown(Of::Profile, 20).is_err(), "all of these are wide");
    assert!(grown(Of::Side, 120).is_err(), "a side keeps all");
}
