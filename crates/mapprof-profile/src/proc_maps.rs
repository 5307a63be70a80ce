//! What was mapped into a process, as Linux lists it in `/proc/<pid>/maps`. It is text: no platform is needed to read it.

/// An executable mapping.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Mapped {
    /// First address.
    pub start: u64,
    /// One past the last address.
    pub end: u64,
    /// Offset in the file, bytes.
    pub offset: u64,
    /// The file, or a name in brackets (`[vdso]`); empty if it is neither.
    pub path: String,
}

/// The executable mapping in one line, `start-end perms offset device inode path`; none if the line is of another form,
/// or its mapping cannot be executed.
///
/// ```
/// let line = "55d0-55f0 r-xp 00001000 fd:01 42                     /usr/bin/cat";
/// let mapped = mapprof_profile::proc_maps::parse(line).expect("it is executable");
/// assert_eq!((mapped.start, mapped.path.as_str()), (0x55d0, "/usr/bin/cat"));
/// ```
pub fn parse(line: &str) -> Option<Mapped> {
    let mut fields = line.splitn(6, ' ');
    let (start, end) = fields.next()?.split_once('-')?;
    let permissions = fields.next()?;
    let offset = fields.next()?;
    let path = fields.nth(2)?.trim();
    if !permissions.contains('x') {
        return None;
    }
    let hex = |text| u64::from_str_radix(text, 16).ok();
    Some(Mapped { start: hex(start)?, end: hex(end)?, offset: hex(offset)?, path: path.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn executable_lines_are_kept_with_paths_that_have_blanks() {
        let line = "55d0-55f0 r-xp 00001000 fd:01 42                     /a b/c";
        let mapped = Mapped { start: 0x55d0, end: 0x55f0, offset: 0x1000, path: "/a b/c".into() };
        assert_eq!(parse(line), Some(mapped));
        assert_eq!(parse("55d0-55f0 r--p 00001000 fd:01 42 /a"), None);
    }
}
