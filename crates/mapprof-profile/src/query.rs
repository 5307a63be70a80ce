//! What every reader of a profile asks of it: which sample type, which label, which frames.

use crate::{LabelValue, Line, Profile, Sample, Text};

impl Profile {
    /// The place of the sample type `kind` among the values of a sample.
    pub fn sample_type(&self, kind: &str) -> Option<usize> {
        self.sample_types.iter().position(|t| self.strings.get(t.kind) == kind)
    }

    /// The place of the sample type that a viewer shows first. Without a valid default it is the last one, as in pprof.
    pub fn default_type(&self) -> usize {
        self.sample_type(self.strings.get(self.default_sample_type))
            .unwrap_or(self.sample_types.len().saturating_sub(1))
    }

    /// The names of the sample types, in order.
    pub fn kinds(&self) -> Vec<&str> {
        self.sample_types.iter().map(|t| self.strings.get(t.kind)).collect()
    }

    /// The unit of the sample type at `index`; empty if there is none.
    pub fn unit(&self, index: usize) -> &str {
        self.sample_types.get(index).map_or("", |t| self.strings.get(t.unit))
    }

    /// Whether it tells of memory: one of its sample types is in bytes.
    pub fn is_heap(&self) -> bool {
        (0..self.sample_types.len()).any(|i| self.unit(i) == "bytes")
    }

    /// Mean bytes between samples, 1 if every allocation was recorded; none if it does not tell of memory.
    pub fn sample_bytes(&self) -> Option<i64> {
        self.is_heap().then_some(self.period)
    }

    /// The sum of the sample type `kind` over all samples, in its own unit; none if the profile does not have it. A sum
    /// beyond 64 bits is the largest number.
    pub fn total(&self, kind: &str) -> Option<i64> {
        let index = self.sample_type(kind)?;
        Some(self.samples.iter().filter_map(|s| s.values.get(index)).fold(0i64, |a, b| a.saturating_add(*b)))
    }

    /// The text of the label `key` of a sample.
    pub fn label(&self, sample: Sample<'_>, key: &str) -> Option<&str> {
        sample.text(self.strings.find(key)?).map(|text| self.strings.get(text))
    }

    /// The number in the label `key` of a sample, whatever its unit: Go's heap profiles leave that of `bytes` out.
    pub fn number(&self, sample: Sample<'_>, key: &str) -> Option<i64> {
        sample.number(self.strings.find(key)?)
    }

    /// The frames of a stack of locations, innermost first, inlined ones included. A location without any is skipped.
    #[inline]
    pub fn frames<'a>(&'a self, locations: &'a [u32]) -> impl Iterator<Item = Line> + 'a {
        locations.iter().filter_map(|l| self.locations.get(*l as usize)).flat_map(|l| l.lines.iter().copied())
    }

    /// The name of a frame's function.
    #[inline]
    pub fn function_name(&self, line: Line) -> &str {
        self.functions.get(line.function as usize).map_or("", |f| self.strings.get(f.name))
    }

    /// The source file of a frame's function.
    #[inline]
    pub fn function_file(&self, line: Line) -> &str {
        self.functions.get(line.function as usize).map_or("", |f| self.strings.get(f.file))
    }
}

impl Sample<'_> {
    /// The text of the label `key`.
    pub fn text(&self, key: Text) -> Option<Text> {
        self.labels.iter().find(|label| label.key == key).and_then(|label| match label.value {
            LabelValue::Text(text) => Some(text),
            LabelValue::Number(..) => None,
        })
    }

    /// The number in the label `key`.
    pub fn number(&self, key: Text) -> Option<i64> {
        self.labels.iter().find(|label| label.key == key).and_then(|label| match label.value {
            LabelValue::Number(number, _) => Some(number),
            LabelValue::Text(_) => None,
        })
    }
}
