//! `mapprof top`.

use super::arguments::limit;
use super::open_profile::{Opened, open};
use super::terminal::{print, print_json};
use crate::cli::{By, TopArgs};
use crate::error::Result;
use crate::output::top_table;
use crate::profile::top::{self, TopOptions};

/// Prints the hot rows of a profile.
pub fn top(args: &TopArgs) -> Result<()> {
    let Opened { profile, .. } = open(&args.profile, &args.input, limit(&args.limit))?;
    let options = TopOptions {
        by: match args.by {
            By::Site => top::By::Site,
            By::Role => top::By::Role,
            By::Phase => top::By::Phase,
            By::Function => top::By::Function,
        },
        sample_type: args.sample_type.clone(),
        limit: Some(args.rows),
        harness: args.harness_frames,
    };
    let mut rows = top::top(&profile, &options)?;
    top::add_cumulative(&mut rows, &profile, &options)?;
    if args.json {
        return print_json(&rows);
    }
    print(
        &(top_table::render_binary(&rows, super::terminal::width())
            + &top_table::warnings(&rows, profile.sample_bytes())),
    )
}
