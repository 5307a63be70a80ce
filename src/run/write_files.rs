//! The files of a case: what is in each, and how they come to their place together.

use std::path::{Path, PathBuf};

use super::assemble::Assembled;
use super::plan::CasePlan;
use super::run_dir::{self, Staging};
use crate::error::{Error, Result};
use crate::output::{ARTIFACTS, Artifact, DisplayOptions, Input, Made};
use crate::profile::{Profile, pprof};
use crate::record::run_store::{ERROR_RECORD, RECORD};
use crate::record::{Memory, PassKind, PassRecord};

/// Writes every file of the case, and puts them in their place together. The record then names them.
pub(super) fn write(plan: &CasePlan, root: &Path, assembled: &mut Assembled) -> Result<PathBuf> {
    let whole = assembled.failures.is_empty();
    let staging = Staging::begin(root, &plan.case, !whole)?;
    let mut files = Vec::new();
    render(plan, assembled, &mut |name, bytes| {
        files.push(name.to_owned());
        staging.write(name, &bytes)
    })?;
    if !whole {
        staging.write(ERROR_RECORD, &json(&assembled.failures)?)?;
        files.push(ERROR_RECORD.to_owned());
    }
    files.push(RECORD.to_owned());
    assembled.record.files = files;
    staging.write(RECORD, &json(&assembled.record)?)?;
    let place = staging.commit()?;
    if whole {
        run_dir::forget_failure(root, &plan.case);
    }
    Ok(place)
}

/// Gives `take` the name and the content of each profile and picture of the case.
///
/// # Errors
/// When one cannot be drawn, or `take` does not take it.
pub fn render(
    plan: &CasePlan,
    assembled: &Assembled,
    take: &mut dyn FnMut(&str, Vec<u8>) -> Result<()>,
) -> Result<()> {
    let title = format!("{} · {}", plan.case.row(), plan.case.workload);
    let view = DisplayOptions { title, show_harness: plan.harness_frames };
    let of_heap = match &assembled.heap_end {
        Some(phase) => DisplayOptions { title: format!("{} · end of {phase}", view.title), ..view.clone() },
        None => view.clone(),
    };
    let record = &assembled.record;
    let memory: Option<(&PassRecord, &Memory)> =
        record.passes.get(&PassKind::Memory).and_then(|pass| Some((pass, pass.memory.as_ref()?)));
    for artifact in ARTIFACTS {
        let bytes = match (artifact.input, artifact.made) {
            (Input::Heap, _) => made_of(artifact, assembled.heap.as_ref(), &of_heap)?,
            (Input::HeapTimeline, _) => made_of(artifact, assembled.heap_timeline.as_ref(), &view)?,
            (Input::Cpu, _) => made_of(artifact, assembled.cpu.as_ref(), &view)?,
            (Input::Memory, Made::Drawn(draw)) => match memory {
                Some((pass, memory)) => Some(draw(&view.title, record, pass, memory)?),
                None => None,
            },
            (Input::Memory, _) => None,
        };
        if let Some(bytes) = bytes {
            take(artifact.file_name, bytes)?;
        }
    }
    for (name, profile) in &assembled.beside {
        take(name, pprof::encode(profile))?;
    }
    Ok(())
}

fn made_of(artifact: &Artifact, profile: Option<&Profile>, view: &DisplayOptions) -> Result<Option<Vec<u8>>> {
    profile.map_or(Ok(None), |profile| artifact.of_profile(profile, view))
}

/// A value as the JSON of a file.
///
/// # Errors
/// When it cannot be said in JSON.
pub fn json(value: &impl serde::Serialize) -> Result<Vec<u8>> {
    let mut bytes = serde_json::to_vec_pretty(value).map_err(Error::case)?;
    bytes.push(b'\n');
    Ok(bytes)
}
