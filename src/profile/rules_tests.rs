//! Every row of the table is met by a name from a real binary, and no row hides behind an earlier one.

use super::*;

/// A name, its source file and the class that the row gives it. One line at least for each row.
const EXAMPLES: &[(&str, &str, Class)] = &[
    ("mapprof::workload::payload::make_key::<alloc::string::String>", "", KeyMaker),
    ("mapprof::workload::payload::make_value", "", ValueMaker),
    ("mapprof::workload::payload::clone_key<u64>", "", KeyMaker),
    ("mapprof::workload::payload::clone_value<alloc::vec::Vec<u8>>", "", ValueMaker),
    ("<alloc::string::String as mapprof::workload::payload::key::Key>::make", "", KeyMaker),
    ("<alloc::boxed::Box<[u8]> as mapprof::workload::payload::value::Value>::make", "", ValueMaker),
    ("mapprof::worker::replay::operations_checked", "", OperationLoop),
    (
        "<mapprof::maps::std_hash::StdHash as mapprof::worker::replay::Loops>::operations_folded",
        "",
        OperationLoop,
    ),
    (
        "mapprof::worker::life_cycle::LifeCycle::operations_new<mapprof::maps::b_tree::BTree,u64,u64>",
        "",
        OperationLoop,
    ),
    ("mapprof::worker::program::operations_of", "", ProgramLoop),
    ("mapprof::worker::program::value<alloc::vec::Vec<u8>,app::main::{{closure}}>", "", ValueMaker),
    ("mapprof::worker::program::key<alloc::string::String,app::main::{{closure}}>", "", KeyMaker),
    ("<&mut mapprof::maps::sorted_vec::SortedMap<K,V> as mapprof::maps::Handle<K,V>>::insert", "", Adapter),
    (
        "<mapprof::capture::allocator::CountingAllocator as core::alloc::global::GlobalAlloc>::alloc",
        "",
        Allocator,
    ),
    ("mapprof::programs::buffer_pool::Service::request", "", Class::Other),
    ("lru::LruCache<K,V,S>::replace_or_create_node", "", Map),
    ("moka::sync::base_cache::BaseCache<K,V,S>::do_insert_with_hash", "", Map),
    ("crossbeam_channel::flavors::array::Channel<T>::with_capacity", "", Glue),
    ("quick_cache::shard::CacheShard<Key,Val,We,B,L,Plh>::insert", "", Map),
    ("boomphf::hashmap::BoomHashMap<K,D>::new", "", Map),
    ("mapprof::workload::stream::Stream::next_batch", "", Harness),
    ("__rustc::__rust_alloc", "", Allocator),
    ("__rust_alloc_zeroed", "", Allocator),
    ("__rust_realloc", "", Allocator),
    ("__rust_dealloc", "", Allocator),
    ("__rg_alloc", "", Allocator),
    ("__rdl_alloc", "", Allocator),
    ("_rjem_je_arena_malloc_hard", "", Allocator),
    ("je_malloc_default", "", Allocator),
    ("<tikv_jemallocator::Jemalloc as core::alloc::global::GlobalAlloc>::alloc", "", Allocator),
    ("tikv_jemalloc_sys::malloc", "", Allocator),
    ("<jemallocator::Jemalloc as core::alloc::global::GlobalAlloc>::alloc", "", Allocator),
    ("<mimalloc::MiMalloc as core::alloc::global::GlobalAlloc>::alloc", "", Allocator),
    ("mi_malloc_aligned", "", Allocator),
    ("tc_malloc", "", Allocator),
    ("tcmalloc::ThreadCache::FetchFromCentralCache", "", Allocator),
    ("snmalloc::alloc", "", Allocator),
    ("sn_rust_alloc", "", Allocator),
    ("operator new(unsigned long)", "", Shim),
    ("operator delete(void*)", "", Shim),
    ("ehooks_purge_forced", "/target/build/tikv-jemalloc-sys-1f/out/build/src/ehooks.c", Allocator),
    ("tcache_alloc_small", "/jemalloc/include/jemalloc/internal/tcache_inlines.h", Allocator),
    ("arena_slab_alloc", "/usr/src/jemalloc/src/arena.c", Allocator),
    ("prof_backtrace_impl", "", Allocator),
    ("imalloc", "", Allocator),
    ("imalloc_body", "", Allocator),
    ("mallocx", "", Allocator),
    ("rallocx", "", Allocator),
    ("sdallocx", "", Allocator),
    ("do_rallocx", "", Allocator),
    ("malloc", "", Allocator),
    ("calloc", "", Allocator),
    ("realloc", "", Allocator),
    ("free", "", Allocator),
    ("cfree", "", Allocator),
    ("posix_memalign", "", Allocator),
    ("aligned_alloc", "", Allocator),
    ("__libc_malloc2", "", Allocator),
    ("_int_malloc", "", Allocator),
    ("_int_free_chunk", "", Allocator),
    ("hashbrown::raw::alloc::inner::do_alloc", "", Shim),
    ("hashbrown::raw::alloc::do_alloc<alloc::alloc::Global>", "", Shim),
    ("hashbrown::raw::new_uninitialized<alloc::alloc::Global>", "", Glue),
    ("hashbrown::raw::fallible_with_capacity<alloc::alloc::Global>", "", Glue),
    ("hashbrown::raw::prepare_resize<alloc::alloc::Global>", "", Glue),
    ("hashbrown::raw::resize_inner<alloc::alloc::Global>", "", Glue),
    ("hashbrown::raw::reserve_rehash_inner<alloc::alloc::Global>", "", Glue),
    ("<hashbrown::raw::RawTable<T,A>>::new_uninitialized", "", Glue),
    ("hashbrown::raw::inner::RawTableInner::prepare_resize", "", Glue),
    (
        "alloc::collections::btree::node::NodeRef<alloc::collections::btree::node::marker::Owned,K,V,L>::new_leaf",
        "",
        Glue,
    ),
    (
        "alloc::collections::btree::node::NodeRef<alloc::collections::btree::node::marker::Owned,K,V,L>::new_internal",
        "",
        Glue,
    ),
    ("alloc::collections::btree::mem::replace", "", Glue),
    ("hashbrown::raw::RawTable<T,A>::reserve_rehash", "", Map),
    ("<std::collections::hash::map::HashMap<K,V,S,A> as core::clone::Clone>::clone", "", Map),
    ("alloc::collections::btree::node::LeafNode<K,V>::new", "", Map),
    ("indexmap::inner::Core<K,V>::reserve_entries", "", Map),
    ("<dashmap::DashMap<K,V,S> as dashmap::t::Map<K,V,S>>::_insert", "", Map),
    ("papaya::raw::HashMap<K,V,S>::insert_inner", "", Map),
    ("crossbeam_skiplist::base::SkipList<K,V>::insert_internal", "", Map),
    ("crossbeam_epoch::internal::Global::collect", "", Map),
    ("<seize::guard::LocalGuard as seize::guard::Guard>::defer_retire", "", Map),
    ("scc::hash_table::bucket_array::BucketArray<K,V,L,_>::alloc", "", Map),
    ("sdd::collector::Collector::alloc", "", Map),
    ("saa::lock::Lock::lock_sync", "", Map),
    ("std::thread::functions::available_parallelism", "", Glue),
    ("std::sys::thread::unix::cgroups::quota", "", Glue),
    ("std::rt::lang_start_internal", "", Harness),
    ("std::sys::backtrace::__rust_begin_short_backtrace", "", Harness),
    ("std::thread::lifecycle::spawn_unchecked::{{closure}}", "", Harness),
    ("<std::sys::thread::unix::Thread>::new::thread_start", "", Harness),
    ("std::panicking::catch_unwind::do_call", "", Harness),
    ("std::panic::catch_unwind", "", Harness),
    ("main", "", Harness),
    ("_start", "", Harness),
    ("__libc_start_main_impl", "", Harness),
    ("start_thread", "", Harness),
    ("clone", "", Harness),
    ("clone3", "", Harness),
    ("__clone3", "", Harness),
    ("rand::rng::Rng::random", "", Harness),
    ("rand_core::block::BlockRng<R>::next_word", "", Harness),
    ("rand_pcg::pcg64::Lcg64Xsh32::step", "", Harness),
    ("libm::math::pow::pow", "", Harness),
    ("pprof::profiler::perf_signal_handler", "", Harness),
    ("framehop::unwinder::UnwinderInternal<M,P>::with_cache", "", Harness),
    ("tikv_jemalloc_ctl::raw::read", "", Harness),
    ("rustix::backend::fs::syscalls::read", "", Harness),
    ("core::hash::sip::Hasher<S>::write", "", Class::Other),
    ("core::ops::function::impls::<impl core::ops::function::FnMut<A> for &mut F>::call_mut", "", Glue),
    (
        "<alloc::vec::Vec<T> as alloc::vec::spec_from_iter_nested::SpecFromIterNested<T,I>>::from_iter",
        "",
        Glue,
    ),
    ("std::sync::once_lock::OnceLock<T>::initialize", "", Glue),
    ("alloc::alloc::alloc", "", Shim),
    ("<alloc::alloc::Global as core::alloc::Allocator>::allocate", "", Shim),
    ("alloc::raw_vec::RawVecInner<A>::try_allocate_in", "", Shim),
    ("alloc::boxed::box_new_uninit", "", Shim),
    (
        "<allocator_api2::stable::alloc::global::Global as allocator_api2::stable::alloc::Allocator>::grow",
        "",
        Shim,
    ),
    ("allocator_api2::stable::vec::Vec<T,A>::push", "", Glue),
    ("once_cell::imp::initialize_or_wait", "", Glue),
    ("<Q as equivalent::Equivalent<K>>::equivalent", "", Glue),
];

