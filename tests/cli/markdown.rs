//! The parts of a document, as far as commands stand in them, and a line for a shell as the commands that it is made of.

/// A part of a document.
#[derive(Debug)]
pub struct Part {
    pub kind: Kind,
    /// The line that its text begins in, from 1.
    pub line: usize,
    pub text: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// With its level.
    Heading(usize),
    /// Also an item of a list.
    Paragraph,
    TableRow,
    /// What stands between fences, with its language.
    Fenced(String),
    /// What begins behind an empty line, four or more columns to the right.
    Indented,
}

/// Reads a document.
pub fn parts(document: &str) -> Vec<Part> {
    let mut parts: Vec<Part> = Vec::new();
    let (mut in_fence, mut after_gap) = (false, true);
    for (index, text) in document.lines().enumerate() {
        let trimmed = text.trim_start();
        if let Some(language) = trimmed.strip_prefix("```") {
            if !in_fence {
                let kind = Kind::Fenced(language.trim().to_owned());
                parts.push(Part { kind, line: index + 2, text: String::new() });
            }
            (in_fence, after_gap) = (!in_fence, true);
            continue;
        }
        if !in_fence && trimmed.is_empty() {
            after_gap = true;
            continue;
        }
        let last = parts.last_mut().filter(|_| in_fence || !after_gap);
        let kind = match &last {
            Some(last) if in_fence => last.kind.clone(),
            _ if trimmed.starts_with('|') => Kind::TableRow,
            Some(last) if last.kind == Kind::Paragraph => Kind::Paragraph,
            _ if text.starts_with('#') => Kind::Heading(text.bytes().take_while(|b| *b == b'#').count()),
            _ if text.len() - trimmed.len() >= 4 => Kind::Indented,
            _ => Kind::Paragraph,
        };
        match last {
            Some(last) if last.kind == kind && !matches!(kind, Kind::TableRow | Kind::Heading(_)) => {
                last.text.push_str(text);
                last.text.push('\n');
            }
            _ => parts.push(Part { kind, line: index + 1, text: format!("{text}\n") }),
        }
        after_gap = false;
    }
    assert!(!in_fence, "a fence is left open");
    parts
}

impl Part {
    /// What stands between backticks, each with its line. A line's end inside is a space.
    pub fn code_spans(&self) -> Vec<(usize, String)> {
        let mut spans = Vec::new();
        let mut rest = self.text.as_str();
        while let Some(start) = rest.find('`') {
            let fence = "`".repeat(rest[start..].bytes().take_while(|b| *b == b'`').count());
            let inside = &rest[start + fence.len()..];
            let Some(length) = inside.find(&fence) else { break };
            let line = self.line + self.text[..self.text.len() - inside.len()].matches('\n').count();
            // A bar in a row of a table is written with a backslash.
            spans.push((line, inside[..length].trim().replace('\n', " ").replace("\\|", "|")));
            rest = &inside[length + fence.len()..];
        }
        spans
    }

    /// The lines for a shell in a block, each with its number: all of a block in the language of a shell, and of an indented
    /// one; elsewhere those behind a prompt. A line that ends in a backslash goes on in the next.
    pub fn shell_lines(&self) -> Vec<(usize, String)> {
        let all = match &self.kind {
            Kind::Fenced(language) => match language.as_str() {
                "sh" | "bash" | "shell" => true,
                "" | "console" | "text" | "toml" | "rust" | "json" | "yaml" => false,
                unknown => {
                    panic!("line {}: is {unknown} a language whose lines are commands?", self.line - 1)
                }
            },
            Kind::Indented => true,
            _ => return Vec::new(),
        };
        let mut found: Vec<(usize, String)> = Vec::new();
        let mut goes_on = false;
        for (index, line) in self.text.lines().enumerate() {
            let prompted = line.trim_start().strip_prefix("$ ");
            let Some(line) = prompted.or_else(|| (all || goes_on).then(|| line.trim_start())) else {
                continue;
            };
            let text = line.strip_suffix('\\').unwrap_or(line);
            match found.last_mut() {
                Some((_, last)) if goes_on => last.push_str(text),
                _ => found.push((self.line + index, text.to_owned())),
            }
            goes_on = text != line;
        }
        found
    }
}

