//! The catalogue: the workloads that are built in, and those of a user's own directory. Workloads on maps and files that name
//! programs are apart, since only whoever knows the programs can tell what the latter may say.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::path::Path;

use super::claim::Claim;
use super::overrides::Overrides;
use super::parse::{claims, parse, parse_variant, variants};
use super::program_file::{self, ProgramFile};
use super::spec::Workload;
use super::toml_reader::text_of;
use super::variant::{Variant, find};
use crate::error::{Error, Result, unknown};
use crate::printable::PrintablePath;

// `EMBEDDED: &[(&str, &str)]`, file stem and text of each file in workloads/, written by build.rs.
include!(concat!(env!("OUT_DIR"), "/workloads.rs"));

/// Every workload that can be named.
#[derive(Debug)]
pub struct Catalog {
    /// Workloads on maps.
    files: BTreeMap<String, File>,
    /// Files that name programs.
    programs: BTreeMap<String, ProgramFile>,
}

/// A workload's file, which has been parsed once without a complaint.
#[derive(Debug)]
struct File {
    /// What messages call it.
    place: String,
    text: Cow<'static, str>,
    own: bool,
    workload: Workload,
    variants: Vec<Variant>,
    claims: Vec<Claim>,
}

/// What a list shows of a workload.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Summary<'a> {
    /// The name users type.
    pub name: &'a str,
    /// The first sentence of its prose.
    pub about: &'a str,
    /// The file that it comes from.
    pub file: &'a str,
    /// Whether it comes from the user's directory and not from the binary.
    pub own: bool,
    /// Its variants.
    pub variants: &'a [Variant],
}

impl Catalog {
    /// The built-in workloads and every `*.toml` of `dir`. A file of the directory takes the place of a built-in
    /// workload of the same name.
    ///
    /// Fails with [`Error::Input`] if the directory or a file in it cannot be read or is not a proper workload, or
    /// if a workload has another name than its file.
    pub fn load(dir: Option<&Path>) -> Result<Catalog> {
        let mut catalog = Catalog { files: BTreeMap::new(), programs: BTreeMap::new() };
        for (stem, text) in EMBEDDED {
            catalog.add(stem, format!("workloads/{stem}.toml"), Cow::Borrowed(text), false)?;
        }
        if let Some(dir) = dir {
            let unreadable =
                |path: &Path, error| Error::input(format!("{}: cannot be read: {error}", path.shown()));
            let mut paths = Vec::new();
            for entry in std::fs::read_dir(dir).map_err(|error| unreadable(dir, error))? {
                let path = entry.map_err(|error| unreadable(dir, error))?.path();
                if path.extension().is_some_and(|extension| extension == "toml") {
                    paths.push(path);
                }
            }
            // So that of several broken files the same one is always named.
            paths.sort();
            for path in paths {
                let text = text_of(&path)?;
                let stem = path.file_stem().unwrap_or_default().to_string_lossy();
                catalog.add(&stem, path.shown(), Cow::Owned(text), true)?;
            }
        }
        Ok(catalog)
    }

    /// The files that name programs, sorted by name.
    pub fn programs(&self) -> impl Iterator<Item = &ProgramFile> {
        self.programs.values()
    }

    /// All names of workloads on maps, sorted.
    pub fn names(&self) -> impl Iterator<Item = &str> + Clone {
        self.files.keys().map(String::as_str)
    }

    /// The same names, and behind each those of its variants as they are typed.
    pub fn names_with_variants(&self) -> impl Iterator<Item = String> {
        self.files.iter().flat_map(|(name, file)| {
            let variants = file.variants.iter().map(move |variant| format!("{name}@{}", variant.name));
            std::iter::once(name.clone()).chain(variants)
        })
    }

    /// The workload `name`, which may be that of a variant (`churn@boxed`), with overrides in force. An unknown name
    /// suggests the nearest ones.
    pub fn get(&self, name: &str, overrides: &Overrides) -> Result<Workload> {
        let (workload, variant) = parts(name);
        let file = self.file(workload)?;
        if let Some(variant) = variant {
            find(&file.variants, workload, variant)?;
        }
        parse_variant(&file.text, &file.place, variant, overrides)
    }

