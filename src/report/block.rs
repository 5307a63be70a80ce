//! The pieces that sections are made of, whatever they are rendered to.

use crate::profile::top::TopTable;

/// A piece of a section.
#[derive(Debug, Clone, PartialEq)]
pub enum Block {
    /// Room between two groups of pieces: a blank line in text.
    Gap,
    /// Sentences.
    Paragraph(String),
    /// Short items with commas between them; none of them is broken.
    Items(Vec<String>),
    /// A table.
    Table(Table),
    /// Sites of a profile.
    Sites(SiteList),
    /// Words with labels.
    Labelled(LabelledList),
}

impl Block {
    /// A paragraph of `text`; none if that is empty.
    pub fn paragraph(text: impl Into<String>) -> Option<Block> {
        let text = text.into();
        (!text.is_empty()).then_some(Block::Paragraph(text))
    }
}

/// A table whose first column has names, and whose others have figures.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Table {
    /// A sentence above it; empty if its header says enough.
    pub heading: String,
    /// The columns, the names first.
    pub columns: Vec<Column>,
    /// The rows, each with a cell for each column.
    pub rows: Vec<Vec<Cell>>,
    /// How a name is shortened that has no room.
    pub names: NameCut,
    /// What the columns of figures stand for, if some of them may be left out for want of room: `phases`.
    pub columns_are: &'static str,
    /// A line below it, such as how many rows are left out; empty if there is nothing to say.
    pub below: String,
}

/// A column of a [`Table`].
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Column {
    /// What stands above it.
    pub name: String,
    /// Whether it may be left out for want of room.
    pub may_go: bool,
}

impl Column {
    /// A column that is always there.
    pub fn kept(name: impl Into<String>) -> Column {
        Column { name: name.into(), may_go: false }
    }
}

/// A cell of a [`Table`].
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Cell {
    /// What is shown.
    pub text: String,
    /// The figure that the text is a short form of; none of a name, or if it is not known.
    pub value: Option<f64>,
}

impl Cell {
    /// A cell without a figure.
    pub fn text(text: impl Into<String>) -> Cell {
        Cell { text: text.into(), value: None }
    }

    /// A figure, as `shown` writes it; a dash if it is not known.
    pub fn figure<T: Copy + Into<f64>>(value: Option<T>, shown: impl Fn(T) -> String) -> Cell {
        match value {
            Some(value) => Cell { text: shown(value), value: Some(value.into()) },
            None => Cell::text("-"),
        }
    }

    /// A whole number, as `shown` writes it; a dash if it is not known.
    pub fn whole(value: Option<i64>, shown: impl Fn(i64) -> String) -> Cell {
        match value {
            Some(value) => Cell { text: shown(value), value: Some(value as f64) },
            None => Cell::text("-"),
        }
    }
}

/// How a name is shortened that has no room.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum NameCut {
    /// It is not.
    #[default]
    Never,
    /// Its end is cut off; so many letters stay at least.
    End(usize),
    /// It is a function's: its crate and then its beginning are cut off; so many letters stay at least.
    Function(usize),
}

/// Words with a label each, one below the other.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LabelledList {
    /// What they are about.
    pub title: String,
    /// Labels and words.
    pub rows: Vec<(&'static str, String)>,
}

/// Sites of a profile.
#[derive(Debug, Clone, PartialEq)]
pub struct SiteList {
    /// A sentence above them.
    pub heading: String,
    /// The sites.
    pub table: TopTable,
    /// The mean distance between samples, bytes; none if samples are not taken by bytes.
    pub sample_bytes: Option<i64>,
    /// Whether a line each is enough.
    pub is_brief: bool,
}
