//! The one optimiser: L-BFGS with the line search of Moré and Thuente, from given starts; with gradients by central
//! differences, or by the function itself.

use std::cell::RefCell;

use argmin::core::{CostFunction, Error, Executor, Gradient};
use argmin::solver::linesearch::MoreThuenteLineSearch;
use argmin::solver::quasinewton::LBFGS;

use crate::newton::{Settled, settle};

/// Pairs kept by L-BFGS; at least the number of parameters of usual models.
const MEMORY: usize = 8;
/// When a search ends. The cost is a log-likelihood per observation.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Effort {
    /// Gradient norm.
    pub(crate) gradient: f64,
    /// Change of the cost in an iteration.
    pub(crate) cost: f64,
    /// Most iterations.
    pub(crate) iterations: u64,
}

/// Enough to compare models and starts.
const ROUGH: Effort = Effort { gradient: 1e-5, cost: 1e-9, iterations: 40 };
/// For the result.
const FINE: Effort = Effort { gradient: 1e-6, cost: 1e-11, iterations: 60 };
/// Step of the central differences, relative to a parameter above 1.
const DIFFERENCE: f64 = 1e-5;
/// Step of the differences of fourth order that give a settling search its gradient: with it, rounding and the order left
/// out are of one size.
const FOURTH: f64 = 2e-3;
/// Step of the differences that give it its curvature.
const CURVATURE: f64 = 1e-3;
/// Decrement below which a search counts as settled.
const SETTLED: f64 = 1e-7;
/// Difference between costs that rounding explains.
const ROUNDING: f64 = 1e-12;
/// Cost of a point at which the function has no value.
const UNUSABLE: f64 = 1e10;

/// Remembers the best point seen: a line search that gives up must not lose it.
struct Tracked<'a> {
    cost: &'a dyn Fn(&[f64]) -> Option<f64>,
    best: RefCell<(Vec<f64>, f64)>,
}

impl Tracked<'_> {
    fn evaluate(&self, x: &[f64]) -> f64 {
        let value = (self.cost)(x).filter(|value| value.is_finite()).unwrap_or(UNUSABLE);
        let mut best = self.best.borrow_mut();
        if value < best.1 {
            *best = (x.to_vec(), value);
        }
        value
    }
}

impl CostFunction for &Tracked<'_> {
    type Param = Vec<f64>;
    type Output = f64;

    fn cost(&self, x: &Vec<f64>) -> Result<f64, Error> {
        Ok(self.evaluate(x))
    }
}

impl Gradient for &Tracked<'_> {
    type Param = Vec<f64>;
    type Gradient = Vec<f64>;

    fn gradient(&self, x: &Vec<f64>) -> Result<Vec<f64>, Error> {
        let mut point = x.clone();
        Ok((0..x.len())
            .map(|i| {
                let step = DIFFERENCE * x[i].abs().max(1.0);
                point[i] = x[i] + step;
                let above = (self.cost)(&point).unwrap_or(UNUSABLE);
                point[i] = x[i] - step;
                let below = (self.cost)(&point).unwrap_or(UNUSABLE);
                point[i] = x[i];
                let slope = (above - below) / (2.0 * step);
                if slope.is_finite() { slope } else { 0.0 }
            })
            .collect())
    }
}

/// The best point found from the starts, and its cost; none if the function has no value at any point tried. The best
/// of several starts is followed to the end if `polish`.
pub(crate) fn minimize(
    cost: &dyn Fn(&[f64]) -> Option<f64>,
    starts: &[Vec<f64>],
    polish: bool,
) -> Option<(Vec<f64>, f64)> {
    let tracked = Tracked { cost, best: RefCell::new((Vec::new(), UNUSABLE)) };
    for start in starts {
        descend(&tracked, start, ROUGH);
    }
    let best = |tracked: &Tracked<'_>| tracked.best.borrow().0.clone();
    if tracked.best.borrow().1 >= UNUSABLE {
        return None;
    }
    if polish {
        let settled = settled(cost, &best(&tracked)).filter(|settled| settled.decrement <= SETTLED);
        let settled = settled.or_else(|| {
            descend(&tracked, &best(&tracked), FINE);
            self::settled(cost, &best(&tracked))
        });
        // what rounding alone makes better is not
        if let Some(settled) = settled.filter(|settled| settled.value <= tracked.best.borrow().1 + ROUNDING) {
            return Some((settled.point, settled.value));
        }
    }
    Some(tracked.best.into_inner())
}

/// Newton's steps from a point, with differences accurate nearly to rounding.
fn settled(cost: &dyn Fn(&[f64]) -> Option<f64>, from: &[f64]) -> Option<Settled> {
    if from.is_empty() {
        return None;
    }
    let mut smooth = |x: &[f64], slopes: &mut [f64]| {
        let mut point = x.to_vec();
        for i in 0..x.len() {
            let step = FOURTH * x[i].abs().max(1.0);
            let mut at = |by: f64| {
                point[i] = x[i] + by;
                cost(&point)
            };
            let (near, far) = (at(step)? - at(-step)?, at(2.0 * step)? - at(-2.0 * step)?);
            point[i] = x[i];
            slopes[i] = (8.0 * near - far) / (12.0 * step);
        }
        cost(x)
    };
    let mut curvature = |_: &mut Smooth<'_>, x: &[f64], value: f64, slopes: &[f64]| {
        let size = x.len();
        let steps: Vec<f64> = x.iter().map(|x| CURVATURE * x.abs().max(1.0)).collect();
        let mut out = vec![0.0; size * size];
        let mut point = x.to_vec();
        let mut beside = Vec::with_capacity(size);
        for i in 0..size {
            point[i] = x[i] + steps[i];
            beside.push(cost(&point)?);
            for j in 0..i {
                point[j] = x[j] + steps[j];
                let both = cost(&point)?;
                point[j] = x[j];
                let mixed = (both - beside[i] - beside[j] + value) / (steps[i] * steps[j]);
                (out[i * size + j], out[j * size + i]) = (mixed, mixed);
            }
            point[i] = x[i];
            out[i * size + i] = 2.0 * (beside[i] - value - steps[i] * slopes[i]) / (steps[i] * steps[i]);
        }
        Some(out)
    };
    settle(&mut smooth, &mut curvature, from)
}