    /// The workloads that test claims, those of programs too, with their claims, sorted by name.
    pub fn claims(&self) -> impl Iterator<Item = (&str, &[Claim])> {
        let files = self.files.iter().map(|(name, file)| (name.as_str(), file.claims.as_slice()));
        let programs = self.programs.iter().map(|(name, file)| (name.as_str(), file.claims.as_slice()));
        let mut all: Vec<_> = files.chain(programs).filter(|(_, claims)| !claims.is_empty()).collect();
        all.sort_by_key(|(name, _)| *name);
        all.into_iter()
    }

    /// What `name` stands for: the variant that it names, every variant of the workload that is not for its own name alone, or the
    /// workload as it stands if there is none.
    ///
    /// # Errors
    /// When there is no such workload, or no such variant of it.
    pub fn variants(&self, name: &str) -> Result<Vec<Option<&Variant>>> {
        let (workload, variant) = parts(name);
        let file = self.file(workload)?;
        Ok(match variant {
            Some(variant) => vec![Some(find(&file.variants, workload, variant)?)],
            None => {
                let all: Vec<_> = file.variants.iter().filter(|variant| !variant.by_name).map(Some).collect();
                if all.is_empty() { vec![None] } else { all }
            }
        })
    }

    /// The variants that [`Catalog::variants`] leaves out of a workload that is named as a whole.
    pub fn left_out(&self, name: &str) -> impl Iterator<Item = &Variant> {
        let (workload, variant) = parts(name);
        let file = self.files.get(workload).filter(|_| variant.is_none());
        file.into_iter().flat_map(|file| &file.variants).filter(|variant| variant.by_name)
    }

    fn file(&self, workload: &str) -> Result<&File> {
        self.files.get(workload).ok_or_else(|| Error::input(unknown("workload", workload, self.names())))
    }

    /// One line for each workload on maps, sorted by name.
    pub fn summaries(&self) -> impl Iterator<Item = Summary<'_>> {
        self.files.iter().map(|(name, file)| Summary {
            name,
            about: first_sentence(&file.workload.about),
            file: &file.place,
            own: file.own,
            variants: &file.variants,
        })
    }

    fn add(&mut self, stem: &str, place: String, text: Cow<'static, str>, own: bool) -> Result<()> {
        if program_file::names_program(&text, &place)? {
            let file = program_file::parse(&text, &place, own)?;
            check_stem(stem, &file.name, &place)?;
            self.files.remove(stem);
            self.programs.insert(stem.to_owned(), file);
            return Ok(());
        }
        let workload = parse(&text, &place, &Overrides::default())?;
        check_stem(stem, &workload.name, &place)?;
        let variants = variants(&text, &place)?;
        for variant in &variants {
            parse_variant(&text, &place, Some(&variant.name), &Overrides::default())?;
        }
        let claims = claims(&text, &place)?;
        let names: Vec<&str> = variants.iter().map(|variant| variant.name.as_str()).collect();
        claims.iter().try_for_each(|claim| claim.check_variants(stem, &names))?;
        let file = File { place, text, own, workload, variants, claims };
        self.programs.remove(stem);
        self.files.insert(stem.to_owned(), file);
        Ok(())
    }
}

/// Refuses a workload that is named otherwise than its file.
fn check_stem(stem: &str, name: &str, place: &str) -> Result<()> {
    match name == stem {
        true => Ok(()),
        false => {
            Err(Error::input(format!("{place}: the workload is named \"{name}\": name its file {name}.toml")))
        }
    }
}

/// Splits `churn@boxed` into the workload and the variant.
pub fn parts(name: &str) -> (&str, Option<&str>) {
    name.split_once('@').map_or((name, None), |(workload, variant)| (workload, Some(variant)))
}

