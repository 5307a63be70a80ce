//! What a program can run, as data: how a program that has the child's side alone tells the `mapprof` that it hands its
//! command line over to.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::program_info::{Program, ProgramVariant};
use super::protocol::PROTOCOL;
use super::registry::{MapEntry, Registry, RunBy, RuntimePrograms, RuntimeWorker};
use crate::error::{Error, Result};
use crate::maps::closed_form::GoForm;
use crate::maps::{ClosedForm, EntryOrder, Frees, MapInfo};
use crate::record::{Settings, Varies};
use crate::workload::spec::{Op, StepKind};

/// The tables of a program.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Tables {
    /// [`PROTOCOL`] as the program speaks it.
    pub protocol: u32,
    /// Its maps.
    pub maps: Vec<MapRow>,
    /// Its programs.
    pub programs: Vec<ProgramRow>,
}

/// A map (see [`MapInfo`]).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MapRow {
    name: String,
    about: String,
    package: String,
    version: String,
    concurrent: bool,
    lacks: Vec<Op>,
    #[serde(default)]
    offers: Vec<Op>,
    #[serde(default)]
    steps: Vec<StepKind>,
    #[serde(default)]
    shards: bool,
    answers: bool,
    order: EntryOrder,
    frees: Frees,
    varies: Option<Varies>,
    /// The name of its closed form, or why it has none.
    closed_form: std::result::Result<Form, String>,
}

/// The closed forms that can be told by their names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Form {
    Nothing,
    Table,
    Tree,
    Indexed,
    Vector,
    Dense,
    Copied,
    Doubled,
    Go(GoForm),
}

/// A program (see [`Program`]).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ProgramRow {
    name: String,
    about: String,
    settings: Settings,
    variants: Vec<ProgramVariant>,
}

/// What becomes of a row whose name another program has too.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SameName {
    /// The other program's takes its place.
    Replaces,
    /// It stays.
    Stays,
}

impl Tables {
    /// The tables of `registry`.
    pub fn of(registry: &Registry) -> Tables {
        let map = |entry: &MapEntry| {
            let info = &entry.info;
            let (package, version) = info.package;
            MapRow {
                name: info.name.to_owned(),
                about: info.about.to_owned(),
                package: package.to_owned(),
                version: version.to_owned(),
                concurrent: info.concurrent,
                lacks: info.lacks.to_vec(),
                offers: info.offers.to_vec(),
                steps: info.steps.to_vec(),
                shards: info.shards,
                answers: info.answers,
                order: info.order,
                frees: info.frees,
                varies: info.varies,
                closed_form: info.closed_form.map_err(str::to_owned).and_then(|form| match form {
                    ClosedForm::Nothing => Ok(Form::Nothing),
                    ClosedForm::Table => Ok(Form::Table),
                    ClosedForm::Tree => Ok(Form::Tree),
                    ClosedForm::Indexed => Ok(Form::Indexed),
                    ClosedForm::Vector => Ok(Form::Vector),
                    ClosedForm::Dense => Ok(Form::Dense),
                    ClosedForm::Copied => Ok(Form::Copied),
                    ClosedForm::Doubled => Ok(Form::Doubled),
                    ClosedForm::Go(form) => Ok(Form::Go(form)),
                    ClosedForm::Shards { .. } => {
                        Err("has shards that only its own program can count".to_owned())
                    }
                }),
            }
        };
        let program = |program: &Program| ProgramRow {
            name: program.name.clone(),
            about: program.about.clone(),
            settings: program.settings.clone(),
            variants: program.variants.clone(),
        };
        Tables {
            protocol: PROTOCOL,
            maps: registry.maps.iter().map(map).collect(),
            programs: registry.programs.iter().map(program).collect(),
        }
    }

    /// Whether `bytes` are tables, of whatever version.
    pub fn are_in(bytes: &[u8]) -> bool {
        let told = serde_json::from_slice::<serde_json::Value>(bytes).unwrap_or_default();
        told["protocol"].is_u64() && told["maps"].is_array()
    }

    /// The tables in `bytes`.
    ///
    /// # Errors
    /// When they are of another version of the protocol, or do not hold to this one.
    pub fn read(bytes: &[u8]) -> Result<Tables> {
        let wrong = |error| Error::input(format!("its maps and programs cannot be read: {error}"));
        // The version first: tables of another version need not have this one's shape.
        let told: serde_json::Value = serde_json::from_slice(bytes).map_err(wrong)?;
        if told["protocol"] != PROTOCOL {
            return Err(Error::input(format!(
                "the program speaks protocol {}, and this mapprof protocol {PROTOCOL}: build both from one version",
                told["protocol"]
            )));
        }
        serde_json::from_value(told).map_err(wrong)
    }

