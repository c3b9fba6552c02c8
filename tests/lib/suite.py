# SPDX-License-Identifier: MIT
"""suite -- a test suite in Python: cases that are sentences, a line for each, and the sum at the end."""
import subprocess
import sys
import time
import traceback

CASES = []


class Skip(Exception):
    """This case cannot be tried here; its text says why."""


def case(sentence):
    """Register a function as the proof of a sentence."""
    def register(fn):
        CASES.append((sentence, fn))
        return fn
    return register


def expect(condition, *said):
    if not condition:
        raise AssertionError(" ".join(str(s) for s in said) or "not so")


def wait_for(what, seconds=30.0):
    """Poll until `what` returns something true; returns it, or what it last returned after `seconds`."""
    end = time.monotonic() + seconds
    while True:
        got = what()
        if got or time.monotonic() > end:
            return got
        time.sleep(0.02)


def call(*words, given=b"", **more):
    """Run a program to its end: its exit code, and what it said to both outputs, in .text too."""
    done = subprocess.run(words, input=given, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          timeout=120, check=False, **more)
    done.text = done.stdout.decode(errors="replace")
    return done


def succeed(*words, **more):
    """Run a program that must end well; what it said."""
    done = call(*words, **more)
    expect(done.returncode == 0, words[0], "ended with", done.returncode, "and said:\n", done.text[-2000:])
    return done.stdout


def try_case(sentence, fn):
    """Run one case: "ok", "SKIP" or "FAIL"."""
    try:
        fn()
    except Skip as why:
        print(f"SKIP {sentence}: {why}", flush=True)
        return "SKIP"
    except Exception:  # any failure is a failure of the case, and the next one is tried
        print(f"FAIL {sentence}\n{traceback.format_exc(limit=-4)}", flush=True)
        return "FAIL"
    print(f"ok {sentence}", flush=True)
    return "ok"


def run(name):
    """Run all cases, or those whose sentence has a word given on the command line; the exit code."""
    wanted = sys.argv[1:]
    results = [try_case(sentence, fn) for sentence, fn in CASES
               if not wanted or any(word in sentence for word in wanted)]
    print(f"{name}: {results.count('ok')} passed, {results.count('FAIL')} failed", flush=True)
    return 1 if "FAIL" in results or "ok" not in results else 0