/// Up to the first full stop that ends a sentence, without it.
pub fn first_sentence(prose: &str) -> &str {
    let end = prose.find(".\n").into_iter().chain(prose.find(". ")).min();
    end.map_or(prose.trim_end_matches('.'), |end| &prose[..end])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wrong_name_suggests_the_right_one() {
        let catalog = Catalog::load(None).unwrap();
        for name in ["churn", "large-values", "skewed-keys"] {
            assert!(catalog.names().any(|known| known == name), "{name}");
        }
        let error = catalog.get("chrun", &Overrides::default()).unwrap_err();
        assert_eq!(error.to_string(), "unknown workload \"chrun\": did you mean \"churn\"?");
    }

    #[test]
    fn a_directory_adds_workloads_and_replaces_built_in_ones() {
        let dir = tempfile::tempdir().unwrap();
        let (_, text) = EMBEDDED.iter().find(|(stem, _)| *stem == "churn").unwrap();
        let mine = text.replace("\"churn\"", "\"mine\"");
        std::fs::write(dir.path().join("mine.toml"), &mine).unwrap();
        std::fs::write(dir.path().join("churn.toml"), text).unwrap();
        std::fs::write(dir.path().join("notes.txt"), "not a workload").unwrap();
        let catalog = Catalog::load(Some(dir.path())).unwrap();
        let own: Vec<&str> = catalog.summaries().filter(|s| s.own).map(|s| s.name).collect();
        assert_eq!(own, ["churn", "mine"]);

        std::fs::write(dir.path().join("other.toml"), &mine).unwrap();
        let error = Catalog::load(Some(dir.path())).unwrap_err().to_string();
        assert!(
            error.contains("other.toml: the workload is named \"mine\": name its file mine.toml"),
            "{error}"
        );

        std::fs::write(dir.path().join("broken.toml"), "entries = ").unwrap();
        let error = Catalog::load(Some(dir.path())).unwrap_err().to_string();
        assert!(error.contains("broken.toml:1: "), "{error}");
        assert!(Catalog::load(Some(&dir.path().join("absent"))).is_err());
    }

    #[test]
    fn a_file_takes_the_place_of_one_of_the_other_kind() {
        let dir = tempfile::tempdir().unwrap();
        let kinds = |name: &str| {
            let catalog = Catalog::load(Some(dir.path())).unwrap();
            (catalog.names().any(|known| known == name), catalog.programs().any(|file| file.name == name))
        };
        assert_eq!((kinds("churn"), kinds("buffer-pool")), ((true, false), (false, true)));
        std::fs::write(dir.path().join("churn.toml"), "name = \"churn\"\nabout = \"A.\"\nprogram = \"p\"\n")
            .unwrap();
        let (_, text) = EMBEDDED.iter().find(|(stem, _)| *stem == "churn").unwrap();
        std::fs::write(dir.path().join("buffer-pool.toml"), text.replace("\"churn\"", "\"buffer-pool\""))
            .unwrap();
        assert_eq!((kinds("churn"), kinds("buffer-pool")), ((false, true), (true, false)));
    }

    #[test]
    fn a_variant_by_name_is_left_out_where_the_workload_is_named() {
        let dir = tempfile::tempdir().unwrap();
        let (_, text) = EMBEDDED.iter().find(|(stem, _)| *stem == "toggle").unwrap();
        let variant =
            |name: &str, rest: &str| format!("\n[[variant]]\nname = \"{name}\"\nabout = \"A.\"\n{rest}");
        let named = |variants: &[String], name: &str| {
            std::fs::write(dir.path().join("toggle.toml"), text.to_string() + &variants.concat()).unwrap();
            let catalog = Catalog::load(Some(dir.path())).unwrap();
            let found = catalog.variants(name).unwrap().into_iter();
            found.map(|variant| variant.map_or(String::new(), |v| v.name.clone())).collect::<Vec<_>>()
        };
        let (small, large) = (variant("small", ""), variant("large", "by_name = true\n"));
        assert_eq!(named(&[small.clone(), large.clone()], "toggle"), ["small"]);
        assert_eq!(named(&[small, large.clone()], "toggle@large"), ["large"]);
        assert_eq!(named(&[large], "toggle"), [""], "the workload as it stands");
        let catalog = Catalog::load(Some(dir.path())).unwrap();
        assert_eq!(catalog.left_out("toggle").map(|v| v.name.as_str()).collect::<Vec<_>>(), ["large"]);
        assert_eq!(catalog.left_out("toggle@large").count(), 0);
    }

    #[test]
    fn summaries_are_one_sentence() {
        assert_eq!(first_sentence("One. Two."), "One");
        assert_eq!(first_sentence("One of 0.99.\nTwo."), "One of 0.99");
        assert_eq!(first_sentence("One."), "One");
        for summary in Catalog::load(None).unwrap().summaries() {
            assert!(!summary.about.contains('\n') && summary.about.len() < 100, "{summary:?}");
        }
    }
}
