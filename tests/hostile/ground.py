# SPDX-License-Identifier: MIT
"""ground -- what all attacks stand on: a server to attack, clients, and a well-behaved one beside them."""
import multiprocessing
import os
import re
import socket
import struct
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.environ.get("srcdir", "."), "tests", "lib"))
from demo import Demo, message, new_folder, read_mailbox  # noqa: E402,F401

PASSWORD = "postern"
NOOP_WORST = 1.0  # seconds that a well-behaved client may wait
NOOP_GIVEN_UP = 20.0
COMMANDS_OF_ONE = 150  # of the watch's connections; 200 without a message are too many for the server


class Skipped(Exception):
    """What the test needs is not here."""


def expect(condition, *said):
    if not condition:
        raise AssertionError(" ".join(str(s) for s in said) or "not so")


# ---- clients


class Client:
    """One connection, as raw as the attack needs it. Replies of SMTP and POP3 are read line by line."""

    def __init__(self, port, timeout=20, greet=True):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.input = b""
        self.greeting = self.line() if greet else b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def send(self, data):
        self.socket.sendall(data)

    def line(self):
        """The next line without its end; b"" when the server has closed."""
        while b"\n" not in self.input:
            try:
                got = self.socket.recv(65536)
            except (ConnectionResetError, BrokenPipeError):
                got = b""
            if not got:
                rest, self.input = self.input, b""
                return rest
            self.input += got
        line, self.input = self.input.split(b"\n", 1)
        return line.rstrip(b"\r")

    def reply(self):
        """All lines of one reply of SMTP; its code, 0 when the server has closed."""
        self.lines = []
        while True:
            line = self.line()
            self.lines.append(line)
            if line[3:4] != b"-":
                return int(line[:3]) if line[:3].isdigit() else 0

    def say(self, command):
        self.send((command.encode() if isinstance(command, str) else command) + b"\r\n")
        return self.reply()

    def ask(self, command):
        """The first line of a reply of POP3."""
        self.send((command.encode() if isinstance(command, str) else command) + b"\r\n")
        return self.line()

    def rest_of_list(self):
        lines = []
        while (line := self.line()) != b".":
            expect(line or self.input, "the list has no end")
            lines.append(line)
        return lines

    def rest(self):
        """All that comes until the server closes; times out where it does not."""
        said, self.input = self.input, b""
        try:
            while got := self.socket.recv(65536):
                said += got
        except (ConnectionResetError, BrokenPipeError):
            pass
        return said

    def reset(self):
        """Leave with RST instead of FIN."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.socket.close()


def smtp(world, helo="client.test", **options):
    client = Client(world.port(25), **options)
    expect(client.greeting.startswith(b"220 "), client.greeting)
    expect(client.say("EHLO " + helo) == 250, client.lines)
    return client


def begin_message(client, rcpt, sender="test@remote.test"):
    for command in (f"MAIL FROM:<{sender}>", f"RCPT TO:<{rcpt}@example.test>"):
        expect(client.say(command) == 250, command, client.lines)
    expect(client.say("DATA") == 354, client.lines)


def pop3(world, user):
    client = Client(world.port(110))
    client.ask(f"USER {user}@example.test")
    said = client.ask("PASS " + PASSWORD)
    expect(said.startswith(b"+OK"), said)
    return client


# ---- the well-behaved client beside the attack


def watch_one(port, bored, times):
    """NOOP in lock step over one connection after the other; ends when told."""
    client, said = None, 0
    while not bored.is_set():
        if client is None:
            client, said = Client(port, timeout=NOOP_GIVEN_UP), 0
            client.say("EHLO watch.test")
        began = time.monotonic()
        try:
            answer = client.say("NOOP")
        except socket.timeout:
            answer = 0
        times.append(time.monotonic() - began)
        said += 1
        if said >= COMMANDS_OF_ONE or answer != 250:
            client.socket.close()
            client = None
        bored.wait(0.005)


def watch_all(base, connections, pipe):
    """A process of its own, so that what the test does itself does not count as the server's delay."""
    while pipe.recv() == "begin":
        bored, times = threading.Event(), []
        threads = [threading.Thread(target=watch_one, args=(base + 25, bored, times), daemon=True)
                   for _ in range(connections)]
        for t in threads:
            t.start()
        pipe.send("watching")
        pipe.recv()
        bored.set()
        for t in threads:
            t.join(60)
        pipe.send(sorted(times))


