//! The command that runs a case again.

use std::path::Path;

/// The command that runs a case again, in the parts that others put something between.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rerun {
    /// The program, as it was called and as a shell takes it.
    pub program: String,
    /// What comes after it.
    pub words: String,
    /// The program's own arguments, with ` -- ` before them; empty if there are none.
    pub arguments: String,
}

impl Rerun {
    /// The whole command; `with` says which program serves the passes, if another one does.
    pub fn command(&self, with: &str) -> String {
        format!("{} {}{with}{}", self.program, self.words, self.arguments)
    }

    /// The command without the folder that the program is in, which is another one on another machine.
    pub fn anywhere(&self) -> String {
        let name = Path::new(self.program.trim_matches('\'')).file_name();
        let program = name.map_or(self.program.clone(), |name| name.to_string_lossy().into_owned());
        Rerun { program, ..self.clone() }.command("")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_stand_at_the_end_and_folders_are_left_out_elsewhere() {
        let rerun = Rerun {
            program: "'/my maps/own'".into(),
            words: "run sessions --seed 1".into(),
            arguments: " -- 5".into(),
        };
        assert_eq!(rerun.command(" --worker w"), "'/my maps/own' run sessions --seed 1 --worker w -- 5");
        assert_eq!(rerun.anywhere(), "own run sessions --seed 1 -- 5");
    }
}
