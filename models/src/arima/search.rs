//! The search for an order: Hyndman and Khandakar (2008), *Journal of Statistical Software* 27(3), on AICc.

use super::conditional::Conditional;
use super::design::Design;
use super::estimate::{Estimate, estimate};
use super::order::Order;
use super::settings::{Constant, Settings};
use super::start::Start;

/// Modulus that every root must exceed: closer ones are unit roots or common factors in disguise.
const NEAREST_ROOT: f64 = 1.01;
/// Powers of this factor bring the roots of a seasonal polynomial from the unit circle to the distance allowed, with a
/// margin for rounding.
const WITHDRAWN: f64 = 0.985;
/// Models tried at most.
const MOST_MODELS: usize = 94;

/// Longest season of which every order is estimated by exact likelihood; with longer ones, by conditional least squares.
const LONGEST_EXACT: usize = 12;

/// A design with its start values.
#[derive(Debug)]
pub(super) struct Prepared {
    pub(super) design: Design,
    pub(super) start: Start,
}

/// One sample with and without a constant.
#[derive(Debug)]
pub(super) struct Candidates {
    pub(super) with: Option<Prepared>,
    pub(super) without: Prepared,
}

impl Candidates {
    /// The design that has, or has not, a constant.
    pub(super) fn get(&self, constant: bool) -> Option<&Prepared> {
        if constant { self.with.as_ref() } else { Some(&self.without) }
    }
}

/// The best model found and whether it has a constant.
#[derive(Debug)]
pub(super) struct Best {
    pub(super) estimate: Estimate,
    pub(super) constant: bool,
    /// Models estimated.
    pub(super) tried: usize,
}

/// Steps from one model to its neighbours: changes of p and q, or of P and Q.
const NEIGHBOURS: [(isize, isize); 8] = [(-1, 0), (0, -1), (1, 0), (0, 1), (-1, -1), (-1, 1), (1, -1), (1, 1)];

/// Searches p, q and the constant for fixed differences, and P and Q too if `seasonal`; else those of `base` stay.
/// None if no model could be estimated.
pub(super) fn search(settings: &Settings, base: &Order, seasonal: bool, candidates: &Candidates) -> Option<Best> {
    let conditional = |prepared: &Prepared| Conditional::new(&prepared.design);
    let long = seasonal && base.season > LONGEST_EXACT;
    let conditionals = [false, true].map(|constant| candidates.get(constant).filter(|_| long).and_then(conditional));
    let mut search = Search { candidates, seasonal, conditionals, tried: Vec::new(), best: None };
    let constants: &[bool] = match (settings.constant, candidates.with.is_some()) {
        (Constant::Auto, true) => &[true, false],
        (Constant::Yes, true) => &[true],
        _ => &[false],
    };
    let range = Range { settings, base, seasonal };
    for start in [(2, 2, 1, 1), (0, 0, 0, 0), (1, 0, 1, 0), (0, 1, 0, 1)] {
        search.attempt(range.start(start), constants[0]);
    }
    if constants.len() > 1 {
        search.attempt(range.start((0, 0, 0, 0)), false);
    }
    while search.tried.len() < MOST_MODELS {
        let Some((best, constant)) = &search.best else { break };
        let (order, constant) = (best.order, *constant);
        let moved = range.neighbours(&order).into_iter().map(|order| (order, constant));
        let toggled = (constants.len() > 1).then_some((order, !constant));
        let leaps = range.leaps(&order).into_iter().map(|order| (order, constant));
        let improved = moved.chain(toggled).chain(leaps).any(|(order, constant)| search.attempt(order, constant));
        if !improved {
            break;
        }
    }
    let tried = search.tried.len();
    let (best, constant) = search.best?;
    let prepared = candidates.get(constant)?;
    // one restart, for the chosen model only
    let estimate =
        estimate(&prepared.design, &prepared.start, &best.order, Some(&best), true).filter(acceptable).unwrap_or(best);
    Some(Best { estimate, constant, tried })
}

/// The orders that may be tried.
struct Range<'a> {
    settings: &'a Settings,
    base: &'a Order,
    seasonal: bool,
}

