//! One program or shared object on disk: the functions and source lines behind its addresses.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fs::File;
use std::path::Path;

use addr2line::{Loader, gimli};
use object::read::ReadCache;
use object::{Object, ObjectSection, ObjectSegment, ObjectSymbol};

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

/// An exported function.
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
    /// Exported functions of a stripped file, sorted by address.
    exported: Vec<Symbol>,
    /// First address and length of the functions of a stripped file, sorted by address.
    extents: Vec<(u64, u64)>,
    /// Names by first address that the file lacks and the child knew.
    given: HashMap<u64, String>,
}

/// The file that a child's mapping of `path` shows, if it is one to be read.
pub fn file_behind(path: &Path) -> Option<&Path> {
    // This very program, replaced on disk while it ran (a rebuild): the kernel still has the file that it runs.
    let itself = Path::new("/proc/self/exe");
    if std::fs::read_link(itself).is_ok_and(|program| program == path) {
        return Some(itself);
    }
    // A name in brackets (`[vdso]`) is no file, whatever lies in the current directory. A device or a pipe would never end.
    let is_file = path.is_absolute() && path.metadata().is_ok_and(|metadata| metadata.is_file());
    is_file.then_some(path)
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
            exported: Vec::new(),
            extents: Vec::new(),
            given: HashMap::new(),
        };
        let Some(path) = file_behind(path) else { return binary };
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
        // The loader has the symbol table of a file that was not stripped.
        if object.symbols().next().is_none() {
            binary.exported = exported(&object);
            binary.extents = extents(&object);
        }
        binary
    }

    /// Whether a mapping of `length` bytes from `offset` on is that of a segment, which the kernel rounds to whole pages.
    pub fn has_code(&self, offset: u64, length: u64) -> bool {
        let page = rustix::param::page_size() as u64;
        self.segments.iter().any(|segment| {
            let end = segment.offset.saturating_add(segment.size);
            segment.offset / page == offset / page
                && end.div_ceil(page) == (offset.saturating_add(length)) / page
        })
    }

    /// The frames of the code at `offset` of the file, innermost first; never empty.
    pub fn frames(&self, offset: u64) -> Vec<Frame> {
        let address = self.address(offset);
        let symbol = address.and_then(|a| self.symbol(a));
        let mut frames = address.map_or_else(Vec::new, |a| self.debug_frames(a, symbol));
        if frames.is_empty() {
            frames.push(match symbol {
                Some(symbol) => named(symbol),
                None => self.unnamed(address.unwrap_or(offset)),
            });
        }
        frames
    }

    /// Gives the function that begins at `offset` of the file a name, in case the file has none for it.
    pub fn name_function(&mut self, offset: u64, name: &str) {
        if let Some(address) = self.address(offset) {
            self.given.entry(address).or_insert_with(|| name.to_owned());
        }
    }

    /// A frame for code without a name. Where the file tells the extent of its functions, all addresses of one
    /// function bear the name of its first, so that a hot function of a stripped library is one site and not fifty.
    fn unnamed(&self, address: u64) -> Frame {
        let next = self.extents.partition_point(|(start, _)| *start <= address);
        let address = match next.checked_sub(1).and_then(|i| self.extents.get(i)) {
            Some((start, length)) if address - start < *length => *start,
            _ => address,
        };
        let name = if let Some(name) = self.given.get(&address) {
            name.clone()
        } else if self.short_name.starts_with('[') {
            self.short_name.clone()
        } else {
            format!("{}+{address:#x}", self.short_name)
        };
        Frame { system_name: name.clone(), name, ..Default::default() }
    }

    /// The place in the file of the linker's address.
    pub fn offset(&self, address: u64) -> Option<u64> {
        let inside = |s: &&Segment| address >= s.address && address - s.address < s.size;
        self.segments.iter().find(inside).map(|segment| address - segment.address + segment.offset)
    }

    /// The linker's address of a place in the file.
    fn address(&self, offset: u64) -> Option<u64> {
        let segment = self.segments.iter().find(|s| offset >= s.offset && offset - s.offset < s.size)?;
        Some(offset - segment.offset + segment.address)
    }

    /// The linker's name of the function at an address.
    fn symbol(&self, address: u64) -> Option<&str> {
        if let Some(name) = self.loader.as_ref().and_then(|l| l.find_symbol(address))
            && self.exported.is_empty()
        {
            return Some(name);
        }
        let next = self.exported.partition_point(|s| s.address <= address);
        let symbol = self.exported.get(next.checked_sub(1)?)?;
        // Without this check a library's private functions would bear the name of the exported one before them.
        let inside = symbol.size == 0 || address - symbol.address < symbol.size;
        inside.then_some(symbol.name.as_str())
    }

    fn debug_frames(&self, address: u64, symbol: Option<&str>) -> Vec<Frame> {
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
            let full = named(symbol);
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

/// Functions that a stripped file exports.
fn exported<'data>(object: &object::File<'data, &'data ReadCache<File>>) -> Vec<Symbol> {
    let mut found: Vec<Symbol> = object
        .dynamic_symbols()
        .filter(|s| s.is_definition() && s.kind() == object::SymbolKind::Text)
        .filter_map(|s| {
            let name = s.name().ok()?.to_string();
            Some(Symbol { address: s.address(), size: s.size(), name })
        })
        .collect();
    // Of several names at one address the last is taken: one with a size, and without leading underscores.
    found.sort_by(|a, b| {
        let rank = |s: &Symbol| (s.address, s.size > 0, std::cmp::Reverse(s.name.starts_with('_')));
        rank(a).cmp(&rank(b)).then_with(|| b.name.cmp(&a.name))
    });
    found
}

/// The extents of functions that the unwinding tables tell, which even a stripped file has.
fn extents<'data>(object: &object::File<'data, &'data ReadCache<File>>) -> Vec<(u64, u64)> {
    use gimli::UnwindSection;
    let Some(section) = object.section_by_name(".eh_frame") else { return Vec::new() };
    let Ok(data) = section.data() else { return Vec::new() };
    let address_of = |name| object.section_by_name(name).map_or(0, |s| s.address());
    let bases = gimli::BaseAddresses::default()
        .set_eh_frame(section.address())
        .set_text(address_of(".text"))
        .set_got(address_of(".got"));
    let endian =
        if object.is_little_endian() { gimli::RunTimeEndian::Little } else { gimli::RunTimeEndian::Big };
    let mut table = gimli::EhFrame::new(data, endian);
    table.set_address_size(if object.is_64() { 8 } else { 4 });
    let mut entries = table.entries(&bases);
    let mut found = Vec::new();
    while let Ok(Some(entry)) = entries.next() {
        if let gimli::CieOrFde::Fde(partial) = entry
            && let Ok(entry) = partial.parse(gimli::EhFrame::cie_from_offset)
        {
            found.push((entry.initial_address(), entry.len()));
        }
    }
    found.sort_unstable();
    found
}
