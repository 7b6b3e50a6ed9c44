"""The README's table of accuracy: MAE over naive's and coverage, by model and key, as `almanac evaluate` tells them.

    python bench/python/accuracy_table.py --binaries DIR --warehouse URI [--data DIR] [--config examples/registry.toml]
        [--models A,B]

With --data it first backfills what the warehouse lacks. `--models all` are the built-in ones; the default are those of
the configuration. Prints Markdown, a dash where a model does not run on a key, and below it which models' 95 % intervals
cover less than 0.80 or more than 0.99 and need a word of explanation.
"""

import argparse
import json
import pathlib
import subprocess

ROOT = pathlib.Path(__file__).parents[2]
USUAL = (0.80, 0.99)


def run(command: list[str]) -> str:
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True)
    if done.returncode != 0:
        raise SystemExit(f"{' '.join(command)} ended with {done.returncode}")
    return done.stdout


def cells(score: dict | None) -> list[str]:
    if score is None:
        return ["–"] * 3
    numbers = [score["ratio_to_naive"], score["coverage"]["80"], score["coverage"]["95"]]
    return ["–" if number is None else f"{number:.3f}" for number in numbers]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binaries", required=True)
    parser.add_argument("--warehouse", required=True)
    parser.add_argument("--data", help="where the files of the configuration are")
    parser.add_argument("--config", default=str(ROOT / "examples/registry.toml"))
    parser.add_argument("--models", help="names, separated by commas, or all")
    options = parser.parse_args()
    common = [str(pathlib.Path(options.binaries) / "almanac"), "--config", options.config, "--warehouse", options.warehouse]
    models = options.models
    if models == "all":
        listed = json.loads(run([*common, "-o", "json", "models", "list"]))["models"]
        models = ",".join(entry["model"] for entry in listed)
    chosen = ["--models", models] if models else []
    if options.data:
        run([*common, *chosen, "--source", options.data, "backfill"])
    lines = [json.loads(line) for line in run([*common, *chosen, "evaluate"]).splitlines() if line.startswith("{")]
    scores = {(score["model"], score["key"]): score for line in lines for score in line.get("scores", [])}
    names, keys = ({pair[place] for pair in scores} for place in (0, 1))
    keys = sorted(keys)
    print("| model | " + " | ".join(f"{key.lower()}: MAE / naive | in 80 | in 95" for key in keys) + " |")
    print("|---|" + "--:|" * 3 * len(keys))
    for name in sorted(names):
        print("| " + " | ".join([name, *(cell for key in keys for cell in cells(scores.get((name, key))))]) + " |")
    shares = {pair: score["coverage"]["95"] for pair, score in scores.items()}
    for (name, key), share in sorted(shares.items()):
        if share is not None and not USUAL[0] <= share <= USUAL[1]:
            print(f"\n{name} on {key.lower()}: {share:.3f} where it says 95 %")


if __name__ == "__main__":
    main()
