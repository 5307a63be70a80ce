//! One program or shared object on disk: the functions and source lines behind its addresses.

use std::borrow::Cow;
use std::fs::File;
use std::path::Path;

use addr2line::Loader;
use object::read::ReadCache;
use object::{Object, ObjectSegment, ObjectSymbol};

use super::qualify::qualify;

/// One frame that an address stands for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Frame {
    /// Readable name.
    pub name: String,
    /// The linker's name.
    pub system_name: String,
    /// Source file; empty if unknown.
    pub file: String,
    /// Line number; 0 if unknown.
    pub line: i64,
}

/// A part of the file that is mapped into memory.
#[derive(Debug, Clone, Copy)]
struct Segment {
    /// Place in the file.
    offset: u64,
    /// Bytes in the file.
    size: u64,
    /// Address as the linker gave it.
    address: u64,
}

/// A function of the symbol table.
#[derive(Debug, Clone)]
struct Symbol {
    address: u64,
    size: u64,
    name: String,
}

/// A loaded file. Each file is opened once for all profiles.
pub struct Binary {
    /// Build id in hex; empty if it has none.
    pub build_id: String,
    /// Last part of the path.
    short_name: String,
    segments: Vec<Segment>,
    loader: Option<Loader>,
    /// Sorted by address.
    symbols: Vec<Symbol>,
}

impl Binary {
    /// Opens the file at `path`. What cannot be read is treated as having no names: its frames become `name+0x1234`.
    pub fn open(path: &Path) -> Binary {
        let short_name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned();
        let mut binary = Binary {
            build_id: String::new(),
            short_name,
            segments: Vec::new(),
            loader: None,
            symbols: Vec::new(),
        };
        // A name in brackets (`[vdso]`) is no file, whatever lies in the current directory.
        if !path.is_absolute() {
            return binary;
        }
        let Ok(file) = File::open(path) else { return binary };
        let cache = ReadCache::new(file);
        let Ok(object) = object::File::parse(&cache) else { return binary };
        binary.segments = object
            .segments()
            .map(|segment| {
                let (offset, size) = segment.file_range();
                Segment { offset, size, address: segment.address() }
            })
            .collect();
        if let Ok(Some(id)) = object.build_id() {
            binary.build_id = id.iter().map(|byte| format!("{byte:02x}")).collect();
        }
        binary.loader = Loader::new(path).ok();
        binary.symbols = symbols(&object);
        binary
    }

    /// The frames of the code at `offset` of the file, innermost first; never empty.
    pub fn frames(&self, offset: u64) -> Vec<Frame> {
        let address = self.address(offset);
        let symbol = address.and_then(|a| self.symbol(a));
        let mut frames = address.map_or_else(Vec::new, |a| self.debug_frames(a, symbol));
        if frames.is_empty() {
            frames.push(match symbol {
                Some(symbol) => named(&symbol.name),
                None => self.unnamed(address.unwrap_or(offset)),
            });
        }
        frames
    }

    fn unnamed(&self, address: u64) -> Frame {
        let name = if self.short_name.starts_with('[') {
            self.short_name.clone()
        } else {
            format!("{}+{address:#x}", self.short_name)
        };
        Frame { system_name: name.clone(), name, ..Default::default() }
    }

    /// The linker's address of a place in the file.
    fn address(&self, offset: u64) -> Option<u64> {
        let segment = self.segments.iter().find(|s| offset >= s.offset && offset - s.offset < s.size)?;
        Some(offset - segment.offset + segment.address)
    }

    fn symbol(&self, address: u64) -> Option<&Symbol> {
        let next = self.symbols.partition_point(|s| s.address <= address);
        let symbol = self.symbols.get(next.checked_sub(1)?)?;
        // Without this check a stripped library's private functions would bear the name of the exported one before them.
        (symbol.size == 0 || address < symbol.address + symbol.size).then_some(symbol)
    }

    fn debug_frames(&self, address: u64, symbol: Option<&Symbol>) -> Vec<Frame> {
        let mut frames = Vec::new();
        let Some(Ok(mut found)) = self.loader.as_ref().map(|l| l.find_frames(address)) else { return frames };
        while let Ok(Some(frame)) = found.next() {
            let raw = frame.function.as_ref().and_then(|f| f.raw_name().ok());
            let (file, line) =
                frame.location.map_or(("", 0), |l| (l.file.unwrap_or(""), l.line.unwrap_or(0)));
            // No name at all: the symbol table may still know the function.
            let Some(raw) = raw else { continue };
            frames.push(Frame { file: file.to_string(), line: i64::from(line), ..named(&raw) });
        }
        // With `debug = "line-tables-only"` names come without their modules. The function that has the code is in the
        // symbol table with its whole name; the inlined ones get the module that their source file stands for.
        if let (Some(outer), Some(symbol)) = (frames.last_mut(), symbol)
            && !outer.name.contains("::")
        {
            let full = named(&symbol.name);
            outer.name = full.name;
            outer.system_name = full.system_name;
        }
        for frame in &mut frames {
            if let Some(name) = qualify(&frame.name, &frame.file) {
                frame.name = name;
            }
        }
        frames
    }
}

/// A frame of a mangled name.
fn named(raw: &str) -> Frame {
    let name: Cow<'_, str> = match rustc_demangle::try_demangle(raw) {
        // The alternate form leaves the hash out.
        Ok(name) => format!("{name:#}").into(),
        Err(_) => addr2line::demangle_auto(raw.into(), None),
    };
    Frame { name: name.into_owned(), system_name: raw.to_string(), ..Default::default() }
}

/// Functions of the symbol table, or of the dynamic one if the file was stripped.
fn symbols<'data>(object: &object::File<'data, &'data ReadCache<File>>) -> Vec<Symbol> {
    fn functions<'a, S: ObjectSymbol<'a>>(symbols: impl Iterator<Item = S>) -> Vec<Symbol> {
        symbols
            .filter(|s| s.is_definition() && s.kind() == object::SymbolKind::Text)
            .filter_map(|s| {
                let name = s.name().ok()?.to_string();
                Some(Symbol { address: s.address(), size: s.size(), name })
            })
            .collect()
    }
    let mut found = functions(object.symbols());
    if found.is_empty() {
        found = functions(object.dynamic_symbols());
    }
    // Of several names at one address the last is taken: the one with a size and without leading underscores.
    found.sort_by(|a, b| {
        let rank = |s: &Symbol| (s.address, s.size > 0, std::cmp::Reverse(s.name.starts_with('_')));
        rank(a).cmp(&rank(b)).then_with(|| b.name.cmp(&a.name))
    });
    found
}
