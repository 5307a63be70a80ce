//! The samples of a profile, laid out flat: a profile from elsewhere may have millions, and three vectors for each would
//! cost more than what they hold.

use crate::Label;

/// Samples in their order: stacks, values and labels one behind the other, and where each ends.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Samples {
    /// Values of each sample.
    stride: usize,
    locations: Vec<u32>,
    values: Vec<i64>,
    labels: Vec<Label>,
    /// Where the locations of each sample end.
    stack_ends: Vec<usize>,
    /// Where the labels of each sample end. Samples behind its end have none: many files have no labels at all.
    label_ends: Vec<usize>,
}

/// One stack with its values.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Sample<'a> {
    /// Indexes into [`crate::Profile::locations`], innermost first.
    pub locations: &'a [u32],
    /// One value per sample type.
    pub values: &'a [i64],
    /// Labels, one value per key.
    pub labels: &'a [Label],
}

impl Samples {
    /// No samples yet, of so many values each, with room for as much as `room` says.
    pub(crate) fn with_room(stride: usize, room: &Room) -> Samples {
        Samples {
            stride,
            locations: Vec::with_capacity(room.locations),
            values: Vec::with_capacity(room.values),
            labels: Vec::with_capacity(room.labels),
            stack_ends: Vec::with_capacity(room.samples),
            label_ends: Vec::with_capacity(if room.labels > 0 { room.samples } else { 0 }),
        }
    }

    /// How many there are.
    #[inline]
    pub fn len(&self) -> usize {
        self.stack_ends.len()
    }

    /// How many locations the stacks of all have together.
    pub fn locations(&self) -> usize {
        self.locations.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.stack_ends.is_empty()
    }

    /// The sample at `index`, from 0.
    #[inline]
    pub fn get(&self, index: usize) -> Option<Sample<'_>> {
        let stack_end = *self.stack_ends.get(index)?;
        let before = |ends: &[usize]| index.checked_sub(1).and_then(|i| ends.get(i).copied()).unwrap_or(0);
        let first_value = index * self.stride;
        let labels = match self.label_ends.get(index) {
            Some(end) => self.labels.get(before(&self.label_ends)..*end),
            None => None,
        };
        Some(Sample {
            locations: self.locations.get(before(&self.stack_ends)..stack_end).unwrap_or(&[]),
            values: self.values.get(first_value..first_value + self.stride).unwrap_or(&[]),
            labels: labels.unwrap_or(&[]),
        })
    }

    /// The value of the sample at `index` for the sample type at `kind`; 0 if there is none.
    #[inline]
    pub fn value(&self, index: usize, kind: usize) -> i64 {
        self.get(index).and_then(|sample| sample.values.get(kind).copied()).unwrap_or(0)
    }

    /// Adds a sample. The first one decides how many values each has; of others, values beyond are left out and missing
    /// ones are 0.
    pub fn push(&mut self, sample: Sample<'_>) {
        if self.is_empty() {
            self.stride = sample.values.len();
        }
        self.locations.extend_from_slice(sample.locations);
        let values = sample.values.iter().copied().chain(std::iter::repeat(0));
        self.values.extend(values.take(self.stride));
        sample.labels.iter().for_each(|label| self.push_label(*label));
        self.end();
    }

    /// Adds a location to the sample in the making, which [`Samples::end`] completes.
    #[inline]
    pub(crate) fn push_location(&mut self, location: u32) {
        self.locations.push(location);
    }

    /// Adds a value to the sample in the making. Its end comes when it has as many as each.
    #[inline]
    pub(crate) fn push_value(&mut self, value: i64) {
        self.values.push(value);
    }

    /// Adds a label to the sample in the making.
    #[inline]
    pub(crate) fn push_label(&mut self, label: Label) {
        // Samples without labels before this one.
        self.label_ends.resize(self.len(), self.labels.len());
        self.labels.push(label);
    }

    /// Completes the sample in the making.
    #[inline]
    pub(crate) fn end(&mut self) {
        self.stack_ends.push(self.locations.len());
        if self.labels.len() > self.label_ends.last().copied().unwrap_or(0) {
            self.label_ends.push(self.labels.len());
        }
    }

    /// The values of the sample at `index`, to be changed.
    pub fn values_mut(&mut self, index: usize) -> &mut [i64] {
        let first = index.saturating_mul(self.stride);
        self.values.get_mut(first..first.saturating_add(self.stride)).unwrap_or(&mut [])
    }

    /// The samples in their order.
    #[inline]
    pub fn iter(&self) -> Iter<'_> {
        Iter { samples: self, next: 0 }
    }
}

