//! The only file that makes outside text safe, measures it (in cells, by grapheme cluster) and fits it.

use std::borrow::Cow;
use std::ops::Range;

use ratatui::buffer::{Buffer, CellWidth};
use ratatui::style::Style;
use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthChar;

use super::fold::draws_nothing;

/// What the flags of regions begin with, that are spelt in tags.
const FLAG: char = '\u{1f3f4}';
/// More marks on one letter are counted and not drawn: no script has so many. [Unicode: Stream-Safe Text Format, UAX #15]
pub(crate) const MARKS: usize = 30;

/// Cells that `text` takes on screen. Control characters count as ratatui counts them (zero); run [`visible`] first.
pub fn width(text: &str) -> usize {
    if text.is_ascii() { text.len() } else { text.graphemes(true).map(cluster_width).sum() }
}

/// Cells of one cluster, as ratatui draws it (it gives the halfwidth sound marks `ﾞ` and `ﾟ` a cell of their own).
fn cluster_width(cluster: &str) -> usize {
    match cluster.as_bytes() {
        [byte] => usize::from(!byte.is_ascii_control()),
        _ => usize::from(cluster.cell_width()),
    }
}

/// Writes `text` at a place, cut to `cells` and to the buffer; where the next text goes. As `Buffer::set_stringn`, but
/// ASCII, which is nearly all that a screen holds, is not searched for grapheme clusters: that is half of a frame's cost.
pub(crate) fn put(
    buf: &mut Buffer,
    x: u16,
    y: u16,
    text: impl AsRef<str>,
    cells: usize,
    style: impl Into<Style>,
) -> (u16, u16) {
    let text = text.as_ref();
    let area = buf.area;
    if y < area.top() || y >= area.bottom() || x < area.left() || x >= area.right() {
        return (x, y);
    }
    if !text.bytes().all(|b| matches!(b, b' '..=b'~')) {
        return buf.set_stringn(x, y, text, cells, style);
    }
    let style = style.into();
    let count = text.len().min(cells).min(usize::from(area.right() - x));
    let start = usize::from(y - area.y) * usize::from(area.width) + usize::from(x - area.x);
    for (cell, byte) in buf.content.iter_mut().skip(start).take(count).zip(text.bytes()) {
        cell.set_char(char::from(byte)).set_style(style);
    }
    (x + u16::try_from(count).unwrap_or(0), y)
}

/// Whether `c` must be shown by a stand-in: a control character that a terminal would obey, or an invisible or
/// direction-changing one that could make the screen tell something else than the bytes.
fn needs_stand_in(c: char) -> bool {
    // Joiners, variations and the tags of flags shape what they stand with: see [`hides`].
    let shapes = matches!(c,
        '\u{180b}'..='\u{180d}' | '\u{180f}' | '\u{200c}' | '\u{200d}' | '\u{fe00}'..='\u{fe0f}'
        | '\u{e0020}'..='\u{e007f}' | '\u{e0100}'..='\u{e01ef}');
    // The empty Braille cell, separators of lines and paragraphs, annotations.
    let empty = matches!(c, '\u{2800}' | '\u{2028}' | '\u{2029}' | '\u{fff9}'..='\u{fffb}');
    c.is_control() || empty || draws_nothing(c) && !shapes
}

/// Whether `c` would be invisible after `before` in its cluster, so that bytes could be hidden in it. Tags are drawn only in
/// flags; a letter takes one variation selector, and one of the larger set only after a kanji.
fn hides(c: char, before: Option<char>, in_flag: bool) -> bool {
    let variation = |c: char| matches!(c, '\u{fe00}'..='\u{fe0f}' | '\u{e0100}'..='\u{e01ef}');
    let kanji = |c: char| matches!(c, '\u{2e80}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3ffff}');
    match c {
        '\u{e0020}'..='\u{e007f}' => !in_flag,
        '\u{fe00}'..='\u{fe0f}' => before.is_some_and(variation),
        '\u{e0100}'..='\u{e01ef}' => !before.is_some_and(kanji),
        c => needs_stand_in(c),
    }
}

fn hides_any(cluster: &str) -> bool {
    let in_flag = cluster.starts_with(FLAG);
    let before = std::iter::once(None).chain(cluster.chars().map(Some));
    cluster.chars().zip(before).any(|(c, before)| hides(c, before, in_flag))
}

/// Marks of direction, each with its name.
const DIRECTIONS: &str = "\u{200e}LRM \u{200f}RLM \u{202a}LRE \u{202b}RLE \u{202c}PDF \u{202d}LRO \u{202e}RLO \
                          \u{2066}LRI \u{2067}RLI \u{2068}FSI \u{2069}PDI";

