//! What tells a case from all others: its label, its folder, and its place in an order follow from this alone.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};

/// The identity of a case. As text it is `workload/map`, with what else tells it apart behind the map:
/// `workload/runtime/map+hasher@variant,threads=2,name=value`. Folders have the same names.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct CaseId {
    /// Name of the workload.
    pub workload: String,
    /// Name of the map.
    pub map: String,
    /// The hasher; none if it is the map's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hasher: Option<String>,
    /// The variant of the workload; none if it is run as it stands.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub variant: Option<String>,
    /// The language that the map runs in, with its version; none if it is Rust.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub runtime: Option<String>,
    /// Worker threads.
    pub threads: u16,
    /// What the user set of a program's parameters, by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub parameters: BTreeMap<String, String>,
}

/// What the folder of a failed run ends with.
const FAILED: &str = ".failed";

/// What the folder of a case's sweeps ends with.
const SWEEP: &str = ".sweep";

impl CaseId {
    /// The case of a workload on a map, on one thread.
    pub fn new(workload: &str, map: &str) -> Self {
        CaseId {
            workload: workload.to_owned(),
            map: map.to_owned(),
            hasher: None,
            variant: None,
            runtime: None,
            threads: 1,
            parameters: BTreeMap::new(),
        }
    }

    /// What tells it from the other cases of its workload: `std`, or `std@boxed,threads=2`.
    pub fn row(&self) -> String {
        let mut row = self.runtime.as_ref().map(|runtime| format!("{runtime}/")).unwrap_or_default();
        row.push_str(&self.map);
        for (mark, part) in [('+', &self.hasher), ('@', &self.variant)] {
            if let Some(part) = part {
                row.push(mark);
                row.push_str(part);
            }
        }
        if self.threads != 1 {
            row.push_str(&format!(",threads={}", self.threads));
        }
        for (name, value) in &self.parameters {
            row.push_str(&format!(",{}={}", plain(name), plain(value)));
        }
        row
    }

    /// The workload as a command line names it: `churn`, or `churn@boxed`.
    pub fn workload_and_variant(&self) -> String {
        match &self.variant {
            Some(variant) => format!("{}@{variant}", self.workload),
            None => self.workload.clone(),
        }
    }

    /// Its folder below `root`.
    pub fn folder(&self, root: &Path) -> PathBuf {
        root.join(&self.workload).join(self.row())
    }

    /// The folder below `root` of a run of it that failed.
    pub fn failed_folder(&self, root: &Path) -> PathBuf {
        root.join(&self.workload).join(self.row() + FAILED)
    }

    /// The folder below `root` of its sweep over these settings.
    pub fn sweep_folder(&self, root: &Path, settings: &[String]) -> PathBuf {
        let names: Vec<String> = settings.iter().map(|name| plain(name)).collect();
        root.join(&self.workload).join(self.row() + SWEEP).join(names.join(","))
    }

    /// Whether both do the same work in the same way, on whichever map of whichever language.
    pub fn same_setting(&self, other: &CaseId) -> bool {
        let setting =
            |case: &CaseId| CaseId { map: String::new(), hasher: None, runtime: None, ..case.clone() };
        setting(self) == setting(other)
    }

    /// Refuses one from a file whose folder would lie elsewhere.
    ///
    /// # Errors
    /// When a part is no name.
    pub fn check_names(&self) -> Result<()> {
        let row = CaseId { runtime: None, ..self.clone() }.row();
        let runtime = self.runtime.as_deref().unwrap_or("rust");
        let hostile = |name: &&str| name.is_empty() || name.starts_with('.') || name.contains(['/', '\0']);
        match [self.workload.as_str(), self.map.as_str(), runtime, row.as_str()]
            .iter()
            .find(|name| hostile(name))
        {
            Some(name) => Err(Error::input(format!("\"{name}\" is no name of a workload or a map"))),
            None => Ok(()),
        }
    }
}

impl fmt::Display for CaseId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.workload, self.row())
    }
}

/// A value as a name in a folder may have it; other characters as their bytes, `%2f`.
fn plain(value: &str) -> String {
    let byte = |byte: u8| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'.' | b'-' | b'_' => char::from(byte).to_string(),
        _ => format!("%{byte:02x}"),
    };
    value.bytes().map(byte).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn its_label_says_what_differs_from_the_plain_case() {
        let plain = CaseId::new("churn", "std");
        assert_eq!(plain.to_string(), "churn/std");
        let all = CaseId {
            hasher: Some("fx".into()),
            variant: Some("boxed".into()),
            runtime: Some("go1.24".into()),
            threads: 2,
            parameters: BTreeMap::from([("tags".into(), "3".into())]),
            ..plain
        };
        assert_eq!(all.to_string(), "churn/go1.24/std+fx@boxed,threads=2,tags=3");
        assert_eq!(all.folder(Path::new("p")), Path::new("p/churn/go1.24/std+fx@boxed,threads=2,tags=3"));
        let names = ["entries", "phase.a/b.ops"].map(str::to_owned);
        let folder = CaseId::new("churn", "std").sweep_folder(Path::new("p"), &names);
        assert_eq!(folder, Path::new("p/churn/std.sweep/entries,phase.a%2fb.ops"));
        assert!(all.failed_folder(Path::new("p")).ends_with("go1.24/std+fx@boxed,threads=2,tags=3.failed"));
    }

    #[test]
    fn no_value_leads_out_of_the_folder() {
        let mut case = CaseId::new("own", "map");
        case.parameters.insert("path".into(), "../é=1".into());
        assert_eq!(case.row(), "map,path=..%2f%c3%a9%3d1");
        assert_eq!(case.check_names(), Ok(()));
        let hostile = CaseId { runtime: Some("../go".into()), ..CaseId::new("own", "map") };
        assert!(hostile.check_names().is_err());
        let go = CaseId { runtime: Some("go1.24".into()), ..CaseId::new("own", "map") };
        assert_eq!(go.check_names(), Ok(()));
        for (workload, map) in [("..", "m"), ("w", "a/b"), ("", "m"), ("w", ""), ("w", ".m"), ("w\0", "m")] {
            let said = CaseId::new(workload, map).check_names().unwrap_err().to_string();
            assert!(said.contains("is no name of a workload or a map"), "{said}");
        }
    }

    #[test]
    fn two_maps_share_a_setting_and_two_thread_counts_do_not() {
        let [std, btree] = ["std", "btree"].map(|map| CaseId::new("churn", map));
        assert!(std.same_setting(&btree) && std != btree);
        assert!(!std.same_setting(&CaseId { threads: 2, ..std.clone() }));
        assert!(!std.same_setting(&CaseId { variant: Some("v".into()), ..std.clone() }));
    }
}
