//! Places for the labels of points: beside their point, and on no other label or point.

use super::canvas::Point;

/// A rectangle: left, top, right, bottom.
pub(super) type Rect = [i32; 4];

/// Free between a point and its label, and what each round of the search adds to that.
const GAP: i32 = 8;
const STEP: i32 = 11;
/// Rounds of the search.
const ROUNDS: i32 = 9;
/// Half of a point's own place.
const POINT: i32 = 6;

/// Where a label may lie against its point: right, left, above, below, then the corners.
const DIRECTIONS: [(i32, i32); 8] = [(1, 0), (-1, 0), (0, -1), (0, 1), (1, -1), (1, 1), (-1, -1), (-1, 1)];

/// For each point a place for its label of that size: the first one that is free, near ones before far ones, clear of
/// `lines` where that is possible. Labels come in their order; one that finds no place gets none.
pub(super) fn places(
    points: &[Point],
    sizes: &[(i32, i32)],
    lines: &[Rect],
    bounds: Rect,
) -> Vec<Option<Rect>> {
    let marks: Vec<Rect> = points.iter().map(|(x, y)| [x - POINT, y - POINT, x + POINT, y + POINT]).collect();
    let mut taken: Vec<Rect> = Vec::new();
    let mut found = Vec::new();
    for (point, size) in points.iter().zip(sizes) {
        let free = |rect: &Rect, clear: bool| {
            inside(rect, &bounds)
                && !taken.iter().chain(&marks).any(|other| overlap(rect, other))
                && !(clear && lines.iter().any(|line| overlap(rect, line)))
        };
        let candidates = || {
            let round =
                |n: i32| DIRECTIONS.map(|direction| candidate(*point, *size, direction, GAP + n * STEP));
            (0..ROUNDS).flat_map(round)
        };
        let place = candidates()
            .find(|rect| free(rect, true))
            .or_else(|| candidates().find(|rect| free(rect, false)));
        taken.extend(place);
        found.push(place);
    }
    found
}

fn candidate((x, y): Point, (width, height): (i32, i32), (across, down): (i32, i32), gap: i32) -> Rect {
    let along = |at: i32, size: i32, direction: i32| match direction {
        1 => at + gap,
        -1 => at - gap - size,
        _ => at - size / 2,
    };
    let (left, top) = (along(x, width, across), along(y, height, down));
    [left, top, left + width, top + height]
}

/// Whether two rectangles share more than an edge.
pub(super) fn overlap(a: &Rect, b: &Rect) -> bool {
    a[0] < b[2] && b[0] < a[2] && a[1] < b[3] && b[1] < a[3]
}

fn inside(a: &Rect, bounds: &Rect) -> bool {
    a[0] >= bounds[0] && a[1] >= bounds[1] && a[2] <= bounds[2] && a[3] <= bounds[3]
}

#[cfg(test)]
mod tests {
    use super::*;

    const BOUNDS: Rect = [0, 0, 400, 300];

    fn check(points: &[Point]) -> Vec<Rect> {
        let found = places(points, &vec![(60, 14); points.len()], &[], BOUNDS);
        let found: Vec<Rect> = found.into_iter().map(|place| place.expect("there is room")).collect();
        for (n, rect) in found.iter().enumerate() {
            assert!(inside(rect, &BOUNDS), "{rect:?}");
            assert!(!found[n + 1..].iter().any(|other| overlap(rect, other)), "{n} is overlapped: {found:?}");
            assert!(
                !points.iter().any(|(x, y)| overlap(rect, &[x - 1, y - 1, x + 1, y + 1])),
                "{n}: {found:?}"
            );
        }
        found
    }

    #[test]
    fn a_lone_point_has_its_label_to_the_right() {
        assert_eq!(check(&[(100, 100)]), [[108, 93, 168, 107]]);
        assert_eq!(check(&[(399, 100)]), [[331, 93, 391, 107]], "or to the left where there is no room");
    }

    #[test]
    fn a_crowd_of_points_has_labels_side_by_side() {
        check(&(0..12).map(|n| (200 + n % 3 * 4, 150 + n / 3 * 5)).collect::<Vec<_>>());
        check(&[(200, 150); 8]);
    }

    #[test]
    fn a_line_is_kept_clear_where_that_is_possible() {
        let line = [100, 90, 400, 110];
        let of = |lines: &[Rect]| places(&[(100, 100)], &[(60, 14)], lines, BOUNDS)[0].unwrap();
        assert!(!overlap(&of(&[line]), &line));
        assert_eq!(of(&[BOUNDS]), of(&[]), "on the line rather than nowhere");
        assert_eq!(places(&[(5, 5)], &[(60, 14)], &[], [0, 0, 10, 10]), [None]);
    }
}
