//! Pictures that are written for files, within a page.

use maud::{Markup, PreEscaped};

/// The picture without what comes before its element.
pub fn inline(svg: &[u8]) -> Markup {
    let svg = String::from_utf8_lossy(svg);
    PreEscaped(svg.find("<svg").and_then(|begin| svg.get(begin..)).unwrap_or_default().to_owned())
}
