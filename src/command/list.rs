//! `mapprof list`.

use std::borrow::Cow;

use serde::Serialize;

use super::go_worker;
use super::list_types::{self, HasherRow, TypeRow};
use super::terminal::{print, print_json};
use crate::cli::{ListArgs, ListWhat};
use crate::error::Result;
use crate::maps::{EntryOrder, Frees, MapInfo};
use crate::output::text_columns;
use crate::record::{LATENCY_METRICS, METRICS, Noise, SLOWEST_GROWTH};
use crate::worker::program_info::Program;
use crate::worker::registry::Registry;
use crate::workload::Catalog;
use crate::workload::catalog::first_sentence;
use crate::workload::spec::Op;
use crate::workload::step::STEPS;

#[derive(Serialize)]
struct Listing<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    workloads: Option<Vec<WorkloadRow<'a>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    maps: Option<Vec<MapRow>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    keys: Option<Vec<TypeRow>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    values: Option<Vec<TypeRow>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    hashers: Option<Vec<HasherRow>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    metrics: Option<Vec<MetricRow>>,
}

#[derive(Serialize)]
struct WorkloadRow<'a> {
    name: &'a str,
    about: &'a str,
    from: &'a str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    variants: Vec<VariantRow<'a>>,
}

#[derive(Serialize)]
struct VariantRow<'a> {
    name: &'a str,
    about: &'a str,
    /// Whether it runs only where it is named itself.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    by_name: bool,
}

#[derive(Serialize)]
struct MapRow {
    name: &'static str,
    about: &'static str,
    package: &'static str,
    version: &'static str,
    order: EntryOrder,
    concurrent: bool,
    /// Calls and steps that a map need not have, and this one has.
    offers: Vec<&'static str>,
    lacks: Vec<&'static str>,
    shards: bool,
    frees: Frees,
    /// What is known of its bytes: a closed form, bounds, or none and why.
    bytes: String,
}

#[derive(Serialize)]
struct MetricRow {
    name: Cow<'static, str>,
    unit: &'static str,
    better: &'static str,
    noise: Noise,
    about: &'static str,
}

/// Prints what there is.
pub fn list(registry: &Registry, args: &ListArgs) -> Result<()> {
    let catalog = Catalog::load(args.workloads.as_deref())?;
    let wanted = |what| args.what.is_none_or(|only| only == what);
    let listing = Listing {
        workloads: wanted(ListWhat::Workloads).then(|| {
            let files = catalog.summaries().map(|s| WorkloadRow {
                name: s.name,
                about: s.about,
                from: s.file,
                variants: s
                    .variants
                    .iter()
                    .map(|v| VariantRow { name: &v.name, about: &v.about, by_name: v.by_name })
                    .collect(),
            });
            let (of_files, own): (Vec<_>, Vec<_>) = registry.programs.iter().partition(|p| p.file.is_some());
            let mut rows: Vec<WorkloadRow> = files.chain(of_files.into_iter().map(program_row)).collect();
            rows.sort_by_key(|row| row.name);
            rows.extend(own.into_iter().map(program_row));
            rows
        }),
        maps: wanted(ListWhat::Maps)
            .then(|| registry.maps.iter().map(|entry| map_row(&entry.info)).collect()),
        keys: wanted(ListWhat::Types).then(|| list_types::keys(registry)),
        values: wanted(ListWhat::Types).then(|| list_types::values(registry)),
        hashers: wanted(ListWhat::Types).then(|| list_types::hashers(registry)),
        metrics: wanted(ListWhat::Metrics).then(metric_rows),
    };
    if args.json { print_json(&listing) } else { print(&text(&listing, registry.maps.len())) }
}

/// A program of the user's own, or the workload file that names one.
fn program_row(program: &Program) -> WorkloadRow<'_> {
    let variants =
        program.variants.iter().map(|v| VariantRow { name: &v.name, about: &v.about, by_name: false });
    WorkloadRow {
        name: &program.name,
        about: first_sentence(&program.about),
        from: program.file.as_deref().unwrap_or("program"),
        variants: variants.collect(),
    }
}

