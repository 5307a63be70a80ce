//! Whether the 95 % intervals of sampled shares hold the truth, which the exact mode tells: over 200 seeds.

use std::collections::BTreeMap;

use mapprof::profile::Profile;
use mapprof::profile::attribute::{Classes, Kind, Role, role, site};
use mapprof::profile::build::{Context, heap_profile};
use mapprof::profile::interval::{Estimate, Sampling};
use mapprof::profile::symbolize::Symbolizer;
use mapprof::run::plan::choose_sample_bytes;
use mapprof::worker::protocol::Pass;
use mapprof::workload::Workload;

use super::passes::{EXACT, pass, sampled_every, workload};
use super::row;

const SEEDS: u64 = 200;

/// Sites with a smaller true share are not asked about.
const WORTH_ASKING: f64 = 0.05;

/// Cases of a site, and those in which its true share lay in the interval.
#[derive(Default, Clone, Copy)]
struct Cases {
    all: u64,
    inside: u64,
    below: u64,
}

/// A site by name and role.
type Site = (String, &'static str);

pub fn section() {
    let skewed = workload("skewed-keys", &["entries=50000", "phase.serve.ops=100000"]);
    let large = workload("large-values", &["entries=10000"]);
    for (map, workload) in [("hashbrown", &skewed), ("std", &large)] {
        let measured = pass(workload, map, 1, Pass::Memory).record;
        let sample_bytes = choose_sample_bytes(&measured.total.allocs_by_size);
        println!(
            "{} on {map}, {} entries, one sample every {sample_bytes} B",
            workload.name, workload.entries
        );
        let mut symbolizer = Symbolizer::new();
        let mut found: BTreeMap<(&str, Site), Cases> = BTreeMap::new();
        for seed in 0..SEEDS {
            let exact = profile(workload, map, seed, EXACT, &mut symbolizer);
            let sampled = profile(workload, map, seed, sampled_every(sample_bytes), &mut symbolizer);
            for kind in ["alloc_space", "peak_space"] {
                let (truth, estimates) = (sites(&exact, kind), sites(&sampled, kind));
                let total: f64 = truth.values().map(|estimate| estimate.value).sum();
                for (site, share) in truth.iter().map(|(site, estimate)| (site, estimate.value / total)) {
                    if share > WORTH_ASKING {
                        let cases = found.entry((kind, site.clone())).or_default();
                        cases.all += 1;
                        let interval = share_of(site, &estimates);
                        cases.inside +=
                            u64::from(interval.is_some_and(|(low, high)| low <= share && share <= high));
                        cases.below += u64::from(interval.is_none_or(|(_, high)| high < share));
                    }
                }
            }
        }
        for kind in ["alloc_space", "peak_space"] {
            let of_kind = || found.iter().filter(|((k, _), _)| *k == kind);
            let all: u64 = of_kind().map(|(_, cases)| cases.all).sum();
            let inside: u64 = of_kind().map(|(_, cases)| cases.inside).sum();
            let percent = 100.0 * inside as f64 / all as f64;
            row(
                &format!("true shares in their intervals, {kind}, {all} cases"),
                format!("{percent:.1} %"),
                "at least 93 %",
                percent >= 93.0,
            );
            for ((_, (name, role)), Cases { all, inside, below }) in of_kind() {
                let above = all - inside - below;
                println!("  {name} ({role}): {inside} of {all}, {below} times too low, {above} too high");
            }
        }
    }
}

fn profile(workload: &Workload, map: &str, seed: u64, kind: Pass, symbolizer: &mut Symbolizer) -> Profile {
    let output = pass(workload, map, seed, kind);
    let phases = workload.phases.iter().map(|phase| phase.name.clone()).collect();
    let context = Context { phases, ..Context::default() };
    heap_profile(&output.heap.unwrap(), &output.mappings, &context, symbolizer).unwrap()
}

/// The sites of a profile as `mapprof top` has them, with what their intervals follow from.
fn sites(profile: &Profile, sample_type: &str) -> BTreeMap<Site, Estimate> {
    let index = profile.sample_type(sample_type).unwrap();
    let sampling = Sampling::of(profile, index).unwrap();
    let mut classes = Classes::default();
    let mut sites: BTreeMap<Site, Estimate> = BTreeMap::new();
    for sample in &profile.samples {
        let (lines, stack) = classes.stack(profile, sample.locations);
        let role = role(&stack, Kind::Heap);
        let estimate = sampling.estimate(sample);
        if role == Role::Harness || estimate.value == 0.0 {
            continue;
        }
        let name = site(&stack, Kind::Heap).map_or("(no stack)", |place| profile.function_name(lines[place]));
        sites.entry((name.to_owned(), role.name())).or_default().add(estimate);
    }
    sites
}

/// The interval of a site's share.
fn share_of(site: &Site, estimates: &BTreeMap<Site, Estimate>) -> Option<(f64, f64)> {
    let mut rest = Estimate::default();
    estimates.iter().filter(|(other, _)| *other != site).for_each(|(_, estimate)| rest.add(*estimate));
    estimates.get(site)?.share_beside(&rest).map(|interval| (interval.low, interval.high))
}
