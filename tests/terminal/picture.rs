//! The picture in README.md is of the real program: the same keys are pressed in a pseudo-terminal, and the words on its
//! screen are those of the picture. `GUESTWIRE_BLESS=1 cargo test --test terminal picture` draws it anew.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::Path;

use vt100::{Cell, Color, Screen};

use crate::support::pty::{Session, guestwire, taken};

const PICTURE: &str = "docs/screen.svg";
const COLUMNS: u16 = 120;
const ROWS: u16 = 36;

/// Width and height of a cell, and the margin around the screen.
const CELL: (f32, f32) = (8.4, 18.0);
const MARGIN: f32 = 14.0;

/// What a terminal with a dark background shows for its sixteen colours.
const PALETTE: [&str; 16] = [
    "#1b2329", "#e5737b", "#8cc48c", "#dcb86a", "#7aa7dc", "#b994d8", "#62bfc4", "#c5ced4", //
    "#6d7a84", "#f0868e", "#a3d6a3", "#ebcb86", "#94bdec", "#cbaae6", "#7fd3d8", "#f2f6f8",
];
const TEXT: &str = "#c5ced4";
const BACKGROUND: &str = "#12181d";

/// A session of a minute: a message that is answered, and one that is refused, with its reason.
fn play(session: &mut Session) {
    session.see("token ok");
    session.press("What is open on my bill?\r");
    session.until("an answered message", |s| taken(s, "What is open on my bill?", &["answered"]));
    session.press("\x1b1");
    session.until("the conversations in focus", |s| s.trim_end().ends_with(" conversations"));
    session.press("gjjjj\r");
    session
        .until("the composer in focus", |s| s.contains("3 To Wrong participant") && s.trim_end().ends_with(" typing"));
    session.press("My account is 12345\r");
    session.see(" refused: ");
    session.press("\x1b");
    session.until("the log in focus", |s| s.trim_end().ends_with(" log"));
    session.press("[");
    let selected =
        |line: &str| line.contains("│▌") && line.contains("SEND  My account is 12345") && line.contains("2 tries");
    session.until("the refused message, opened", |s| s.lines().any(selected) && s.contains("tries    401 · new token"));
    // A read that comes a moment later changes no word of the heading then.
    session.see("polling reads hidden");
}

/// The words of a screen that are the same in each run: no times, numbers, ids, and nothing that was cut.
fn words(text: &str) -> BTreeSet<String> {
    let lasting = |word: &&str| word.chars().all(|c| c.is_alphabetic() || matches!(c, '-' | ',' | ':' | '?'));
    // What was said some minutes ago was said yesterday, shortly after midnight.
    let rows = text.lines().filter(|row| !row.contains("READ") && !row.contains("──  "));
    rows.flat_map(str::split_whitespace).filter(lasting).filter(|w| w.len() > 3).map(str::to_owned).collect()
}

#[test]
fn the_picture_shows_the_program_as_it_is() {
    let home = tempfile::tempdir().unwrap();
    let mut session = Session::start(guestwire(home.path()), COLUMNS, ROWS);
    play(&mut session);
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(PICTURE);
    if std::env::var_os("GUESTWIRE_BLESS").is_some() {
        std::fs::write(&path, svg(session.terminal())).unwrap();
    }
    let drawn = text_of(&std::fs::read_to_string(&path).unwrap());
    let (drawn, seen) = (words(&drawn), words(&session.screen()));
    assert!(seen.len() > 20, "{seen:?}");
    assert_eq!(drawn, seen, "GUESTWIRE_BLESS=1 cargo test --test terminal picture draws {PICTURE} anew");
    session.press("\x1bq");
    session.end();
}

