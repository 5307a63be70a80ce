//! Cases that failed without a record: `error.json` alone.

use std::path::{Path, PathBuf};

use super::Failure;
use super::folder_search::folders;
use super::run_store::{ERROR_RECORD, RECORD, parsed_file};
use crate::error::Result;

/// What failed in a folder that has no record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FailedCase {
    /// The folder.
    pub path: PathBuf,
    /// What went wrong, once or more.
    pub failures: Vec<Failure>,
}

/// Those at `root` or below it, in the order of their paths.
///
/// # Errors
/// When a folder or an `error.json` in it cannot be read or understood.
pub fn find(root: &Path) -> Result<Vec<FailedCase>> {
    let is_failed = |folder: &Path| folder.join(ERROR_RECORD).is_file() && !folder.join(RECORD).is_file();
    let all: Vec<FailedCase> =
        folders(root, is_failed)?.iter().map(|folder| read(folder)).collect::<Result<_>>()?;
    Ok(all.into_iter().filter(|case| !case.failures.is_empty()).collect())
}

/// That of one folder.
///
/// # Errors
/// When its `error.json` cannot be read or understood.
pub fn read(folder: &Path) -> Result<FailedCase> {
    let failures = parsed_file(&folder.join(ERROR_RECORD), "a list of failures of mapprof")?;
    Ok(FailedCase { path: folder.to_path_buf(), failures })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::CaseId;
    use std::fs;

    #[test]
    fn a_failure_without_a_record_is_found_and_one_beside_a_record_is_not() {
        let root = tempfile::tempdir().unwrap();
        let failure = Failure {
            case: CaseId::new("churn", "std"),
            pass: "memory".into(),
            kind: "crashed".into(),
            message: "signal 11".into(),
            last_words: Vec::new(),
        };
        for place in ["churn/std.failed", "churn/btree.failed", "churn/empty.failed"] {
            fs::create_dir_all(root.path().join(place)).unwrap();
            let failures = if place.contains("empty") { Vec::new() } else { vec![failure.clone()] };
            let json = serde_json::to_vec(&failures).unwrap();
            fs::write(root.path().join(place).join(ERROR_RECORD), json).unwrap();
        }
        fs::write(root.path().join("churn/btree.failed").join(RECORD), "{}").unwrap();
        let path = root.path().join("churn/std.failed");
        let expected = vec![FailedCase { path: path.clone(), failures: vec![failure] }];
        assert_eq!(find(root.path()).unwrap(), expected);
        assert_eq!(find(&path).unwrap(), expected);
        fs::write(path.join(ERROR_RECORD), "{}").unwrap();
        let said = find(root.path()).unwrap_err().to_string();
        assert!(said.contains("std.failed") && said.contains("not a list of failures of mapprof"), "{said}");
    }
}
