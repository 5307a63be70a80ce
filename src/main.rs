//! The `mapprof` command: the library with its built-in maps and workloads.

fn main() -> std::process::ExitCode {
    mapprof::App::new().main()
}