#[test]
fn every_row_is_met_and_gives_its_class() {
    let mut met = vec![false; rules().len()];
    for (name, file, class) in EXAMPLES {
        assert_eq!(classify(name, file), *class, "{name}");
        let path = Path::of(name);
        for path in [Some(path.subject), path.via].into_iter().flatten() {
            if let Some(row) = row(&path, file) {
                met[row] = true;
            }
        }
    }
    for path in maps::BUILT_IN.iter().flat_map(|info| info.frames) {
        let name = format!("{path}::Some<K,V>::function");
        assert_eq!(classify(&name, ""), Map, "{name}");
        met[row(&Path::of(&name).subject, "").unwrap()] = true;
    }
    let missed: Vec<_> = rules().iter().zip(met).filter(|(_, met)| !met).map(|(rule, _)| rule).collect();
    assert!(missed.is_empty(), "rows without an example: {missed:#?}");
}

#[test]
fn names_that_no_row_knows() {
    assert_eq!(classify("sessions::touch", ""), Class::Other);
    assert_eq!(classify("im::HashMap<K,V>::insert", ""), Class::Other);
    assert_eq!(classify("<sessions::Session as core::clone::Clone>::clone", ""), Class::Other);
    assert_eq!(classify("<alloc::string::String as sessions::Describe>::describe", ""), Class::Other);
    assert_eq!(classify("<my_maps::Handle<K,V> as mapprof::maps::Handle<K,V>>::insert", ""), Adapter);
    assert_eq!(classify("mapprof_extra::thing", ""), Class::Other);
    assert_eq!(classify("runtime.gopark", ""), Class::Foreign);
    assert_eq!(classify("libc.so.6+0x1234", ""), Class::Foreign);
}

