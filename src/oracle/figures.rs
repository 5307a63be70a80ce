//! Figures of a case as its closed form has them: what a record's metrics must be.

use std::collections::BTreeMap;

use super::{Figure, Forecast, forecast_of};
use crate::maps::ClosedForm;
use crate::record::{CaseRecord, PassKind};

/// The figures that follow from live and peak bytes, each with its lower and its upper bound; they are equal where the closed
/// form is exact. Those without a form are not there.
///
/// # Errors
/// In words, where the map has no closed form for the workload.
pub fn figures(
    record: &CaseRecord,
    form: Result<ClosedForm, &str>,
) -> Result<BTreeMap<&'static str, (f64, f64)>, String> {
    // A case that could not be run may have more operations than can be replayed either.
    if !record.passes.contains_key(&PassKind::Memory) {
        return Err("there is no memory pass".to_owned());
    }
    Ok(of_forecast(record, &forecast_of(record, form)?))
}

fn of_forecast(record: &CaseRecord, forecast: &Forecast) -> BTreeMap<&'static str, (f64, f64)> {
    let measured =
        record.passes.get(&PassKind::Memory).map(|pass| pass.phases.as_slice()).unwrap_or_default();
    let phases = &forecast.phases;
    let full = measured.iter().zip(phases).max_by_key(|(phase, _)| phase.entries);
    let live = full.and_then(|(_, due)| bounds(&due.live));
    let first = phases.first().and_then(|due| bounds(&due.live));
    let peak = phases.last().and_then(|due| bounds(&due.peak));
    let per_entry = full.and_then(|(phase, _)| {
        let entries = phase.entries as f64;
        live.filter(|_| entries > 0.0).map(|(low, high)| (low / entries, high / entries))
    });
    let over_first = first
        .zip(peak)
        .filter(|(first, _)| first.0 > 0.0)
        .map(|(first, peak)| ((peak.0 / first.1).max(1.0), peak.1 / first.0));
    let all = [
        ("live_bytes", live),
        ("peak_live_bytes", peak),
        ("bytes_per_entry", per_entry),
        ("peak_ratio", over_first),
    ];
    all.into_iter().filter_map(|(name, bounds)| Some((name, bounds?))).collect()
}

fn bounds(figure: &Figure) -> Option<(f64, f64)> {
    match figure {
        Figure::Exact(bytes) => Some((*bytes as f64, *bytes as f64)),
        Figure::Between { low, high } => Some((*low as f64, *high as f64)),
        Figure::Unknown(_) => None,
    }
}
