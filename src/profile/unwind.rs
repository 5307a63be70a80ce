//! Walks the stacks that a child copied, by the unwinding tables of the files on disk. The measured process holds no tables
//! and pays nothing for it.

use std::collections::BTreeMap;
use std::fs::File;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use framehop::{
    CacheNative, ExplicitModuleSectionInfo, MayAllocateDuringUnwind, Module, UnwindRegsNative, Unwinder,
    UnwinderNative,
};
use object::read::ReadCache;
use object::{Object, ObjectSection, ObjectSegment};

use super::binary::file_behind;
use crate::capture::cpu::stack_copy::{Registers, StackCopy};
use crate::capture::raw_samples::RawMapping;

/// The most frames of a stack.
const MOST_FRAMES: usize = 512;

/// The most mappings of a child that are looked at; a process has some ten.
const MOST_MAPPINGS: usize = 4096;

/// The tables of one file, for all its mappings.
type Tables = Arc<[u8]>;

/// Walks copied stacks of one child.
pub struct StackWalker {
    unwinder: UnwinderNative<Tables, MayAllocateDuringUnwind>,
    cache: CacheNative<MayAllocateDuringUnwind>,
}

impl StackWalker {
    /// A walker for the child that had these mappings. A file that cannot be read has no tables; its frames are found by
    /// frame pointers.
    pub fn new(mappings: &[RawMapping]) -> StackWalker {
        let mut sorted: Vec<&RawMapping> = mappings.iter().take(MOST_MAPPINGS).collect();
        sorted.sort_by_key(|mapping| mapping.start);
        let mut files: BTreeMap<&str, Vec<&RawMapping>> = BTreeMap::new();
        let mut end = 0;
        for mapping in sorted {
            // What overlaps is no process's.
            if mapping.start >= end && mapping.start < mapping.end {
                end = mapping.end;
                files.entry(&mapping.path).or_default().push(mapping);
            }
        }
        let mut unwinder = UnwinderNative::new();
        for (path, mappings) in files {
            let Some(path) = file_behind(Path::new(path)) else { continue };
            let Ok(opened) = File::open(path) else { continue };
            let cache = ReadCache::new(opened);
            let Ok(file) = object::File::parse(&cache) else { continue };
            let sections = sections(&file);
            for mapping in mappings {
                if let Some(stated) = stated_address(segments(&file), mapping.offset) {
                    unwinder.add_module(Module::new(
                        mapping.path.clone(),
                        mapping.start..mapping.end,
                        mapping.start.wrapping_sub(stated),
                        sections.clone(),
                    ));
                }
            }
        }
        StackWalker { unwinder, cache: CacheNative::new() }
    }

    /// The look-up addresses of a stack, innermost first: the interrupted instruction, and return addresses less one. The
    /// last one lies in the frame where the copy ends.
    pub fn walk(&mut self, copy: &StackCopy) -> Vec<u64> {
        let registers = copy.registers;
        // Copies begin at a whole word.
        let base = registers.sp & !7;
        let mut read = |address: u64| {
            let offset = address.checked_sub(base).filter(|offset| offset.is_multiple_of(8)).ok_or(())?;
            usize::try_from(offset / 8).ok().and_then(|place| copy.stack.get(place)).copied().ok_or(())
        };
        let highest = self.unwinder.max_known_code_address();
        let start = start_of_walk(registers, highest);
        let mut frames = self.unwinder.iter_frames(registers.ip, start, &mut self.cache, &mut read);
        let mut addresses = Vec::new();
        // An error ends the walk: most of all that the next frame lies beyond the copy.
        while addresses.len() < MOST_FRAMES
            && let Ok(Some(frame)) = frames.next()
        {
            addresses.push(frame.address_for_lookup());
        }
        addresses
    }
}

#[cfg(not(target_arch = "aarch64"))]
fn start_of_walk(registers: Registers, _highest: u64) -> UnwindRegsNative {
    UnwindRegsNative::new(registers.ip, registers.sp, registers.fp)
}

/// Return addresses may be signed; the signature lies above the highest code address.
#[cfg(target_arch = "aarch64")]
fn start_of_walk(registers: Registers, highest: u64) -> UnwindRegsNative {
    let mask = framehop::aarch64::PtrAuthMask::from_max_known_address(highest);
    UnwindRegsNative::new_with_ptr_auth_mask(mask, registers.lr, registers.sp, registers.fp)
}

