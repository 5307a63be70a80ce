//! Kinds of frames: what a function is to the attribution of a stack.

/// What kind of frame a function is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Class {
    /// The allocator and what mapprof put around it: what every allocation ends in.
    Allocator,
    /// What only ever calls the allocator: glue that says nothing even as a detail.
    Shim,
    /// `core`, `alloc` and `std` plumbing between a data structure and the allocator.
    Glue,
    /// The one function that makes owned keys.
    KeyMaker,
    /// The one function that makes values.
    ValueMaker,
    /// mapprof's adapters, and a user's: they hand a call to a map.
    Adapter,
    /// The loop that calls the map: the border between the harness and what it measures.
    OperationLoop,
    /// The same around a closure of a user's own, which may be inlined into it.
    ProgramLoop,
    /// The collector of a language that has one.
    Collector,
    /// mapprof's own code and the start of the process and its threads.
    Harness,
    /// A known map implementation.
    Map,
    /// A function without a module path: C, assembler, another language, or a bare address.
    Foreign,
    /// Any other Rust code: a user's own, or a crate that no row knows.
    Other,
    /// The same with a name that says that it makes a key: `make_key`, `UserKey::new`.
    OwnKey,
}

impl Class {
    /// Whether it is a loop around what is measured.
    pub fn is_loop(self) -> bool {
        matches!(self, Class::OperationLoop | Class::ProgramLoop)
    }
}