fn push_stand_in(out: &mut String, c: char) {
    match (c, DIRECTIONS.split(' ').find_map(|named| named.strip_prefix(c))) {
        ('\u{0}'..='\u{1f}', _) => out.push(char::from_u32(0x2400 + c as u32).unwrap_or('\u{fffd}')),
        ('\u{7f}', _) => out.push('␡'),
        (_, Some(name)) => out.push_str(&format!("<{name}>")),
        (_, None) => out.push_str(&format!("<U+{:04X}>", c as u32)),
    }
}

/// `text` with every character that a terminal could obey, or that a reader could not see, made visible
/// (`␛`, `␇`, `<RLO>`, `<U+200B>`; also a combining mark that has nothing to stand on, which would take no cell). Line
/// breaks and tabs are made visible too: this is for one line.
pub fn visible(text: &str) -> Cow<'_, str> {
    let suspicious = |c: char| needs_stand_in(c) || UnicodeWidthChar::width(c) == Some(0);
    if text.bytes().all(|b| matches!(b, b' '..=b'~')) || !text.chars().any(suspicious) {
        return Cow::Borrowed(text);
    }
    let too_many = |cluster: &str| cluster.chars().nth(MARKS + 1).is_some();
    let unseen = |cluster: &str| hides_any(cluster) || too_many(cluster) || cluster_width(cluster) == 0;
    if !text.graphemes(true).any(unseen) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 8);
    for cluster in text.graphemes(true) {
        let drawn = cluster.char_indices().nth(MARKS + 1).and_then(|(end, _)| cluster.get(..end)).unwrap_or(cluster);
        let (alone, in_flag) = (cluster_width(drawn) == 0, drawn.starts_with(FLAG));
        let mut before = None;
        for c in drawn.chars() {
            if alone || hides(c, before, in_flag) {
                push_stand_in(&mut out, c);
            } else {
                out.push(c);
            }
            before = Some(c);
        }
        let more = cluster.get(drawn.len()..).unwrap_or_default().chars().count();
        if more > 0 {
            out.push_str(&format!("<+{more} marks>"));
        }
    }
    Cow::Owned(out)
}

/// The lines of `text`, each made [`visible`]; `\n` and `\r\n` break lines, tabs become two spaces.
pub(crate) fn visible_lines(text: &str) -> impl Iterator<Item = Cow<'_, str>> {
    text.split('\n').map(|line| {
        let line = line.strip_suffix('\r').unwrap_or(line);
        if line.contains('\t') { Cow::Owned(visible(&line.replace('\t', "  ")).into_owned()) } else { visible(line) }
    })
}

/// `text` cut to at most `cells`, with `…` (or `...` in ASCII) at the end where something was cut.
pub(crate) fn fit(text: &str, cells: usize, ascii: bool) -> Cow<'_, str> {
    if width(text) <= cells {
        return Cow::Borrowed(text);
    }
    let ellipsis = if ascii { "..." } else { "…" };
    let dots = width(ellipsis);
    match cells.checked_sub(dots) {
        None | Some(0) => prefix(text, cells).into(),
        Some(left) => format!("{}{ellipsis}", prefix(text, left)).into(),
    }
}

/// At most the first `bytes` bytes of `text`, cut between characters: what follows could not be seen.
pub(crate) fn head(text: &str, bytes: usize) -> &str {
    if text.len() <= bytes {
        return text;
    }
    let end = (0..=bytes).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
    text.get(..end).unwrap_or_default()
}

/// The longest prefix of whole grapheme clusters that fits into `cells`.
pub(crate) fn prefix(text: &str, cells: usize) -> &str {
    let mut used = 0;
    for (at, cluster) in text.grapheme_indices(true) {
        used += cluster_width(cluster);
        if used > cells {
            return text.get(..at).unwrap_or_default();
        }
    }
    text
}

/// The typographic characters of our own sentences in ASCII, where that is asked for.
pub(crate) fn in_ascii(text: &str, ascii: bool) -> Cow<'_, str> {
    if !ascii || text.is_ascii() {
        return Cow::Borrowed(text);
    }
    let quoted = text.replace(['“', '”', '«', '»'], "\"").replace(['‘', '’'], "'");
    let dashed = quoted.replace(['—', '–', '·', '─'], "-").replace('…', "...");
    dashed.replace('→', "->").replace('←', "<-").replace('×', "x").into()
}

