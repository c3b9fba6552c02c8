#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""kill_sweep -- kill -9 of the SMTP worker before each system call that changes the disk.

For each of these calls, N = 1, 2, ...: strace attached to the worker kills it when it is about to
make the Nth; a client sends messages meanwhile; the master starts another worker, which takes over
what the dead one left. Nothing acknowledged is lost, nothing is delivered twice. It ends for a call
when N is so high that the worker survives. With --errors the call fails instead (EIO, ENOSPC).
"""
import os
import random
import re
import shutil
import smtplib
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.environ.get("srcdir", "."), "tests", "lib"))
from demo import Demo, message, new_folder, read_mailbox  # noqa: E402

BASE = 23000
CALLS = ["write", "writev", "pwrite64", "pwritev", "pwritev2", "fsync", "fdatasync", "syncfs", "sync_file_range",
         "openat", "openat2", "link", "linkat", "rename", "renameat", "renameat2", "unlink", "unlinkat",
         "mkdir", "mkdirat", "ftruncate", "fallocate"]
N_MAX = 60


def smtp_workers(demo):
    return [pid for pid, words in demo.workers().items() if "--role smtp" in words]


def attach(pid, rule):
    """strace on all threads of the worker; returns when it is attached."""
    tracer = subprocess.Popen(["strace", "-f", "-qq", "-o", "/dev/null", "-e", rule, "-p", str(pid)],
                              stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    end = time.monotonic() + 10
    while time.monotonic() < end:
        try:
            with open(f"/proc/{pid}/status") as f:
                if re.search(r"^TracerPid:\s*[1-9]", f.read(), re.M):
                    time.sleep(0.05)  # the other threads follow at once
                    return tracer
        except OSError:
            return tracer
        time.sleep(0.005)
    raise RuntimeError("strace does not attach")


def detach(tracer):
    tracer.terminate()
    try:
        tracer.wait(5)
    except subprocess.TimeoutExpired:
        tracer.kill()
        tracer.wait()


def send(demo, token, size):
    """True: answered with 250. False: anything else, or nothing."""
    try:
        with smtplib.SMTP("127.0.0.1", demo.port(25), timeout=10) as s:
            s.ehlo("load.test")
            s.sendmail("test@remote.test", ["user1@example.test"], message(token, size))
            return True
    except (OSError, smtplib.SMTPException):
        return False


def one(demo, call, fault, n):
    """Returns (whether the fault hit, tokens acknowledged)."""
    demo.start()
    pids = smtp_workers(demo)
    tracers = [attach(pid, f"inject={call}:{fault}:when={n}") for pid in pids]
    acknowledged = []
    for k, size in enumerate((300, 5000, 100000)):
        token = f"{call.replace('_', '-')}-{n}-{k}-{random.randrange(1 << 32):x}"
        if send(demo, token, size):
            acknowledged.append(token)
    hit = any(not os.path.exists(f"/proc/{pid}") for pid in pids)
    for tracer in tracers:
        detach(tracer)
    # Half of the time the next worker takes over, else the next start of the whole server does. It
    # must be done before the next fault: a message that crashes two deliveries is parked.
    if n % 2 != 0:
        demo.kill()
        demo.start()
    if not demo.wait_delivered(30):
        print(f"FAIL {call} {n}: the queue did not become empty: {demo.command('queue', 'list').stdout[:300]}")
    demo.kill()
    return hit, acknowledged


def one_worker(demo):
    """The same server with one SMTP worker, so that there is one to kill."""
    demo.stop()
    path = demo.folder + "/postern.lua"
    with open(path) as f:
        text = f.read()
    with open(path, "w") as f:
        f.write(text.replace('log = "log"', 'log = "log", smtp_workers = 1, access_workers = 1'))


def main():
    faults = ["error=EIO", "error=ENOSPC"] if "--errors" in sys.argv else ["signal=KILL"]
    name = "error-sweep" if "--errors" in sys.argv else "kill-sweep"
    folder = new_folder()
    demo = Demo(folder + "/demo", BASE, users=1).start()
    one_worker(demo)
    acknowledged, points, failed = [], 0, 0
    try:
        for call in CALLS:
            for fault in faults:
                for n in range(1, N_MAX):
                    hit, tokens = one(demo, call, fault, n)
                    acknowledged += tokens
                    points += hit or "error" in fault
                    if not hit and ("signal" in fault or n >= 8):
                        break
                    if "signal" in fault:
                        print(f"{call} {n}: killed, {len(tokens)} acknowledged", flush=True)
        demo.start()
        if not demo.wait_delivered(60):
            print("FAIL the queue did not become empty")
            failed += 1
        box = read_mailbox(f"{folder}/demo/mail/example.test/user1")
        for token in acknowledged:
            if token not in box:
                print(f"FAIL lost: {token}")
                failed += 1
        for token, copies in box.items():
            if len(copies) > 1:
                print(f"FAIL delivered {len(copies)} times: {token}")
                failed += 1
        demo.stop()
    finally:
        demo.kill()
        shutil.rmtree(folder, ignore_errors=True)
    print(f"{points} points, {len(acknowledged)} messages acknowledged")
    if points < 10:
        print("FAIL too few points were hit to prove anything")
        failed += 1
    print(f"{name}: {points} passed, {failed} failed")
    return failed > 0


if __name__ == "__main__":
    sys.exit(main())
