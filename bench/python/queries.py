"""How long `almanac sql` takes from its start to its answer, over a warehouse that a backfill has filled.

Runs each query a few times as a command of its own and takes the least: `SELECT 1`, the count of all paths, and the
quantiles of each day ahead of one forecast from its stored paths. Prints a line per query and what it should take at
most, and ends with an error where one takes longer.

    python bench/python/queries.py --binaries DIR --warehouse URI [--config FILE] [--key Coffee] [--model naive]
        [--origin 2024-03-15] [--times 5]
"""

import argparse
import pathlib
import subprocess
import time

ROOT = pathlib.Path(__file__).parents[2]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binaries", required=True)
    parser.add_argument("--warehouse", required=True)
    parser.add_argument("--config", default=str(ROOT / "examples/coffee-sugar.toml"))
    parser.add_argument("--key", default="Coffee")
    parser.add_argument("--model", default="naive")
    parser.add_argument("--origin", default="2024-03-15")
    parser.add_argument("--times", type=int, default=5)
    options = parser.parse_args()
    common = [str(pathlib.Path(options.binaries) / "almanac"), "--config", options.config, "--warehouse", options.warehouse]
    chosen = (f"commodity = '{options.key}' AND model_name = '{options.model}' "
              f"AND data_cutoff_date = DATE '{options.origin}'")
    queries = [
        ("start to the answer of SELECT 1", 0.150, "SELECT 1 AS one"),
        ("count of all paths", 0.300, "SELECT count(*) AS paths FROM forecast.distributions"),
        ("quantiles of one forecast", 0.200,
         "SELECT day_ahead, quantiles_agg(value, [0.025, 0.1, 0.5, 0.9, 0.975])[3] AS median, count(*) AS paths "
         f"FROM distributions_long WHERE {chosen} GROUP BY day_ahead ORDER BY day_ahead"),
    ]
    slow = []
    for name, most, query in queries:
        least, answer = None, ""
        for _ in range(options.times):
            started = time.perf_counter()
            done = subprocess.run([*common, "sql", "--format", "csv", "-c", query], capture_output=True, text=True)
            seconds = time.perf_counter() - started
            if done.returncode != 0:
                raise SystemExit(f"{query}: {done.stderr}")
            least, answer = min(seconds, least or seconds), done.stdout
        rows = answer.splitlines()[1:]
        if not rows:
            raise SystemExit(f"{query}: no rows; name a key, model and origin that are there")
        print(f"{name:32} {least * 1000:6.0f} ms, at most {most * 1000:.0f}; {len(rows)} rows, the first {rows[0]}")
        if least > most:
            slow.append(name)
    if slow:
        raise SystemExit("too slow: " + ", ".join(slow))


if __name__ == "__main__":
    main()
