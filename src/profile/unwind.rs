//! Walks the stacks that a child copied, by the unwinding tables of the files on disk. The measured process holds no tables
//! and pays nothing for it.

use std::collections::BTreeMap;
use std::fs::File;
use std::ops::Range;
use std::path::Path;

use framehop::{
    CacheNative, ExplicitModuleSectionInfo, MayAllocateDuringUnwind, Module, UnwindRegsNative, Unwinder,
    UnwinderNative,
};
use object::read::ReadCache;
use object::{Object, ObjectSection, ObjectSegment};

use super::binary::file_behind;
use crate::capture::cpu::stack_copy::{Registers, StackCopy};
use crate::capture::raw::RawMapping;

/// The most frames of a stack.
const MOST_FRAMES: usize = 512;

/// Walks copied stacks of one child.
pub struct StackWalker {
    unwinder: UnwinderNative<Vec<u8>, MayAllocateDuringUnwind>,
    cache: CacheNative<MayAllocateDuringUnwind>,
}

impl StackWalker {
    /// A walker for the child that had these mappings. A file that cannot be read has no tables; its frames are found by
    /// frame pointers.
    pub fn new(mappings: &[RawMapping]) -> StackWalker {
        let mut unwinder = UnwinderNative::new();
        let mut files: BTreeMap<&str, Vec<&RawMapping>> = BTreeMap::new();
        for mapping in mappings {
            files.entry(&mapping.path).or_default().push(mapping);
        }
        for (path, mappings) in files {
            let Some(path) = file_behind(Path::new(path)) else { continue };
            let Ok(opened) = File::open(path) else { continue };
            let cache = ReadCache::new(opened);
            let Ok(file) = object::File::parse(&cache) else { continue };
            for mapping in mappings {
                if let Some(module) = module(&file, mapping) {
                    unwinder.add_module(module);
                }
            }
        }
        StackWalker { unwinder, cache: CacheNative::new() }
    }

    /// The look-up addresses of a stack, innermost first: the interrupted instruction, and return addresses less one. The
    /// last one lies in the frame where the copy ends.
    pub fn walk(&mut self, copy: &StackCopy) -> Vec<u64> {
        let Registers { ip, sp, .. } = copy.registers;
        let mut read = |address: u64| {
            let offset = address.checked_sub(sp).filter(|offset| offset.is_multiple_of(8)).ok_or(())?;
            usize::try_from(offset / 8).ok().and_then(|place| copy.stack.get(place)).copied().ok_or(())
        };
        let mut frames = self.unwinder.iter_frames(ip, registers(copy.registers), &mut self.cache, &mut read);
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
fn registers(registers: Registers) -> UnwindRegsNative {
    UnwindRegsNative::new(registers.ip, registers.sp, registers.fp)
}

#[cfg(target_arch = "aarch64")]
fn registers(registers: Registers) -> UnwindRegsNative {
    UnwindRegsNative::new(registers.lr, registers.sp, registers.fp)
}

/// The tables of a file for one of its mappings.
fn module<'f>(file: &object::File<'f, &'f ReadCache<File>>, mapping: &RawMapping) -> Option<Module<Vec<u8>>> {
    // The segment that the mapping shows, which begins at a whole page.
    let page = rustix::param::page_size() as u64;
    let segment = file.segments().find(|segment| {
        let (offset, size) = segment.file_range();
        let end = offset.saturating_add(size);
        (offset / page * page..end).contains(&mapping.offset)
    })?;
    let stated = segment.address().wrapping_add(mapping.offset.wrapping_sub(segment.file_range().0));
    let section = |name: &str| file.section_by_name(name);
    let range = |name: &str| -> Option<Range<u64>> {
        section(name).map(|section| section.address()..section.address().saturating_add(section.size()))
    };
    let data = |name: &str| {
        section(name).and_then(|section| section.uncompressed_data().ok()).map(|data| data.into_owned())
    };
    Some(Module::new(
        mapping.path.clone(),
        mapping.start..mapping.end,
        mapping.start.wrapping_sub(stated),
        ExplicitModuleSectionInfo {
            base_svma: 0,
            text_svma: range(".text"),
            got_svma: range(".got"),
            eh_frame_svma: range(".eh_frame"),
            eh_frame: data(".eh_frame"),
            eh_frame_hdr_svma: range(".eh_frame_hdr"),
            eh_frame_hdr: data(".eh_frame_hdr"),
            ..ExplicitModuleSectionInfo::default()
        },
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::capture::mappings;

    #[test]
    fn a_copy_of_nothing_has_its_instruction_alone() {
        let mut walker = StackWalker::new(&mappings::executable().unwrap());
        let registers = Registers {
            ip: a_copy_of_nothing_has_its_instruction_alone as *const () as u64,
            ..Registers::default()
        };
        let copy = StackCopy { registers, ..StackCopy::default() };
        assert_eq!(walker.walk(&copy), [registers.ip]);
    }
}
