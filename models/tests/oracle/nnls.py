"""Makes models/tests/data/nnls.json with scipy.

    python3 -m venv venv && venv/bin/pip install scipy==1.17.1
    venv/bin/python models/tests/oracle/nnls.py models/tests/data/nnls.json

problems: matrices (rows of A), right-hand sides b, and scipy.optimize.nnls(A, b): solution and residual norm.
simplex: errors (one list per member) and the weights w ≥ 0 with sum 1 that minimise the norm of Σ w_j e_j, by
scipy.optimize.minimize (SLSQP) from equal weights and from each corner, the best of all.
"""

import json
import sys

import numpy as np
from scipy.optimize import minimize, nnls

rng = np.random.default_rng(20241127)


def problem(rows, columns, collinear=0.0):
    a = rng.standard_normal((rows, columns))
    a += collinear * rng.standard_normal((rows, 1))
    b = a @ rng.standard_normal(columns) + rng.standard_normal(rows)
    a, b = np.round(a, 6), np.round(b, 6)
    x, norm = nnls(a, b)
    return {"a": a.tolist(), "b": b.tolist(), "x": x.tolist(), "norm": norm}


def weights(rows, scales, common):
    shared = common * rng.standard_normal(rows)
    errors = np.round([shared + s * rng.standard_normal(rows) for s in scales], 6)
    square = lambda w: np.sum((w @ errors) ** 2)
    slope = lambda w: 2 * errors @ (w @ errors)
    k = len(scales)
    starts = [np.full(k, 1 / k), *np.eye(k)]
    one = {"type": "eq", "fun": lambda w: w.sum() - 1, "jac": lambda w: np.ones(k)}
    options = {"ftol": 1e-16, "maxiter": 10_000}
    found = [minimize(square, s, jac=slope, bounds=[(0, None)] * k, constraints=[one], options=options) for s in starts]
    best = min(found, key=lambda f: f.fun)
    return {"errors": errors.tolist(), "weights": best.x.tolist(), "square": float(best.fun)}


problems = [problem(12, 3), problem(30, 5), problem(40, 8, 3.0), problem(25, 10, 1.0), problem(6, 6), problem(8, 1)]
simplex = [
    weights(60, [1.0, 1.0, 1.0], 0.0),
    weights(80, [1.0, 2.0, 0.5], 1.0),
    weights(40, [0.3, 3.0, 1.0, 2.0, 0.7], 2.0),
]
with open(sys.argv[1], "w") as file:
    json.dump({"problems": problems, "simplex": simplex}, file)
