#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""spool_sweep -- kill the spool at each system call, fail each one, and judge what is left.

usage: spool_sweep.py [DRIVER] [--quick]

Each run: the driver accepts and delivers under one injected fault; then it runs again without
one and delivers all that is left. The oracle:

  every message that was acknowledged ("ok") is in the Maildir once, whole;
  no message that was answered "failed" is there;
  nothing is there that was never sent, and nothing half;
  nobody delivers a message more than once, but for one that was delivered when the fault struck;
  at the end the spool is empty, and a check of it finds no damage.
"""
import os, shutil, subprocess, sys, tempfile
from concurrent.futures import ThreadPoolExecutor

DRIVER = next((word for word in sys.argv[1:] if word[0] != "-"), "tests/crash/spool_driver")
QUICK = "--quick" in sys.argv
COUNT = "120"
MOST = 12 if QUICK else 600
SIZES = (3000, 150000)

KILLS = ["pwrite64", "fdatasync", "fsync", "renameat", "unlinkat", "rename", "write", "openat", "pread64", "syncfs", "mkdirat"]
ERRORS = [("pwrite64", "EIO"), ("fdatasync", "EIO"), ("fsync", "EIO"), ("pwrite64", "ENOSPC"), ("fdatasync", "ENOSPC"),
          ("renameat", "EIO"), ("syncfs", "EIO"), ("unlinkat", "EIO")]
LASTING = [("pwrite64", "ENOSPC"), ("fdatasync", "EIO")]


def lines(out):
    result = {"ok": [], "failed": [], "delivered": []}
    for line in out.decode().splitlines():
        word, _, rest = line.partition(" ")
        if word in result and len(rest) == 17:
            result[word].append(rest)
    return result


def run(folder, how, inject=None, boot="one"):
    command = [DRIVER, how, folder, COUNT if how == "run" else "0"]
    if inject:
        command = ["strace", "-f", "-qq", "-o", os.path.join(folder, "faults"), "-e", "trace=" + inject.split(":")[0], "-e", "inject=" + inject, "-e", "status=failed,unfinished" ] + command
    env = dict(os.environ, POSTERN_BOOT=boot, ASAN_OPTIONS="detect_leaks=0")
    return subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=env, timeout=120)


def stored(folder):
    found = {}
    for part in ("new", "cur"):
        path = os.path.join(folder, "Maildir", part)
        for name in os.listdir(path):
            found.setdefault(name.split(".")[0], []).append(os.path.join(path, name))
    return found


def whole(ident, path):
    text = (ident + "\n").encode()
    with open(path, "rb") as f:
        data = f.read()
    count = len(data) // len(text)
    return data == text * count and count in {1 + -(-size // len(text)) for size in SIZES}


def judge(folder, first, second):
    wrong = []
    there = stored(folder)
    for ident in first["ok"]:
        if ident not in there:
            wrong.append(f"lost: {ident}")
    for ident in first["failed"]:
        if ident in there:
            wrong.append(f"answered failed, delivered: {ident}")
    for ident, paths in there.items():
        if len(paths) != 1:
            wrong.append(f"twice in the Maildir: {ident}")
        wrong += [f"not whole: {path}" for path in paths if not whole(ident, path)]
    if len(set(second["delivered"])) != len(second["delivered"]):
        wrong.append("delivered twice in one life")
    again = set(first["delivered"]) & set(second["delivered"])
    if len(again) > 8:  # those of one wave, whose marks travel together
        wrong.append(f"{len(again)} were delivered again")
    left = [name for _, _, names in os.walk(os.path.join(folder, "spool")) for name in names if name != "lock"]
    if left:
        wrong.append(f"left in the spool: {left}")
    return wrong


def one(inject, boot="one"):
    """One run under a fault, and one after it. Returns whether it struck, and what is wrong."""
    folder = tempfile.mkdtemp(prefix="postern-crash-")
    try:
        first = run(folder, "run", inject)
        struck = os.path.getsize(os.path.join(folder, "faults")) > 0
        out = lines(first.stdout)
        # A driver that could not go on has been told so; its log decides.
        second = run(folder, "drain", boot=boot)
        wrong = [] if second.returncode == 0 else [f"drain failed: {second.stderr.decode()[-2000:]}"]
        if b"Sanitizer" in first.stderr or b"Assert" in first.stderr:
            wrong.append(first.stderr.decode()[-3000:])
        wrong += judge(folder, out, lines(second.stdout))
        return struck, wrong
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def sweep(inject, plus, at_once=6):
    """All moments of one fault, until it does not strike any more. Returns runs and failures."""
    runs = failures = 0
    when, misses = 1, 0
    with ThreadPoolExecutor(at_once) as pool:
        while misses < at_once and when < MOST:
            moments = range(when, when + at_once)
            when += at_once
            faults = [f"{inject}:when={n}{plus}" for n in moments]
            for fault, (struck, wrong) in zip(faults, pool.map(one, faults, ["one" if n % 2 else "two" for n in moments])):
                runs += 1
                misses = 0 if struck else misses + 1
                if wrong:
                    failures += 1
                    print(f"FAIL {fault}: " + "; ".join(wrong), flush=True)
    print(f"{inject}{plus}: {runs} moments", flush=True)
    return runs, failures


def main():
    plan = [(f"{call}:signal=KILL", "") for call in KILLS]
    plan += [(f"{call}:error={error}", "") for call, error in ERRORS]
    plan += [(f"{call}:error={error}", "+") for call, error in LASTING]
    results = [sweep(*fault) for fault in plan]
    runs, failures = (sum(column) for column in zip(*results))
    print(f"crash: {runs - failures} passed, {failures} failed")
    sys.exit(failures > 0)


main()
