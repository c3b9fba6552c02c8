# SPDX-License-Identifier: MIT
"""floods -- what many clients can do at once: rows X, T12, A5, F13 and N of the threats."""
import contextlib
import multiprocessing
import os
import select
import shutil
import socket
import time

from ground import (NOOP_WORST, PASSWORD, Client, Watch, World, attack, begin_message, cpu_seconds, expect, message,
                    new_folder, read_mailbox, smtp, wait_for)
from protocol import client_hello
from states import TLS, plain

BASE_ASIDE = 27000
SLOW = 500
SLICES = 3  # measurements of a rate, a second each; the best counts, because others use this machine too


@contextlib.contextmanager
def aside(**options):
    """A server of its own for attacks that need another configuration."""
    folder = new_folder()
    world = World(folder + "/demo", BASE_ASIDE, **options).start()
    try:
        yield world
    finally:
        world.stop()
    shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def beside(fn, *args):
    """Run fn(*args, ready, ending) in a process of its own; the block begins when it is ready."""
    ready, ending = multiprocessing.Event(), multiprocessing.Event()
    process = multiprocessing.Process(target=fn, args=(*args, ready, ending), daemon=True)
    process.start()
    try:
        expect(ready.wait(60), fn.__name__, "did not get ready")
        yield process
    finally:
        ending.set()
        process.join(30)
        process.kill()


def sessions(world):
    return sum(p.get("sessions", 0) for p in world.status().values())


# ---- X1: slow clients


def open_slowly(port, number):
    """One connection, and what it will say byte by byte: a command, a message, a handshake."""
    kind = number % 5
    if kind == 4:
        return Client(port(465), greet=False), client_hello()
    c = Client(port(25))
    if kind < 2:
        return c, b"EHLO " + b"a" * 1000
    c.say("EHLO slow.test")
    for command in ("MAIL FROM:<slow@remote.test>", "RCPT TO:<user1@example.test>", "DATA"):
        c.say(command)
    return c, b"Subject: slow\r\n\r\n" + b"x" * 1000


