//! The Pareto front: what nothing else beats in one figure without losing in the other.

/// Which of `points` are on the front, where less of both figures is better. A point is not if another one is as good in
/// both and better in one; equal points are on it together. A point that is no number is not.
pub(super) fn front(points: &[(f64, f64)]) -> Vec<bool> {
    let beats = |a: &(f64, f64), b: &(f64, f64)| a.0 <= b.0 && a.1 <= b.1 && a != b;
    let number = |point: &(f64, f64)| point.0.is_finite() && point.1.is_finite();
    points.iter().map(|point| number(point) && !points.iter().any(|other| beats(other, point))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_beaten_in_both_is_not_on_the_front() {
        let points = [(1.0, 9.0), (2.0, 5.0), (3.0, 6.0), (4.0, 1.0)];
        assert_eq!(front(&points), [true, true, false, true]);
    }

    #[test]
    fn a_tie_in_one_figure_is_decided_by_the_other() {
        assert_eq!(front(&[(1.0, 5.0), (1.0, 4.0), (2.0, 4.0)]), [false, true, false]);
    }

    #[test]
    fn equal_points_are_on_the_front_together() {
        assert_eq!(front(&[(1.0, 1.0), (1.0, 1.0), (2.0, 2.0)]), [true, true, false]);
        assert_eq!(front(&[(7.0, 7.0)]), [true]);
        assert_eq!(front(&[]), [false; 0]);
    }

    #[test]
    fn what_is_no_number_beats_nothing() {
        assert_eq!(front(&[(f64::NAN, 0.0), (1.0, 1.0)]), [false, true]);
    }
}