#[test]
fn a_users_function_may_say_that_it_makes_a_key() {
    for name in ["app::key", "app::make_key", "app::names::user_keys::{{closure}}", "app::UserKey::new"] {
        assert_eq!(classify(name, ""), Class::OwnKey, "{name}");
    }
    for name in ["app::look_up_by_key", "app::monkey", "app::key_value", "app::Keyboard::new", "sort_by_key"]
    {
        assert_ne!(classify(name, ""), Class::OwnKey, "{name}");
    }
    assert_eq!(classify("hashbrown::map::make_key", ""), Map, "a known crate's own");
}

#[test]
fn built_in_types_are_glue() {
    for name in [
        "<[u8]>::to_vec_in::<alloc::alloc::Global>",
        "<T as alloc::slice::<impl [T]>::to_vec_in::ConvertVec>::to_vec",
        "<u8 as <[_]>::to_vec_in::ConvertVec>::to_vec::<alloc::alloc::Global>",
        "<str as alloc::borrow::ToOwned>::to_owned",
    ] {
        assert_eq!(classify(name, ""), Glue, "{name}");
    }
}

#[test]
fn pprof_drops_the_allocator_by_name() {
    let pattern = allocator_pattern();
    assert!(pattern.contains("_rjem_.*"), "{pattern}");
    assert!(pattern.contains("<?mapprof::capture(?:::.*)?"), "{pattern}");
}
