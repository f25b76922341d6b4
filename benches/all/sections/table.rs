//! The one table: rows of what was measured, their ratios, and the bars that they are held to.

use super::measure::{Measured, median};

/// Rows in the order in which they were measured.
#[derive(Debug, Default)]
pub struct Table {
    rows: Vec<Row>,
    shows: bool,
}

/// A line of the table.
#[derive(Debug, Default)]
pub struct Row {
    /// Who, or what.
    pub what: String,
    /// Milliseconds from start to end.
    pub wall: Option<f64>,
    /// Milliseconds of processors, of the command and all that it started.
    pub cpu: Option<f64>,
    /// The most memory that one process of it held, in KiB.
    pub peak: Option<f64>,
    /// Bytes of what it has written.
    pub bytes: Option<f64>,
    /// How many times the wall time of ours it took.
    pub ratio: Option<f64>,
    /// What the row is held to, and what is to be known of it.
    pub notes: Vec<String>,
    /// Whether a bar was missed.
    pub missed: bool,
    /// Whether it begins a part, and has no figures.
    pub is_heading: bool,
}

/// What a figure is held to.
#[derive(Clone, Copy, Debug)]
pub enum Bar {
    /// The row takes at least this many times the time of ours.
    Slower(f64),
    /// Ours takes at most this many times the time of the row.
    Within(f64),
    /// The row takes at most this many times the time of the one that it is compared with.
    AtMost(f64),
    /// At most this many milliseconds.
    Milliseconds(f64),
    /// At most this many MiB.
    Peak(f64),
    /// At most this many bytes.
    Bytes(f64),
}

const HEADS: [&str; 7] = ["", "wall", "CPU", "memory", "bytes", "ratio", "bar"];
const WIDTHS: [usize; 6] = [50, 9, 9, 9, 9, 8];

impl Table {
    /// A table whose rows are printed as they come.
    pub fn shown() -> Self {
        println!("{}", columns(&HEADS.map(str::to_owned)));
        Table { rows: Vec::new(), shows: true }
    }

    /// Begins a part of the table.
    pub fn heading(&mut self, what: impl Into<String>) {
        self.push(Row { what: what.into(), is_heading: true, ..Row::default() });
    }

    pub fn push(&mut self, row: Row) {
        if self.shows && row.is_heading {
            println!("\n{}", row.what);
        } else if self.shows {
            println!("{}", columns(&row.cells()));
        }
        self.rows.push(row);
    }

    /// The rows that are no headings.
    pub fn rows(&self) -> impl Iterator<Item = &Row> {
        self.rows.iter().filter(|row| !row.is_heading)
    }

    /// How many rows there are, and how many miss a bar.
    pub fn summary(&self) -> String {
        let missed: Vec<&str> = self.rows().filter(|row| row.missed).map(|row| row.what.as_str()).collect();
        let list = if missed.is_empty() { String::new() } else { format!(": {}", missed.join(", ")) };
        format!("{} rows, {} bars missed{list}", self.rows().count(), missed.len())
    }

    /// The same as a table of Markdown.
    pub fn markdown(&self) -> String {
        let mut text = format!("|{}|\n|---|{}---|\n", HEADS.join(" | "), "---:|".repeat(WIDTHS.len() - 1));
        for row in &self.rows {
            let cells = row.cells();
            let line = match row.is_heading {
                true => format!("**{}** {}", cells[0], "|".repeat(cells.len() - 1)),
                false => cells.map(|cell| cell.replace('|', "\\|")).join(" | "),
            };
            text.push_str(&format!("| {line} |\n"));
        }
        text
    }
}

impl Row {
    /// What cannot be measured on this machine, and why.
    pub fn absent(what: impl Into<String>, why: &str) -> Self {
        Row { what: what.into(), notes: vec![why.to_owned()], ..Row::default() }
    }

