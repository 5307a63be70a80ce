//! Attribution: who owns what a stack allocated or burnt, and which of its frames says so best.
//!
//! Everything here works on the classes of a stack's frames, innermost first; [`super::rules`] gives the classes and
//! [`Classes`] remembers them per function.

use super::class::Class;
use super::rules::{classify, is_allocator};
use super::{Line, Location, Profile, Walker};

/// Who owns an allocation or a stretch of CPU time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// Keys that the workload made.
    Key,
    /// Values that the workload made.
    Value,
    /// The map itself.
    Table,
    /// The collector of the map's language.
    Collector,
    /// mapprof.
    Harness,
}

impl Role {
    /// All roles, in the order in which they are shown.
    pub const ALL: [Role; 5] = [Role::Key, Role::Value, Role::Table, Role::Collector, Role::Harness];

    /// Those that memory can have, in the same order.
    pub const OF_MEMORY: [Role; 4] = [Role::Key, Role::Value, Role::Table, Role::Harness];

    /// The name in labels and reports.
    pub fn name(self) -> &'static str {
        match self {
            Role::Key => "key",
            Role::Value => "value",
            Role::Table => "table",
            Role::Collector => "collector",
            Role::Harness => "harness",
        }
    }

    /// The role of a name.
    pub fn named(name: &str) -> Option<Role> {
        Role::ALL.into_iter().find(|role| role.name() == name)
    }
}

/// What a stack was taken for. It decides whether the allocator may be a site.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// An allocation: it always ends in the allocator, which therefore says nothing.
    Heap,
    /// CPU time: time spent in the allocator or in the C library is time spent there.
    Cpu,
}

impl Kind {
    /// The kind of a whole profile.
    pub fn of(profile: &Profile) -> Kind {
        if profile.is_heap() { Kind::Heap } else { Kind::Cpu }
    }
}

/// The classes of a profile's frames, each function's and each mapping's worked out once.
#[derive(Debug, Default)]
pub struct Classes {
    functions: Vec<Option<Class>>,
    /// Whether each mapping is an allocator's.
    allocators: Vec<Option<bool>>,
}

impl Classes {
    /// The class of a frame of `location`. All that is in an allocator's library is the allocator, whatever it is called.
    pub fn of(&mut self, profile: &Profile, location: &Location, line: Line) -> Class {
        if location.mapping.is_some_and(|mapping| self.is_allocator(profile, mapping)) {
            return Class::Allocator;
        }
        let of = || classify(profile.function_name(line), profile.function_file(line));
        known(&mut self.functions, line.function, profile.functions.len(), of)
    }

    fn is_allocator(&mut self, profile: &Profile, mapping: u32) -> bool {
        let file =
            || profile.mappings.get(mapping as usize).map_or("", |mapping| profile.strings.get(mapping.file));
        known(&mut self.allocators, mapping, profile.mappings.len(), || is_allocator(file()))
    }

    /// The frames of a stack of locations with their classes, innermost first.
    pub fn stack(&mut self, profile: &Profile, locations: &[u32]) -> (Vec<Line>, Vec<Class>) {
        let found = locations.iter().filter_map(|place| profile.locations.get(*place as usize));
        let frames = found.flat_map(|location| location.lines.iter().map(move |line| (location, *line)));
        frames.map(|(location, line)| (line, self.of(profile, location, line))).unzip()
    }

    /// Walks the stacks of `profile`, with the class of each frame.
    pub fn walker(profile: &Profile) -> Walker<Class> {
        let mut classes = Classes::default();
        Walker::new(profile, |location, line| classes.of(profile, location, line))
    }
}

/// What is known of the entry at `place` of `all` entries: worked out once. A profile in the making has more entries than
/// it had; a file may name one that is not there.
fn known<T: Copy>(known: &mut Vec<Option<T>>, place: u32, all: usize, of: impl FnOnce() -> T) -> T {
    if let Some(Some(value)) = known.get(place as usize) {
        return *value;
    }
    let value = of();
    if known.len() < all {
        known.resize(all, None);
    }
    if let Some(known) = known.get_mut(place as usize) {
        *known = Some(value);
    }
    value
}

/// The outermost frame of what is measured: the operation loop, or an adapter when the map works outside of it. Of a loop
/// that calls another one, and of what is inlined into it, it is the innermost frame.
fn border(stack: &[Class]) -> Option<usize> {
    let Some(outermost) = stack.iter().rposition(|c| c.is_loop()) else {
        return stack.iter().rposition(|c| *c == Class::Adapter);
    };
    Some(stack[..outermost].iter().rposition(|c| !c.is_loop()).map_or(0, |inside| inside + 1))
}

/// Whether a stack leads through the loop that calls the map.
pub fn has_operation_loop(stack: &[Class]) -> bool {
    stack.iter().any(|class| class.is_loop())
}

