//! How much worse a figure may be than its baseline.

use glob::Pattern;

use super::filter::pattern;
use super::metric_catalog;
use crate::error::{Error, Result};
use crate::record::{Noise, PassKind, pass_of};

/// The tolerance of what is not exact, where nothing else is said.
const DEFAULT: f64 = 0.05;

/// Tolerances, as shares of the baseline.
#[derive(Debug, Clone, PartialEq)]
pub struct Tolerances {
    /// For all figures that are not exact.
    general: f64,
    /// For some figures, exact ones too. The last one that fits counts.
    named: Vec<(Figures, f64)>,
}

/// The highest percentage that is taken.
pub(super) const MOST_PERCENT: f64 = 1000.0;

/// The passes whose figures have a name as a group.
const GROUPS: [PassKind; 3] = [PassKind::Time, PassKind::Memory, PassKind::Latency];

/// Which figures a tolerance is for.
#[derive(Debug, Clone, PartialEq)]
enum Figures {
    /// Those that the pattern fits.
    Fitting(Pattern),
    /// All of a pass.
    Of(PassKind),
}

impl Figures {
    fn parse(text: &str, flag: &str) -> Result<Self> {
        if let Some(pass) = GROUPS.into_iter().find(|pass| pass.name() == text.trim()) {
            return Ok(Figures::Of(pass));
        }
        let metric = pattern("--tolerance", text)?;
        metric_catalog::fitting(&metric).map_err(|wrong| Error::input(format!("{flag}: {wrong}")))?;
        Ok(Figures::Fitting(metric))
    }

    fn have(&self, metric: &str) -> bool {
        match self {
            Figures::Fitting(pattern) => pattern.matches(metric),
            Figures::Of(pass) => pass_of(metric) == Some(*pass),
        }
    }
}

impl Default for Tolerances {
    fn default() -> Self {
        Tolerances { general: DEFAULT, named: Vec::new() }
    }
}

impl Tolerances {
    /// Tolerances as they are typed: `3%` for all that is not exact, `bytes_*=1%` for the figures that fit, `memory=4%` for
    /// all figures of the memory pass (or `time`, `latency`).
    ///
    /// # Errors
    /// When one is neither, or fits no figure.
    pub fn parse(texts: &[String]) -> Result<Self> {
        let mut tolerances = Tolerances::default();
        for text in texts {
            let flag = format!("--tolerance {text}");
            match text.rsplit_once('=') {
                None => tolerances.general = percent(&flag, text)?,
                Some((metric, share)) => {
                    let figures = Figures::parse(metric, &flag)?;
                    tolerances.named.push((figures, percent(&flag, share)?));
                }
            }
        }
        Ok(tolerances)
    }

    /// The tolerance of a figure.
    pub fn of(&self, metric: &str, noise: Noise) -> f64 {
        let named = self.named.iter().rev().find(|(figures, _)| figures.have(metric));
        match (named, noise) {
            (Some((_, share)), _) => *share,
            (None, Noise::Exact) => 0.0,
            (None, _) => self.general,
        }
    }
}

/// A percentage as it is typed after `flag`, as a share: `2.5%` or `2.5` is 0.025.
///
/// # Errors
/// When it is none from 0 to 1000.
pub fn percent(flag: &str, text: &str) -> Result<f64> {
    let number = text.trim().strip_suffix('%').unwrap_or(text.trim()).trim_end();
    match number.parse::<f64>() {
        Ok(percent) if (0.0..=MOST_PERCENT).contains(&percent) => Ok(percent / 100.0),
        _ => Err(Error::input(format!("{flag}: a percentage from 0% to 1000% is wanted, such as 3%"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(texts: &[&str]) -> Result<Tolerances> {
        Tolerances::parse(&texts.iter().map(|text| text.to_string()).collect::<Vec<_>>())
    }

    #[test]
    fn exact_figures_have_one_only_if_it_names_them() {
        let tolerances = parse(&["3%", "bytes_*=1%", "latency.*=20", "latency.get.p50=0%"]).unwrap();
        assert_eq!(tolerances.of("ns_per_op", Noise::Time), 0.03);
        assert_eq!(tolerances.of("live_bytes", Noise::Exact), 0.0);
        assert_eq!(tolerances.of("bytes_per_entry", Noise::Exact), 0.01);
        assert_eq!(tolerances.of("latency.get.p99", Noise::Time), 0.2);
        assert_eq!(tolerances.of("latency.get.p50", Noise::Time), 0.0);
        assert_eq!(Tolerances::default().of("resident_bytes", Noise::Pages), 0.05);
    }

    #[test]
    fn a_pass_names_all_its_figures() {
        let tolerances = parse(&["memory=4%", "latency=50%", "live_bytes=1%"]).unwrap();
        for metric in ["bytes_per_entry", "peak_live_bytes", "usable_bytes", "growth_events"] {
            assert_eq!(tolerances.of(metric, Noise::Exact), 0.04, "{metric}");
        }
        assert_eq!(tolerances.of("live_bytes", Noise::Exact), 0.01, "the last one that fits");
        assert_eq!(tolerances.of("latency.get.p99", Noise::Time), 0.5);
        assert_eq!(tolerances.of("ns_per_op", Noise::Time), DEFAULT);
    }

    #[test]
    fn what_is_none_is_told_so() {
        let said = |text: &str| parse(&[text]).unwrap_err().to_string();
        for text in ["", "x", "-1%", "1001%", "nan", "ns_per_op=", "3%%"] {
            assert!(said(text).contains("such as 3%"), "{text}: {}", said(text));
        }
        assert!(said("ns_per_opp=3%").contains("did you mean \"ns_per_op\""));
        assert!(said("a[=3%").starts_with("--tolerance a[:"));
    }
}
