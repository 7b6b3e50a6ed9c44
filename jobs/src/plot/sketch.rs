//! A picture in characters, for terminals: shades for areas, marks for lines.

use super::picture::{Anchor, Picture, Shape};

/// Pixels of a character.
const CELL: (f64, f64) = (7.4, 18.0);
/// Shades of areas, by how many lie over each other.
const SHADES: [char; 4] = [' ', '░', '▒', '▓'];

/// Pixels of a picture that takes so many columns and rows.
fn size(columns: usize, rows: usize) -> (f64, f64) {
    (columns as f64 * CELL.0, rows as f64 * CELL.1)
}

/// Draws a picture of a size that is told, in so many columns and rows, or more rows where it is higher.
pub(crate) fn sketch(columns: usize, rows: usize, draw: impl Fn((f64, f64)) -> Picture) -> String {
    let picture = draw(size(columns, rows));
    let rows = (picture.height / CELL.1).ceil() as usize;
    let mut shades = vec![vec![0_usize; columns]; rows];
    let mut marks = vec![vec![None; columns]; rows];
    let cell = |(x, y): (f64, f64)| ((x / CELL.0) as usize, (y / CELL.1) as usize);
    let put = |marks: &mut Vec<Vec<Option<char>>>, (column, row): (usize, usize), mark: char| {
        if let Some(place) = marks.get_mut(row).and_then(|row| row.get_mut(column)) {
            *place = Some(mark);
        }
    };
    for shape in &picture.shapes {
        match shape {
            Shape::Area { points, .. } => {
                for (row, line) in shades.iter_mut().enumerate() {
                    for (column, shade) in line.iter_mut().enumerate() {
                        let middle = ((column as f64 + 0.5) * CELL.0, (row as f64 + 0.5) * CELL.1);
                        *shade += usize::from(is_inside(points, middle));
                    }
                }
            }
            Shape::Line { mark: ' ', .. } => {}
            Shape::Line { points, mark, .. } => {
                for pair in points.windows(2) {
                    let ((x0, y0), (x1, y1)) = (pair[0], pair[1]);
                    let steps = ((x1 - x0) / CELL.0).abs().max((y1 - y0).abs() / CELL.1).ceil().max(1.0) as usize * 2;
                    for step in 0..=steps {
                        let share = step as f64 / steps as f64;
                        put(&mut marks, cell((x0 + (x1 - x0) * share, y0 + (y1 - y0) * share)), *mark);
                    }
                }
            }
            Shape::Dot { at, mark, .. } => put(&mut marks, cell(*at), *mark),
            Shape::Text { at, text, anchor, .. } => {
                let length = text.chars().count() as f64 * CELL.0;
                let left = match anchor {
                    Anchor::Left => at.0,
                    Anchor::Middle => at.0 - length / 2.0,
                    Anchor::Right => at.0 - length,
                };
                // columns are counted from the first: places between two cells would drop letters
                let (first, row) = cell((left.max(0.0) + CELL.0 / 2.0, at.1));
                for (i, character) in text.chars().enumerate() {
                    put(&mut marks, (first + i, row), character);
                }
            }
        }
    }
    let line = |(marks, shades): (Vec<Option<char>>, Vec<usize>)| {
        let cells = marks.into_iter().zip(shades);
        let text: String = cells.map(|(mark, shade)| mark.unwrap_or(SHADES[shade.min(3)])).collect();
        text.trim_end().to_owned()
    };
    marks.into_iter().zip(shades).map(line).collect::<Vec<_>>().join("\n")
}

/// Whether a point lies in a polygon, by how often a line to the right leaves it.
fn is_inside(points: &[(f64, f64)], (x, y): (f64, f64)) -> bool {
    let edges = points.iter().zip(points.iter().cycle().skip(1));
    let crosses = |((x0, y0), (x1, y1)): (&(f64, f64), &(f64, f64))| {
        (*y0 > y) != (*y1 > y) && x < x0 + (x1 - x0) * (y - y0) / (y1 - y0)
    };
    edges.filter(|(a, b)| crosses((a, b))).count() % 2 == 1
}

#[cfg(test)]
mod tests {
    use super::super::fan;
    use super::*;

    #[test]
    fn a_fan_is_seen_in_characters() {
        let example = fan::tests::example();
        let text = sketch(80, 24, |size| fan::draw(&example, size));
        let lines: Vec<&str> = text.lines().collect();
        assert!(lines.len() <= 24 && lines.iter().all(|line| line.chars().count() <= 80), "{text}");
        for part in ["Coffee close", "US cents per pound", "░", "▒", "▓", "•", "─", "origin"] {
            assert!(text.contains(part), "no {part:?} in\n{text}");
        }
    }

    #[test]
    fn inside_is_inside() {
        let square = [(0.0, 0.0), (2.0, 0.0), (2.0, 2.0), (0.0, 2.0)];
        assert!(is_inside(&square, (1.0, 1.0)) && !is_inside(&square, (3.0, 1.0)) && !is_inside(&square, (1.0, -1.0)));
    }
}
