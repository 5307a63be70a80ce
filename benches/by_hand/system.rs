//! The hand-written loops with the system's allocator: heaptrack and valgrind step in between a program and its malloc,
//! and see nothing of an allocator that the program brings.

mod churn;
mod keys;
mod program;
mod replay;
mod values;

fn main() {
    if let Some(work) = program::Work::asked() {
        println!("{}", work.run());
    }
}