    /// Adds the maps and the programs to `registry`; `same` says what becomes of its own of the same names. They run in
    /// the program that told of them, and nowhere else.
    pub fn add_to(self, registry: &mut Registry, same: SameName) {
        for row in self.maps {
            match registry.maps.iter_mut().find(|own| own.info.name == row.name) {
                Some(own) if same == SameName::Replaces => {
                    *own = MapEntry::elsewhere(row.info(), RunBy::Caller)
                }
                Some(_) => {}
                None => registry.maps.push(MapEntry::elsewhere(row.info(), RunBy::Caller)),
            }
        }
        for row in self.programs {
            match same {
                SameName::Replaces => registry.programs.retain(|program| program.name != row.name),
                SameName::Stays if registry.program_to_run(&row.name).is_some() => continue,
                SameName::Stays => {}
            }
            let mut program = Program::new(&row.name, &row.about, |_| {});
            (program.settings, program.variants, program.is_elsewhere) = (row.settings, row.variants, true);
            registry.programs.push(program);
        }
    }
}

impl Tables {
    /// Adds the maps and programs of a worker of another language. Those of several versions have the same names.
    pub fn add_runtime(self, registry: &mut Registry, worker: &Arc<RuntimeWorker>) {
        let programs = self.programs.into_iter().map(|row| row.name).collect();
        registry.runtimes.push(RuntimePrograms { worker: Arc::clone(worker), programs });
        let run_by = || RunBy::Runtime(Arc::clone(worker));
        registry.maps.extend(self.maps.into_iter().map(|row| MapEntry::elsewhere(row.info(), run_by())));
    }
}

/// A text that lives as long as the process, as a map's row has them.
fn kept(text: String) -> &'static str {
    text.leak()
}

impl MapRow {
    fn info(self) -> MapInfo {
        MapInfo {
            about: kept(self.about),
            package: (kept(self.package), kept(self.version)),
            concurrent: self.concurrent,
            lacks: self.lacks.leak(),
            offers: self.offers.leak(),
            steps: self.steps.leak(),
            shards: self.shards,
            answers: self.answers,
            order: self.order,
            frees: self.frees,
            varies: self.varies,
            closed_form: match self.closed_form {
                Ok(Form::Nothing) => Ok(ClosedForm::Nothing),
                Ok(Form::Table) => Ok(ClosedForm::Table),
                Ok(Form::Tree) => Ok(ClosedForm::Tree),
                Ok(Form::Indexed) => Ok(ClosedForm::Indexed),
                Ok(Form::Vector) => Ok(ClosedForm::Vector),
                Ok(Form::Dense) => Ok(ClosedForm::Dense),
                Ok(Form::Copied) => Ok(ClosedForm::Copied),
                Ok(Form::Doubled) => Ok(ClosedForm::Doubled),
                Ok(Form::Go(form)) => Ok(ClosedForm::Go(form)),
                Err(why) => Err(kept(why)),
            },
            ..MapInfo::new(kept(self.name))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::worker::registry::built_in_maps;

    #[test]
    fn tables_come_back_as_they_were() {
        let variant = ProgramVariant {
            name: "boxed".into(),
            about: String::new(),
            entries: None,
            parameters: Default::default(),
        };
        let mut program = Program::new("sessions", "Logs users in", |_| {});
        program.settings.entries = Some(7);
        program.variants.push(variant);
        let registry = Registry { maps: built_in_maps(), programs: vec![program], ..Registry::default() };
        let told = Tables::of(&registry);
        let json = serde_json::to_vec(&told).unwrap();
        assert!(Tables::are_in(&json));
        let mut other = Registry::default();
        Tables::read(&json).unwrap().add_to(&mut other, SameName::Replaces);
        assert_eq!(Tables::of(&other), told);
        // What is there already keeps its place.
        for same in [SameName::Replaces, SameName::Stays] {
            told.clone().add_to(&mut other, same);
            assert_eq!(Tables::of(&other), told);
        }
    }

    #[test]
    fn a_row_of_the_same_name_is_replaced_or_stays() {
        let registry = || Registry { maps: built_in_maps(), ..Registry::default() };
        let mut told = Tables::of(&registry());
        told.maps.retain(|map| map.name == "std");
        told.maps[0].about = "another".into();
        let about = |same| {
            let mut registry = registry();
            told.clone().add_to(&mut registry, same);
            let std = registry.map("std").unwrap();
            (std.info.about, std.is_elsewhere())
        };
        assert_eq!(about(SameName::Replaces), ("another", true));
        assert_eq!(about(SameName::Stays), (registry().map("std").unwrap().info.about, false));
    }

    #[test]
    fn another_protocol_is_refused_whatever_its_shape() {
        let other = br#"{"protocol":1,"maps":[7]}"#;
        assert!(Tables::are_in(other));
        let said = Tables::read(other).unwrap_err().to_string();
        assert!(said.contains("protocol 1"), "{said}");
        let broken = format!(r#"{{"protocol":{PROTOCOL},"maps":[7]}}"#);
        assert!(Tables::read(broken.as_bytes()).is_err());
        for none in ["", "7", r#"{"event":"failed"}"#] {
            assert!(!Tables::are_in(none.as_bytes()), "{none}");
        }
    }
}
