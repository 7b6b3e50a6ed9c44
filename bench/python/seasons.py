"""How many repetitions of a long season should count: `seasons` and `term_seasons` of arima, ets, theta and ces.

    python bench/python/seasons.py --almanac PATH --dataset PATH [--group Weekly] [--origins 3] [--seasons 4,6,8,12,10000]
        [--term-seasons 3,5,8,10000] [--limit N] [--threads N]

PATH holds Train/GROUP-train.csv as in the M4 competition; its test part is not read. Of each training series the last
steps are cut off and forecast from what is before them, once for each origin: the last steps, those before, and so on.
Each number is tried with the other at its default, by `almanac bench accuracy`; a line is the mean over the origins.
Prints a Markdown table: OWA, and the distance of the share inside the 95 % interval from 0.95.
"""

import argparse
import csv
import json
import pathlib
import subprocess
import tempfile
import tomllib

ROOT = pathlib.Path(__file__).parents[2]
MODELS = ["auto_arima_stats", "auto_ets", "auto_theta", "auto_ces"]
MEDIAN = f"median_of_{len(MODELS)}"
DEFAULTS = {"seasons": 8, "term_seasons": 5}
WITH_TERMS = {"ets", "theta"}
STEPS = {"Hourly": 48, "Daily": 14, "Weekly": 13, "Monthly": 18, "Quarterly": 8, "Yearly": 6}
CONFIG = """[dataset]
name = "seasons"
key = ["unique_id"]
target = "y"

[[sources]]
name = "panel"
path = "panel.csv"
bars = true
key = { unique_id = "unique_id" }
columns = [{ name = "y" }]
"""


def series(dataset: pathlib.Path, group: str) -> dict[str, list[str]]:
    with open(dataset / "Train" / f"{group}-train.csv") as file:
        rows = csv.reader(file)
        next(rows)
        found = {row[0]: [value for value in row[1:] if value.strip()] for row in rows}
    return found


def cut(found: dict[str, list[str]], folder: pathlib.Path, group: str, steps: int, origin: int) -> int:
    """Writes the series as a data set that ends `origin` times `steps` earlier; how many are long enough."""
    parts = {"Train": {}, "Test": {}}
    for name, values in found.items():
        values = values[: max(len(values) - origin * steps, 0)]
        if len(values) > steps:
            parts["Train"][name], parts["Test"][name] = values[:-steps], values[-steps:]
    for part, lines in parts.items():
        (folder / part).mkdir(parents=True)
        with open(folder / part / f"{group}-{part.lower()}.csv", "w", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(["id", "values"])
            writer.writerows([name, *values] for name, values in lines.items())
    return len(parts["Train"])


def config(file: pathlib.Path, choice: dict[str, int]) -> None:
    """The built-in entries of the models, under their names, with a choice among their settings."""
    built_in = {entry["name"]: entry for entry in tomllib.loads((ROOT / "engine/src/registry.toml").read_text())["models"]}
    text = CONFIG
    for name in MODELS:
        entry = built_in[name]
        own = {key: value for key, value in choice.items() if key == "seasons" or entry["family"] in WITH_TERMS}
        settings = ", ".join(f"{key} = {json.dumps(value)}" for key, value in (entry["settings"] | own).items())
        text += f'\n[[models]]\nname = "{name}"\nfamily = "{entry["family"]}"\nsettings = {{ {settings} }}\n'
    file.write_text(text)


def measure(options: argparse.Namespace, configuration: pathlib.Path, folder: pathlib.Path) -> dict[str, dict]:
    command = [options.almanac, "-o", "json", "--config", str(configuration), "--models", ",".join(MODELS)]
    for name in ("limit", "threads"):
        value = getattr(options, name)
        command += [f"--{name}", str(value)] if value else []
    command += ["bench", "accuracy", "--dataset", str(folder), "--group", options.group, "--combine", "median"]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        raise SystemExit(f"{' '.join(command)}: {done.stderr}")
    return {row["model"]: row for row in json.loads(done.stdout)["models"]}


def numbers(text: str) -> list[int]:
    return [int(number) for number in text.split(",")]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--almanac", required=True, help="the program")
    parser.add_argument("--dataset", required=True, type=pathlib.Path)
    parser.add_argument("--group", default="Weekly", choices=STEPS)
    parser.add_argument("--origins", type=int, default=3)
    parser.add_argument("--seasons", type=numbers, default=[4, 6, 8, 12, 10_000])
    parser.add_argument("--term-seasons", type=numbers, default=[3, 5, 8, 10_000])
    parser.add_argument("--limit", type=int, help="series, spread evenly")
    parser.add_argument("--threads", type=int)
    options = parser.parse_args()
    choices = [DEFAULTS]
    choices += [DEFAULTS | {"seasons": n} for n in options.seasons if n != DEFAULTS["seasons"]]
    choices += [DEFAULTS | {"term_seasons": n} for n in options.term_seasons if n != DEFAULTS["term_seasons"]]
    found, names = series(options.dataset, options.group), [*MODELS, MEDIAN]
    with tempfile.TemporaryDirectory() as name:
        place = pathlib.Path(name)
        steps = STEPS[options.group]
        counts = [cut(found, place / str(origin), options.group, steps, origin) for origin in range(options.origins)]
        print(f"{options.group}: {steps} steps from {options.origins} origins, {counts} series; OWA and |cov−95|\n")
        print("| " + " | ".join(["seasons", "term_seasons", *names]) + " |")
        print("|--:|--:|" + "--:|" * len(names))
        for choice in choices:
            configuration = place / "seasons.toml"
            config(configuration, choice)
            runs = [measure(options, configuration, place / str(origin)) for origin in range(options.origins)]

            def mean(model: str, score: str) -> float:
                return sum(run[model][score] for run in runs) / len(runs)

            cells = [f"{mean(model, 'owa'):.4f} / {mean(model, 'coverage_error'):.3f}" for model in names]
            print("| " + " | ".join([*map(str, choice.values()), *cells]) + " |", flush=True)


if __name__ == "__main__":
    main()
