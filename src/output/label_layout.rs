//! Places for the labels of points: beside their point, and on no other label or point.

use plotters::style::RGBColor;

use crate::error::Result;

use super::canvas::{Anchor, Canvas, Font, Point};

/// A rectangle: left, top, right, bottom.
pub(super) type Rect = [i32; 4];

/// Free between a point and its label, and what each round of the search adds to that.
const GAP: i32 = 8;
const STEP: i32 = 11;
/// Rounds of the search.
const ROUNDS: i32 = 9;
/// Half of a point's own place.
const POINT: i32 = 6;
/// The lower of width and height of a piece of a line.
const PIECE: i32 = 8;
/// The line between a label and its point.
const LEAD: RGBColor = RGBColor(140, 152, 166);

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

/// Writes a label at its place, with a line to its point if it is not beside that.
pub(super) fn write(canvas: &Canvas<'_>, text: &str, style: Font, point: Point, place: &Rect) -> Result<()> {
    let (x, y) = point;
    let [left, top, right, bottom] = *place;
    let end = (x.clamp(left, right), y.clamp(top, bottom));
    let far = f64::from(distance(point, place));
    if far > 12.0 {
        let begin = |to: i32, at: i32| at + (f64::from(to - at) / far * 6.0).round() as i32;
        canvas.line(vec![(begin(end.0, x), begin(end.1, y)), end], LEAD, 1)?;
    }
    // A viewer's font may be narrower than was reckoned: a label on the left keeps to its point.
    let (x, anchor) = if right < x { (right, Anchor::End) } else { (left, Anchor::Start) };
    canvas.text(text, (x, (top + bottom) / 2), anchor, style)
}

/// Pixels from a point to the nearest one of its label.
pub(super) fn distance((x, y): Point, [left, top, right, bottom]: &Rect) -> i32 {
    let (across, down) = (x.clamp(*left, *right) - x, y.clamp(*top, *bottom) - y);
    f64::from(across).hypot(f64::from(down)).ceil() as i32
}

/// Small rectangles that cover a straight line and `half` a width on either side.
pub(super) fn along((ax, ay): Point, (bx, by): Point, half: i32) -> impl Iterator<Item = Rect> {
    let steps = (bx - ax).abs().min((by - ay).abs()) / PIECE + 1;
    let at = move |n: i32| (ax + (bx - ax) * n / steps, ay + (by - ay) * n / steps);
    (0..steps).map(move |n| {
        let ((ax, ay), (bx, by)) = (at(n), at(n + 1));
        [ax.min(bx) - half, ay.min(by) - half, ax.max(bx) + half, ay.max(by) + half]
    })
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
    fn a_line_is_covered_in_small_pieces() {
        let pieces: Vec<Rect> = along((0, 0), (100, -50), 2).collect();
        assert!(pieces.iter().all(|piece| piece[3] - piece[1] <= PIECE + 5), "{pieces:?}");
        for x in 0..=100 {
            let at = [x - 1, -x / 2 - 1, x + 1, -x / 2 + 1];
            assert!(pieces.iter().any(|piece| overlap(piece, &at)), "{x}");
        }
        assert_eq!(along((5, 5), (90, 5), 1).collect::<Vec<_>>(), [[4, 4, 91, 6]]);
        assert_eq!(
            [(5, 5), (15, 5), (23, 9)].map(|point| distance(point, &[0, 0, 20, 5])),
            [0, 0, 5],
            "of a point within there is none"
        );
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