fn map_row(info: &MapInfo) -> MapRow {
    MapRow {
        name: info.name,
        about: info.about,
        package: info.package.0,
        version: info.package.1,
        order: info.order,
        concurrent: info.concurrent,
        offers: {
            let ops = info.offers.iter().map(|op| op.name());
            ops.chain(info.steps.iter().map(|step| step.name())).collect()
        },
        shards: info.shards,
        frees: info.frees,
        bytes: info.closed_form.map_or_else(|why| format!("none: it {why}"), |form| form.knows().to_owned()),
        lacks: {
            let ops = Op::ALL.into_iter().filter(|op| !info.has(*op)).map(Op::name);
            ops.chain(STEPS.iter().filter(|step| !info.can(step.kind)).map(|step| step.name)).collect()
        },
    }
}

/// A map in the list: what it is, and what it can do.
fn map_lines(row: &MapRow) -> [[String; 2]; 2] {
    let threads = if row.concurrent { "concurrent" } else { "one thread" };
    let bytes = row.bytes.split(':').next().unwrap_or_default();
    let shards = if row.shards { "; shards" } else { "" };
    let offers = if row.offers.is_empty() { String::new() } else { format!("; {}", row.offers.join(", ")) };
    let can =
        format!("{threads}, {}; {}; bytes: {bytes}{shards}{offers}", row.order.name(), row.frees.name());
    let about = format!("{} ({} {})", row.about, row.package, row.version);
    [[row.name.to_owned(), about], [String::new(), can]]
}

/// The figures of a memory pass, and those that a latency pass gives for each operation.
fn metric_rows() -> Vec<MetricRow> {
    let counted = METRICS.iter().map(|info| MetricRow {
        name: Cow::Borrowed(info.name),
        unit: info.unit,
        better: if info.more_is_better { "more" } else { "less" },
        noise: info.noise,
        about: info.about,
    });
    let timed = LATENCY_METRICS.iter().map(|info| MetricRow {
        name: Cow::Owned(format!("latency.<op>.{}", info.name)),
        unit: "ns",
        better: "less",
        noise: Noise::Time,
        about: info.about,
    });
    let growth = MetricRow {
        name: Cow::Borrowed(SLOWEST_GROWTH.0),
        unit: "ns",
        better: "less",
        noise: Noise::Time,
        about: SLOWEST_GROWTH.1,
    };
    counted.chain(timed).chain([growth]).collect()
}

/// `maps` is the number of maps that there are.
fn text(listing: &Listing, maps: usize) -> String {
    let mut text = String::new();
    let mut section = |title: &str, rows: Vec<[String; 2]>| {
        if !text.is_empty() {
            text.push('\n');
        }
        text.push_str(&format!("{title}\n{}", text_columns::two_columns(&rows, super::terminal::width())));
    };
    if let Some(rows) = &listing.workloads {
        let lines = |row: &WorkloadRow<'_>| -> Vec<[String; 2]> {
            let about =
                |v: &VariantRow<'_>| format!("{}{}", v.about, if v.by_name { " (only by name)" } else { "" });
            let variants = row.variants.iter().map(|v| [format!("  @{}", v.name), about(v)]);
            std::iter::once([row.name.to_owned(), row.about.to_owned()]).chain(variants).collect()
        };
        section("Workloads", rows.iter().flat_map(lines).collect());
    }
    if let Some(rows) = &listing.maps {
        section("Maps", rows.iter().flat_map(map_lines).collect());
        section("Maps of Go, with --go", go_worker::maps());
    }
    for (title, rows) in [("Types of keys", &listing.keys), ("Types of values", &listing.values)] {
        if let Some(rows) = rows {
            section(title, rows.iter().map(|r| [r.name.to_owned(), r.line(maps)]).collect());
        }
    }
    if let Some(rows) = &listing.hashers {
        section("Hashers", rows.iter().map(|r| [r.name.to_owned(), r.line(maps)]).collect());
    }
    if let Some(rows) = &listing.metrics {
        let about = |r: &MetricRow| format!("{} [{}, {} is better]", r.about, r.unit, r.better);
        section("Metrics", rows.iter().map(|r| [r.name.to_string(), about(r)]).collect());
    }
    text
}