/// For how much [`Samples`] are to have room, in entries.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Room {
    /// Samples.
    pub samples: usize,
    /// Locations of all samples.
    pub locations: usize,
    /// Values of all samples.
    pub values: usize,
    /// Labels of all samples.
    pub labels: usize,
}

/// Goes over [`Samples`].
#[derive(Debug, Clone)]
pub struct Iter<'a> {
    samples: &'a Samples,
    next: usize,
}

impl<'a> Iterator for Iter<'a> {
    type Item = Sample<'a>;

    #[inline]
    fn next(&mut self) -> Option<Sample<'a>> {
        let sample = self.samples.get(self.next)?;
        self.next += 1;
        Some(sample)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let left = self.samples.len().saturating_sub(self.next);
        (left, Some(left))
    }
}

impl ExactSizeIterator for Iter<'_> {}

impl<'a> IntoIterator for &'a Samples {
    type Item = Sample<'a>;
    type IntoIter = Iter<'a>;

    fn into_iter(self) -> Iter<'a> {
        self.iter()
    }
}

impl<'a> Extend<Sample<'a>> for Samples {
    fn extend<T: IntoIterator<Item = Sample<'a>>>(&mut self, samples: T) {
        samples.into_iter().for_each(|sample| self.push(sample));
    }
}

impl<'a> FromIterator<Sample<'a>> for Samples {
    fn from_iter<T: IntoIterator<Item = Sample<'a>>>(samples: T) -> Samples {
        let mut all = Samples::default();
        all.extend(samples);
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{LabelValue, Text};

    fn label(key: u32) -> Label {
        Label { key: Text(key), value: LabelValue::Number(7, Text(0)) }
    }

    #[test]
    fn samples_come_out_as_they_went_in() {
        let (one, two) = ([label(1)], [label(2), label(3)]);
        let given = [
            Sample { locations: &[1, 2, 3], values: &[10, 20], labels: &[] },
            Sample { locations: &[], values: &[1, 2], labels: &two },
            Sample { locations: &[4], values: &[0, -1], labels: &[] },
            Sample { locations: &[5, 5], values: &[3, 4], labels: &one },
            Sample { locations: &[6], values: &[5, 6], labels: &[] },
        ];
        for count in 0..=given.len() {
            let samples: Samples = given[..count].iter().copied().collect();
            assert_eq!(samples.iter().collect::<Vec<_>>(), &given[..count]);
            assert_eq!((samples.len(), samples.is_empty()), (count, count == 0));
            assert_eq!(samples.get(count), None);
        }
    }

    #[test]
    fn the_first_sample_decides_how_many_values_each_has() {
        let mut samples = Samples::default();
        samples.push(Sample { values: &[1, 2], ..Sample::default() });
        samples.push(Sample { values: &[3], ..Sample::default() });
        samples.push(Sample { values: &[4, 5, 6], ..Sample::default() });
        let values: Vec<&[i64]> = samples.iter().map(|s| s.values).collect();
        assert_eq!(values, [&[1, 2], &[3, 0], &[4, 5]]);
        samples.values_mut(1).fill(9);
        assert_eq!((samples.value(1, 1), samples.value(1, 2), samples.value(7, 0)), (9, 0, 0));
    }
}
