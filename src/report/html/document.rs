//! The frame of a page: the head with its policy, the style sheet, and the script at the end.

use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::{assets, bars};

/// What a page may do beyond being read. A file that is sent around may do nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// Nothing.
    Nothing,
    /// It may send forms to where it came from, and load from there.
    ItsServer,
}

/// A page.
pub struct Document<'a> {
    /// Its title.
    pub title: &'a str,
    /// What is in its body.
    pub body: Markup,
    /// The script that runs at its end; empty if there is none.
    pub script: &'a str,
    /// What it may do.
    pub reach: Reach,
}

/// A page as text.
pub fn document(page: &Document<'_>) -> String {
    let style = assets::style(&bars::colors());
    let mut policy = assets::policy(&style, page.script);
    policy.push_str(match page.reach {
        Reach::Nothing => "; form-action 'none'",
        Reach::ItsServer => "; form-action 'self'; connect-src 'self'",
    });
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content=(policy);
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="generator" content={ "mapprof " (env!("CARGO_PKG_VERSION")) };
                title { (page.title) }
                style { (PreEscaped(&style)) }
            }
            body {
                (page.body)
                @if !page.script.is_empty() { script { (PreEscaped(page.script)) } }
            }
        }
    };
    page.into_string()
}