/// A segment of a file that is mapped into memory with code in it.
#[derive(Debug, Clone, Copy)]
struct CodeSegment {
    /// Place and bytes in the file.
    offset: u64,
    size: u64,
    /// Address as the linker gave it.
    address: u64,
}

fn segments<'f>(file: &object::File<'f, &'f ReadCache<File>>) -> Vec<CodeSegment> {
    file.segments()
        .filter(|segment| segment.permissions().executable())
        .map(|segment| {
            let (offset, size) = segment.file_range();
            CodeSegment { offset, size, address: segment.address() }
        })
        .collect()
}

/// The address that the linker gave to the beginning of a mapping from `offset` of the file on. The kernel maps whole pages,
/// so the mapping begins up to a page before its segment, where another segment may end.
fn stated_address(segments: Vec<CodeSegment>, offset: u64) -> Option<u64> {
    let page = rustix::param::page_size() as u64;
    let begins = |segment: &&CodeSegment| segment.offset / page * page == offset;
    let has = |segment: &&CodeSegment| {
        (segment.offset / page * page..segment.offset.saturating_add(segment.size)).contains(&offset)
    };
    let segment = segments.iter().find(begins).or_else(|| segments.iter().find(has))?;
    Some(segment.address.wrapping_add(offset.wrapping_sub(segment.offset)))
}

/// The unwinding tables of a file.
fn sections<'f>(file: &object::File<'f, &'f ReadCache<File>>) -> ExplicitModuleSectionInfo<Tables> {
    let section = |name: &str| file.section_by_name(name);
    let range = |name: &str| -> Option<Range<u64>> {
        section(name).map(|section| section.address()..section.address().saturating_add(section.size()))
    };
    let data = |name: &str| -> Option<Tables> {
        section(name).and_then(|section| section.uncompressed_data().ok()).map(|data| Tables::from(&*data))
    };
    ExplicitModuleSectionInfo {
        base_svma: 0,
        text_svma: range(".text"),
        got_svma: range(".got"),
        eh_frame_svma: range(".eh_frame"),
        eh_frame: data(".eh_frame"),
        eh_frame_hdr_svma: range(".eh_frame_hdr"),
        eh_frame_hdr: data(".eh_frame_hdr"),
        ..ExplicitModuleSectionInfo::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::capture::mappings;

    #[test]
    fn a_copy_of_nothing_has_its_instruction_alone() {
        let mut walker = StackWalker::new(&mappings::executable().unwrap());
        let ip = a_copy_of_nothing_has_its_instruction_alone as *const () as u64;
        let copy = StackCopy { registers: Registers { ip, ..Registers::default() }, ..StackCopy::default() };
        assert_eq!(walker.walk(&copy), [ip]);
    }

    /// What lld writes: the code's segment begins in the page in which the one before it ends.
    #[test]
    fn a_mapping_that_begins_in_another_segments_page_is_its_own_segments() {
        let code = CodeSegment { offset: 0x2571a0, size: 0x5000, address: 0x2581a0 };
        let more = CodeSegment { offset: 0x25c1a0, size: 0x100, address: 0x25e1a0 };
        assert_eq!(stated_address(vec![code, more], 0x257000), Some(0x258000));
        assert_eq!(stated_address(vec![code, more], 0x25c000), Some(0x25e000));
        assert_eq!(stated_address(vec![code], 0x259000), Some(0x25a000), "a part of a segment");
        assert_eq!(stated_address(vec![code], 0x100), None);
    }

    #[test]
    fn this_programs_tables_lie_where_its_code_is() {
        let mappings = mappings::executable().unwrap();
        let here = this_programs_tables_lie_where_its_code_is as *const () as u64;
        let mapping = mappings.iter().find(|m| (m.start..m.end).contains(&here)).unwrap();
        let path = std::env::current_exe().unwrap();
        let cache = ReadCache::new(File::open(&path).unwrap());
        let file = object::File::parse(&cache).unwrap();
        let stated = stated_address(segments(&file), mapping.offset).unwrap();
        let address = here - mapping.start + stated;
        let symbols = file.symbol_map();
        let symbol = symbols.containing(address).map(|symbol| symbol.name().to_owned());
        assert!(
            symbol.as_ref().is_some_and(|name| name.contains("this_programs_tables_lie")),
            "{symbol:?} at {:#x}",
            address
        );
    }
}
