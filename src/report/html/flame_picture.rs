//! A flame graph as a picture without a script: the widest frames of a profile's first sample type.

use maud::{Markup, html};

use crate::output::call_tree::CallTree;
use crate::output::{DisplayOptions, number_format};
use crate::profile::Profile;

/// Units of the drawing across.
const WIDTH: f64 = 1200.0;
/// Height of a frame.
const ROW: usize = 18;
/// Frames narrower than this share of all are left out.
const NARROWEST: f64 = 0.002;
/// Rows at most.
const DEEPEST: usize = 60;
/// Width of a letter.
const LETTER: f64 = 7.3;

/// The picture of a sample type, outermost frames at the top; nothing if the profile has none of it.
pub(super) fn render(profile: &Profile, kind: &str) -> Markup {
    let tree =
        profile.sample_type(kind).map(|index| CallTree::of_type(profile, index, &DisplayOptions::default()));
    let Some(Ok(tree)) = tree else { return html! {} };
    let all = tree.all(0, 0).sum.value;
    if all <= 0 {
        return html! {};
    }
    let unit = tree.measures().first().map_or("", |measure| measure.unit.as_str());
    let mut frames: Vec<Frame> = Vec::new();
    // Where each frame begins, where the next one inside it does, and its row.
    let mut laid: Vec<(f64, f64, usize)> = vec![(0.0, 0.0, 0)];
    for node in tree.nodes().skip(1) {
        let share = node.total(0, 0).sum.value as f64 / all as f64;
        let (begin, row) = match laid.get_mut(node.outer) {
            Some((_, next, row)) => {
                let begin = *next;
                *next += share;
                (begin, *row + usize::from(node.outer != 0))
            }
            None => (0.0, 0),
        };
        laid.push((begin, begin, row));
        if share >= NARROWEST && row < DEEPEST {
            let value = i64::try_from(node.total(0, 0).sum.value).unwrap_or(i64::MAX);
            frames.push(Frame {
                x: begin * WIDTH,
                width: share * WIDTH,
                row,
                role: node.roles().name(),
                name: node.name.to_owned(),
                told: format!("{}, {}", number_format::value(value, unit), number_format::percent(share)),
            });
        }
    }
    let rows = frames.iter().map(|frame| frame.row + 1).max().unwrap_or(0);
    html! {
        svg viewBox={ "0 0 " (WIDTH) " " (rows * ROW) } role="img" aria-label={ "Flame graph of " (kind) } {
            @for frame in &frames {
                g {
                    rect class={ "r-" (if frame.role.is_empty() { "none" } else { frame.role }) }
                        x={ (format!("{:.1}", frame.x)) } y=(frame.row * ROW)
                        width={ (format!("{:.1}", frame.width)) } height=(ROW - 1) {}
                    title { (frame.name) " (" (frame.told) ")" }
                    @let label = frame.label();
                    @if !label.is_empty() {
                        text x={ (format!("{:.1}", frame.x + 4.0)) } y=(frame.row * ROW + 13) { (label) }
                    }
                }
            }
        }
    }
}

struct Frame {
    x: f64,
    width: f64,
    row: usize,
    role: &'static str,
    name: String,
    told: String,
}

impl Frame {
    /// As much of the name as has room.
    fn label(&self) -> String {
        let room = ((self.width - 6.0) / LETTER).max(0.0) as usize;
        match self.name.chars().count() {
            letters if letters <= room => self.name.clone(),
            _ if room < 4 => String::new(),
            _ => self.name.chars().take(room - 1).chain(['…']).collect(),
        }
    }
}
