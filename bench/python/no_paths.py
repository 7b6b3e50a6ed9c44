"""What `--no-paths` saves: one backfill without and with paths, each into a warehouse of its own that is removed again.

    python bench/python/no_paths.py --binaries DIR --data DIR [--config examples/registry.toml] [--threads N]

Prints a Markdown table of seconds: of each stage summed over the threads, and of the wall. Ends with an error where the
wall, times the threads, is shortened by less than the encoding and writing that is not done.
"""

import argparse
import json
import os
import pathlib
import subprocess
import tempfile

ROOT = pathlib.Path(__file__).parents[2]
STAGES = {
    "plan": "plan_seconds", "fit": "fit_seconds", "condition": "condition_seconds", "simulate": "simulate_seconds",
    "statistics of the paths": "summarise_seconds", "encode and write": "write_seconds", "commit": "commit_seconds",
    "train and infer, wall": "seconds",
}  # fmt: skip


def backfill(options: argparse.Namespace, flags: list[str]) -> dict[str, float]:
    """Seconds of `train` and `infer`, by stage."""
    with tempfile.TemporaryDirectory() as folder:
        # what another run left to be written is not this one's
        os.sync()
        command = [str(pathlib.Path(options.binaries) / "almanac"), "--config", options.config, "--source", options.data,
                   "--warehouse", folder, "--threads", str(options.threads), *flags, "backfill"]
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode != 0:
            raise SystemExit(f"{' '.join(command)}: {done.stderr}")
    lines = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    steps = [line for line in lines if line["step"] in ("train", "infer")]
    return {stage: sum(step[name] for step in steps) for stage, name in STAGES.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binaries", required=True)
    parser.add_argument("--data", required=True)
    parser.add_argument("--config", default=str(ROOT / "examples/registry.toml"))
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    options = parser.parse_args()
    without = backfill(options, ["--no-paths"])
    paths = backfill(options, [])
    print(f"| seconds, {options.threads} threads | with paths | `--no-paths` | saved |\n|---|--:|--:|--:|")
    for stage in STAGES:
        print(f"| {stage} | {paths[stage]:.1f} | {without[stage]:.1f} | {paths[stage] - without[stage]:.1f} |")
    wall, written = (paths[stage] - without[stage] for stage in ("train and infer, wall", "encode and write"))
    print(f"\n{wall * options.threads:.1f} core-seconds saved, {written:.1f} of them not encoded and written, "
          f"of {paths['encode and write']:.1f}")
    if wall * options.threads < written:
        raise SystemExit("less is saved than the encoding and writing")


if __name__ == "__main__":
    main()