class Watch:
    """How long NOOP took while something else went on: .times, sorted, in seconds."""

    def __init__(self, base, connections=4):
        self.pipe, other = multiprocessing.Pipe()
        self.process = multiprocessing.Process(target=watch_all, args=(base, connections, other), daemon=True)
        self.process.start()

    def __enter__(self):
        self.pipe.send("begin")
        self.pipe.recv()
        self.times = []
        return self

    def __exit__(self, *_):
        self.pipe.send("end")
        self.times = self.pipe.recv()

    def p99(self):
        return self.times[len(self.times) * 99 // 100] if self.times else 0.0

    def worst(self):
        return self.times[-1] if self.times else 0.0

    def stop(self):
        self.pipe.send("stop")
        self.process.join(10)


# ---- the server


def rss_kib(pid):
    with open(f"/proc/{pid}/status", encoding="ascii") as f:
        return int(re.search(r"VmRSS:\s*(\d+)", f.read()).group(1))


def cpu_seconds(pid):
    with open(f"/proc/{pid}/stat", encoding="ascii") as f:
        fields = f.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def is_sanitized(pid):
    with open(f"/proc/{pid}/maps", encoding="utf-8", errors="replace") as f:
        return "libasan" in f.read()


class World(Demo):
    """A demonstration with limits of its own, which knows when a process of it has died."""

    def __init__(self, folder, base, limits="", resolver="", policy="", wrap=(), options=()):
        super().__init__(folder, base, users=8, wrap=wrap, options=options)
        self.changes = [("limits { ", "limits { " + limits), ('resolver { fixture = "dns.json", only = true }', resolver)]
        self.policy = policy

    def start(self, seconds=60):
        """Once to have the files written, then with ours."""
        super().start(seconds)
        self.stop()
        path = self.folder + "/postern.lua"
        with open(path, encoding="utf-8") as f:
            text = f.read()
        for old, new in self.changes:
            text = text.replace(old, new or old)
        with open(path, "w", encoding="utf-8") as f:
            f.write(text)
        if self.policy:
            with open(self.folder + "/policy/hostile.lua", "w", encoding="utf-8") as f:
                f.write(self.policy)
        return super().start(seconds)

    def status(self):
        """{(role, number): what the server says of the process}"""
        import json
        done = self.command("status", "--json")
        expect(done.returncode == 0, "postern status:", done.stderr)
        return {(p["role"], p["number"]): p for p in json.loads(done.stdout)["processes"]}

    def pids(self):
        return {who: p["pid"] for who, p in self.status().items()}

    def mailbox(self, user):
        """{token: paths}; raises for a message that is cut or changed."""
        return read_mailbox(f"{self.folder}/mail/example.test/{user}")

    def messages(self, user):
        """The text of each message of the mailbox."""
        texts = []
        for folder, _, names in os.walk(f"{self.folder}/mail/example.test/{user}"):
            if os.path.basename(folder) in ("new", "cur"):
                for name in names:
                    with open(os.path.join(folder, name), "rb") as f:
                        texts.append(f.read())
        return texts

    def bodies(self):
        """Files of the spool that hold the text of a message on its way in."""
        found = []
        for folder, _, names in os.walk(self.folder + "/spool"):
            if os.path.basename(folder) == "body":
                found += [os.path.join(folder, name) for name in names]
        return found

    def log_size(self):
        return os.path.getsize(self.folder + "/log")

    def log_since(self, offset):
        with open(self.folder + "/log", "rb") as f:
            f.seek(offset)
            return f.read()


def wait_for(condition, seconds=20, what="it"):
    end = time.monotonic() + seconds
    while not condition():
        expect(time.monotonic() < end, what, "did not come true")
        time.sleep(0.02)


# ---- the list of attacks

ATTACKS = []


def attack(sentence, **options):
    """Register one; it is called with the world. It may return figures for the line that is printed."""
    def register(fn):
        ATTACKS.append((sentence, fn, options))
        return fn
    return register