impl Range<'_> {
    /// (p, q, P, Q) as far as the range allows.
    fn start(&self, (p, q, seasonal_p, seasonal_q): (usize, usize, usize, usize)) -> Order {
        let order = Order { p: p.min(self.settings.max_p), q: q.min(self.settings.max_q), ..*self.base };
        if !self.seasonal {
            return order;
        }
        let seasonal_p = seasonal_p.min(self.settings.max_seasonal_p);
        let seasonal_q = seasonal_q.min(self.settings.max_seasonal_q);
        Order { seasonal_p, seasonal_q, ..order }
    }

    /// Orders one step away, seasonal steps first.
    fn neighbours(&self, order: &Order) -> Vec<Order> {
        let step = |from: usize, by: isize, most: usize| from.checked_add_signed(by).filter(|to| *to <= most);
        let seasonal = NEIGHBOURS.iter().filter(|_| self.seasonal).filter_map(|(dp, dq)| {
            let seasonal_p = step(order.seasonal_p, *dp, self.settings.max_seasonal_p)?;
            let seasonal_q = step(order.seasonal_q, *dq, self.settings.max_seasonal_q)?;
            Some(Order { seasonal_p, seasonal_q, ..*order })
        });
        let short = NEIGHBOURS.iter().filter_map(|(dp, dq)| {
            let p = step(order.p, *dp, self.settings.max_p)?;
            let q = step(order.q, *dq, self.settings.max_q)?;
            Some(Order { p, q, ..*order })
        });
        seasonal.chain(short).collect()
    }

    /// With a season there are more directions in which a search may get stuck: orders with one part left out.
    fn leaps(&self, order: &Order) -> Vec<Order> {
        if !self.seasonal {
            return Vec::new();
        }
        let [p, q] = [Order { p: 0, ..*order }, Order { q: 0, ..*order }];
        vec![p, q, Order { seasonal_p: 0, ..*order }, Order { seasonal_q: 0, ..*order }]
    }
}

struct Search<'a> {
    candidates: &'a Candidates,
    /// Whether seasonal parts are searched.
    seasonal: bool,
    /// Where orders are estimated by conditional least squares: without and with a constant.
    conditionals: [Option<Conditional>; 2],
    tried: Vec<(Order, bool)>,
    best: Option<(Estimate, bool)>,
}

impl Search<'_> {
    /// Estimates a model not tried before; whether it is the best so far.
    fn attempt(&mut self, order: Order, constant: bool) -> bool {
        if self.tried.contains(&(order, constant)) {
            return false;
        }
        self.tried.push((order, constant));
        let Some(prepared) = self.candidates.get(constant) else { return false };
        let found = match &self.conditionals[usize::from(constant)] {
            None => estimate(&prepared.design, &prepared.start, &order, None, false),
            Some(conditional) => conditional
                .fit(&prepared.start, &order)
                .and_then(|coefficients| Estimate::given(&prepared.design, &order, coefficients)),
        };
        let Some(mut found) = found else { return false };
        if self.seasonal && !acceptable(&found) {
            found = withdrawn(&prepared.design, found);
        }
        let better = self.best.as_ref().is_none_or(|(best, _)| found.aicc() < best.aicc());
        let better = better && found.aicc().is_finite() && acceptable(&found);
        if better {
            self.best = Some((found, constant));
        }
        better
    }
}

/// A fixed season that was differenced has its seasonal moving average on the unit circle, where the likelihood is flat:
/// the same model with the seasonal moving average brought to the distance allowed, at its own likelihood.
fn withdrawn(design: &Design, found: Estimate) -> Estimate {
    let mut coefficients = found.coefficients.clone();
    let mut scale = 1.0;
    for value in &mut coefficients.seasonal_ma {
        scale *= WITHDRAWN;
        *value *= scale;
    }
    Estimate::given(design, &found.order, coefficients).unwrap_or(found)
}

/// Whether all roots keep their distance from the unit circle, those of seasonal polynomials in the seasonal lag.
fn acceptable(estimate: &Estimate) -> bool {
    estimate.coefficients.roots_beyond(NEAREST_ROOT)
}
