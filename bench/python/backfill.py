"""The seed backfill as a careful Python program would do it: the program that README.md compares with.

Semiannual windows, three models, 2,000 paths of 14 sessions for every session as an origin; every fit sees its window's
past only, every forecast conditions the stored fit on the closes up to its origin. Paths and their statistics are
appended to Delta tables, one commit per (key, model, window). One thread per process.

    python backfill.py --data DIR --output DIR [--processes 2] [--windows 16] [--from 2018-01-01] [--to 2025-11-17]
"""

import os

for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS"):
    os.environ[variable] = "1"

import argparse
import hashlib
import multiprocessing
import resource
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
from deltalake import write_deltalake

import data
from models import HORIZON, MODELS, PATHS

LEVELS = (0.025, 0.1, 0.5, 0.9, 0.975)
NAMES = ("lower_95", "lower_80", "forecast_point", "upper_80", "upper_95")
BATCH = 16  # forecasts held as float at once
SERIES: dict[str, data.Series] = {}


def windows(first: str, last: str) -> list[tuple[np.datetime64, np.datetime64]]:
    starts = [np.datetime64(f"{year}-{month}-01") for year in range(2000, 2100) for month in ("01", "07")]
    pairs = zip(starts, starts[1:])
    return [(s, e) for s, e in pairs if e > np.datetime64(first) and s <= np.datetime64(last)]


def generator(*parts: object) -> np.random.Generator:
    digest = hashlib.sha256(repr(parts).encode()).digest()
    return np.random.Generator(np.random.Philox(int.from_bytes(digest[:16], "little")))


def start_worker(folder: str) -> None:
    SERIES.update(data.load(Path(folder)))


def run_cell(job: tuple) -> dict:
    """Fits one model on one window of one key and forecasts from each of the window's sessions."""
    key, name, (start, end), last, output = job
    series = SERIES[key]
    clock = [time.process_time()]
    training = series.up_to(start - 1)
    years_ago = np.datetime64(pd.Timestamp(start) - pd.DateOffset(years=4), "D")
    simulate = MODELS[name](series, series.up_to(years_ago - 1), training)
    clock.append(time.process_time())

    origins = np.arange(training + 1, series.up_to(min(end - 1, np.datetime64(last))) + 1)
    paths, statistics, errors = [], [], []
    for batch in np.array_split(origins, max(1, len(origins) // BATCH)):
        block = simulate(batch, generator(42, key, name, str(start), int(batch[0])))
        quantiles = np.quantile(block, LEVELS, axis=2)
        statistics.append(np.stack([*quantiles, block.mean(axis=2), block.std(axis=2, ddof=1)], axis=-1))
        paths.append(block)
        for i, origin in enumerate(batch):
            actual = series.closes[origin : origin + HORIZON]
            errors.append(np.abs(quantiles[2, i, : len(actual)] - actual))
    clock.append(time.process_time())

    if len(origins):
        write(output, key, name, start, series.dates[origins - 1], np.concatenate(paths), np.concatenate(statistics))
    clock.append(time.process_time())
    fit, infer, written = np.diff(clock)
    error = np.concatenate(errors) if errors else np.array([])
    return {"key": key, "model": name, "fits": 1, "forecasts": len(origins), "fit_s": fit, "infer_s": infer,
            "write_s": written, "error": error.sum(), "scored": len(error)}  # fmt: skip


def write(output: str, key: str, name: str, start, dates, paths: np.ndarray, statistics: np.ndarray) -> None:
    forecasts = len(dates)
    rows = forecasts * PATHS
    cutoffs = pa.array(dates)

    def constant(value: str, length: int) -> pa.Array:
        return pa.DictionaryArray.from_arrays(np.zeros(length, dtype=np.int8), [value]).cast(pa.string())

    def common(length: int, each: int) -> dict:
        return {
            "commodity": constant(key, length),
            "model_version": constant("v1", length),
            "training_cutoff_date": pa.array(np.full(length, start - 1)),
            "data_cutoff_date": cutoffs.take(pa.array(np.repeat(np.arange(forecasts), each))),
            "model_name": constant(name, length),
        }

    table = common(rows, PATHS) | {"path_id": pa.array(np.tile(np.arange(1, PATHS + 1, dtype=np.int32), forecasts))}
    table |= {f"day_{h + 1}": pa.array(paths[:, h, :].reshape(-1)) for h in range(HORIZON)}
    append(f"{output}/distributions", table)

    points = common(forecasts * HORIZON, HORIZON)
    points["day_ahead"] = pa.array(np.tile(np.arange(1, HORIZON + 1, dtype=np.int32), forecasts))
    flat = statistics.reshape(-1, statistics.shape[-1])
    names = (*NAMES, "forecast_mean", "forecast_std")
    points |= {column: pa.array(flat[:, i].astype(np.float64)) for i, column in enumerate(names)}
    append(f"{output}/point_forecasts", points)


def append(path: str, columns: dict) -> None:
    write_deltalake(path, pa.table(columns), mode="append", partition_by=["model_name"])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", required=True)
    parser.add_argument("--output", required=True)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--windows", type=int, default=None, help="only the first so many")
    parser.add_argument("--models", default=",".join(MODELS))
    parser.add_argument("--from", dest="first", default="2018-01-01")
    parser.add_argument("--to", dest="last", default="2025-11-17")
    arguments = parser.parse_args()

    start_wall = time.monotonic()
    series = data.load(Path(arguments.data))
    spans = windows(arguments.first, arguments.last)[: arguments.windows]
    jobs = [
        (key, name, span, arguments.last, arguments.output)
        for name in reversed(arguments.models.split(","))  # the slowest first
        for key in series
        for span in spans
        if name != "sarimax_auto_weather" or series[key].weather is not None
    ]
    spawn = multiprocessing.get_context("spawn")
    # the first cell alone: its commits create the tables
    with spawn.Pool(arguments.processes, start_worker, (arguments.data,)) as pool:
        cells = [pool.apply(run_cell, (jobs[0],))]
        cells += pool.imap_unordered(run_cell, jobs[1:])
        pool.close()
        pool.join()
    report(cells, time.monotonic() - start_wall)


def report(cells: list[dict], wall: float) -> None:
    frame = pd.DataFrame(cells).groupby(["model", "key"]).sum(numeric_only=True)
    frame["mae"] = frame["error"] / frame["scored"]
    print(frame.drop(columns=["error", "scored"]).round(3).to_string())
    total = frame.sum()
    usage = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    cpu = sum(u.ru_utime + u.ru_stime for u in usage)
    print(f"fits {total['fits']:.0f}, forecasts {total['forecasts']:.0f}, path rows {total['forecasts'] * PATHS:.0f}")
    print(f"CPU s: fit {total['fit_s']:.1f}, infer {total['infer_s']:.1f}, write {total['write_s']:.1f}, all {cpu:.1f}")
    print(f"wall s: {wall:.1f}; largest process {max(u.ru_maxrss for u in usage) / 1024:.0f} MB")


if __name__ == "__main__":
    main()