/// Whether the frames of inlined functions are known: the loop around what is measured, into which most is inlined, has a
/// source file. Where no function is that loop, as in a binary without names or a worker in another language, any will do.
pub fn has_line_tables(profile: &Profile) -> bool {
    let has_file = |function: &&super::Function| !profile.strings.get(function.file).is_empty();
    let is_loop = |function: &&super::Function| classify(profile.strings.get(function.name), "").is_loop();
    let functions = || profile.functions.iter();
    match functions().any(|function| is_loop(&function)) {
        true => functions().filter(is_loop).all(|function| has_file(&function)),
        false => profile.functions.is_empty() || functions().any(|function| has_file(&function)),
    }
}

/// Who owns a stack.
///
/// A key or value maker under the operation loop owns what it allocates. Otherwise an adapter or a map that the loop
/// calls does; a user's own code counts as the map where a known map implementation is at work under it, and as
/// payload where none is. What is allocated with no name in between is so too: in a build without line tables the code that
/// did it has no frame, being inlined into the loop, which allocates nothing. What the loop or mapprof does by itself is
/// the harness: it spends time in the counting around the allocator, which is of the allocator's class.
pub fn role(stack: &[Class], kind: Kind) -> Role {
    // What an allocation has to do for the collector is the collector's too.
    if kind == Kind::Cpu && stack.contains(&Class::Collector) {
        return Role::Collector;
    }
    let Some(border) = border(stack) else { return Role::Harness };
    let has = |class| stack[..border].contains(&class);
    let maker = stack[..border].iter().rev().find_map(|class| match class {
        Class::KeyMaker => Some(Role::Key),
        Class::ValueMaker => Some(Role::Value),
        _ => None,
    });
    if let Some(role) = maker {
        return role;
    }
    if stack[..=border].contains(&Class::Adapter) {
        return Role::Table;
    }
    let called = stack[..border]
        .iter()
        .rev()
        .find(|class| matches!(class, Class::Harness | Class::Map | Class::Other | Class::OwnKey));
    match called {
        Some(Class::Map) => Role::Table,
        Some(Class::Other | Class::OwnKey) if has(Class::Map) => Role::Table,
        Some(Class::Other | Class::OwnKey) if has(Class::OwnKey) => Role::Key,
        Some(Class::Other) => Role::Value,
        None if kind == Kind::Heap && (has(Class::Allocator) || has(Class::Shim)) => {
            unnamed(stack[border] == Class::ProgramLoop)
        }
        _ => Role::Harness,
    }
}

/// Who owns what an operation allocated, where no frame tells: of a program of the user's own its payload, of a workload
/// the map.
pub fn unnamed(is_program: bool) -> Role {
    if is_program { Role::Value } else { Role::Table }
}

/// The frame that a stack is filed under: the innermost one that is neither allocator nor glue. A workload's makers of keys
/// and values are the site of all that they make. `None` only for an empty stack.
pub fn site(stack: &[Class], kind: Kind) -> Option<usize> {
    let border = border(stack).unwrap_or(stack.len());
    // A program's own code says what it makes, and is the site itself.
    let is_program = stack.get(border) == Some(&Class::ProgramLoop);
    if kind == Kind::Heap
        && !is_program
        && let Some(maker) =
            stack[..border].iter().rposition(|c| matches!(c, Class::KeyMaker | Class::ValueMaker))
    {
        return Some(maker);
    }
    let plumbing = |class: &Class| match class {
        Class::Glue | Class::Shim | Class::Adapter => true,
        Class::Allocator => kind == Kind::Heap,
        _ => false,
    };
    let inside = stack.iter().position(|class| !plumbing(class));
    // A map whose data lies in its adapter has nothing but glue below the loop: the adapter is its site.
    let ours = |class: &Class| class.is_loop() || *class == Class::Harness;
    match inside {
        Some(index) if !ours(&stack[index]) => Some(index),
        other => {
            let adapter = stack[..other.unwrap_or(stack.len())].iter().position(|c| *c == Class::Adapter);
            adapter.or(other).or(if stack.is_empty() { None } else { Some(0) })
        }
    }
}

/// The next frame outwards from the site that is not glue: who led there.
pub fn caller(stack: &[Class], site: usize) -> Option<usize> {
    let outer = site + 1;
    stack
        .get(outer..)?
        .iter()
        .position(|c| !matches!(c, Class::Glue | Class::Shim | Class::Allocator))
        .map(|i| i + outer)
}

/// The frames that a picture shows: without the harness around the operation loop and, for an allocation, without the
/// allocator and its shims at the leaf. Empty when the stack is the harness's own.
pub fn visible(stack: &[Class], kind: Kind) -> std::ops::Range<usize> {
    let Some(border) = border(stack) else {
        // The collector works on threads of its own.
        return 0..if stack.contains(&Class::Collector) { stack.len() } else { 0 };
    };
    let first = match kind {
        Kind::Heap => {
            let says = |class: &Class| !matches!(class, Class::Allocator | Class::Shim);
            stack[..border].iter().position(says).unwrap_or(border)
        }
        Kind::Cpu => 0,
    };
    first..border + 1
}

#[cfg(test)]
#[path = "attribute_tests.rs"]
mod tests;
