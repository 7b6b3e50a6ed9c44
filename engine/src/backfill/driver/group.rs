//! How many cells are committed together.

use crate::settings::Run;

/// Seconds of a commit from which the next one takes twice as many cells: a slow store takes as long for one cell as for
/// many, and while the driver commits, a cluster goes on computing.
const SLOW_COMMIT: f64 = 0.2;
/// Cells of a group where no number is configured.
const USUAL_GROUP: usize = 16;
/// Most cells that such a group grows to.
const LARGEST_GROUP: usize = 512;

/// Cells that are committed together: as many as configured; where nothing is, more once commits are slow.
#[derive(Debug, Clone, Copy)]
pub(in crate::backfill) struct Group {
    cells: usize,
    grows: bool,
}

impl Group {
    pub(in crate::backfill) fn of(run: &Run) -> Self {
        match run.cells_per_commit {
            0 => Self { cells: USUAL_GROUP, grows: true },
            cells => Self { cells, grows: false },
        }
    }

    pub(in crate::backfill) fn cells(self) -> usize {
        self.cells
    }

    /// Learns how long each table took to commit so many cells.
    pub(super) fn learn(&mut self, cells: usize, seconds: f64) {
        if self.grows && cells >= self.cells && seconds > SLOW_COMMIT {
            self.cells = (2 * self.cells).min(LARGEST_GROUP);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Group, LARGEST_GROUP, USUAL_GROUP};
    use crate::settings::Run;

    fn after(cells_per_commit: usize, commits: &[(usize, f64)]) -> usize {
        let mut group = Group::of(&Run { cells_per_commit, ..Run::default() });
        commits.iter().for_each(|&(cells, seconds)| group.learn(cells, seconds));
        group.cells()
    }

    #[test]
    fn groups_grow_where_commits_are_slow_and_no_number_is_configured() {
        assert_eq!(after(0, &[]), USUAL_GROUP);
        assert_eq!(after(0, &[(16, 0.1), (16, 0.3), (32, 0.1), (32, 5.0)]), 64);
        assert_eq!(after(0, &[(3, 0.3)]), USUAL_GROUP, "the last cells of a run say nothing of full groups");
        assert_eq!(after(0, &[(LARGEST_GROUP, 1.0); 9]), LARGEST_GROUP);
        assert_eq!(after(2, &[(2, 9.0); 9]), 2);
    }
}