    /// Bytes that are counted, not measured.
    pub fn counted(what: impl Into<String>, bytes: f64) -> Self {
        Row { what: what.into(), bytes: Some(bytes), ..Row::default() }
    }

    /// Milliseconds, the median of several.
    pub fn timed(what: impl Into<String>, milliseconds: &[f64]) -> Self {
        Row { what: what.into(), wall: Some(median(milliseconds)), ..Row::default() }
    }

    /// The medians of what was measured.
    pub fn of(what: impl Into<String>, measured: &Measured) -> Self {
        Row {
            what: what.into(),
            wall: Some(median(&measured.wall)),
            cpu: measured.is_all_cpu.then(|| median(&measured.cpu)),
            peak: measured.peak,
            bytes: measured.bytes,
            ..Row::default()
        }
    }

    /// Whether something was measured.
    #[allow(dead_code, reason = "the tests ask")]
    pub fn is_measured(&self) -> bool {
        [self.wall, self.peak, self.bytes].iter().any(Option::is_some)
    }

    /// The same with how many times the time of another it took.
    pub fn compared(mut self, ratio: f64) -> Self {
        self.ratio = Some(ratio);
        self
    }

    /// Holds the row to a bar.
    pub fn held_to(mut self, bar: Bar) -> Self {
        let (what, value, limit) = match bar {
            Bar::Slower(times) => (format!("at least {times} ×"), -self.ratio.unwrap(), -times),
            Bar::Within(times) => (format!("ours at most {times} × this"), 1.0 / self.ratio.unwrap(), times),
            Bar::AtMost(times) => (format!("at most {times} ×"), self.ratio.unwrap(), times),
            Bar::Milliseconds(limit) => (format!("at most {limit} ms"), self.wall.unwrap(), limit),
            Bar::Peak(limit) => (format!("at most {limit} MiB"), self.peak.unwrap() / 1024.0, limit),
            Bar::Bytes(limit) => (format!("at most {}", bytes(limit)), self.bytes.unwrap(), limit),
        };
        let verdict = match (value <= limit, bar) {
            (true, Bar::Within(_)) => format!("{what}: ok, {value:.2}"),
            (true, _) => format!("{what}: ok"),
            (false, Bar::Bytes(_)) => format!("{what}: MISSED by {}", bytes(value - limit)),
            (false, _) => format!("{what}: MISSED by {:.2}", value - limit),
        };
        self.missed |= value > limit;
        self.notes.push(verdict);
        self
    }

    fn cells(&self) -> [String; 7] {
        let cell = |value: Option<f64>, show: fn(f64) -> String| value.map(show).unwrap_or_default();
        [
            self.what.clone(),
            cell(self.wall, time),
            cell(self.cpu, time),
            cell(self.peak, |kib| format!("{:.1} MiB", kib / 1024.0)),
            cell(self.bytes, bytes),
            cell(self.ratio, |ratio| format!("{ratio:.2} ×")),
            self.notes.join("; "),
        ]
    }
}

fn columns(cells: &[String; 7]) -> String {
    let mut line = format!("{:<width$}", cells[0], width = WIDTHS[0]);
    for (cell, width) in cells[1..].iter().zip(&WIDTHS[1..]) {
        line.push_str(&format!(" {cell:>width$}"));
    }
    format!("{line}  {}", cells[6]).trim_end().to_owned()
}

fn time(milliseconds: f64) -> String {
    match milliseconds {
        ms if ms.abs() < 10.0 => format!("{ms:.1} ms"),
        ms if ms.abs() < 10_000.0 => format!("{ms:.0} ms"),
        ms => format!("{:.1} s", ms / 1e3),
    }
}

fn bytes(bytes: f64) -> String {
    match bytes {
        b if b < 1e6 => format!("{:.1} kB", b / 1e3),
        b if b < 1e9 => format!("{:.1} MB", b / 1e6),
        b => format!("{:.2} GB", b / 1e9),
    }
}
