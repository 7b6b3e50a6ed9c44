//! Small dense symmetric systems, row by row in plain slices.

/// Lower Cholesky factor of a `size` × `size` matrix, or none if it is not positive definite.
pub(crate) fn cholesky(matrix: &[f64], size: usize) -> Option<Vec<f64>> {
    let mut lower = vec![0.0; size * size];
    for i in 0..size {
        for j in 0..=i {
            let past: f64 = (0..j).map(|k| lower[i * size + k] * lower[j * size + k]).sum();
            let value = matrix[i * size + j] - past;
            if i != j {
                lower[i * size + j] = value / lower[j * size + j];
            } else if value.is_finite() && value > 0.0 {
                lower[i * size + i] = value.sqrt();
            } else {
                return None;
            }
        }
    }
    Some(lower)
}

/// Solves `L x = b` in place.
pub(crate) fn forward(lower: &[f64], b: &mut [f64]) {
    let size = b.len();
    for i in 0..size {
        let past: f64 = (0..i).map(|k| lower[i * size + k] * b[k]).sum();
        b[i] = (b[i] - past) / lower[i * size + i];
    }
}

/// Solves `L' x = b` in place.
pub(crate) fn backward(lower: &[f64], b: &mut [f64]) {
    let size = b.len();
    for i in (0..size).rev() {
        let past: f64 = (i + 1..size).map(|k| lower[k * size + i] * b[k]).sum();
        b[i] = (b[i] - past) / lower[i * size + i];
    }
}

/// Inverse of a matrix from its Cholesky factor.
pub(crate) fn inverse(lower: &[f64], size: usize) -> Vec<f64> {
    let mut out = vec![0.0; size * size];
    for (i, row) in out.chunks_exact_mut(size.max(1)).enumerate() {
        row[i] = 1.0;
        forward(lower, row);
        backward(lower, row);
    }
    out
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn inverse_times_matrix_is_identity() {
        let matrix = [4.0, 1.0, 0.5, 1.0, 3.0, -0.2, 0.5, -0.2, 2.0];
        let inverted = inverse(&cholesky(&matrix, 3).unwrap(), 3);
        for i in 0..3 {
            for j in 0..3 {
                let sum: f64 = (0..3).map(|k| matrix[i * 3 + k] * inverted[k * 3 + j]).sum();
                assert!((sum - f64::from(u8::from(i == j))).abs() < 1e-12);
            }
        }
        assert!(cholesky(&[1.0, 2.0, 2.0, 1.0], 2).is_none());
    }
}