def trickle(base, ready, ending):
    clients = [open_slowly(lambda number: base + number, i) for i in range(SLOW)]
    ready.set()
    at = 0
    while not ending.wait(0.05):
        for i in range(at % 10, SLOW, 10):  # each says a byte every half second
            client, text = clients[i]
            with contextlib.suppress(OSError):
                client.socket.send(text[at // 10:at // 10 + 1])
        at += 1
    for client, _ in clients:
        client.socket.close()


def rate(world):
    """Messages a second of one session, the best of some seconds."""
    best = 0
    with smtp(world) as s:
        for _ in range(SLICES):
            count, end = 0, time.monotonic() + 1
            while time.monotonic() < end:
                begin_message(s, "user8")
                expect(s.say(b"Subject: rate\r\n\r\ntext\r\n.") == 250, s.lines)
                count += 1
            best = max(best, count)
    return best


@attack("X1: beside 500 clients that say a byte now and then, another keeps at least half of its rate")
def slowloris(world):
    before = rate(world)
    with beside(trickle, world.base):
        expect(sessions(world) >= SLOW, "only", sessions(world), "slow sessions")
        loaded = rate(world)
    wait_for(lambda: sessions(world) < 20, what="the end of slow sessions")
    after = rate(world)
    expect(2 * loaded >= min(before, after), f"{before} and {after} messages/s alone, {loaded} beside slow clients")
    expect(world.wait_delivered(60), "messages are left in the queue")
    return f"{before} messages/s before, {loaded} beside, {after} after"


# ---- X2, T12: connections for their own sake


def flood(base, ready, ending):
    held = []
    for i in range(2000):
        s = socket.socket()
        with contextlib.suppress(OSError):
            s.settimeout(10)
            s.connect(("127.0.0.1", base + (25, 110)[i % 4 == 3]))
        if i % 2:
            held.append(s)
        else:
            s.close()
    ready.set()
    ending.wait()
    for s in held:
        s.close()


@attack("X2: a flood of 2,000 connections, half of them silent, leaves room for another client")
def connection_flood(world):
    began = time.monotonic()
    with beside(flood, world.base):
        flooded = time.monotonic() - began
        held = sessions(world)
        with smtp(world) as s:
            begin_message(s, "user1")
            expect(s.say(b"Subject: flood\r\n\r\ntext\r\n.") == 250, s.lines)
    wait_for(lambda: sessions(world) < 20, what="the end of the flood's sessions")
    return f"{flooded:.1f} s, {held} sessions held"


@attack("T12: 500 handshakes that stop half-way end by themselves, and others shake hands meanwhile")
def half_open(world):
    hello = client_hello()
    stalled = [Client(world.port((465, 995)[i % 2]), greet=False) for i in range(500)]
    for i, c in enumerate(stalled):
        c.send(hello[:(0, 1, 5, 100, len(hello))[i % 5]])
    began = time.monotonic()
    with Client(world.port(465), greet=False) as c:
        c.socket = TLS.wrap_socket(c.socket)
        expect(c.line().startswith(b"220 "), "no greeting within TLS")
    took = time.monotonic() - began
    expect(took < NOOP_WORST * 2, "a handshake took", took)
    for c in stalled:
        c.socket.settimeout(20)
        c.rest()
        c.socket.close()
    return f"another's handshake {took * 1000:.0f} ms, all ended after {time.monotonic() - began:.1f} s"


# ---- A5: many passwords


@attack("A5: of 200 logins at once each gets an answer: 235, or 454 when it waited too long")
def many_logins(world):
    clients = [smtp(world) for _ in range(200)]
    began = time.monotonic()
    for i, c in enumerate(clients):
        c.send(f"AUTH PLAIN {plain(f'user{i % 8 + 1}@example.test', PASSWORD)}\r\n".encode())
    codes = []
    for c in clients:
        c.socket.settimeout(60)
        codes.append(c.reply())
        c.socket.close()
    expect(set(codes) <= {235, 454} and 235 in codes, sorted(set(codes)))
    return f"{codes.count(235)} logged in, {codes.count(454)} told to come back, {time.monotonic() - began:.1f} s"


# ---- X3: no descriptors left


@attack("X3: 1,000 clients where a process may open 256 files: accepting pauses, without effort, and goes on")
def no_descriptors(_):
    with aside(wrap=["prlimit", "--nofile=256:256"], options=["--retry-scale", "0.001"]) as world:
        session, taken = smtp(world), []

        def send(count):
            for _ in range(count):
                token = f"x3-{len(taken)}-{time.monotonic_ns()}"
                begin_message(session, "user1")
                if session.say(message(token, 500).rstrip(b"\r\n") + b"\r\n.") == 250:
                    taken.append(token)
        send(10)
        pids = [p for who, p in world.pids().items() if who[0] == "smtp"]
        held = [socket.socket() for _ in range(1000)]
        for s in held:
            s.setblocking(False)
            s.connect_ex(("127.0.0.1", world.port(25)))
        wait_for(lambda: max(len(os.listdir(f"/proc/{p}/fd")) for p in pids) >= 200, what="so many open files")
        send(10)
        busy = [cpu_seconds(p) for p in pids]
        select.select([], [], [], 3)
        busy = max((cpu_seconds(p) - b) / 3 for p, b in zip(pids, busy))
        send(10)
        for s in held:
            s.close()
        with smtp(world):
            pass
        send(10)
        expect(world.wait_delivered(60), "messages are left in the queue")
        kept = read_mailbox(f"{world.folder}/mail/example.test/user1")
        expect(all(len(kept.get(t, [])) == 1 for t in taken), "lost, or delivered twice:",
               [(t, kept.get(t)) for t in taken if len(kept.get(t, [])) != 1])
        expect(b"cannot accept connections" in world.log_since(0), "files never ran out")
        expect(busy < 0.25, f"a worker that waits for files used {busy * 100:.0f} % of a processor")
        expect([p for who, p in world.pids().items() if who[0] == "smtp"] == pids, "a worker died")
        return f"CPU {busy * 100:.1f} % while it paused, {len(taken)} of 40 messages taken and all delivered"


# ---- F13: the control socket


REQUESTS = [b"", b"\n" * 1000, b"garbage\n", bytes(range(256)) * 10 + b"\n", b"[" * 60000 + b"\n", b"x" * 200000, b'{"cmd":"sta',
            b'{"cmd":1}\n', b'{"cmd":"x\\n"}\n', b'{"cmd":"status","cmd":"stop"}\n', b'{"cmd":"reload"}\n', b'{"cmd":"status"}\n' * 3,
            b'{"cmd":"queue"}\n', b'{"cmd":"queue","request":[]}\n', b'{"cmd":"queue","request":{}}\n',
            b'{"cmd":"queue","request":{"cmd":"list","id":{}}}\n', b'{"cmd":"queue","request":{"cmd":"drop","ids":[1,null,{}]}}\n',
            b'{"cmd":"queue","request":{"cmd":"drop","id":"../../x\\n"}}\n', b'{"cmd":"queue","request":{"cmd":"show","all":true,"id":7}}\n']


def ask_control(world, text):
    with socket.socket(socket.AF_UNIX) as s:
        s.settimeout(5)
        s.connect(world.folder + "/control")
        with contextlib.suppress(ConnectionError):
            s.sendall(text)
            s.shutdown(socket.SHUT_WR)
            while s.recv(65536):
                pass


@attack("F13: garbage, half a request and 1,000 connections on the control socket: the master lives and answers")
def control_socket(world):
    for text in REQUESTS:
        ask_control(world, text)
    held = []
    for i in range(1000):
        s = socket.socket(socket.AF_UNIX)
        with contextlib.suppress(OSError):
            s.settimeout(5)
            s.connect(world.folder + "/control")
            s.send(b"{\"cmd\":\"sta" if i % 2 else b"{\"cmd\":\"status\"}\n")
        held.append(s)
    for s in held:
        s.close()
    wait_for(lambda: world.command("status", "--json").returncode == 0, what="an answer of the master")


# ---- N: names that nobody answers for

WAITING = 200
ASKS_DNS = """
on("rcpt", function(tx)
  if tx.rcpt_local == "user7" then dns.a("x" .. tx.helo) end
end)
"""


@attack("N4 L9: 200 sessions wait for DNS that never answers: others go on, and each gets its reply in the end")
def black_hole(_):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as hole:
        hole.bind(("127.0.0.1", 0))
        address = f'resolver {{ "127.0.0.1@{hole.getsockname()[1]}", deadline = "4s" }}'
        with aside(resolver=address, policy=ASKS_DNS) as world:
            pids = world.pids()
            waiting = [smtp(world, helo=f"host{i}.test") for i in range(WAITING)]
            watch = Watch(BASE_ASIDE)
            began = time.monotonic()
            with watch:
                for c in waiting:
                    c.send(b"MAIL FROM:<a@remote.test>\r\nRCPT TO:<user7@example.test>\r\n")
                with smtp(world) as s:
                    begin_message(s, "user1")
                    expect(s.say(b"Subject: others\r\n\r\ntext\r\n.") == 250, s.lines)
                others = time.monotonic() - began
                for c in waiting:
                    codes = (c.reply(), c.reply())
                    expect(codes in ((250, 250), (250, 451)), c.lines)
                seconds = time.monotonic() - began
            watch.stop()
            expect(seconds > 2, "nobody waited: the names were answered")
            expect(watch.worst() < NOOP_WORST, f"NOOP waited {watch.worst():.2f} s")
            expect(others < NOOP_WORST * 2, f"another's message took {others:.2f} s")
            expect(world.pids() == pids, "a process has died")
            for c in waiting:
                c.socket.close()
            return f"replies after {seconds:.1f} s; beside them NOOP p99 {watch.p99() * 1000:.1f} ms, a message {others:.2f} s"
