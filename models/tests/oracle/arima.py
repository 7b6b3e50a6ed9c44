"""Makes models/tests/data/arima_*.json with statsmodels.

    python3 -m venv venv && venv/bin/pip install statsmodels==0.15.0
    venv/bin/python models/tests/oracle/arima.py models/tests/data

arima_likelihood.json: log-likelihoods at given parameters, random specifications with regressors. Complete series:
simple_differencing=True. Series with gaps: levels, use_exact_diffuse=True.
arima_seasonal.json: the same for seasonal specifications with one to three regressors, seasons up to 24.
Both also hold forecasts of 14 steps and their standard errors, from levels with use_exact_diffuse=True.
arima_fits.json: maximised log-likelihoods, best of three optimisers.
arima_known.json: the series of the known answers (wpi1, air2, friedman2) as published with statsmodels' own tests, and
Stata's predictions of friedman2: one step ahead, dynamic from 1978q1, and forecasts after 1978q1.
"""

import json
import sys
import warnings
from pathlib import Path

import numpy as np
import statsmodels
from statsmodels.tsa.statespace.sarimax import SARIMAX
from statsmodels.tsa.statespace.tests.results import results_sarimax
from statsmodels.tsa.statespace.tools import constrain_stationary_univariate

warnings.simplefilter("ignore")
rng = np.random.default_rng(20240501)


def polynomial(count, sign):
    """Coefficients of a random stationary (sign 1) or invertible (sign -1, statsmodels' plus form) polynomial."""
    if count == 0:
        return []
    return list(np.round(constrain_stationary_univariate(rng.normal(0, 0.8, count)) * sign, 4))


def series(n, order, seasonal):
    d, D, s = order[1], seasonal[1], seasonal[3]
    w = rng.normal(0, 1, n + 20)
    w = w[1:] + 0.5 * w[:-1]
    for _ in range(d):
        w = np.cumsum(w)
    for _ in range(D):
        for t in range(s, len(w)):
            w[t] += w[t - s]
    return np.round(w[-n:] + rng.normal(0, 5), 3)


def case(gaps, length=None, seasons=(0, 0, 4, 5, 7, 12), fewest=0):
    season = int(rng.choice(list(seasons)))
    order = [int(rng.integers(0, 4)), int(rng.integers(0, 3)), int(rng.integers(0, 4))]
    seasonal = [0, 0, 0, 0]
    if season:
        seasonal = [int(rng.integers(0, 2)), int(rng.integers(0, 2)), int(rng.integers(0, 2)), season]
        if sum(seasonal[:3]) == 0:
            seasonal[2] = 1
    n = length or int(rng.integers(60, 110))
    y = series(n, order, seasonal)
    k = int(rng.integers(fewest, 4))
    x = np.round(rng.normal(0, 1, (n, k)).cumsum(axis=0), 3)
    if gaps:
        y[rng.choice(np.arange(3, n - 3), int(rng.integers(1, 9)), replace=False)] = np.nan
        if rng.random() < 0.3:
            y[-2:] = np.nan
    constant = bool(order[1] + seasonal[1] <= 1 and rng.random() < 0.6)
    c = round(float(rng.normal(0, 0.3)), 4) if constant else None
    step = 1.0 / season if seasonal[1] else 1.0
    g = np.ones(n + 14) if order[1] + seasonal[1] == 0 else np.arange(n + 14) * step
    beta = list(np.round(rng.normal(0, 0.5, k), 4))
    ar, ma = polynomial(order[0], 1), polynomial(order[2], -1)
    sar, sma = polynomial(seasonal[0], 1), polynomial(seasonal[2], -1)
    variance = round(float(rng.uniform(0.5, 2)), 4)
    columns = [g[:n, None]] if constant else []
    exog = np.hstack(columns + [x]) if constant or k else None
    parameters = ([c] if constant else []) + beta + ar + ma + sar + sma + [variance]
    model = SARIMAX(
        y, exog, order=tuple(order), seasonal_order=tuple(seasonal),
        simple_differencing=not gaps, use_exact_diffuse=gaps,
        enforce_stationarity=True, enforce_invertibility=True,
    )
    model.ssm.tolerance = 0
    value = float(model.loglike(np.array(parameters, dtype=float), transformed=True))
    record = {
        "gaps": gaps, "order": order, "seasonal": seasonal, "constant": c, "beta": beta, "ar": ar, "ma": ma,
        "seasonal_ar": sar, "seasonal_ma": sma, "variance": variance,
        "target": [None if np.isnan(v) else v for v in y], "regressors": [list(column) for column in x.T],
        "log_likelihood": value,
    }
    levels = SARIMAX(y, exog, order=tuple(order), seasonal_order=tuple(seasonal), use_exact_diffuse=True)
    levels.ssm.tolerance = 0
    future = None
    if exog is not None:
        persist = np.repeat(x[-1:], 14, axis=0)
        future = np.hstack(([g[n:, None]] if constant else []) + [persist])
    forecast = levels.smooth(np.array(parameters, dtype=float)).get_forecast(14, exog=future)
    record["mean"] = list(np.asarray(forecast.predicted_mean))
    record["deviation"] = list(np.asarray(forecast.se_mean))
    return record


