//! What stands in every page: the style sheet, the script, and the policy that lets these alone through.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};

/// The parts of the style sheet: that of the charts' library, and ours.
const STYLES: [&str; 2] = [include_str!("assets/uPlot.min.css"), include_str!("assets/report.css")];

/// The parts of the script: the charts' library (uPlot 1.6.32, MIT license), and ours.
const SCRIPTS: [&str; 6] = [
    include_str!("assets/uPlot.iife.min.js"),
    include_str!("assets/numbers.js"),
    include_str!("assets/tables.js"),
    include_str!("assets/flame.js"),
    include_str!("assets/timeline.js"),
    include_str!("assets/report.js"),
];

/// The script of a page that has tables alone.
pub const TABLE_SCRIPT: &str = concat!(
    include_str!("assets/numbers.js"),
    include_str!("assets/tables.js"),
    "document.querySelectorAll('table.sortable').forEach(mapprof.sortable);\n"
);

/// The style sheet. `colors` are the rules that follow from the tables of steps and roles.
pub(super) fn style(colors: &str) -> String {
    let mut style = STYLES.join("\n");
    style.push_str(colors);
    style
}

/// The script.
pub(super) fn script() -> String {
    SCRIPTS.join("\n")
}

/// The content security policy of a page with this style sheet and this script: it loads nothing, and runs nothing else.
pub(super) fn policy(style: &str, script: &str) -> String {
    format!(
        "default-src 'none'; style-src 'sha256-{}'; script-src 'sha256-{}'; img-src data:; base-uri 'none'",
        hash(style),
        hash(script)
    )
}

fn hash(text: &str) -> String {
    STANDARD.encode(Sha256::digest(text.as_bytes()))
}