/// The screen as an SVG image: a rectangle for each run of one background, a text for each run of one colour.
fn svg(screen: &Screen) -> String {
    let (width, height) = (CELL.0 * f32::from(COLUMNS) + 2.0 * MARGIN, CELL.1 * f32::from(ROWS) + 2.0 * MARGIN);
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width:.0} {height:.0}\" font-size=\"14\" \
         font-family=\"'DejaVu Sans Mono','Menlo','Consolas',monospace\">\n\
         <title>guestwire after a message that was refused</title>\n\
         <rect width=\"100%\" height=\"100%\" rx=\"8\" fill=\"{BACKGROUND}\"/>\n"
    );
    for row in 0..ROWS {
        let cells: Vec<&Cell> = (0..COLUMNS).map(|column| screen.cell(row, column).unwrap()).collect();
        let y = MARGIN + CELL.1 * f32::from(row);
        for (column, run) in runs(&cells, |cell| colours(cell).1) {
            if let Some(fill) = colours(run[0]).1 {
                let (x, wide) = place(column, run.len());
                writeln!(out, "<rect x=\"{x:.1}\" y=\"{y:.1}\" width=\"{wide:.1}\" height=\"18\" fill=\"{fill}\"/>")
                    .unwrap();
            }
        }
        for (column, run) in runs(&cells, |cell| (colours(cell).0, cell.bold(), cell.dim())) {
            for (column, text) in phrases(column, run) {
                let (x, wide) = place(column, text.chars().count());
                let weight = if run[0].bold() { " font-weight=\"bold\"" } else { "" };
                let faint = if run[0].dim() { " opacity=\"0.6\"" } else { "" };
                let text = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
                let (y, fill) = (y + 13.5, colours(run[0]).0);
                writeln!(
                    out,
                    "<text x=\"{x:.1}\" y=\"{y:.1}\" textLength=\"{wide:.1}\" fill=\"{fill}\"{weight}{faint}>{text}</text>"
                )
                .unwrap();
            }
        }
    }
    out + "</svg>\n"
}

/// The parts of a run between two and more blanks, which an image does not keep, with their columns.
fn phrases(column: usize, run: &[&Cell]) -> Vec<(usize, String)> {
    let mut phrases: Vec<(usize, String)> = Vec::new();
    let mut blanks = 2;
    for (offset, cell) in run.iter().enumerate() {
        if cell.contents().trim().is_empty() {
            blanks += 1;
            continue;
        }
        match phrases.last_mut() {
            Some((_, text)) if blanks < 2 => *text += &format!("{}{}", " ".repeat(blanks), cell.contents()),
            _ => phrases.push((column + offset, cell.contents().to_owned())),
        }
        blanks = 0;
    }
    phrases
}

fn place(column: usize, cells: usize) -> (f32, f32) {
    let cells_wide = |count: usize| CELL.0 * f32::from(u16::try_from(count).unwrap());
    (MARGIN + cells_wide(column), cells_wide(cells))
}

/// Neighbours that look the same, with the column where they begin.
fn runs<'a, T: PartialEq>(cells: &'a [&'a Cell], look: impl Fn(&Cell) -> T) -> Vec<(usize, &'a [&'a Cell])> {
    let mut column = 0;
    let chunks = cells.chunk_by(|a, b| look(a) == look(b));
    let placed = chunks.map(|run| {
        column += run.len();
        (column - run.len(), run)
    });
    placed.collect()
}

/// A cell's colour, and its background's where that is not the screen's.
fn colours(cell: &Cell) -> (String, Option<String>) {
    let (front, back) = (colour(cell.fgcolor()), colour(cell.bgcolor()));
    if cell.inverse() {
        (back.unwrap_or_else(|| BACKGROUND.to_owned()), Some(front.unwrap_or_else(|| TEXT.to_owned())))
    } else {
        (front.unwrap_or_else(|| TEXT.to_owned()), back)
    }
}

fn colour(colour: Color) -> Option<String> {
    match colour {
        Color::Default => None,
        Color::Idx(number @ 0..16) => Some(PALETTE[usize::from(number)].to_owned()),
        Color::Idx(number @ 16..232) => {
            let level = |part: u8| if part == 0 { 0 } else { 55 + 40 * part };
            let cube = number - 16;
            Some(format!("#{:02x}{:02x}{:02x}", level(cube / 36), level(cube / 6 % 6), level(cube % 6)))
        }
        Color::Idx(number) => {
            let grey = 8 + 10 * (number - 232);
            Some(format!("#{grey:02x}{grey:02x}{grey:02x}"))
        }
        Color::Rgb(red, green, blue) => Some(format!("#{red:02x}{green:02x}{blue:02x}")),
    }
}

/// The words in the picture at their columns, a row of the screen a line.
fn text_of(svg: &str) -> String {
    let mut out = String::new();
    let mut row = (String::new(), 0);
    for line in svg.lines().filter_map(|line| line.strip_prefix("<text ")) {
        let value =
            |name: &str| line.split(&format!("{name}=\"")).nth(1).and_then(|rest| rest.split('"').next()).unwrap();
        let words = line.split('>').nth(1).and_then(|rest| rest.strip_suffix("</text")).unwrap();
        let words = words.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&");
        let column = ((value("x").parse::<f32>().unwrap() - MARGIN) / CELL.0).round() as usize;
        if row.0 != value("y") {
            out.push('\n');
            row = (value("y").to_owned(), 0);
        }
        out.push_str(&" ".repeat(column - row.1));
        out.push_str(&words);
        row.1 = column + words.chars().count();
    }
    out
}
