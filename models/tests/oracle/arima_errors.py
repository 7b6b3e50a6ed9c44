"""Makes models/tests/data/arima_errors.json with statsmodels.

    python3 -m venv venv && venv/bin/pip install statsmodels==0.15.0
    venv/bin/python models/tests/oracle/arima_errors.py models/tests/data

Maximum-likelihood fits with two or three regressors, two of them seasonal, one with a constant, one with gaps (levels,
use_exact_diffuse=True; the others simple_differencing=True): for each parameter its estimate and its standard error by
`cov_params_approx`, the inverse of the Hessian of the log-likelihood in all parameters, the variance included. `known`
are the errors of the regression where the process is taken as known: what a fit must not report.
"""

import json
import sys
import warnings
from pathlib import Path

import numpy as np
import statsmodels
from statsmodels.tsa.statespace.sarimax import SARIMAX

warnings.simplefilter("ignore")
rng = np.random.default_rng(20241128)
LENGTH = 240
FINE = {"method": "lbfgs", "maxiter": 1000, "pgtol": 1e-10, "factr": 1.0, "disp": False}


def process(order, seasonal, ar, ma, seasonal_ar, seasonal_ma):
    """A series of the process whose polynomials have these coefficients of their first lags."""
    (_, d, _), (_, D, _, s) = order, seasonal
    n = LENGTH + 100
    e, w = rng.normal(0, 1, n), np.zeros(n)
    for t in range(s + 1, n):
        w[t] = e[t] + ma * e[t - 1] + ar * w[t - 1]
        if s:
            w[t] += seasonal_ma * (e[t - s] + ma * e[t - s - 1]) + seasonal_ar * (w[t - s] - ar * w[t - s - 1])
    for _ in range(d):
        w = np.cumsum(w)
    for _ in range(D):
        for t in range(s, n):
            w[t] += w[t - s]
    return w[-LENGTH:]


def case(order, seasonal, coefficients, count, constant=None, gaps=()):
    x = np.round(rng.normal(0, 1, (LENGTH, count)).cumsum(axis=0), 3)
    y = process(order, seasonal, *coefficients) + x @ np.linspace(0.8, -0.5, count) + (constant or 0.0)
    y = np.round(y, 3)
    y[list(gaps)] = np.nan
    exog = np.column_stack([np.ones(LENGTH), x]) if constant else x
    model = SARIMAX(y, exog, order=order, seasonal_order=seasonal, simple_differencing=not gaps, use_exact_diffuse=bool(gaps))
    model.ssm.tolerance = 0
    start = np.r_[np.linalg.lstsq(exog[~np.isnan(y)], y[~np.isnan(y)], rcond=None)[0],
                  [c for c, p in zip(coefficients, [order[0], order[2], seasonal[0], seasonal[2]]) if p], 1.0]  # fmt: skip
    first = model.fit(start, method="nm", maxiter=300, disp=False)
    fit = model.fit(model.fit(first.params, **FINE).params, **FINE)
    covariance, k = fit.cov_params_approx, exog.shape[1]
    information = np.linalg.inv(covariance)
    return {
        "order": list(order), "seasonal": list(seasonal), "constant": bool(constant), "names": model.param_names[:-1],
        "target": [None if np.isnan(v) else v for v in y], "regressors": [list(column) for column in x.T],
        "log_likelihood": float(fit.llf), "values": list(fit.params[:-1]),
        "standard_errors": list(np.sqrt(np.diag(covariance))[:-1]),
        "known": list(np.sqrt(np.diag(np.linalg.inv(information[:k, :k])))),
    }


cases = [
    case((1, 1, 1), (0, 0, 0, 0), (0.6, -0.3, 0, 0), 3),
    case((1, 0, 1), (0, 0, 0, 0), (0.5, 0.3, 0, 0), 2, constant=20.0),
    case((1, 1, 1), (1, 0, 1, 7), (0.5, -0.2, 0.6, -0.3), 2),
    case((0, 1, 1), (0, 1, 1, 7), (0, 0.4, 0, -0.6), 3),
    case((1, 1, 1), (0, 0, 0, 0), (0.5, 0.3, 0, 0), 2, gaps=(30, 31, 32, 90, 151)),
]
plain = {"statsmodels": statsmodels.__version__, "cases": cases}
text = json.dumps(plain, default=lambda o: o.item(), separators=(",", ":"))
(Path(sys.argv[1]) / "arima_errors.json").write_text(text + "\n")
