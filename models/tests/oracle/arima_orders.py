"""Makes models/tests/data/arima_orders.json with statsforecast and statsmodels, from real series.

    python3 -m venv venv && venv/bin/pip install statsmodels==0.15.0 statsforecast==2.1.1
    venv/bin/python models/tests/oracle/arima_orders.py ../shared/data models/tests/data

The series themselves are not stored: each is named by file, column and the rows taken, with its length and sum. For
each: the order that AutoARIMA (defaults: stepwise, exact likelihood, p and q to 5, P and Q to 2) chooses, and its AICc
by statsmodels' exact likelihood of the differenced series, at AutoARIMA's coefficients (`aicc`) and after statsmodels
has optimised from there (`aicc_refitted`). Mean or drift is a regression, the variance is concentrated out of both.
The coefficients, that variance and the log-likelihood at them are kept, so that the test can evaluate its own likelihood
at the same place. The file is written after each series, of all kinds in turn; a run goes on where the last one stopped.
"""

import csv
import json
import sys
import warnings
from pathlib import Path

import numpy as np
import statsforecast
import statsmodels
from statsforecast.models import AutoARIMA
from statsmodels.tsa.statespace.sarimax import SARIMAX

warnings.simplefilter("ignore")
ROWS = 300
root, out = Path(sys.argv[1]), Path(sys.argv[2]) / "arima_orders.json"

# file, column of the value, column and value that select rows
FUTURES = [
    ("coffee/kc_ohlcv_merged_2000_2026.csv", "close"), ("sugar/sb_ohlcv_yahoo_2000_2025.csv", "close"),
    ("soyoil/zl_ohlcv_yahoo_2000_2025.csv", "close"), ("soyoil/zs_soybeans_ohlcv.csv", "close"),
    ("soyoil/zm_soymeal_ohlcv.csv", "close"), ("soyoil/zc_corn_ohlcv.csv", "close"),
    ("soyoil/cl_wti_ohlcv.csv", "close"), ("soyoil/dx_dollar_index_ohlcv.csv", "close"),
    ("soyoil/heating_oil_ho_ohlcv_2000_2025.csv", "close"), ("soyoil/natgas_ng_ohlcv_2000_2025.csv", "close"),
    ("soyoil/rbob_rb_ohlcv_2000_2025.csv", "close"), ("fx_macro/vix_ohlc_2000_2025.csv", "close"),
]
CURRENCIES = [
    ("fx_macro/usd_cop_trm_1991_2025.csv", "cop_usd", None, None),
    ("fx_macro/usd_brl_ptax_2001_2025.csv", "brl_usd", None, None),
] + [("fx_macro/fx_ars_brl_cny_myr_2001_2025.csv", "per_usd", "currency", c) for c in ["ARS", "CNY", "MYR"]]
FRED = [
    ("fx_macro/fred_indicators_long.csv", "value", "indicator", name)
    for name in ["cpi_inflation", "crude_oil_wti", "dollar_index_fred", "fed_funds_rate", "ten_year_treasury",
                 "unemployment_rate", "usd_brl_rate_fred", "usd_cny_rate_fred", "vix_index_fred"]
]
MONTHLY = {"cpi_inflation", "fed_funds_rate", "unemployment_rate"}


def entries():
    """(file, column, selector, selected, rows left out at the end, season)"""
    futures = [(f, c, None, None, skip, 5) for skip in [0, 2000] for f, c in FUTURES]
    others = [(*e, skip, 12 if e[3] in MONTHLY else 5) for skip in [0, 300] for e in CURRENCIES + FRED]
    stores = [("retail/rossmann_50stores.csv", "Sales", "Store", s, 0, 7) for s in stores_present()]
    lists = [stores, futures, others]
    while any(lists):
        for entry in [part.pop(0) for part in lists if part]:
            yield entry


def stores_present():
    with open(root / "retail/rossmann_50stores.csv") as f:
        return sorted({row["Store"] for row in csv.DictReader(f)}, key=int)


def read(file, column, selector, selected, skip):
    with open(root / file) as f:
        rows = [r[column] for r in csv.DictReader(f) if selector is None or r[selector] == selected]
    values = [float(v) for v in rows if v not in ("", ".", "nan")]
    values = values[: len(values) - skip][-ROWS:]
    return np.array(values)


def aicc(llf, n, k):
    return -2 * llf + 2 * k * n / (n - k - 1)


def score(y, arma, coef):
    p, q, P, Q, s, d, D = (int(v) for v in arma)
    names = [f"ar{i + 1}" for i in range(p)] + [f"ma{i + 1}" for i in range(q)]
    names += [f"sar{i + 1}" for i in range(P)] + [f"sma{i + 1}" for i in range(Q)]
    exog, beta = None, []
    if "intercept" in coef:
        exog, beta = np.ones(len(y)), [coef["intercept"]]
    if "drift" in coef:
        exog, beta = np.arange(1.0, len(y) + 1), [coef["drift"]]
    assert set(names) | {"intercept", "drift"} >= set(coef), coef
    # without enforced stationarity the start would be another one than the stationary
    model = SARIMAX(
        y, exog, order=(p, d, q), seasonal_order=(P, D, Q, s if P + D + Q else 0), simple_differencing=True,
        concentrate_scale=True, enforce_stationarity=True, enforce_invertibility=True,
    )
    model.ssm.tolerance = 0
    start = np.array(beta + [coef[name] for name in names], dtype=float)
    at, k = model.loglike(start, transformed=True), len(start) + 1
    filtered = model.ssm.filter()
    parts = np.split(start[len(beta):], np.cumsum([p, q, P]))
    found = {name: list(values) for name, values in zip(["ar", "ma", "seasonal_ar", "seasonal_ma"], parts)}
    # a drift of every session is one of a season where seasons are differenced: the constant is its regression's
    found |= {"constant": beta[0] * (s if D else 1) if beta else None, "beta": [], "variance": float(filtered.scale)}
    found["log_likelihood"] = at
    best = at
    if len(start):
        try:
            best = max(at, model.fit(start_params=start, method="lbfgs", maxiter=200, disp=False).llf)
        except (ValueError, np.linalg.LinAlgError):
            pass
    n = model.nobs
    return found, aicc(at, n, k), aicc(best, n, k)


def plain(o):
    return o.item() if hasattr(o, "item") else str(o)


def key(series):
    return [series[name] for name in ["file", "selected", "skip"]]


found = json.loads(out.read_text())["series"] if out.exists() else []
done = [key(series) for series in found]
for file, column, selector, selected, skip, season in entries():
    if [file, selected, skip] in done:
        continue
    y = read(file, column, selector, selected, skip)
    if len(y) < ROWS or np.ptp(y) == 0:
        continue
    fitted = AutoARIMA(season_length=season).fit(y).model_
    fit, at, refitted = score(y, fitted["arma"], fitted["coef"])
    p, q, P, Q, s, d, D = (int(v) for v in fitted["arma"])
    found.append({
        "file": file, "column": column, "selector": selector, "selected": selected, "skip": skip, "rows": len(y),
        "sum": float(y.sum()), "season": season, "order": [p, d, q], "seasonal": [P, D, Q, season], **fit,
        "aicc": at, "aicc_refitted": refitted,
    })
    print(len(found), file, selected, skip, found[-1]["order"], found[-1]["seasonal"], round(at, 2), flush=True)
    head = {"statsforecast": statsforecast.__version__, "statsmodels": statsmodels.__version__}
    body = ",\n".join(json.dumps(f, default=plain) for f in found)
    out.write_text(json.dumps(head)[:-1] + ', "series": [\n' + body + "\n]}\n")
