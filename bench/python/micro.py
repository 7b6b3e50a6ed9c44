"""Seconds for single fits by the usual Python libraries, on one thread: the median of a few runs of each.

    python micro.py --data DIR [--repeat 3]

The series is the coffee close of the four years before 2018-01-01, with three weather columns where a model takes them.
"""

import os

for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS"):
    os.environ[variable] = "1"

import argparse
import statistics
import time
import warnings
from pathlib import Path

import numpy as np
import pmdarima
import xgboost
from statsforecast.arima import auto_arima_f
from statsmodels.tsa.statespace.sarimax import SARIMAX

import data
import models

CUTOFF = np.datetime64("2017-12-31")
SESSIONS = 1000
SEARCH = {"max_p": 3, "max_q": 3, "max_d": 2, "seasonal": False, "stepwise": True}


def cases(series: data.Series):
    end = series.up_to(CUTOFF)
    start = max(end - SESSIONS, int(np.argmax(~np.isnan(series.weather).any(axis=1))))
    y, x = series.closes[start:end], series.weather[start:end]
    logs = np.log(y).astype(np.float32)
    recent = models.features(np.lib.stride_tricks.sliding_window_view(logs, models.MEMORY)[:-1])
    target = np.diff(logs)[models.MEMORY - 1 :]
    booster = xgboost.train(models.TREES, xgboost.DMatrix(recent, target), models.ROUNDS)
    block = np.repeat(recent[-1:], models.PATHS, axis=0)

    def arima(simple: bool):
        model = SARIMAX(y, exog=x, order=(1, 1, 1), simple_differencing=simple)
        return f"log-likelihood {model.fit(disp=False).llf:.3f}"

    yield f"statsmodels SARIMAX(1,1,1), {len(y)} sessions, 3 regressors", lambda: arima(False)
    yield "the same with simple differencing", lambda: arima(True)
    yield "pmdarima auto_arima, p, q ≤ 3, d ≤ 2, 3 regressors", lambda: (
        f"order {pmdarima.auto_arima(y, X=x, **SEARCH).order}"
    )
    yield "statsforecast auto_arima_f, the same search", lambda: (
        f"arma {auto_arima_f(y, xreg=x, approximation=False, **SEARCH)['arma']}"
    )
    yield f"xgboost, {models.ROUNDS} trees, {recent.shape[1]} features", lambda: (
        f"{xgboost.train(models.TREES, xgboost.DMatrix(recent, target), models.ROUNDS).num_boosted_rounds()} trees"
    )
    yield f"xgboost, one day of {models.PATHS} paths", lambda: f"{len(booster.inplace_predict(block))} values"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", required=True)
    parser.add_argument("--repeat", type=int, default=3)
    arguments = parser.parse_args()
    warnings.filterwarnings("ignore")
    for name, run in cases(data.load(Path(arguments.data))["Coffee"]):
        seconds = []
        for _ in range(arguments.repeat):
            start = time.process_time()
            result = run()
            seconds.append(time.process_time() - start)
        print(f"{name:60} {statistics.median(seconds):9.4f} CPU s   {result}", flush=True)


if __name__ == "__main__":
    main()
