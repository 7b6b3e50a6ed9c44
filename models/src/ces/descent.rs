//! Least squares by Levenberg and Marquardt with a cost at the edge of the region. The forms have two to four
//! parameters of very different curvature (a level far from zero fixes α₁ sharply) and maxima near the edge, where line
//! searches along gradients give up.

/// Damping of the first step, relative to the curvature.
const FIRST_DAMPING: f64 = 1e-3;
/// Its range; a search that needs more has ended.
const DAMPING: (f64, f64) = (1e-9, 1e9);
/// Factors after a step that leads down, and after one that does not.
const EASED: f64 = 0.2;
const RAISED: f64 = 4.0;

/// When a search ends.
#[derive(Debug, Clone, Copy)]
pub(super) struct Effort {
    /// Gain of a step.
    pub(super) gain: f64,
    /// Most evaluations.
    pub(super) evaluations: usize,
}

/// A cost near a point.
#[derive(Debug, Clone, Copy)]
pub(super) struct Local<const P: usize> {
    pub(super) cost: f64,
    pub(super) gradient: [f64; P],
    /// Symmetric; nearly its second derivatives, without negative directions.
    pub(super) curvature: [[f64; P]; P],
}

/// The lowest point found from a start, and its cost; none if the start has no cost.
pub(super) fn descend<const P: usize>(
    local: impl Fn(&[f64; P]) -> Option<Local<P>>,
    start: [f64; P],
    effort: Effort,
) -> Option<([f64; P], f64)> {
    let mut point = start;
    let mut here = local(&point)?;
    let mut damping = FIRST_DAMPING;
    for _ in 1..effort.evaluations {
        let next = step(&here, damping).and_then(|step| {
            let trial: [f64; P] = std::array::from_fn(|i| point[i] - step[i]);
            Some((trial, local(&trial)?))
        });
        match next.filter(|(_, next)| next.cost < here.cost) {
            Some((trial, next)) => {
                let gain = here.cost - next.cost;
                (point, here) = (trial, next);
                if gain <= effort.gain && damping <= 1.0 {
                    break;
                }
                damping = (damping * EASED).max(DAMPING.0);
            }
            None => {
                damping *= RAISED;
                if damping > DAMPING.1 {
                    break;
                }
            }
        }
    }
    Some((point, here.cost))
}

/// Solves (C + damping · diag C) step = gradient by Cholesky's decomposition; none where that has no finite solution.
fn step<const P: usize>(local: &Local<P>, damping: f64) -> Option<[f64; P]> {
    let mut factor = [[0.0; P]; P];
    for i in 0..P {
        for j in 0..=i {
            let known: f64 = (0..j).map(|k| factor[i][k] * factor[j][k]).sum();
            let damped = if i == j { 1.0 + damping } else { 1.0 };
            let rest = damped * local.curvature[i][j] - known;
            factor[i][j] = if i == j { rest.sqrt() } else { rest / factor[j][j] };
        }
    }
    let mut solution = local.gradient;
    for i in 0..P {
        let known: f64 = (0..i).map(|k| factor[i][k] * solution[k]).sum();
        solution[i] = (solution[i] - known) / factor[i][i];
    }
    for i in (0..P).rev() {
        let known: f64 = (i + 1..P).map(|k| factor[k][i] * solution[k]).sum();
        solution[i] = (solution[i] - known) / factor[i][i];
    }
    solution.iter().all(|value| value.is_finite()).then_some(solution)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    /// Half the squares of 1 − x and 10 (y − x²); no value where x is above 0.6.
    fn valley(edge: f64) -> impl Fn(&[f64; 2]) -> Option<Local<2>> {
        move |[x, y]| {
            let (u, v) = (1.0 - x, 10.0 * (y - x * x));
            let (by_x, by_y) = ([-1.0, 0.0], [-20.0 * x, 10.0]);
            let gradient = std::array::from_fn(|i| u * by_x[i] + v * by_y[i]);
            let curvature = std::array::from_fn(|i| std::array::from_fn(|j| by_x[i] * by_x[j] + by_y[i] * by_y[j]));
            (*x <= edge).then_some(Local { cost: 0.5 * (u * u + v * v), gradient, curvature })
        }
    }

    #[test]
    fn the_end_of_the_valley_is_found() {
        let effort = Effort { gain: 1e-16, evaluations: 100 };
        let ([x, y], cost) = descend(valley(2.0), [-1.2, 1.0], effort).unwrap();
        assert!(cost < 1e-20 && (x - 1.0).abs() < 1e-9 && (y - 1.0).abs() < 1e-9, "{x} {y} {cost}");
    }

    #[test]
    fn steps_out_of_the_region_are_shortened() {
        let effort = Effort { gain: 1e-16, evaluations: 200 };
        let ([x, y], cost) = descend(valley(0.6), [-1.2, 1.0], effort).unwrap();
        assert!((0.55..=0.6).contains(&x) && (y - x * x).abs() < 0.05, "{x} {y} {cost}");
        assert!(descend(valley(-2.0), [-1.2, 1.0], effort).is_none());
    }
}
