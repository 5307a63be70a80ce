//! The hand-written loops with jemalloc, as mapprof itself has it. Nothing of mapprof is linked.

mod churn;
mod program;
mod replay;

#[global_allocator]
static GLOBAL: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

fn main() {
    if let Some(work) = program::Work::asked() {
        println!("{}", work.run());
    }
}
