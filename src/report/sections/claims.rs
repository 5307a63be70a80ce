//! Published claims beside what was measured, with the verdicts.

use crate::compare::claim::TestedClaim;
use crate::output::claims::{rows, tally};
use crate::report::{Block, LabelledList, WorkloadClaims};

/// The claims, a list each, and which ones are not tested and why.
pub fn of(claims: &WorkloadClaims) -> Vec<Block> {
    let mut blocks = Vec::new();
    let side = claims.side.as_ref().map_or(String::new(), |side| format!("{side}: "));
    let is_whole = |claim: &&TestedClaim| !claims.untested.contains(&claim.number);
    let whole: Vec<TestedClaim> = claims.tested.iter().filter(is_whole).cloned().collect();
    if !whole.is_empty() {
        blocks.push(Block::Paragraph(format!("{side}{}.", tally(&whole))));
    }
    for claim in &claims.tested {
        let mut rows = rows(claim);
        if !claim.mechanism.trim().is_empty() {
            rows.push(("mechanism", claim.mechanism.trim().to_owned()));
        }
        let title = format!("{}. {}", claim.number, claim.text);
        blocks.push(Block::Labelled(LabelledList { title, rows }));
    }
    blocks.extend(untested(claims).map(|text| Block::Paragraph(format!("{side}{text}"))));
    blocks
}

/// Which claims are not tested, or not in all of their parts; none if all are.
fn untested(claims: &WorkloadClaims) -> Option<String> {
    let is_begun = |number: &&u32| claims.tested.iter().any(|claim| claim.number == **number);
    let (begun, not): (Vec<&u32>, Vec<&u32>) = claims.untested.iter().partition(is_begun);
    let named = |what: &str, numbers: &[&u32]| {
        let s = if numbers.len() == 1 { "" } else { "s" };
        let numbers: Vec<String> = numbers.iter().map(ToString::to_string).collect();
        (!numbers.is_empty()).then(|| format!("{what}: claim{s} {}", numbers.join(", ")))
    };
    let named: Vec<String> =
        [named("Tested in part", &begun), named("Not tested", &not)].into_iter().flatten().collect();
    if named.is_empty() {
        return None;
    }
    let why = match claims.has_changed_runs {
        true => "some runs here have other sizes or settings than the workload's file",
        false => "a case that is compared has no run here that was made in the same way",
    };
    let all: Vec<String> = claims.untested.iter().map(u32::to_string).collect();
    Some(format!("{}; {why}. To measure what is needed: mapprof claims {}", named.join(". "), all.join(" ")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compare::claim::ClaimVerdict;
    use crate::report::terminal::render;

    fn claim(number: u32, verdict: ClaimVerdict) -> TestedClaim {
        TestedClaim {
            number,
            workload: "rooms".into(),
            text: "A tree takes less.".into(),
            source: "S2".into(),
            figure: "0.5 times".into(),
            mechanism: "Nodes are half full.\n".into(),
            wanted: "at most 0.5 times std".into(),
            verdict,
            words: "btree was not run".into(),
            left: None,
            right: None,
            ratio: None,
            more_runs: None,
            shown_by: Vec::new(),
            elsewhere: Vec::new(),
        }
    }

    #[test]
    fn a_claim_is_told_with_its_source_and_verdict() {
        let claims = WorkloadClaims {
            tested: vec![claim(9, ClaimVerdict::NotDecided)],
            untested: vec![3, 11],
            ..WorkloadClaims::default()
        };
        let expected = "\
1 claim: 1 not decided.
9. A tree takes less.
  claimed   0.5 times (S2)
  verdict   not decided: btree was not run
  mechanism Nodes are half full.
Not tested: claims 3, 11; a case that is compared has no run here that was made
in the same way. To measure what is needed: mapprof claims 3 11
";
        assert_eq!(render(&of(&claims), 80), expected);
    }

    /// What is known of a part says nothing of the whole.
    #[test]
    fn a_claim_that_is_tested_in_part_is_not_counted() {
        let claims = WorkloadClaims {
            tested: vec![claim(9, ClaimVerdict::Upheld)],
            untested: vec![9, 11],
            ..WorkloadClaims::default()
        };
        let text = render(&of(&claims), 200);
        assert!(
            text.starts_with("9. ") && text.contains("\nTested in part: claim 9. Not tested: claim 11; "),
            "{text}"
        );
    }

    #[test]
    fn runs_of_other_sizes_test_nothing_and_it_is_said() {
        let claims =
            WorkloadClaims { untested: vec![9], has_changed_runs: true, ..WorkloadClaims::default() };
        let text = render(&of(&claims), 200);
        assert!(
            text.starts_with(
                "Not tested: claim 9; some runs here have other sizes or settings than the workload's file."
            ),
            "{text}"
        );
        assert_eq!(of(&WorkloadClaims::default()), []);
    }
}