def write(folder, name, value):
    def plain(o):
        return o.item() if hasattr(o, "item") else str(o)
    (folder / name).write_text(json.dumps(value, default=plain, separators=(",", ":")) + "\n")


folder = Path(sys.argv[1])
cases = [case(gaps) for gaps in [False] * 36 + [True] * 24] + [case(True, 420) for _ in range(5)]
write(folder, "arima_likelihood.json", {"statsmodels": statsmodels.__version__, "cases": cases})

fits = []
for p, d, q, P, D, Q, s in [
    (1, 0, 1, 0, 0, 0, 0), (2, 1, 1, 0, 0, 0, 0), (2, 1, 2, 0, 0, 0, 0), (3, 0, 2, 0, 0, 0, 0), (1, 1, 1, 1, 0, 1, 7),
    (0, 1, 2, 0, 1, 1, 5), (1, 0, 0, 1, 0, 1, 4), (2, 0, 3, 0, 0, 0, 0), (3, 1, 3, 0, 0, 0, 0), (1, 1, 1, 1, 1, 1, 7),
]:
    n = 220
    y = series(n, [p, d, q], [P, D, Q, s])
    x = np.round(rng.normal(0, 1, (n, 2)).cumsum(axis=0), 3)
    y = np.round(y + x @ [0.7, -0.4], 3)
    exog = np.column_stack([np.ones(n), x]) if d + D == 0 else x
    model = SARIMAX(y, exog, order=(p, d, q), seasonal_order=(P, D, Q, s), simple_differencing=True)
    best = max(model.fit(method=method, maxiter=2000, disp=False).llf for method in ["lbfgs", "nm", "powell"])
    fits.append({"order": [p, d, q], "seasonal": [P, D, Q, s], "target": list(y), "regressors": [list(c) for c in x.T],
                 "log_likelihood": float(best)})
write(folder, "arima_fits.json", {"statsmodels": statsmodels.__version__, "fits": fits})

friedman = results_sarimax.friedman2_data
write(folder, "arima_known.json", {
    "wpi1": list(results_sarimax.wpi1_data),
    "air2": list(results_sarimax.air2_data),
    "consump": list(friedman["consump"]),
    "m2": list(friedman["m2"]),
    "friedman2_prediction": results_sarimax.friedman2_prediction,
    "friedman2_dynamic_prediction": results_sarimax.friedman2_dynamic_prediction,
    "friedman2_forecast": results_sarimax.friedman2_forecast,
    "friedman2_dynamic_forecast": results_sarimax.friedman2_dynamic_forecast,
})

rng = np.random.default_rng(20240502)
lengths = [int(n) for n in rng.integers(100, 180, 50)]
cases = [case(i % 2 == 1, n, (4, 5, 7, 12, 24), 1) for i, n in enumerate(lengths)]
write(folder, "arima_seasonal.json", {"statsmodels": statsmodels.__version__, "cases": cases})
