#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""abuse -- hostile clients against a running server, on loopback: rows of the threats, with exact outcomes.

After each attack: no process of the server has died, and a well-behaved client that said NOOP all
the while never waited a second. At the end the workers are no larger than they were. Names of
attacks ("P20 X1") may be given, to run those alone.
"""
import os
import resource
import shutil
import sys
import time
import traceback

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from ground import ATTACKS, NOOP_WORST, Skipped, Watch, World, expect, is_sanitized, new_folder, rss_kib  # noqa: E402
import states  # noqa: E402,F401
import protocol  # noqa: E402,F401
import floods  # noqa: E402,F401

BASE = 26000
GROWTH_MAX_KIB = 20 * 1024
LIMITS = 'tls_time = "5s", '


def check_processes(world, before):
    """Nobody died: the processes are those of before. Returns the longest time one event held a loop."""
    after = world.status()
    for who, p in before.items():
        expect(who in after and after[who]["pid"] == p["pid"], who, "has died")
    return max(p.get("longest_us", 0) for p in after.values())


def run(world, watch, fn, options):
    before = world.status()
    began = time.monotonic()
    with watch:
        figures = fn(world)
    seconds = time.monotonic() - began
    longest = check_processes(world, before)
    print(f"    {seconds:.1f} s; NOOP p99 {watch.p99() * 1000:.1f} ms, worst {watch.worst() * 1000:.1f} ms; "
          f"longest event {longest / 1000:.1f} ms" + (f"; {figures}" if figures else ""))
    expect(watch.worst() < NOOP_WORST, f"NOOP waited {watch.worst():.2f} s")


def attempt(sentence, fn):
    """True when it passed. What was skipped counts as passed, and says so."""
    try:
        fn()
    except Skipped as e:
        print(f"SKIP {sentence}: {e}")
    except Exception:  # noqa: BLE001
        print(f"FAIL {sentence}")
        traceback.print_exc(limit=4, file=sys.stdout)
        return False
    else:
        print(f"ok   {sentence}")
    return True


def workers_are_small(world, before):
    """Memory is given back: what the attacks needed is not kept."""
    pids = world.pids()
    grown = {who: (rss_kib(pids[who]), rss_kib(pids[who]) - before[who]) for who in before}
    said = ", ".join(f"{who[0]}/{who[1]} {was} -> {now} KiB" for who, (now, _) in grown.items() for was in [before[who]])
    print("    " + said)
    if is_sanitized(pids[("smtp", 0)]):
        raise Skipped("AddressSanitizer keeps freed memory; build without it to prove this")
    expect(all(by < GROWTH_MAX_KIB for _, by in grown.values()), said)


def main():
    only = sys.argv[1:]
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    sys.stdout.reconfigure(line_buffering=True)
    folder = new_folder()
    world = World(folder + "/demo", BASE, limits=LIMITS).start()
    watch = Watch(BASE)
    results = []
    try:
        memory = {who: rss_kib(pid) for who, pid in world.pids().items()}
        for sentence, fn, options in ATTACKS:
            if not only or sentence.split(":")[0] in only:
                results.append(attempt(sentence, lambda f=fn, o=options: run(world, watch, f, o)))
        results.append(attempt("after all of it the workers are as small as before",
                               lambda: workers_are_small(world, memory)))
    finally:
        watch.stop()
        world.stop()
    if all(results):
        shutil.rmtree(folder, ignore_errors=True)
    else:
        print("what the server wrote is in", folder)
    print(f"hostile: {results.count(True)} passed, {results.count(False)} failed")
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
