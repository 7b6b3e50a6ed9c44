//! Numbers that carry their derivatives: the gradient of a recursion by running it once (forward differentiation).

use std::ops::{Add, Div, Mul, Sub};

/// What recursions are written in: plain numbers, or numbers with derivatives.
pub(super) trait Number:
    Copy + Add<Output = Self> + Sub<Output = Self> + Mul<Output = Self> + Div<Output = Self>
{
    /// A number that depends on nothing.
    fn constant(value: f64) -> Self;
    /// Without its derivatives.
    fn value(self) -> f64;
    /// Natural logarithm.
    fn log(self) -> Self;
}

impl Number for f64 {
    fn constant(value: f64) -> Self {
        value
    }

    fn value(self) -> f64 {
        self
    }

    fn log(self) -> Self {
        libm::log(self)
    }
}

/// A number and its derivatives by `P` parameters.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Dual<const P: usize> {
    pub(super) value: f64,
    pub(super) slopes: [f64; P],
}

impl<const P: usize> Dual<P> {
    /// Parameter number `index`.
    pub(super) fn parameter(index: usize, value: f64) -> Self {
        Self { value, slopes: std::array::from_fn(|i| if i == index { 1.0 } else { 0.0 }) }
    }

    /// `by` times the derivatives, plus `other_by` times those of another number.
    #[inline(always)]
    fn slopes(&self, by: f64, other: &Self, other_by: f64) -> [f64; P] {
        std::array::from_fn(|i| by * self.slopes[i] + other_by * other.slopes[i])
    }
}

impl<const P: usize> Add for Dual<P> {
    type Output = Self;

    #[inline(always)]
    fn add(self, other: Self) -> Self {
        Self { value: self.value + other.value, slopes: self.slopes(1.0, &other, 1.0) }
    }
}

impl<const P: usize> Sub for Dual<P> {
    type Output = Self;

    #[inline(always)]
    fn sub(self, other: Self) -> Self {
        Self { value: self.value - other.value, slopes: self.slopes(1.0, &other, -1.0) }
    }
}

impl<const P: usize> Mul for Dual<P> {
    type Output = Self;

    #[inline(always)]
    fn mul(self, other: Self) -> Self {
        Self { value: self.value * other.value, slopes: self.slopes(other.value, &other, self.value) }
    }
}

impl<const P: usize> Div for Dual<P> {
    type Output = Self;

    #[inline(always)]
    fn div(self, other: Self) -> Self {
        let (value, inverse) = (self.value / other.value, 1.0 / other.value);
        Self { value, slopes: self.slopes(inverse, &other, -value * inverse) }
    }
}

impl<const P: usize> Number for Dual<P> {
    fn constant(value: f64) -> Self {
        Self { value, slopes: [0.0; P] }
    }

    fn value(self) -> f64 {
        self.value
    }

    fn log(self) -> Self {
        Self { value: libm::log(self.value), slopes: self.slopes.map(|slope| slope / self.value) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn derivatives_are_those_of_the_rules() {
        let at = |x: f64, y: f64| {
            let (x, y) = (Dual::<2>::parameter(0, x), Dual::parameter(1, y));
            (x * x - Dual::constant(3.0) * y) / (x + y) + (x * y).log()
        };
        let (x, y) = (1.3, 0.7);
        let got = at(x, y);
        for (i, (dx, dy)) in [(1e-6, 0.0), (0.0, 1e-6)].into_iter().enumerate() {
            let numeric = (at(x + dx, y + dy).value - at(x - dx, y - dy).value) / 2e-6;
            assert!((got.slopes[i] - numeric).abs() < 1e-8, "{i}: {} {numeric}", got.slopes[i]);
        }
    }
}
