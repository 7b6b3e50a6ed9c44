"""The seed backfill embedded on disk, embedded on S3, and on a cluster with S3, all on this machine.

The store is a Ceph gateway that keeps its objects in memory (tests/gateway; packages ceph-mon, ceph-osd, radosgw), the
cluster two executors of one core each. Prints, as one JSON line per run: seconds of train and infer, requests and bytes
that the gateway counted, and at last the seconds of one forecast on the warm cluster, from the start to the end of each
command. The rows of all runs must be equal. Rounds follow each other, as one run differs from the next by a tenth and more;
ends with an error where by their medians a job of one forecast takes a second, or the cluster's run more than 1.25 times
the embedded one and 4 s.

    python bench/python/cluster.py --binaries DIR --data DIR [--config examples/coffee-sugar.toml] [--rounds 3]
"""

import argparse
import json
import os
import pathlib
import statistics
import subprocess
import tempfile
import time

from processes import free_port, start_executor, start_scheduler

ROOT = pathlib.Path(__file__).parents[2]
BUCKET = "bench"
COUNTED = ("req", "get", "get_b", "put", "put_b", "del_obj_ops", "list_obj_ops")


class Gateway:
    """A gateway in a folder of its own."""

    def __init__(self):
        # short: the paths of its sockets are limited
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="rgw-", dir="/tmp"))
        self.port = free_port()
        up = [ROOT / "tests/gateway/up.sh", self.folder, "memstore", str(self.port), str(free_port())]
        subprocess.run(up, check=True, stdout=subprocess.DEVNULL)
        self.environment = {
            "AWS_ENDPOINT_URL": f"http://127.0.0.1:{self.port}", "AWS_ALLOW_HTTP": "true", "AWS_REGION": "us-east-1",
            "AWS_ACCESS_KEY_ID": "testkey", "AWS_SECRET_ACCESS_KEY": "testsecret1",
        }
        curl = ["curl", "--silent", "--show-error", "--fail", "--aws-sigv4", "aws:amz:us-east-1:s3", "--user",
                "testkey:testsecret1", "-H", "x-amz-content-sha256: UNSIGNED-PAYLOAD", "-X", "PUT", f"http://127.0.0.1:{self.port}/{BUCKET}"]
        subprocess.run(curl, check=True)

    def counters(self):
        socket = next(self.folder.rglob("client.admin*.asok"))
        text = subprocess.run(["ceph", "daemon", str(socket), "perf", "dump"], check=True, capture_output=True).stdout
        found = {}
        for section in json.loads(text).values():
            found |= {name: section[name] for name in COUNTED if isinstance(section.get(name), (int, float))}
        return found

    def close(self):
        subprocess.run([ROOT / "tests/gateway/down.sh", self.folder], stdout=subprocess.DEVNULL)


def run(command, environment):
    done = subprocess.run(command, capture_output=True, text=True, env=os.environ | environment)
    if done.returncode != 0:
        raise SystemExit(f"{' '.join(command)}: {done.stderr}")
    return [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]


def backfill(common, environment, gateway, name):
    for step in ("ingest", "build"):
        run([*common, step], environment)
    before = gateway.counters() if gateway else {}
    steps = {line["step"]: line for step in ("train", "infer") for line in run([*common, step], environment)}
    after = gateway.counters() if gateway else {}
    tables = run([*common, "tables", "--content"], environment)
    found = {"run": name, "train": steps["train"]["seconds"], "infer": steps["infer"]["seconds"]}
    found["seconds"] = round(found["train"] + found["infer"], 2)
    found["gigabytes"] = round(sum(table["bytes"] for table in tables) / 1e9, 3)
    found |= {key: after[key] - before.get(key, 0) for key in after}
    content = {table["table"]: table["content"] for table in tables if table["table"].startswith("forecast.")}
    print(json.dumps(found), flush=True)
    return found, content


def one_round(binaries, common):
    """Seconds by run, and of one forecast by step, against a gateway of their own: it holds what two runs write."""
    gateway, processes = Gateway(), []
    try:
        with tempfile.TemporaryDirectory() as name:
            folder = pathlib.Path(name)
            disk, same = backfill([*common, "--warehouse", str(folder / "warehouse")], {}, None, "embedded, disk")
            store = gateway.environment
            embedded, rows = backfill([*common, "--warehouse", f"s3://{BUCKET}/embedded"], store, gateway, "embedded, S3")
            assert rows == same, "other rows on S3"
            port = free_port()
            processes.append(start_scheduler(binaries, port, folder, store))
            for number in range(2):
                processes.append(start_executor(binaries, port, number, 1, folder, store))
            spread = [*common, "--warehouse", f"s3://{BUCKET}/cluster", "--scheduler", f"df://127.0.0.1:{port}"]
            cluster, rows = backfill(spread, store, gateway, "two executors, S3")
            assert rows == same, "other rows on the cluster"
            one = [*spread, "--model-version", "one", "--models", "naive", "--key", "Coffee", "--from", "2025-07-01",
                   "--to", "2025-07-01"]
            single = {}
            for step in ("train", "infer"):
                started = time.monotonic()
                run([*one, step], store)
                single[step] = round(time.monotonic() - started, 3)
            print(json.dumps({"run": "one forecast on the warm cluster, whole commands", **single}), flush=True)
            return {found["run"]: found["seconds"] for found in (disk, embedded, cluster)}, single
    finally:
        for process, _ in reversed(processes):
            process.kill()
            process.wait()
        gateway.close()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binaries", required=True)
    parser.add_argument("--data", required=True)
    parser.add_argument("--config", default=str(ROOT / "examples/coffee-sugar.toml"))
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    binaries = pathlib.Path(options.binaries)
    common = [str(binaries / "almanac"), "--config", options.config, "--source", options.data]
    rounds = [one_round(binaries, common) for _ in range(options.rounds)]
    seconds = {name: statistics.median(seconds[name] for seconds, _ in rounds) for name in rounds[0][0]}
    single = {step: statistics.median(single[step] for _, single in rounds) for step in rounds[0][1]}
    cluster = seconds["two executors, S3"]
    print(f"medians of {options.rounds}: one forecast {single['train']:.2f} and {single['infer']:.2f} s, bar 1 s")
    late = max(single.values()) >= 1
    for base in ("embedded, S3", "embedded, disk"):
        bar = 1.25 * seconds[base] + 4
        print(f"cluster {cluster:.1f} s, {base} {seconds[base]:.1f} s, bar {bar:.1f} s")
        late |= cluster > bar
    if late:
        raise SystemExit("a bar was missed")


if __name__ == "__main__":
    main()
