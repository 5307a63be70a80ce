//! The canvas of the charts: plotters draws, this names what the charts need of it and knows how wide a text will be.

use plotters::coord::Shift;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use crate::error::{Error, Result};
use crate::printable::printable;

/// A pixel, from the upper left corner.
pub(super) type Point = (i32, i32);

/// Where a text stands against its point.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Anchor {
    /// It begins there.
    Start,
    /// It is centred there.
    Middle,
    /// It ends there.
    End,
}

/// How a text looks.
#[derive(Debug, Clone, Copy)]
pub(super) struct Font {
    pub(super) size: i32,
    pub(super) bold: bool,
    pub(super) color: RGBColor,
}

/// Black on white, and lighter for what matters less.
pub(super) const INK: RGBColor = RGBColor(32, 36, 42);
pub(super) const FAINT: RGBColor = RGBColor(110, 116, 124);
pub(super) const GRID: RGBColor = RGBColor(226, 228, 231);
pub(super) const PAPER: RGBColor = RGBColor(250, 250, 250);

/// Text of a size in [`INK`].
pub(super) const fn font(size: i32) -> Font {
    Font { size, bold: false, color: INK }
}

impl Font {
    /// The same in another colour.
    pub(super) const fn color(self, color: RGBColor) -> Font {
        Font { color, ..self }
    }

    /// The same in bold.
    pub(super) const fn bold(self) -> Font {
        Font { bold: true, ..self }
    }

    /// Pixels that `text` takes at most, more or less. The viewer's font decides; this is a wide one's average.
    pub(super) fn width(self, text: &str) -> i32 {
        let per_letter = if self.bold { 0.68 } else { 0.61 };
        (text.chars().count() as f64 * f64::from(self.size) * per_letter).ceil() as i32
    }

    /// `text`, cut to what `room` pixels hold, with an ellipsis if anything is missing.
    pub(super) fn fit(self, text: &str, room: i32) -> String {
        if self.width(text) <= room {
            return text.to_owned();
        }
        let letters = (f64::from(room) / f64::from(self.width("m")) - 1.0).max(0.0) as usize;
        let kept: String = text.chars().take(letters).collect();
        format!("{}…", kept.trim_end())
    }
}

/// A picture in the making.
pub(super) struct Canvas<'a> {
    area: DrawingArea<SVGBackend<'a>, Shift>,
}

impl<'a> Canvas<'a> {
    /// An empty picture of this size, which is written into `svg`.
    pub(super) fn new(svg: &'a mut String, (width, height): Point) -> Result<Canvas<'a>> {
        let size = (width.max(1) as u32, height.max(1) as u32);
        let canvas = Canvas { area: SVGBackend::with_string(svg, size).into_drawing_area() };
        canvas.rect((0, 0), (width, height), PAPER)?;
        Ok(canvas)
    }

    /// A filled rectangle.
    pub(super) fn rect(&self, from: Point, to: Point, color: RGBColor) -> Result<()> {
        self.area.draw(&Rectangle::new([from, to], color.filled())).map_err(undrawn)
    }

    /// A line through points.
    pub(super) fn line(&self, points: Vec<Point>, color: RGBColor, width: u32) -> Result<()> {
        self.area.draw(&PathElement::new(points, color.stroke_width(width))).map_err(undrawn)
    }

    /// A filled polygon.
    pub(super) fn polygon(&self, points: Vec<Point>, color: RGBColor) -> Result<()> {
        self.area.draw(&Polygon::new(points, color.filled())).map_err(undrawn)
    }

    /// A filled circle.
    pub(super) fn circle(&self, at: Point, radius: i32, color: RGBColor) -> Result<()> {
        self.area.draw(&Circle::new(at, radius, color.filled())).map_err(undrawn)
    }

    /// A text, vertically centred at its point.
    pub(super) fn text(&self, text: &str, at: Point, anchor: Anchor, font: Font) -> Result<()> {
        self.styled(text, at, anchor, font, FontTransform::None)
    }

    /// A text that runs upwards from its point.
    pub(super) fn text_upwards(&self, text: &str, at: Point, font: Font) -> Result<()> {
        self.styled(text, at, Anchor::Start, font, FontTransform::Rotate270)
    }

    fn styled(&self, text: &str, at: Point, anchor: Anchor, font: Font, turn: FontTransform) -> Result<()> {
        let horizontal = match anchor {
            Anchor::Start => HPos::Left,
            Anchor::Middle => HPos::Center,
            Anchor::End => HPos::Right,
        };
        let style = if font.bold { FontStyle::Bold } else { FontStyle::Normal };
        // plotters writes its size divided by 1.24.
        let style = FontDesc::new(FontFamily::SansSerif, f64::from(font.size) * 1.24, style)
            .transform(turn)
            .color(&font.color)
            .pos(Pos::new(horizontal, VPos::Center));
        // XML has no place for control characters, which names of other programs may hold.
        let text = printable(text).into_owned();
        self.area.draw(&Text::new(text, at, style)).map_err(undrawn)
    }

    /// Ends the picture.
    pub(super) fn finish(self) -> Result<()> {
        self.area.present().map_err(undrawn)
    }
}

fn undrawn(error: impl std::fmt::Display) -> Error {
    Error::case(format!("chart: {error}"))
}
