"""A scheduler and executors on this machine, each awaited until it is ready."""

import os
import socket
import subprocess
import time
import urllib.request


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def wait_ready(port):
    for _ in range(600):
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=2)
            return
        except OSError:
            time.sleep(0.1)
    raise SystemExit(f"nothing became ready on port {port}")


def start(program, arguments, folder, environment=None):
    metrics = free_port()
    arguments = [str(program), "--bind-host", "127.0.0.1", "--metrics-port", str(metrics), *arguments]
    log = open(folder / f"{program.name}-{metrics}.log", "w")
    process = subprocess.Popen(arguments, stdout=log, stderr=log, env=os.environ | (environment or {}))
    wait_ready(metrics)
    return process, metrics


def start_scheduler(binaries, port, folder, environment=None):
    return start(binaries / "almanac-scheduler", ["--port", str(port), "--external-host", "127.0.0.1"], folder, environment)


def start_executor(binaries, scheduler_port, number, vcores, folder, environment=None):
    arguments = ["--scheduler-host", "127.0.0.1", "--scheduler-port", str(scheduler_port), "--external-host", "127.0.0.1",
                 "--port", str(free_port()), "--grpc-port", str(free_port()), "--vcores", str(vcores),
                 "--work-dir", str(folder / f"work-{number}")]
    return start(binaries / "almanac-executor", arguments, folder, environment)
