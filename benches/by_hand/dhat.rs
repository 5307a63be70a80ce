//! The hand-written loops under dhat-rs. It writes its file into the current folder.

mod churn;
mod keys;
mod program;
mod replay;
mod values;

#[global_allocator]
static GLOBAL: dhat::Alloc = dhat::Alloc;

fn main() {
    if let Some(work) = program::Work::asked() {
        let _profiler = dhat::Profiler::new_heap();
        println!("{}", work.run());
    }
}
