//! What a request asks for.

use form_urlencoded::parse;

use super::listed_run::PROFILES;

/// Which runs of the list are shown.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct ListFilter {
    /// A pattern of workloads; empty if all are meant.
    pub(super) workload: String,
    /// A pattern of maps; empty if all are meant.
    pub(super) map: String,
}

/// What a request asks for. Runs are named as in the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Route {
    /// The list of runs.
    List(ListFilter),
    /// A text that changes when a run lands or goes.
    State,
    /// The report of runs.
    Report(Vec<String>),
    /// Runs side by side.
    Compare(Vec<String>),
    /// What changed between two runs.
    Diff(Vec<String>),
    /// A file of a run.
    File { run: String, name: String },
    /// Which profiles there are.
    Profiles,
    /// A profile by the name that Go's servers have for it.
    Profile { name: &'static str, run: Option<String> },
    /// Nothing that is here.
    Unknown(String),
}

impl Route {
    /// What `url`, a path with a query, asks for.
    pub(super) fn of(url: &str) -> Route {
        let (path, query) = url.split_once('?').unwrap_or((url, ""));
        let all = |wanted: &str| -> Vec<String> {
            parse(query.as_bytes())
                .filter(|(name, _)| name == wanted)
                .map(|(_, value)| value.into_owned())
                .collect()
        };
        let one = |wanted: &str| all(wanted).into_iter().next();
        if let Some(name) = path.strip_prefix("/debug/pprof/") {
            return match PROFILES.into_iter().find(|(known, _)| *known == name) {
                Some((name, _)) => Route::Profile { name, run: one("run") },
                None if name.is_empty() => Route::Profiles,
                None => Route::Unknown(path.to_owned()),
            };
        }
        match path {
            "/" => Route::List(ListFilter {
                workload: one("workload").unwrap_or_default().trim().to_owned(),
                map: one("map").unwrap_or_default().trim().to_owned(),
            }),
            "/state" => Route::State,
            "/report" => Route::Report(all("run")),
            "/compare" => Route::Compare(all("run")),
            "/diff" => Route::Diff(all("run")),
            "/file" => {
                Route::File { run: one("run").unwrap_or_default(), name: one("name").unwrap_or_default() }
            }
            _ => Route::Unknown(path.to_owned()),
        }
    }
}

/// `path` with `run=` for each of `runs`.
pub(super) fn link<'a>(path: &str, runs: impl IntoIterator<Item = &'a str>) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    for run in runs {
        query.append_pair("run", run);
    }
    format!("{path}?{}", query.finish())
}

/// The address of a file of a run.
pub(super) fn file_link(run: &str, name: &str) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.append_pair("run", run).append_pair("name", name);
    format!("/file?{}", query.finish())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_path_is_known_with_what_it_is_given() {
        let runs = || vec!["skewed-keys/std".to_owned(), "a b/map,threads=3".to_owned()];
        let query = link("/report", ["skewed-keys/std", "a b/map,threads=3"]);
        assert_eq!(Route::of(&query), Route::Report(runs()));
        assert_eq!(
            Route::of("/compare?run=skewed-keys%2Fstd&run=a+b/map,threads%3D3"),
            Route::Compare(runs())
        );
        assert_eq!(Route::of("/"), Route::List(ListFilter::default()));
        assert_eq!(
            Route::of("/?workload=skewed*&map="),
            Route::List(ListFilter { workload: "skewed*".to_owned(), map: String::new() })
        );
        let heap = |run: Option<&str>| Route::Profile { name: "heap", run: run.map(str::to_owned) };
        assert_eq!(Route::of("/debug/pprof/heap"), heap(None));
        assert_eq!(Route::of("/debug/pprof/heap?seconds=30&run=a/b"), heap(Some("a/b")));
        assert_eq!(Route::of("/debug/pprof/"), Route::Profiles);
        let file = Route::File { run: "a/b".to_owned(), name: "timeline.svg".to_owned() };
        assert_eq!(Route::of(&file_link("a/b", "timeline.svg")), file);
        for path in ["/debug/pprof/heap/../x", "/debug/pprof/goroutine", "/../etc/passwd", "", "/report/"] {
            assert!(matches!(Route::of(path), Route::Unknown(_)), "{path}");
        }
    }
}
