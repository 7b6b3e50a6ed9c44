"""Fits, conditioning and paths of `almanac bench models` beside those of the usual Python libraries, on the same series.

    python speed.py --almanac PATH [--repeat 3] [--only auto_ets,prophet]

Everything runs on one thread, one after the other, in one go. The program makes the series and writes it to a file, which
is read here. A time is the least of a few runs, of each library after one that warms it up. The table is Markdown. Ends
with an error where a time is above what it should be at most.
"""

import os

for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS"):
    os.environ[variable] = "1"

import argparse
import importlib.metadata
import json
import logging
import platform
import subprocess
import sys
import tempfile
import time
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pmdarima
from prophet import Prophet
from statsforecast.arima import auto_arima_f
from statsforecast.ces import auto_ces
from statsforecast.ets import ets_f
from statsforecast.theta import auto_theta
from statsmodels.tsa.statespace.sarimax import SARIMAX

import models
from data import Series

WEEK, HISTORY, HORIZON, PATHS = 7, 1460, 14, 2000
LEVELS = [0.025, 0.1, 0.5, 0.9, 0.975]
SEARCH = {"max_p": 3, "max_q": 3, "max_d": 2, "seasonal": False, "stepwise": True}
LIBRARIES = ["statsmodels", "statsforecast", "pmdarima", "prophet", "xgboost-cpu"]


def cases(frame: pd.DataFrame):
    """(task of `almanac bench models`, library, what to time); what comes first needs no time of its own."""
    y = frame["y"].to_numpy()
    x = frame[["x0", "x1", "x2"]].to_numpy()
    dated = pd.DataFrame({"ds": pd.to_datetime(frame["day"], unit="D"), "y": y})
    generator = np.random.default_rng(42)

    def sarimax(simple: bool):
        order = {"order": (1, 1, 1), "seasonal_order": (1, 1, 1, WEEK)}
        return lambda: SARIMAX(y, exog=x, simple_differencing=simple, **order).fit(disp=False)

    yield "sarimax", "statsmodels", sarimax(False)
    yield "sarimax", "statsmodels, simple differencing", sarimax(True)
    yield "auto_arima", "statsforecast", lambda: auto_arima_f(y, xreg=x, approximation=False, **SEARCH)
    yield "auto_arima", "pmdarima", lambda: pmdarima.auto_arima(y, X=x, **SEARCH)
    yield "auto_ets", "statsforecast", lambda: ets_f(y, m=WEEK)
    yield "auto_theta", "statsforecast", lambda: auto_theta(y, m=WEEK)
    yield "auto_ces", "statsforecast", lambda: auto_ces(y, m=WEEK)
    yield "prophet", "prophet", lambda: Prophet(weekly_seasonality=True, yearly_seasonality=True).fit(dated)

    series = Series(dated["ds"].to_numpy(), y, None)
    yield "trees", "xgboost", lambda: models.trees(series, 0, len(y))
    drawn = models.trees(series, 0, len(y))
    last = np.array([len(y)])
    yield "tree_paths", "xgboost", lambda: np.quantile(drawn(last, generator), LEVELS, axis=2)

    fitted = SARIMAX(y[:HISTORY], order=(1, 1, 1)).fit(disp=False)

    def paths():
        drawn = fitted.simulate(HORIZON, repetitions=PATHS, anchor="end", rng=generator)
        return np.quantile(np.asarray(drawn).reshape(HORIZON, PATHS), LEVELS, axis=1)

    yield "condition", "statsmodels", lambda: fitted.apply(y[:HISTORY])
    yield "arima_paths", "statsmodels", paths


def least(work, repeat: int) -> float:
    """Milliseconds of the quickest of several runs, after one more."""
    seconds = []
    for _ in range(repeat + 1):
        start = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - start)
    return 1e3 * min(seconds[1:])


def processor() -> str:
    names = [line.split(":")[1].strip() for line in Path("/proc/cpuinfo").read_text().splitlines() if "model name" in line]
    return f"{names[0] if names else platform.machine()}, {len(names)} cores"


def milliseconds(value: float | None) -> str:
    if value is None:
        return ""
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--almanac", required=True, help="the program")
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--only", help="tasks, separated by commas")
    arguments = parser.parse_args()
    warnings.filterwarnings("ignore")
    for name in ("cmdstanpy", "prophet"):
        logging.getLogger(name).setLevel(logging.ERROR)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "series.csv"
        command = [arguments.almanac, "-o", "json", "bench", "models", "--write", str(file)]
        found = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
        ours = {row["task"]: row for row in found["times"]}
        frame = pd.read_csv(file)
    wanted = arguments.only.split(",") if arguments.only else list(ours)
    print(f"{processor()}; load {os.getloadavg()[0]:.1f} at the start; Python {platform.python_version()}, "
          + ", ".join(f"{name} {importlib.metadata.version(name)}" for name in LIBRARIES) + "\n")
    print("| task | here, ms | at most | library | its ms | ratio |\n|---|---|---|---|---|---|")
    for task, library, work in cases(frame):
        if task not in wanted:
            continue
        theirs = least(work, arguments.repeat)
        row = ours[task]
        cells = [row["what"], milliseconds(row["ms"]), milliseconds(row["at_most_ms"]), library, milliseconds(theirs)]
        print("| " + " | ".join([*cells, f"{theirs / row['ms']:,.3g}"]) + " |", flush=True)
    slow = [ours[task] for task in wanted if ours[task]["at_most_ms"] and ours[task]["ms"] > ours[task]["at_most_ms"]]
    if slow:
        sys.exit("slower than it should be: " + ", ".join(f"{row['what']} {row['ms']:.3g} ms" for row in slow))


if __name__ == "__main__":
    main()
