"""How the cluster scales, with a sleep in place of each fit.

Trains models on every session's window of the demo data (1,885 cells a model) with 1, 2 and 4 executors of this machine; each
fit sleeps, so that executors beyond the machine's cores are still busy, and what is measured is packing, scheduling, reports
and commits. Parts are cut by what fits cost, so that models whose own costs differ would be cut wrongly for
equal sleeps. Prints one line per cluster: seconds, efficiency against the first, the share of slots in use over the last
fifth of the run, and the scheduler's resident memory.

    python bench/python/scaling.py --binaries DIR [--model A,B] [--vcores 8] [--milliseconds 150] [--executors 1,2,4]
"""

import argparse
import json
import pathlib
import subprocess
import tempfile
import threading
import time
import urllib.request

from processes import free_port, start_executor, start_scheduler

MODELS = "naive,naive_student,naive_garch,random_walk,seasonal_naive,window_average"
CONFIG = pathlib.Path(__file__).parents[2] / "examples" / "demo.toml"


def metric(port, name):
    text = urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5).read().decode()
    return next((float(line.split()[-1]) for line in text.splitlines() if line.startswith(name + " ")), 0.0)


def resident_mib(pid):
    status = pathlib.Path(f"/proc/{pid}/status").read_text()
    return next(int(line.split()[1]) / 1024 for line in status.splitlines() if line.startswith("VmRSS"))


def measure(options, common, folder, executors):
    binaries, port = pathlib.Path(options.binaries), free_port()
    pause = {"ALMANAC_PAUSE_AT": f"fit:{options.milliseconds}"}
    processes = [start_scheduler(binaries, port, folder)]
    try:
        for number in range(executors):
            processes.append(start_executor(binaries, port, number, options.vcores, folder, pause))
        samples, done = [], threading.Event()

        def watch():
            while not done.wait(0.5):
                busy = sum(metric(metrics, "almanac_tasks_running") for _, metrics in processes[1:])
                samples.append((busy, resident_mib(processes[0][0].pid)))

        watcher = threading.Thread(target=watch)
        watcher.start()
        started = time.monotonic()
        version = ["--model-version", f"x{executors}"]
        command = [*common, *version, "--models", options.model, "--every", "daily", "--scheduler",
                   f"df://127.0.0.1:{port}", "train"]
        run = subprocess.run(command, capture_output=True, text=True)
        seconds = time.monotonic() - started
        done.set()
        watcher.join()
        if run.returncode != 0:
            raise SystemExit(run.stderr)
        report = json.loads(run.stdout.splitlines()[-1])
        last = [busy for busy, _ in samples[-max(1, len(samples) // 5):]]
        return {
            "executors": executors, "slots": executors * options.vcores, "seconds": round(seconds, 1),
            "report": report, "in_use_last_fifth": round(sum(last) / len(last) / (executors * options.vcores), 3),
            "scheduler_mib": [round(samples[len(samples) // 4][1]), round(samples[-1][1])],
        }
    finally:
        for process, _ in reversed(processes):
            process.kill()
            process.wait()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binaries", required=True)
    parser.add_argument("--vcores", type=int, default=8)
    parser.add_argument("--milliseconds", type=int, default=150)
    parser.add_argument("--model", default=MODELS)
    parser.add_argument("--from", dest="start", default="2014-01-01")
    parser.add_argument("--executors", default="1,2,4")
    options = parser.parse_args()
    almanac = pathlib.Path(options.binaries) / "almanac"
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        subprocess.run([almanac, "demo-data", folder / "data"], check=True, stdout=subprocess.DEVNULL)
        common = [str(almanac), "--config", str(CONFIG), "--source", str(folder / "data"),
                  "--warehouse", str(folder / "warehouse"), "--from", options.start]
        for step in ("ingest", "build"):
            subprocess.run([*common, step], check=True, stdout=subprocess.DEVNULL)
        base = None
        for executors in map(int, options.executors.split(",")):
            found = measure(options, common, folder, executors)
            base = base or (found["seconds"] * executors)
            found["efficiency"] = round(base / found["seconds"] / executors, 3)
            print(json.dumps(found), flush=True)


if __name__ == "__main__":
    main()
