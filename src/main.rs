//! The `mapprof` command: the library with its built-in maps and workloads.

mapprof::install_allocator!();

fn main() -> std::process::ExitCode {
    mapprof::App::new().main()
}
