//! The hand-written loops with jemalloc, as mapprof itself has it. Nothing of mapprof is linked.

mod churn;
mod keys;
mod program;
mod replay;
mod values;

#[global_allocator]
static GLOBAL: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

fn main() {
    if let Some(work) = program::Work::asked() {
        println!("{}", work.run());
    }
}
