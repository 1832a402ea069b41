//! Clusters that terminals measure differently: flags, families, conjuncts, accents on accents. Some draw a cluster of
//! two cells as two characters, and keep the second where only the first is written over. So a row that holds such a
//! cluster, or held one, is written in whole when it changes.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use ratatui::buffer::{Buffer, Cell, CellDiffOption};

/// What stands in the rows of the last frame that hold such a cluster; 0 for all others.
#[derive(Debug, Default)]
pub struct Rows(Vec<u64>);

impl Rows {
    /// Marks the rows of the next frame that are to be written in whole.
    pub fn refresh(&mut self, next: &mut Buffer) {
        let width = usize::from(next.area.width).max(1);
        self.0.resize(usize::from(next.area.height), 0);
        for (row, before) in next.content.chunks_mut(width).zip(&mut self.0) {
            let now = if row.iter().any(is_doubtful) { digest(row) } else { 0 };
            if std::mem::replace(before, now) != now {
                for cell in row {
                    cell.set_diff_option(CellDiffOption::AlwaysUpdate);
                }
            }
        }
    }
}

/// More than one character in a cell.
fn is_doubtful(cell: &Cell) -> bool {
    let symbol = cell.symbol();
    symbol.len() > 1 && symbol.chars().nth(1).is_some()
}

fn digest(row: &[Cell]) -> u64 {
    let mut hasher = DefaultHasher::new();
    for cell in row {
        cell.symbol().hash(&mut hasher);
    }
    hasher.finish().max(1)
}

#[cfg(test)]
#[path = "../../../tests/unit/tui/terminal/wide_cells.rs"]
mod tests;
