//! What a program can run, as data: how a program that has the child's side alone tells the `mapprof` that it hands its
//! command line over to.

use serde::{Deserialize, Serialize};

use super::program_table::{Program, ProgramVariant};
use super::protocol::PROTOCOL;
use super::registry::{MapEntry, Registry};
use crate::error::{Error, Result};
use crate::maps::{ClosedForm, MapInfo};
use crate::record::{Settings, Varies};
use crate::workload::spec::Op;

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
    answers: bool,
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
}

/// A program (see [`Program`]).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ProgramRow {
    name: String,
    about: String,
    settings: Settings,
    variants: Vec<ProgramVariant>,
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
                answers: info.answers,
                varies: info.varies,
                closed_form: info.closed_form.map_err(str::to_owned).and_then(|form| match form {
                    ClosedForm::Nothing => Ok(Form::Nothing),
                    ClosedForm::Table => Ok(Form::Table),
                    ClosedForm::Tree => Ok(Form::Tree),
                    ClosedForm::Indexed => Ok(Form::Indexed),
                    ClosedForm::Vector => Ok(Form::Vector),
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

    /// Adds the maps and the programs to `registry`, in the place of its own of the same names. They run in the program
    /// that told of them, and nowhere else.
    ///
    /// # Errors
    /// When that program speaks another version of the protocol.
    pub fn add_to(self, registry: &mut Registry) -> Result<()> {
        if self.protocol != PROTOCOL {
            return Err(Error::input(format!(
                "the program speaks protocol {}, and this mapprof protocol {PROTOCOL}: build both from one version",
                self.protocol
            )));
        }
        for row in self.maps {
            let entry = MapEntry::elsewhere(row.info());
            match registry.maps.iter_mut().find(|own| own.info.name == entry.info.name) {
                Some(own) => *own = entry,
                None => registry.maps.push(entry),
            }
        }
        for row in self.programs {
            registry.programs.retain(|program| program.name != row.name);
            let mut program = Program::new(&row.name, &row.about, |_| {});
            (program.settings, program.variants, program.is_elsewhere) = (row.settings, row.variants, true);
            registry.programs.push(program);
        }
        Ok(())
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
            answers: self.answers,
            varies: self.varies,
            closed_form: match self.closed_form {
                Ok(Form::Nothing) => Ok(ClosedForm::Nothing),
                Ok(Form::Table) => Ok(ClosedForm::Table),
                Ok(Form::Tree) => Ok(ClosedForm::Tree),
                Ok(Form::Indexed) => Ok(ClosedForm::Indexed),
                Ok(Form::Vector) => Ok(ClosedForm::Vector),
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
        let variant =
            ProgramVariant { name: "boxed".into(), about: String::new(), parameters: Default::default() };
        let mut program = Program::new("sessions", "Logs users in", |_| {});
        program.settings.entries = Some(7);
        program.variants.push(variant);
        let registry = Registry { maps: built_in_maps(), programs: vec![program] };
        let told = Tables::of(&registry);
        let json = serde_json::to_string(&told).unwrap();
        let mut other = Registry::default();
        serde_json::from_str::<Tables>(&json).unwrap().add_to(&mut other).unwrap();
        assert_eq!(Tables::of(&other), told);
        // What is there already is replaced, and stands in its place.
        told.clone().add_to(&mut other).unwrap();
        assert_eq!(Tables::of(&other), told);
    }

    #[test]
    fn another_protocol_is_refused() {
        let tables = Tables { protocol: 1, maps: Vec::new(), programs: Vec::new() };
        let said = tables.add_to(&mut Registry::default()).unwrap_err().to_string();
        assert!(said.contains("protocol 1"), "{said}");
    }
}
