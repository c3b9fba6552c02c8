# SPDX-License-Identifier: MIT
"""demo -- starts and stops the demonstration for tests; sends messages that can be told apart."""
import hashlib
import os
import random
import re
import signal
import smtplib
import socket
import subprocess
import tempfile
import threading
import time

TOKEN = re.compile(rb"^X-Token: ([0-9a-z-]+) ([0-9a-f]{64})\r?$", re.M)


class Demo:
    """`postern demo` in a folder; ended by its process id."""

    def __init__(self, folder, base, users=4, wrap=(), env=None, options=()):
        self.folder, self.base, self.users = folder, base, users
        self.wrap, self.env, self.options = list(wrap), env, list(options)
        self.process = None

    def start(self, seconds=30):
        program = os.path.abspath("postern")
        self.process = subprocess.Popen(
            self.wrap + [program, "demo", "--dir", self.folder, "--base", str(self.base),
                         "--users", str(self.users)] + self.options,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=self.env,
            start_new_session=True)
        ready = threading.Event()
        self.said = []

        def read():
            for line in self.process.stdout:
                self.said.append(line.decode(errors="replace"))
                if line.strip() == b"ready":
                    ready.set()

        threading.Thread(target=read, daemon=True).start()
        if not ready.wait(seconds):
            self.kill()
            raise RuntimeError("the demonstration did not get ready:\n" + "".join(self.said))
        return self

    def stop(self, seconds=40):
        self.process.send_signal(signal.SIGINT)
        try:
            return self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.kill()
            raise

    def kill(self):
        """Everything at once, as a power switch does to processes."""
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self.process.wait()

    def port(self, number):
        return self.base + number

    def log(self):
        with open(self.folder + "/log", encoding="utf-8", errors="replace") as f:
            return f.read()

    def command(self, *words):
        return subprocess.run([os.path.abspath("postern"), *words, "-c", self.folder + "/postern.lua"],
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60)

    def workers(self):
        """The process ids of the server's children by what they call themselves."""
        found = {}
        for pid in filter(str.isdigit, os.listdir("/proc")):
            try:
                with open(f"/proc/{pid}/cmdline", "rb") as f:
                    words = f.read().split(b"\0")
                with open(f"/proc/{pid}/stat") as f:
                    session = int(f.read().rsplit(")", 1)[1].split()[3])
            except (OSError, ValueError, IndexError):
                continue
            if session == self.process.pid:
                found[int(pid)] = b" ".join(words).decode(errors="replace")
        return found

    def queue_is_empty(self):
        answer = self.command("queue", "list", "--json")
        return answer.returncode == 0 and answer.stdout.replace(" ", "").replace("\n", "") in (
            "[]", '{"messages":[]}')

    def wait_delivered(self, seconds=30):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if self.queue_is_empty():
                return True
            time.sleep(0.05)
        return False


def message(token, size):
    """A message that carries its own name and the hash of its text."""
    body = "".join(random.choices("abcdefghijklmnopqrstuvwxyz \n", k=size)).strip() + "\n"
    body = "\r\n".join(line.rstrip() for line in body.split("\n"))
    digest = hashlib.sha256(body.encode()).hexdigest()
    return (f"From: test@remote.test\r\nSubject: {token}\r\nX-Token: {token} {digest}\r\n\r\n{body}").encode()


def read_mailbox(folder):
    """{token: [paths]} of a Maildir; raises for a file that is empty, cut or changed."""
    tokens = {}
    for sub in ("new", "cur"):
        path = os.path.join(folder, sub)
        for name in sorted(os.listdir(path)) if os.path.isdir(path) else []:
            with open(os.path.join(path, name), "rb") as f:
                text = f.read()
            found = TOKEN.search(text)
            if not found:
                raise AssertionError(f"{path}/{name}: no token in {len(text)} bytes")
            body = re.split(rb"\r?\n\r?\n", text, maxsplit=1)[1]
            body = body.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
            if hashlib.sha256(body).hexdigest().encode() != found.group(2):
                raise AssertionError(f"{path}/{name}: the text is not what was sent")
            tokens.setdefault(found.group(1).decode(), []).append(f"{path}/{name}")
    return tokens


class Load(threading.Thread):
    """Sends messages over one session until told to stop; knows which were answered with 250."""

    def __init__(self, demo, number, sizes=(200, 4000, 20000, 150000)):
        super().__init__(daemon=True)
        self.demo, self.number, self.sizes = demo, number, sizes
        self.acknowledged, self.refused = [], 0
        self.ending = threading.Event()

    def send(self, session, count):
        token = f"t{self.number}-{count}-{random.randrange(1 << 32):x}"
        user = f"user{random.randrange(self.demo.users) + 1}"
        code, _ = session.mail("test@remote.test")
        if code == 250:
            code, _ = session.rcpt(f"{user}@example.test")
        if code == 250:
            code, _ = session.data(message(token, random.choice(self.sizes)))
        if code == 250:
            self.acknowledged.append((token, user))
        else:
            self.refused += 1
            session.rset()

    def run(self):
        count = 0
        while not self.ending.is_set():
            try:
                with smtplib.SMTP("127.0.0.1", self.demo.port(25), timeout=30) as session:
                    session.ehlo("load.test")
                    while not self.ending.is_set():
                        count += 1
                        self.send(session, count)
            except (OSError, smtplib.SMTPException):
                time.sleep(0.05)


def free_base():
    """A base whose ports nothing uses now."""
    while True:
        base = random.randrange(20000, 28000)
        try:
            for port in (25, 110, 465, 587, 995):
                with socket.socket() as s:
                    s.bind(("127.0.0.1", base + port))
            return base
        except OSError:
            pass


def new_folder():
    return tempfile.mkdtemp(prefix="postern-test-")
