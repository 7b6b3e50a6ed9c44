//! Normal equations of five columns, for test estimators only.

/// The least-squares solution of `rows · b = target` and the diagonal of (rowsᵀ rows)⁻¹, by Gauss-Jordan elimination.
pub(crate) fn solve(rows: &[[f64; 5]], target: &[f64]) -> ([f64; 5], [f64; 5]) {
    let mut augmented = [[0.0; 11]; 5];
    for (row, y) in rows.iter().zip(target) {
        for i in 0..5 {
            for j in 0..5 {
                augmented[i][j] += row[i] * row[j];
            }
            augmented[i][10] += row[i] * y;
        }
    }
    for (i, row) in augmented.iter_mut().enumerate() {
        row[5 + i] = 1.0;
    }
    for pivot in 0..5 {
        // the matrix is positive definite: no exchange of rows
        let scale = augmented[pivot][pivot];
        augmented[pivot].iter_mut().for_each(|value| *value /= scale);
        let line = augmented[pivot];
        for (i, row) in augmented.iter_mut().enumerate() {
            let factor = row[pivot];
            if i != pivot {
                row.iter_mut().zip(line).for_each(|(value, pivot)| *value -= factor * pivot);
            }
        }
    }
    ([0, 1, 2, 3, 4].map(|i| augmented[i][10]), [0, 1, 2, 3, 4].map(|i| augmented[i][5 + i]))
}