/// An id where columns are few: `first4…last4`; short ids stay whole.
pub(crate) fn short_id(id: &str, ascii: bool) -> Cow<'_, str> {
    let clusters: Vec<&str> = id.graphemes(true).collect();
    if clusters.len() <= 11 {
        return visible(id);
    }
    let dots = if ascii { ".." } else { "…" };
    let head = clusters.iter().take(4).copied().collect::<String>();
    let tail = clusters.iter().skip(clusters.len() - 4).copied().collect::<String>();
    Cow::Owned(visible(&format!("{head}{dots}{tail}")).into_owned())
}

/// The rows into which a line falls whose text begins behind a label and two blanks or more (`  ^K   Cut to the end`):
/// what follows the first row hangs under the text. Where there is little room, label and text move together, and the
/// rest hangs four cells in.
pub(crate) fn hanging(line: &str, cells: usize) -> Vec<String> {
    if width(line) <= cells {
        return vec![line.to_owned()];
    }
    let indent = line.len() - line.trim_start_matches(' ').len();
    let (label, text) = line.split_at(line.get(indent..).and_then(|l| l.find("  ")).map_or(indent, |at| indent + at));
    let text = text.trim_start_matches(' ');
    let head = line.strip_suffix(text).unwrap_or_default();
    let column = width(head);
    if column * 2 <= cells {
        return hung(head, text, column, cells);
    }
    hung("", &format!("{}  {text}", label.trim_end()), indent + 4, cells)
}

/// `head` and the rows of `text` at `cells` columns, the later ones `hang` cells in.
pub(crate) fn hung(head: &str, text: &str, hang: usize, cells: usize) -> Vec<String> {
    let hang = if hang * 2 > cells { 0 } else { hang };
    let first = wrap(text, cells.saturating_sub(width(head))).next().unwrap_or_default();
    let mut rows = vec![format!("{head}{}", first.trim_end())];
    let rest = text.get(first.len()..).unwrap_or_default();
    if !rest.is_empty() {
        rows.extend(wrap(rest, cells - hang).map(|row| format!("{}{}", " ".repeat(hang), row.trim_end())));
    }
    rows
}

/// The rows into which one line falls at `cells` columns, which together are the whole line: broken after a space where
/// one is near, else between clusters. Always at least one row; a cluster wider than `cells` stands alone.
pub(crate) fn wrap(line: &str, cells: usize) -> impl Iterator<Item = &str> {
    wrap_by(line, cells, cluster_width).into_iter().map(|row| line.get(row).unwrap_or_default())
}

fn wrap_by(line: &str, cells: usize, measure: impl Fn(&str) -> usize) -> Vec<Range<usize>> {
    let cells = cells.max(1);
    let mut rows = Vec::new();
    let (mut start, mut used) = (0, 0);
    // Where the row may be cut, and the cells used up to there.
    let mut space: Option<(usize, usize)> = None;
    for (at, cluster) in line.grapheme_indices(true) {
        let w = measure(cluster);
        if used + w > cells && at > start {
            let (cut, cut_used) = space.take().unwrap_or((at, used));
            rows.push(start..cut);
            (start, used) = (cut, used - cut_used);
            // What was carried over may leave no room for a wide cluster.
            if used + w > cells && at > start {
                rows.push(start..at);
                (start, used) = (at, 0);
            }
        }
        used += w;
        if cluster == " " {
            space = Some((at + 1, used));
        }
    }
    rows.push(start..line.len());
    rows
}

/// Like [`wrap`], for a line that is still as it was typed: byte ranges of the rows, measured as [`visible`] shows them.
/// A stand-in is never split unless it is wider than a whole row.
pub(crate) fn wrap_shown(line: &str, cells: usize) -> Vec<Range<usize>> {
    let cells = cells.max(1);
    if line.bytes().all(|b| matches!(b, b' '..=b'~')) {
        return wrap_printable(line.as_bytes(), cells);
    }
    wrap_by(line, cells, |cluster| width(&visible(cluster)))
}

/// [`wrap_shown`] where every byte is one cell.
fn wrap_printable(line: &[u8], cells: usize) -> Vec<Range<usize>> {
    let mut rows = Vec::with_capacity(line.len() / cells + 1);
    let mut start = 0;
    while line.len() - start > cells {
        let row = line.get(start..start + cells).unwrap_or_default();
        let cut = row.iter().rposition(|b| *b == b' ').map_or(cells, |space| space + 1);
        rows.push(start..start + cut);
        start += cut;
    }
    rows.push(start..line.len());
    rows
}
