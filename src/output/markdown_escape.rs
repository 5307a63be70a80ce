//! Text of a file inside of Markdown: nothing in it is taken for Markdown or HTML.

use crate::printable::printable;

/// Text as it stands in Markdown, in a cell of a table too.
pub fn markdown(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in printable(text).chars() {
        match c {
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '~' | '#' | '!' => out.extend(['\\', c]),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            // A folder that is named like a user must not notify that user.
            '@' => out.push_str("&#64;"),
            c => out.push(c),
        }
    }
    out
}

/// Text as code outside of a table, sign for sign: between more backticks than it has in a row.
pub fn code_as_it_is(text: &str) -> String {
    let text = printable(text);
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest + 1);
    let room = if text.starts_with('`') || text.ends_with('`') { " " } else { "" };
    format!("{fence}{room}{text}{room}{fence}")
}

/// Text as code in Markdown; a bar would end the cell of a table even there.
pub fn code(text: &str) -> String {
    format!("`{}`", printable(&text.replace('`', "'").replace('|', "\\|")))
}

/// Text in a cell of a CSV file. A spreadsheet takes one that begins with these signs for a formula: an apostrophe before
/// it says that it is text.
pub(super) fn csv(text: &str) -> String {
    let text = printable(text);
    let formula = text.trim_start().starts_with(['=', '+', '-', '@']);
    format!("{}{text}", if formula { "'" } else { "" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_stays_the_command() {
        assert_eq!(code_as_it_is("run --env A=x|y"), "`run --env A=x|y`");
        assert_eq!(code_as_it_is("a ``b`` c"), "```a ``b`` c```");
        assert_eq!(code_as_it_is("`a"), "`` `a ``");
    }

    #[test]
    fn nothing_in_a_name_is_taken_for_markdown() {
        assert_eq!(markdown("a|b_c <i>&\n\u{202e}"), "a\\|b\\_c &lt;i&gt;&amp;  ");
        assert_eq!(markdown("a*b`c`![d](e)@f"), "a\\*b\\`c\\`\\!\\[d\\](e)&#64;f");
        assert_eq!(code("<T as `U`>::f|g\u{1b}"), "`<T as 'U'>::f\\|g `");
    }

    #[test]
    fn no_cell_is_a_formula() {
        assert_eq!(
            ["=1+1", " -x", "@a", "+b", "\t=a", "\r+b", "\ta", "a=b\n", "std"].map(csv),
            ["'=1+1", "' -x", "'@a", "'+b", "' =a", "' +b", " a", "a=b ", "std"]
        );
    }
}
