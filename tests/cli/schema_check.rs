//! The JSON Schemas of `docs/schema`, to hold to them what mapprof writes.

use boon::{Compiler, Schemas};
use serde_json::Value;

/// Every schema: the name of its file, and its text.
pub const FILES: [(&str, &str); 3] = [
    ("run.schema.json", include_str!("../../docs/schema/run.schema.json")),
    ("error.schema.json", include_str!("../../docs/schema/error.schema.json")),
    ("protocol.schema.json", include_str!("../../docs/schema/protocol.schema.json")),
];

/// What JSON Schema says of schemas.
pub const META: &str = "https://json-schema.org/draft/2020-12/schema";

/// A schema of a file that refers to another one names it alone, so all have the same place.
const PLACE: &str = "schema:///";

/// The schemas, compiled as they are asked for.
pub struct Checker {
    compiler: Compiler,
    schemas: Schemas,
}

impl Checker {
    pub fn new() -> Self {
        let mut compiler = Compiler::new();
        for (name, text) in FILES {
            let schema = serde_json::from_str(text).unwrap_or_else(|error| panic!("{name}: {error}"));
            compiler.add_resource(&format!("{PLACE}{name}"), schema).expect("its place is a URL");
        }
        Checker { compiler, schemas: Schemas::new() }
    }

    /// Holds `value` to a schema: [`META`], a file, or a part of one such as `protocol.schema.json#/$defs/event`.
    ///
    /// # Errors
    /// What is wrong, a line for each place.
    pub fn check(&mut self, schema: &str, value: &Value) -> Result<(), String> {
        let place = if schema == META { META.to_owned() } else { format!("{PLACE}{schema}") };
        let compiled = self.compiler.compile(&place, &mut self.schemas);
        let index = compiled.unwrap_or_else(|error| panic!("{schema} is no schema: {error:#}"));
        self.schemas.validate(value, index).map_err(|error| error.to_string())
    }
}
