#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""power_loss -- what a power cut leaves: images of the file system at random moments under load.

The server runs on ext4 in a loop-mounted image. That image lies on a file system of its own, which
is frozen for each copy, so that the copy is what the disk held at one moment and nothing that only
the page cache knew. Each copy is then mounted, with another boot id, and the server started on it:
every acknowledged message is there exactly once, whole, and no file is empty. Needs root.
"""
import os
import random
import shutil
import subprocess
import sys
import tempfile
import threading
import time

sys.path.insert(0, os.path.join(os.environ.get("srcdir", "."), "tests", "lib"))
from demo import Demo, Load, read_mailbox  # noqa: E402

BASE = 21000
OUTER_MB, INNER_MB = 900, 384
PATIENCE = 60  # seconds until everything that was acknowledged has arrived


def run(*words):
    subprocess.run(words, check=True, stdout=subprocess.DEVNULL)


def make_image(path, megabytes):
    with open(path, "wb") as f:
        f.truncate(megabytes << 20)
    run("mkfs.ext4", "-q", "-F", "-E", "nodiscard,lazy_itable_init=0,lazy_journal_init=0", path)


class Disk:
    """An ext4 in an image on an ext4 that can be frozen."""

    def __init__(self, folder):
        self.folder = folder
        self.outer, self.inner = folder + "/outer", folder + "/inner"
        os.mkdir(self.outer)
        os.mkdir(self.inner)
        make_image(folder + "/outer.img", OUTER_MB)
        run("mount", "-o", "loop", folder + "/outer.img", self.outer)
        make_image(self.outer + "/inner.img", INNER_MB)
        run("sync", "-f", self.outer)
        run("mount", "-o", "loop", self.outer + "/inner.img", self.inner)

    def copy(self, to):
        run("fsfreeze", "-f", self.outer)
        try:
            run("cp", "--sparse=always", self.outer + "/inner.img", to)
        finally:
            run("fsfreeze", "-u", self.outer)

    def close(self):
        run("umount", self.inner)
        run("umount", self.outer)


def take_images(disk, images, moments):
    """Under load, copy the disk at random moments; returns what was acknowledged before each."""
    demo = Demo(disk.inner + "/demo", BASE).start()
    loads = [Load(demo, n) for n in range(4)]
    known = []
    for load in loads:
        load.start()
    for n in range(moments):
        time.sleep(random.uniform(0.2, 1.2))
        before = [pair for load in loads for pair in list(load.acknowledged)]
        disk.copy(f"{images}/{n}.img")
        known.append(before)
    for load in loads:
        load.ending.set()
    for load in loads:
        load.join(40)
    demo.stop()
    return known


def judge(demo, known):
    """What is wrong at this moment: a queue that is not empty, messages lost, doubled or cut."""
    wrong = [] if demo.queue_is_empty() else ["queued: " + demo.command("queue", "list").stdout[:300]]
    boxes = {}
    for user in {user for _, user in known}:
        try:
            boxes[user] = read_mailbox(f"{demo.folder}/mail/example.test/{user}")
        except (AssertionError, FileNotFoundError) as e:
            wrong.append(str(e))
            boxes[user] = {}
    for token, user in known:
        copies = boxes[user].get(token, [])
        if len(copies) != 1:
            wrong.append(f"acknowledged {token} for {user}: {len(copies)} copies {copies}")
    for user, box in boxes.items():
        wrong += [f"{token} for {user}: {len(c)} copies" for token, c in box.items() if len(c) > 1]
    return wrong


def check_image(image, mount, known, boot_id):
    """Start the server on what is left, in the same place, as after another boot; returns what is wrong."""
    wrong = []
    run("mount", "-o", "loop", image, mount)
    try:
        demo = Demo(mount + "/demo", BASE + 1000,
                    wrap=["unshare", "-m", "sh", "-c",
                          f'mount --bind {boot_id} /proc/sys/kernel/random/boot_id && exec "$@"', "sh"])
        demo.start()
        end = time.monotonic() + PATIENCE
        wrong = judge(demo, known)
        while wrong and time.monotonic() < end:
            time.sleep(0.2)
            wrong = judge(demo, known)
        demo.stop()
    finally:
        run("umount", mount)
    return wrong


def main():
    moments = int(sys.argv[1]) if len(sys.argv) > 1 else 20
    if os.geteuid() != 0:
        print("SKIP: a power cut needs root, for its file systems\npower-loss: 0 passed, 0 failed")
        return 0
    folder = tempfile.mkdtemp(prefix="postern-power-", dir="/var/tmp")
    images = tempfile.mkdtemp(prefix="postern-images-", dir="/dev/shm")
    seed = int(os.environ.get("SEED", "0")) or random.randrange(1 << 32)
    random.seed(seed)
    print(f"seed {seed}")
    passed = failed = 0
    try:
        disk = Disk(folder)
        try:
            known = take_images(disk, images, moments)
        finally:
            disk.close()
        print(f"{len(known[-1])} messages acknowledged before the last of {moments} moments")
        boot_id = folder + "/boot_id"
        with open(boot_id, "w") as f:
            f.write("00000000-1111-2222-3333-444444444444\n")
        for n in range(moments):
            wrong = check_image(f"{images}/{n}.img", folder + "/inner", known[n], boot_id)
            for text in wrong[:4]:
                print(f"FAIL moment {n}: {text}")
            failed += bool(wrong)
            passed += not wrong
    finally:
        shutil.rmtree(images, ignore_errors=True)
        shutil.rmtree(folder, ignore_errors=True)
    if passed and len(known[-1]) < 20:
        print("FAIL too few messages to prove anything")
        failed += 1
    print(f"power-loss: {passed} passed, {failed} failed")
    return failed > 0


if __name__ == "__main__":
    threading.excepthook = lambda args: print(f"thread: {args.exc_value}")
    sys.exit(main())
