"""What `--no-paths` saves: one backfill without and with paths, each into a warehouse of its own that is removed again.

    python bench/python/no_paths.py --binaries DIR --data DIR [--config examples/registry.toml] [--threads N]
        [--at-most-seconds 480] [--at-most-mib 1536]

Prints a Markdown table of seconds: of each stage summed over the threads, and of the wall; then what each process took from
its start to its end, and the most memory that it held. Ends with an error where one of them took longer or more than it may
(by default 8 minutes and 1.5 GiB), or where the wall, times the threads, is shortened by less than the encoding and writing
that is not done.
"""

import argparse
import json
import os
import pathlib
import subprocess
import tempfile
import time
from typing import NamedTuple

ROOT = pathlib.Path(__file__).parents[2]
STAGES = {
    "plan": "plan_seconds", "fit": "fit_seconds", "condition": "condition_seconds", "simulate": "simulate_seconds",
    "statistics of the paths": "summarise_seconds", "encode and write": "write_seconds", "commit": "commit_seconds",
    "train and infer, wall": "seconds",
}  # fmt: skip


class Run(NamedTuple):
    stages: dict[str, float]
    """Seconds of `train` and `infer`, by stage."""
    seconds: float
    """From the start of the process to its end."""
    mib: float
    """The most resident memory that it held."""


def backfill(options: argparse.Namespace, flags: list[str]) -> Run:
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryFile() as told, tempfile.TemporaryFile() as errors:
        # what another run left to be written is not this one's
        os.sync()
        command = [str(pathlib.Path(options.binaries) / "almanac"), "--config", options.config, "--source", options.data,
                   "--warehouse", folder, "--threads", str(options.threads), *flags, "backfill"]
        start = time.monotonic()
        process = subprocess.Popen(command, stdout=told, stderr=errors)
        # of this process alone: the usage of all children is the largest of any
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.monotonic() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        for file in (told, errors):
            file.seek(0)
        if process.returncode != 0:
            raise SystemExit(f"{' '.join(command)}: {errors.read().decode()}")
        lines = [json.loads(line) for line in told.read().decode().splitlines() if line.startswith("{")]
    steps = [line for line in lines if line["step"] in ("train", "infer")]
    stages = {stage: sum(step[name] for step in steps) for stage, name in STAGES.items()}
    return Run(stages, seconds, usage.ru_maxrss / 1024)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binaries", required=True)
    parser.add_argument("--data", required=True)
    parser.add_argument("--config", default=str(ROOT / "examples/registry.toml"))
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--at-most-seconds", type=float, default=480)
    parser.add_argument("--at-most-mib", type=float, default=1536)
    options = parser.parse_args()
    without = backfill(options, ["--no-paths"])
    paths = backfill(options, [])
    print(f"| seconds, {options.threads} threads | with paths | `--no-paths` | saved |\n|---|--:|--:|--:|")
    for stage in STAGES:
        cells = paths.stages[stage], without.stages[stage], paths.stages[stage] - without.stages[stage]
        print(f"| {stage} | {' | '.join(f'{cell:.1f}' for cell in cells)} |")
    wall, written = (paths.stages[stage] - without.stages[stage] for stage in ("train and infer, wall", "encode and write"))
    print(f"\n{wall * options.threads:.1f} core-seconds saved, {written:.1f} of them not encoded and written, "
          f"of {paths.stages['encode and write']:.1f}")
    failures = []
    for name, run in (("with paths", paths), ("with --no-paths", without)):
        print(f"{name}: {run.seconds:.1f} s from start to end, at most {options.at_most_seconds:.0f}; "
              f"peak resident memory {run.mib:.0f} MiB, at most {options.at_most_mib:.0f}")
        if run.seconds > options.at_most_seconds:
            failures.append(f"{name} took longer than {options.at_most_seconds:.0f} s")
        if run.mib > options.at_most_mib:
            failures.append(f"{name} held more than {options.at_most_mib:.0f} MiB")
    if wall * options.threads < written:
        failures.append("less is saved than the encoding and writing")
    if failures:
        raise SystemExit("; ".join(failures))


if __name__ == "__main__":
    main()