/// The commands of a line for a shell, each as its words: what stands between `|`, `;` and `&&`, without comments, redirected
/// output, and variables that are set before the program.
///
/// # Errors
/// When there is more to it: an open quote, an expansion.
pub fn commands(line: &str) -> Result<Vec<Vec<String>>, String> {
    let mut commands = vec![Vec::new()];
    let mut rest = line.trim_start();
    while !rest.is_empty() && !rest.starts_with('#') {
        if let Some(behind) = rest.strip_prefix([';', '|', '&']) {
            commands.push(Vec::new());
            rest = behind.trim_start();
            continue;
        }
        let (word, behind) = word(rest)?;
        rest = behind.trim_start();
        match word.as_str() {
            ">" | ">>" => rest = self::word(rest)?.1.trim_start(),
            _ => commands.last_mut().expect("there is one").push(word),
        }
    }
    let is_variable = |word: &String| {
        word.split_once('=')
            .is_some_and(|(name, _)| name.bytes().all(|b| b.is_ascii_uppercase() || b == b'_'))
    };
    for command in &mut commands {
        let variables = command.iter().take_while(|word| is_variable(word)).count();
        command.drain(..variables);
    }
    commands.retain(|command| !command.is_empty());
    Ok(commands)
}

/// The first word of `text` without its quotes, and what is behind it.
fn word(text: &str) -> Result<(String, &str), String> {
    let mut word = String::new();
    let mut quote = None;
    for (at, letter) in text.char_indices() {
        match (quote, letter) {
            (None, '\'' | '"') => quote = Some(letter),
            (Some(open), _) if open == letter => quote = None,
            (None, ' ' | ';' | '|' | '&') => return Ok((word, &text[at..])),
            (None | Some('"'), '$' | '`' | '\\') | (None, '<' | '(' | ')') => {
                return Err(format!("{letter} is more than a word"));
            }
            _ => word.push(letter),
        }
    }
    match quote {
        None => Ok((word, "")),
        Some(quote) => Err(format!("the quote {quote} is left open")),
    }
}

#[test]
fn a_document_is_read_part_by_part() {
    let document = "# A\nOne `a b` and\n`c\n d`\n\n    e `f`\n      g\n\n- item:\n\n      h\n| `x\\|y` | z |\n|---|\n\n```text\n$ i \\\n  j\nk\n\n| l\n```\n## B\n";
    let parts = parts(document);
    let read: Vec<(usize, &Kind, &str)> =
        parts.iter().map(|part| (part.line, &part.kind, part.text.as_str())).collect();
    assert_eq!(
        read,
        [
            (1, &Kind::Heading(1), "# A\n"),
            (2, &Kind::Paragraph, "One `a b` and\n`c\n d`\n"),
            (6, &Kind::Indented, "    e `f`\n      g\n"),
            (9, &Kind::Paragraph, "- item:\n"),
            (11, &Kind::Indented, "      h\n"),
            (12, &Kind::TableRow, "| `x\\|y` | z |\n"),
            (13, &Kind::TableRow, "|---|\n"),
            (16, &Kind::Fenced("text".to_owned()), "$ i \\\n  j\nk\n\n| l\n"),
            (22, &Kind::Heading(2), "## B\n"),
        ]
    );
    assert_eq!(parts[1].code_spans(), [(2, "a b".to_owned()), (3, "c  d".to_owned())]);
    assert_eq!(parts[5].code_spans(), [(12, "x|y".to_owned())]);
    assert_eq!(parts[2].shell_lines(), [(6, "e `f`".to_owned()), (7, "g".to_owned())]);
    assert_eq!(parts[7].shell_lines(), [(16, "i j".to_owned())]);
}

#[test]
fn a_line_for_a_shell_is_read_as_one_would() {
    let read = |line| {
        commands(line).map(|commands| commands.iter().map(|words| words.join("+")).collect::<Vec<_>>())
    };
    assert_eq!(read("a 'b <= c' \"d e\"f  # g"), Ok(vec!["a+b <= c+d ef".to_owned()]));
    assert_eq!(
        read("A=1 B_C=x a --x=y && b; c|d > e f"),
        Ok(["a+--x=y", "b", "c", "d+f"].map(String::from).to_vec())
    );
    assert_eq!(read("# a"), Ok(vec![]));
    for line in ["a 'b", "a $b", "a `b`", "a <b>", "a \"$b\""] {
        assert!(read(line).is_err(), "{line}");
    }
}
