//! From which inputs the forecasts of a cell were made, and whether both tables agree.

use crate::Result;
use crate::backfill::existing::{self, Versions, one_version};
use crate::backfill::held::StoredForecasts;
use crate::cell::Cell;
use crate::delta::DataFile;

/// The inputs of a cell's forecasts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Inputs {
    /// Those of today, or there is none.
    Today,
    /// Of some, older ones; both tables agree.
    Older,
    /// Paths and points of a forecast are of different inputs, or one table lacks what the other has of older inputs: a
    /// run died between their commits, and the inputs changed since.
    Torn,
}

impl StoredForecasts<'_> {
    /// Reads rows only where files hold more than one version.
    pub(super) async fn inputs_of(
        &self,
        cell: &Cell,
        path_files: Option<&Vec<DataFile>>,
        point_files: Option<&Vec<DataFile>>,
    ) -> Result<Inputs> {
        let today = self.job.data_version();
        let of_files = |files: Option<&Vec<DataFile>>| files.and_then(|files| one_version(files).map(str::to_owned));
        let simple = match (path_files, point_files) {
            (None, None) => Some(Inputs::Today),
            (Some(_), None) => of_files(path_files).map(|version| of_one_table(&version, &today)),
            (None, Some(_)) => of_files(point_files).map(|version| of_one_table(&version, &today)),
            (Some(_), Some(_)) => match (of_files(path_files), of_files(point_files)) {
                (Some(paths), Some(points)) if paths == points => {
                    Some(if paths == today { Inputs::Today } else { Inputs::Older })
                }
                _ => None,
            },
        };
        if let Some(inputs) = simple {
            return Ok(inputs);
        }
        let paths = existing::data_versions(self.job, self.paths, cell).await?;
        let points = existing::data_versions(self.job, self.points, cell).await?;
        Ok(compare(&paths, &points, &today))
    }
}

/// What one table holds alone will be joined by rows of today's inputs.
fn of_one_table(version: &str, today: &str) -> Inputs {
    if version == today { Inputs::Today } else { Inputs::Torn }
}

fn compare(paths: &Versions, points: &Versions, today: &str) -> Inputs {
    let mut inputs = Inputs::Today;
    for (table, other) in [(paths, points), (points, paths)] {
        for (forecast, versions) in table {
            let current = versions.len() == 1 && versions.contains(today);
            match other.get(forecast) {
                Some(same) if same == versions && versions.len() == 1 => {}
                None if current => {}
                _ => return Inputs::Torn,
            }
            if !current {
                inputs = Inputs::Older;
            }
        }
    }
    inputs
}

#[cfg(test)]
mod tests {
    use super::*;

    fn versions(forecasts: &[(i32, &str)]) -> Versions {
        let entry = |&(day, version): &(i32, &str)| (("Coffee".to_owned(), day), [version.to_owned()].into());
        forecasts.iter().map(entry).collect()
    }

    #[test]
    fn both_tables_must_agree_on_each_forecast() {
        let both = versions(&[(1, "v1"), (2, "v2")]);
        assert_eq!(compare(&both, &both, "v2"), Inputs::Older);
        assert_eq!(compare(&versions(&[(1, "v2")]), &versions(&[(1, "v2")]), "v2"), Inputs::Today);
        assert_eq!(compare(&both, &versions(&[(1, "v1"), (2, "v1")]), "v2"), Inputs::Torn);
    }

    #[test]
    fn what_one_table_lacks_may_be_added_from_the_same_inputs_only() {
        let (paths, points) = (versions(&[(1, "v1"), (2, "v2")]), versions(&[(1, "v1")]));
        assert_eq!(compare(&paths, &points, "v2"), Inputs::Older);
        assert_eq!(compare(&paths, &points, "v3"), Inputs::Torn);
    }
}