/// One run of the optimiser; its best point is kept in `tracked`.
fn descend(tracked: &Tracked<'_>, start: &[f64], effort: Effort) {
    tracked.evaluate(start);
    run(tracked, start, effort);
}

/// A failed line search ends the search at the best point seen, which the problem itself keeps.
fn run<P>(problem: P, start: &[f64], effort: Effort)
where
    P: CostFunction<Param = Vec<f64>, Output = f64> + Gradient<Param = Vec<f64>, Gradient = Vec<f64>>,
{
    if start.is_empty() {
        return;
    }
    let solver = LBFGS::new(MoreThuenteLineSearch::new(), MEMORY)
        .with_tolerance_grad(effort.gradient)
        .and_then(|solver| solver.with_tolerance_cost(effort.cost));
    let Ok(solver) = solver else { return };
    let _ended = Executor::new(problem, solver)
        .configure(|state| state.param(start.to_vec()).max_iters(effort.iterations))
        .timer(false)
        .run();
}

/// A function that writes its gradient into the second argument; none where it has no value.
pub(crate) type Smooth<'a> = dyn FnMut(&[f64], &mut [f64]) -> Option<f64> + 'a;

/// The point last asked for and the best one, each with value and gradient. The optimiser asks for value and gradient
/// of a point one after the other; the function is called once.
struct Remembered<'f, 'g> {
    function: &'f mut Smooth<'g>,
    last: (Vec<f64>, f64, Vec<f64>),
    best: (Vec<f64>, f64),
}

impl Remembered<'_, '_> {
    fn evaluate(&mut self, x: &[f64]) {
        if self.last.0 == x {
            return;
        }
        let mut gradient = vec![0.0; x.len()];
        let value = (self.function)(x, &mut gradient).filter(|value| value.is_finite());
        let usable = value.is_some() && gradient.iter().all(|slope| slope.is_finite());
        if !usable {
            gradient.fill(0.0);
        }
        let value = value.filter(|_| usable).unwrap_or(UNUSABLE);
        if value < self.best.1 {
            self.best = (x.to_vec(), value);
        }
        self.last = (x.to_vec(), value, gradient);
    }
}

struct Shared<'c, 'f, 'g>(&'c RefCell<Remembered<'f, 'g>>);

impl CostFunction for Shared<'_, '_, '_> {
    type Param = Vec<f64>;
    type Output = f64;

    fn cost(&self, x: &Vec<f64>) -> Result<f64, Error> {
        let mut remembered = self.0.borrow_mut();
        remembered.evaluate(x);
        Ok(remembered.last.1)
    }
}

impl Gradient for Shared<'_, '_, '_> {
    type Param = Vec<f64>;
    type Gradient = Vec<f64>;

    fn gradient(&self, x: &Vec<f64>) -> Result<Vec<f64>, Error> {
        let mut remembered = self.0.borrow_mut();
        remembered.evaluate(x);
        Ok(remembered.last.2.clone())
    }
}

/// The best point found from a start by the function's own gradients, and its cost; none if the function has no value
/// at any point tried.
pub(crate) fn minimize_smooth(function: &mut Smooth<'_>, start: &[f64], effort: Effort) -> Option<(Vec<f64>, f64)> {
    let remembered =
        RefCell::new(Remembered { function, last: (Vec::new(), UNUSABLE, Vec::new()), best: (Vec::new(), UNUSABLE) });
    remembered.borrow_mut().evaluate(start);
    run(Shared(&remembered), start, effort);
    let (point, value) = remembered.into_inner().best;
    (value < UNUSABLE).then_some((point, value))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_minimum_of_rosenbrock() {
        let rosenbrock = |x: &[f64]| Some((1.0 - x[0]).powi(2) + 100.0 * (x[1] - x[0] * x[0]).powi(2));
        let (point, value) = minimize(&rosenbrock, &[vec![-1.2, 1.0]], true).unwrap();
        assert!(value < 1e-8, "{value}");
        assert!((point[0] - 1.0).abs() < 1e-3);
    }

    #[test]
    fn a_function_without_value_gives_none() {
        let nowhere = |x: &[f64]| {
            assert_eq!(x.len(), 1);
            None
        };
        assert!(minimize(&nowhere, &[vec![0.5]], true).is_none());
    }

    #[test]
    fn own_gradients_lead_to_the_same_minimum() {
        let mut calls = 0;
        let mut rosenbrock = |x: &[f64], gradient: &mut [f64]| {
            calls += 1;
            let (u, v) = (1.0 - x[0], x[1] - x[0] * x[0]);
            gradient[0] = -2.0 * u - 400.0 * v * x[0];
            gradient[1] = 200.0 * v;
            Some(u * u + 100.0 * v * v)
        };
        let effort = Effort { gradient: 1e-9, cost: 1e-14, iterations: 200 };
        let (point, value) = minimize_smooth(&mut rosenbrock, &[-1.2, 1.0], effort).unwrap();
        assert!(value < 1e-12 && (point[0] - 1.0).abs() < 1e-6, "{value} at {point:?}");
        assert!(calls < 150, "{calls} calls");
        assert!(minimize_smooth(&mut |_, _| None, &[0.5], effort).is_none());
    }
}
