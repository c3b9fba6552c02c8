# SPDX-License-Identifier: MIT
"""server -- starts, asks and ends Postern servers for the tests of processes."""
import json
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time

BUILD = os.getcwd()
POSTERN = os.path.join(BUILD, "postern")
CHAOS = os.path.join(BUILD, "tests/system/.libs/chaos.so")
NOBODY = pwd.getpwnam("nobody").pw_uid

CONFIG = """
local base = {base}
server {{ hostname = "mx.example.test", data = "{dir}/data", log = "{log}", smtp_workers = 2, access_workers = 1 }}
domain "example.test" {{ users = "passwd", mail = "maildir" }}
listen {{ "smtp", address = "127.0.0.1", port = base + 25, auth_without_tls = true }}
listen {{ "submission", address = "127.0.0.1", port = base + 587, auth_without_tls = true }}
listen {{ "pop3", address = "127.0.0.1", port = base + 110, auth_without_tls = true }}
use "passwd" {{ file = "users" }}
use "{chaos}" {{}}
resolver {{ fixture = "dns.json", only = true }}
limits {{ connections_per_address = 100000, auth_failures_per_address = 100000, errors = 10000,
          auth_failures = 100, idle_commands = 100000, stop_time = "{stop}" }}
tls {{ cert = "cert.pem", key = "key.pem" }}
"""


def wait_for(what, seconds=20.0):
    """Poll until `what` returns something true; returns it, or None after `seconds`."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        got = what()
        if got:
            return got
        time.sleep(0.02)
    return None


class Server:
    """One server in a folder of its own; `user` None: as whoever runs the tests."""

    def __init__(self, base, user=None, log="log", stop="5s"):
        self.base, self.user, self.process = base, user, None
        self.dir = tempfile.mkdtemp(prefix="postern-system-")
        self.data = os.path.join(self.dir, "data")
        self.stderr = os.path.join(self.dir, "stderr")
        self.log = os.path.join(self.data, log) if log else self.stderr
        self.config = os.path.join(self.dir, "postern.lua")
        self.write("postern.lua", CONFIG.format(base=base, dir=self.dir, log=log, chaos=CHAOS, stop=stop))
        self.write("dns.json", "{}")
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
                        "-nodes", "-keyout", self.path("key.pem"), "-out", self.path("cert.pem"), "-days", "30",
                        "-subj", "/CN=mx.example.test"], check=True, capture_output=True)
        os.chmod(self.path("key.pem"), 0o600)
        if user is not None:
            for name in [""] + os.listdir(self.dir):
                os.chown(self.path(name), user, user)
        os.chmod(self.dir, 0o700)

    def path(self, name):
        return os.path.join(self.dir, name) if name else self.dir

    def write(self, name, text):
        with open(self.path(name), "w", encoding="utf-8") as f:
            f.write(text)

    def become(self):
        if self.user is not None:
            os.setgroups([])
            os.setresgid(self.user, self.user, self.user)
            os.setresuid(self.user, self.user, self.user)

    def command(self, *args, given=None, **more):
        """Run a command of postern to its end."""
        return subprocess.run([POSTERN, *args], input=given, text=True, capture_output=True, timeout=60, check=False,
                              preexec_fn=self.become, **more)

    def add_user(self, name, password):
        return self.command("user", "add", name, "-c", self.config, given=password + "\n")

    def spawn(self, env=None, before=None, **more):
        """Start it without waiting."""
        def prepare():
            self.become()
            if before:
                before()
        with open(self.stderr, "ab") as err:
            self.process = subprocess.Popen([POSTERN, "run", "-c", self.config], stdin=subprocess.DEVNULL, stdout=err,
                                            stderr=err, env=env, preexec_fn=prepare, **more)
        return self

    def start(self, **more):
        """Start it and wait until it serves."""
        self.spawn(**more)
        if not wait_for(lambda: self.is_ready() or self.process.poll() is not None) or self.process.poll() is not None:
            raise RuntimeError("the server does not start:\n" + self.text())
        return self

    def is_ready(self):
        return "text=\"ready:" in self.text(self.log)

    def text(self, path=None):
        try:
            with open(path or self.stderr, encoding="utf-8", errors="replace") as f:
                return f.read()
        except FileNotFoundError:
            return ""

    def ask(self, request):
        with socket.socket(socket.AF_UNIX) as s:
            s.settimeout(10)
            s.connect(os.path.join(self.data, "control"))
            s.sendall(json.dumps(request).encode() + b"\n")
            return json.loads(s.makefile().readline())

    def processes(self, role=None):
        return [p for p in self.ask({"cmd": "status"})["processes"] if role in (None, p["role"])]

    def pid(self, role, number=0):
        return [p["pid"] for p in self.processes(role) if p["number"] == number][0]

    def is_back(self, role, number, old):
        """The process was replaced and serves again."""
        p = [p for p in self.processes(role) if p["number"] == number][0]
        return p["state"] == "ready" and p["pid"] != old

    def connect(self, port, greeting=True):
        s = socket.create_connection(("127.0.0.1", self.base + port), timeout=30)
        c = Client(s)
        if greeting:
            c.greeting = c.line()
        return c

    def smtp(self, port=25):
        c = self.connect(port)
        c.say("EHLO client.test")
        return c

    def stop(self):
        """End it; its exit code."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            return None

    def close(self):
        if self.process is not None and self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        shutil.rmtree(self.dir, ignore_errors=True)


class Client:
    """A connection of lines."""

    def __init__(self, sock):
        self.socket, self.file, self.greeting = sock, sock.makefile("rb"), None

    def line(self):
        """The next line, or "" at the end."""
        try:
            return self.file.readline().decode("utf-8", "replace").rstrip("\r\n")
        except OSError:
            return ""

    def reply(self):
        """A reply of SMTP, its last line."""
        line = self.line()
        while line[3:4] == "-":
            line = self.line()
        return line

    def send(self, data):
        try:
            self.socket.sendall(data if isinstance(data, bytes) else data.encode() + b"\r\n")
        except OSError:
            pass

    def say(self, data):
        self.send(data)
        return self.reply()

    def ask(self, data):
        """One line of POP3."""
        self.send(data)
        return self.line()

    def close(self):
        self.file.close()
        self.socket.close()
