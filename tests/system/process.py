#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""process -- the server as processes: what each may do, and what happens when one dies.

Each test is a sentence about one running server; the letters are rows of the threats. As root
everything is proven twice: for root, whose processes give up their rights, and for a user.
"""
import base64
import json
import os
import random
import shutil
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import threading
import time
import traceback

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from server import NOBODY, POSTERN, Server, wait_for  # noqa: E402

TESTS = []
PASSWORD = "correct-horse-battery"
# chown, dac_override, dac_read_search, fowner, fsetid, kill, setgid, setuid, setpcap, net_bind_service
MASTER_CAPS = sum(1 << c for c in (0, 1, 2, 3, 4, 5, 6, 7, 8, 10))
PROCESSES = {"master": 1, "auth": 1, "smtp": 2, "access": 1}


def test(sentence):
    """Register a test, which gets a running server of its own unless it starts one itself."""
    def register(fn):
        TESTS.append((sentence, fn))
        return fn
    return register


def expect(condition, *said):
    if not condition:
        raise AssertionError(" ".join(str(s) for s in said) or "not so")


# ---- what is in /proc


def status_of(path):
    with open(path + "/status", encoding="ascii", errors="replace") as f:
        return dict(line.rstrip("\n").split(":\t", 1) for line in f if ":\t" in line)


def all_pids(server):
    pids = {("master", 0): server.process.pid}
    pids.update({(p["role"], p["number"]): p["pid"] for p in server.processes()})
    return pids


def count_by_role(pids):
    count = {}
    for role, _ in pids:
        count[role] = count.get(role, 0) + 1
    return count


def environment(pid):
    with open(f"/proc/{pid}/environ", "rb") as f:
        return [v.split(b"=")[0].decode() for v in f.read().split(b"\0") if v]


# ---- starting


@test("F6: each process has the rights of its kind and no others, in all its threads (F8)")
def rights(server):
    pids = all_pids(server)
    expect(count_by_role(pids) == PROCESSES, count_by_role(pids))
    for (role, number), pid in pids.items():
        for thread in os.listdir(f"/proc/{pid}/task"):
            s = status_of(f"/proc/{pid}/task/{thread}")
            if role == "master":
                expect(int(s["CapEff"], 16) & ~MASTER_CAPS == 0, "the master has", s["CapEff"])
                continue
            uid = str(server.served_by)
            expect(s["Uid"].split() == [uid] * 4, role, number, s["Uid"])
            expect(all(int(s[c], 16) == 0 for c in ("CapInh", "CapPrm", "CapEff", "CapAmb")), role, s["CapEff"])
            expect(s["NoNewPrivs"] == "1", role, "may gain privileges")
            expect(s["Groups"].strip() in ("", str(server.served_by)), role, s["Groups"])
        with open(f"/proc/{pid}/limits", encoding="ascii") as f:
            core = [line.split()[4:6] for line in f if line.startswith("Max core file")]
        expect(core == [["0", "0"]], role, core)
        s = status_of(f"/proc/{pid}")
        expect(role == "master" or s["Umask"] == "0077", role, s["Umask"])
        if server.served_by != 0:
            expect(role == "master" or os.stat(f"/proc/{pid}/status").st_uid == 0, role, "may be looked into")


@test("F4: a hostile start is put right, and nothing of it is inherited (F9)")
def hostile_start(server):
    server.stop()
    gone = server.path("gone")
    os.mkdir(gone, 0o755)
    if server.user is not None:
        os.chown(gone, server.user, server.user)
    secret = os.open(server.path("postern.lua"), os.O_RDONLY)
    env = {"PATH": "/evil", "TZ": "/etc/passwd", "JUNK": "x" * 100000, "MALLOC_PERTURB_": "7",
           "ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", "detect_leaks=1")}

    def before():
        os.chdir(gone)
        os.rmdir(gone)
        os.umask(0)
        os.set_inheritable(secret, True)
        signal.signal(signal.SIGCHLD, signal.SIG_IGN)
        signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM, signal.SIGUSR1])
    os.truncate(server.log, 0)
    server.start(env=env, before=before, pass_fds=[secret])
    os.close(secret)
    kept = {"UV_USE_IO_URING", "PATH", "LANG", "ASAN_OPTIONS", "UBSAN_OPTIONS", "LSAN_OPTIONS"}
    for (role, number), pid in all_pids(server).items():
        if role == "master":
            continue
        expect(set(environment(pid)) <= kept, role, environment(pid))
        for fd in os.listdir(f"/proc/{pid}/fd"):
            try:
                to = os.readlink(f"/proc/{pid}/fd/{fd}")
            except FileNotFoundError:
                continue
            known = (to.startswith(("socket:", "pipe:", "anon_inode:", "/memfd:postern-")) or to == "/dev/null" or
                     to.endswith(".so") or to in (server.log, server.stderr) or to.startswith(server.data) or
                     to.startswith("/dev/shm") or to.startswith("/sys/") or to.startswith("/proc/"))
            expect(known, role, number, "has", fd, to)
    expect(server.smtp().say("NOOP").startswith("250"))


@test("closed standard descriptors are opened again")
def closed_descriptors(server):
    server.stop()
    os.truncate(server.log, 0)

    def before():
        for fd in (0, 1, 2):
            os.close(fd)
    server.start(before=before)
    expect(os.readlink(f"/proc/{server.process.pid}/fd/2") == "/dev/null")
    expect(server.smtp().say("NOOP").startswith("250"))


@test("a configuration with mistakes is refused with all of them, and code 78")
def mistakes(server):
    server.write("bad.lua", open(server.config, encoding="utf-8").read().replace("hostname", "hostnmae").replace(
        'mail = "maildir"', 'mial = "maildir"'))
    done = server.command("run", "-c", server.path("bad.lua"))
    expect(done.returncode == 78, done.returncode, done.stderr)
    expect("did you mean 'hostname'?" in done.stderr and "did you mean 'mail'?" in done.stderr, done.stderr)
    expect("bad.lua:3" in done.stderr and "bad.lua:4" in done.stderr, done.stderr)
    expect(server.command("run", "--check", "-c", server.config).returncode == 0)


@test("K12: a second server on the same data folder is refused, the first is not harmed")
def second_server(server):
    done = server.command("run", "-c", server.config)
    expect(done.returncode == 69, done.returncode)
    expect(f"another server (process {server.process.pid}) uses the data folder" in done.stderr, done.stderr)
    expect(server.smtp().say("NOOP").startswith("250"))


@test("a port that is taken is refused, although its owner shares it with its workers")
def taken_port(server):
    text = open(server.config, encoding="utf-8").read().replace('/data"', '/other"')
    server.write("other.lua", text)
    done = server.command("run", "-c", server.path("other.lua"))
    expect(done.returncode == 69, done.returncode, done.stderr)
    expect("127.0.0.1 port" in done.stderr and "another server listens there" in done.stderr, done.stderr)


@test("the service manager is told when it serves, and when it stops")
def notified(server):
    server.stop()
    os.truncate(server.log, 0)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as s:
        s.bind("\0postern-system-test-%d" % os.getpid())
        s.settimeout(20)
        env = dict(os.environ, NOTIFY_SOCKET="@postern-system-test-%d" % os.getpid())
        server.start(env=env)
        expect(s.recv(100) == b"READY=1")
        server.stop()
        expect(s.recv(100) == b"STOPPING=1")


# ---- dying


@test("a worker that is killed is replaced within a second, and nobody is refused meanwhile")
def killed_workers(server):
    for role, number, port in (("smtp", 0, 25), ("smtp", 1, 25), ("access", 0, 110)):
        old = server.pid(role, number)
        os.kill(old, signal.SIGKILL)
        began = time.monotonic()
        clients = [server.connect(port, greeting=False) for _ in range(40)]
        # Who was in its hands is lost; who came after it died is served.
        expect(wait_for(lambda: server.is_back(role, number, old), 10), role, number, "is not back")
        took = time.monotonic() - began
        served = sum(c.line() != "" for c in clients)
        expect(served >= 36, role, number, "served", served, "of 40")
        expect(took < 1.5, role, number, "took", took)
        for c in clients:
            c.close()


def crash(server, how):
    """One client whose message breaks the module; the log line that says so."""
    before = server.text(server.log).count(" crashed ")
    c = server.smtp()
    answer = c.say(f"MAIL FROM:<{how}@chaos.test>")
    expect(not answer.startswith("2"), how, "was answered", answer)
    c.close()
    expect(wait_for(lambda: server.text(server.log).count(" crashed ") > before, 15), how, "is not in the log")
    return [line for line in server.text(server.log).splitlines() if " crashed " in line][before]


@test("C1: a module that crashes takes only its worker with it, and the log says which module, where, for whom")
def crashes(server):
    for how, sign in (("segv", ""), ("abort", "signal=ABRT"), ("overflow", ""), ("exit", "status=0"),
                      ("exit-now", "status=1"), ("kill", "signal=KILL")):
        line = crash(server, how)
        expect(sign in line, how, line)
        expect("by=chaos" in line and "stage=mail" in line and "client=127.0.0.1" in line, how, line)
        expect(server.smtp().say("MAIL FROM:<a@b.test>").startswith("250"), how, "then nobody serves")


@test("C2: a message whose delivery crashes the worker twice is parked, and others are delivered")
def poison(server):
    expect(server.add_user("alice@example.test", "secret").returncode == 0)
    for sender in ("poison", "ann"):
        c = server.smtp()
        c.say(f"MAIL FROM:<{sender}@remote.test>")
        c.say("RCPT TO:<alice@example.test>")
        c.say("DATA")
        answer = c.say(f"Subject: from {sender}\r\n\r\n.")
        expect(answer.startswith("250"), sender, answer)
        if sender == "poison":
            said = wait_for(lambda: [x for x in server.text(server.log).splitlines() if " parked by=core" in x], 40)
            expect(said and "crashes=2" in said[0], "not parked", said)
    expect(server.text(server.log).count("stage=route") == 2, "crashes")
    expect(wait_for(lambda: "outcome=delivered to=<alice@example.test>" in server.text(server.log)), "not delivered")
    listed = server.command("queue", "list", "--data", server.data, "--json")
    expect('"state": "held"' in listed.stdout and "poison@remote.test" in listed.stdout, listed.stdout, listed.stderr)


@test("the queue is listed, held, released, retried and emptied by command, with and without a server")
def queue(server):
    expect(server.add_user("alice@example.test", "secret").returncode == 0)

    def ask(*args, code=0):
        answer = server.command("queue", *args, "--data", server.data, "--json")
        expect(answer.returncode == code, args, answer.returncode, answer.stdout, answer.stderr)
        return json.loads(answer.stdout) if answer.stdout else None

    def states():
        return sorted(m["state"] for m in ask("list"))

    expect(ask("list") == [])
    c = server.smtp(587)
    login = base64.b64encode(b"\0alice@example.test\0secret").decode()
    expect(c.say("AUTH PLAIN " + login).startswith("235"))
    for to in ("ann@remote.test", "bob@remote.test", "carl@other.test"):
        for line in ("MAIL FROM:<alice@example.test>", f"RCPT TO:<{to}>", "DATA"):
            c.say(line)
        expect(c.say("From: alice@example.test\r\nSubject: x\r\n\r\n.").startswith("250"))
    expect(wait_for(lambda: server.text(server.log).count("outcome=deferred") == 3), "not tried")
    expect(wait_for(lambda: states() == ["queued"] * 3), states())
    one = ask("list", "--to", "ANN@*")[0]
    expect(one["from"] == "alice@example.test" and one["rcpts"][0]["attempts"] == 1, one)
    expect("No deliverer" in one["rcpts"][0]["last"], one)
    expect(ask("show", "nonsense", code=66) == [])

    expect(ask("hold", one["id"]) == {"count": 1})
    expect(wait_for(lambda: states() == ["held", "queued", "queued"]), states())
    expect(ask("retry", one["id"]) == {"count": 0})
    expect(ask("release", "--all") == {"count": 1})
    expect(wait_for(lambda: server.text(server.log).count("outcome=deferred") == 4), "not released")
    expect(ask("retry", "--to", "*@remote.test") == {"count": 2})
    expect(wait_for(lambda: server.text(server.log).count("outcome=deferred") == 6), "not retried")
    expect(wait_for(lambda: states() == ["queued"] * 3), states())
    expect(ask("hold", "--to", "carl@*") == {"count": 1})
    expect(wait_for(lambda: "held" in states()), states())
    expect(ask("delete", "--to", "*@remote.test") == {"count": 2})
    expect(wait_for(lambda: states() == ["held"]), states())

    expect(server.stop() == 0)
    expect(states() == ["held"], "without a server", ask("list"))
    ask("delete", "--all", code=69)
    os.remove(server.log)
    server.start()
    expect(wait_for(lambda: states() == ["held"]), "after a restart", states())
    expect(ask("delete", "--all") == {"count": 1})
    expect(wait_for(lambda: states() == []), states())
    whole = server.command("spool", "check", "--data", server.data)
    expect(whole.returncode == 0, whole.stdout, whole.stderr)


@test("C3: one that keeps crashing is started again after longer and longer pauses")
def crash_loop(server):
    began, pids = time.monotonic(), []
    while len(pids) < 4:
        p = wait_for(lambda: [p for p in server.processes("smtp") if p["number"] == 0 and p["state"] == "ready" and
                              p["pid"] not in pids], 15)
        expect(p, "not back after", len(pids))
        pids.append(p[0]["pid"])
        if len(pids) < 4:
            os.kill(pids[-1], signal.SIGKILL)
    # 0 + 1 + 2 seconds
    expect(time.monotonic() - began >= 3, "too fast:", time.monotonic() - began)
    expect([p for p in server.processes("smtp") if p["number"] == 0][0]["restarts"] == 3)


@test("C4: a loop that does not turn is ended after five seconds, by name, and replaced")
def blocked(server):
    began = time.monotonic()
    line = crash(server, "spin")
    expect("by=chaos" in line and "stage=mail" in line, line)
    expect(4 <= time.monotonic() - began <= 12, "took", time.monotonic() - began)
    expect("does not answer for 5 seconds" in server.text(server.log))
    expect(server.smtp().say("MAIL FROM:<a@b.test>").startswith("250"))


@test("K5: when the master is killed its processes leave, and a new one starts cleanly")
def killed_master(server):
    pids = all_pids(server)
    server.process.kill()
    server.process.wait()
    for (role, number), pid in pids.items():
        expect(wait_for(lambda p=pid: not os.path.exists(f"/proc/{p}") or status_of(f"/proc/{p}")["State"][0] == "Z", 15),
               role, number, "stays")
    expect(os.path.exists(server.data + "/control"), "nothing was left behind")
    os.truncate(server.log, 0)
    server.start()
    expect(server.smtp().say("NOOP").startswith("250"))


# ---- logging in


def plain(name, password):
    return base64.b64encode(b"\0" + name.encode("utf-8", "surrogateescape") + b"\0" + password.encode()).decode()


def login(server, name, password, port=587):
    c = server.smtp(port)
    answer = c.say("AUTH PLAIN " + plain(name, password))
    c.close()
    return answer


@test("users are added, changed, listed and deleted; the running server knows at once")
def users(server):
    expect(server.add_user("alice", PASSWORD).returncode == 0)
    expect(server.add_user("alice@example.test", PASSWORD).returncode == 65)
    expect(server.add_user("alice@elsewhere.test", PASSWORD).returncode == 65)
    expect(server.add_user("empty", "").returncode == 65)
    expect(server.command("user", "list", "-c", server.config).stdout == "alice@example.test\n")
    expect(login(server, "alice", PASSWORD).startswith("235"))
    expect(login(server, "Alice@Example.Test", PASSWORD).startswith("235"))
    expect(server.command("user", "passwd", "alice", "-c", server.config, given="new\n").returncode == 0)
    expect(login(server, "alice", PASSWORD).startswith("535"))
    expect(login(server, "alice", "new").startswith("235"))
    expect(stat.S_IMODE(os.stat(server.data + "/users").st_mode) == 0o600)
    expect(os.stat(server.data + "/users").st_uid == server.served_by)
    expect(server.command("user", "delete", "alice", "-c", server.config).returncode == 0)
    expect(server.command("user", "delete", "alice", "-c", server.config).returncode == 67)
    expect(login(server, "alice", "new").startswith("535"))


@test("A3: a wrong password and an unknown user get the same answer after the same time")
def same_time(server):
    server.add_user("alice", PASSWORD)
    c, took, answers = server.smtp(587), {"alice": [], "nobody": []}, set()
    # In no order, because two threads that take turns would each get one of the names.
    order = ["alice", "nobody"] * 40
    random.shuffle(order)
    for i in range(len(order)):
        name = order[i]
        began = time.monotonic()
        answers.add(c.say("AUTH PLAIN " + plain(name, "wrong")))
        took[name].append(time.monotonic() - began)
    expect(len(answers) == 1 and answers.pop().startswith("535 5.7.8"), answers)
    # Kolmogorov and Smirnov: the largest distance of the two distributions, p = 0.01.
    n = len(took["alice"])
    marks = sorted(took["alice"] + took["nobody"])
    distance = max(abs(sum(t <= m for t in took["alice"]) - sum(t <= m for t in took["nobody"])) / n for m in marks)
    expect(distance < 1.63 * (2 / n) ** 0.5, "distance", distance)


@test("A5: many logins at once are computed four at a time; the rest waits, or is told to come back")
def many_logins(server):
    server.add_user("alice", PASSWORD)
    answers, pid = [], server.pid("auth")
    threads = [threading.Thread(target=lambda: answers.append(login(server, "alice", PASSWORD))) for _ in range(150)]
    for t in threads:
        t.start()
    other, slowest = server.smtp(), 0
    while any(t.is_alive() for t in threads):
        began = time.monotonic()
        expect(other.say("NOOP").startswith("250"))
        slowest = max(slowest, time.monotonic() - began)
        time.sleep(0.01)
    expect(len(answers) == 150 and all(a.startswith(("235", "454 4.7.0")) for a in answers), set(answers))
    expect(any(a.startswith("235") for a in answers))
    expect(slowest < 0.5, "another session waited", slowest)
    peak = int(status_of(f"/proc/{pid}")["VmHWM"].split()[0])
    expect(peak < 400 * 1024, "the auth process grew to", peak, "kB")


@test("A8: names that cannot be are refused like wrong passwords")
def odd_names(server):
    server.add_user("alice", PASSWORD)
    for name in ("%u", "../../etc/passwd", "alice\r\nx", "\udcff\udcfe", "'; DROP TABLE users", "*)(uid=*", "alice@",
                 "@example.test", "alice@[127.0.0.1]", "a" * 5000, "alice:x", "#", "x@y@z"):
        answer = login(server, name, PASSWORD)
        expect(answer.startswith(("535", "500", "501")), repr(name[:20]), answer)
    expect(login(server, "alice", PASSWORD).startswith("235"))


@test("A10: while the auth process hangs nobody is let in, and others are served; it is replaced")
def auth_hangs(server):
    server.add_user("alice", PASSWORD)
    old = server.pid("auth")
    os.kill(old, signal.SIGSTOP)
    c = server.smtp(587)
    c.send("AUTH PLAIN " + plain("alice", PASSWORD))
    expect(server.smtp().say("NOOP").startswith("250"))
    expect(c.reply().startswith("454 4.7.0"))
    expect(wait_for(lambda: server.is_back("auth", 0, old), 15), "it is not replaced")
    expect(login(server, "alice", PASSWORD).startswith("235"))
    old = server.pid("auth")
    c = server.smtp(587)
    c.send("AUTH PLAIN " + plain("alice", PASSWORD))
    os.kill(old, signal.SIGKILL)
    expect(c.reply().startswith(("454 4.7.0", "235")))
    expect(wait_for(lambda: login(server, "alice", PASSWORD).startswith("235"), 5), "it is not replaced")


@test("F12: no password is in the log, in arguments or in the environment")
def no_secrets(server):
    server.add_user("alice", PASSWORD)
    login(server, "alice", PASSWORD)
    login(server, "alice", PASSWORD + "x")
    c = server.connect(110)
    c.ask("USER alice")
    c.ask("PASS " + PASSWORD)
    c.ask("PASS")
    secrets = [PASSWORD, plain("alice", PASSWORD), "$argon2id$"]
    texts = {"log": server.text(server.log), "stderr": server.text()}
    for (role, number), pid in all_pids(server).items():
        for name in ("cmdline", "environ"):
            with open(f"/proc/{pid}/{name}", "rb") as f:
                texts[f"{role}/{number} {name}"] = f.read().decode("utf-8", "replace")
    for name, text in texts.items():
        expect(not any(s in text for s in secrets), name)


# ---- control


def ask_raw(server, data, end=True):
    with socket.socket(socket.AF_UNIX) as s:
        s.settimeout(15)
        s.connect(server.data + "/control")
        try:
            s.sendall(data)
            if end:
                s.shutdown(socket.SHUT_WR)
            return s.makefile("rb").readline()
        except (BrokenPipeError, ConnectionResetError):
            return b""


@test("F13: garbage on the control socket is answered or refused, and the server stays")
def control_garbage(server):
    for data in (b"\n", b"garbage\n", b"[1,2]\n", b'{"cmd": 1}\n', b'{"cmd": "no such"}\n', b'{"cmd":"queue"}\n',
                 b'{"cmd":"status","cmd":"stop"}\n', b"\xff\xfe\0\n", b"[" * 5000 + b"\n"):
        expect(b'"error"' in ask_raw(server, data), data[:20])
    expect(ask_raw(server, b'{"cmd": "sta') == b"")
    expect(ask_raw(server, b"x" * 200000) == b"")
    many = [socket.socket(socket.AF_UNIX) for _ in range(300)]
    for s in many:
        try:
            s.connect(server.data + "/control")
        except BlockingIOError:
            pass  # as many wait as may: who comes now is refused
    for s in many:
        s.close()
    expect(wait_for(lambda: ask_raw(server, b'{"cmd": "status"}\n').startswith(b"{"), 5))
    expect(b"not there yet" in ask_raw(server, b'{"cmd": "reload"}\n'))
    expect(len(server.processes()) == 4)


@test("F13: only root and the owner may use the control socket")
def control_owner(server):
    path = server.data + "/control"
    expect(stat.S_IMODE(os.stat(path).st_mode) == 0o600)
    if os.geteuid() != 0:
        return
    os.chmod(path, 0o777)
    for folder in (server.dir, server.data):
        os.chmod(folder, 0o755)
    script = ("import os,socket,sys;os.setgroups([]);os.setresgid(4242,4242,4242);os.setresuid(4242,4242,4242);"
              "s=socket.socket(socket.AF_UNIX);s.connect(sys.argv[1]);s.settimeout(5);\n"
              "try:\n s.sendall(b'{\"cmd\":\"stop\"}\\n');print(len(s.recv(100)))\n"
              "except OSError:\n print(0)")
    done = subprocess.run([sys.executable, "-c", script, path], capture_output=True, text=True, check=False)
    expect(done.stdout == "0\n", done.stdout, done.stderr)
    expect(len(server.processes()) == 4)
    expect("may not use the control socket" in server.text(server.log))


@test("status and stop find the server, by its configuration or its folder, and say when there is none")
def commands(server):
    done = server.command("status", "-c", server.config)
    expect(done.returncode == 0 and "smtp/1" in done.stdout and "serving" in done.stdout, done.stdout, done.stderr)
    expect('"processes"' in server.command("status", "--data", server.data, "--json").stdout)
    expect(server.command("stop", "-c", server.config).returncode == 0)
    expect(wait_for(lambda: server.process.poll() is not None, 2) or server.process.poll() == 0)
    done = server.command("status", "--data", server.data)
    expect(done.returncode == 69 and "no server runs" in done.stderr, done.stderr)


# ---- signals and the end


@test("SIGUSR1 reopens the log for all processes; so does another file in its place")
def log_reopened(server):
    server.add_user("alice", PASSWORD)
    os.rename(server.log, server.log + ".1")
    server.process.send_signal(signal.SIGUSR1)
    expect(wait_for(lambda: os.path.exists(server.log), 5), "there is no new log")
    time.sleep(0.2)
    login(server, "stranger", "wrong")
    expect(wait_for(lambda: "auth=fail" in server.text(server.log), 5), "workers do not write to it")
    os.rename(server.log, server.log + ".2")
    expect(wait_for(lambda: os.path.exists(server.log), 5), "the move goes unnoticed")


@test("SIGHUP does no harm")
def hangup(server):
    server.process.send_signal(signal.SIGHUP)
    expect(wait_for(lambda: "reload is not there yet" in server.text(server.log), 5))
    expect(server.smtp().say("NOOP").startswith("250"))


@test("K15: a stop tells idle sessions 421, lets a message in transfer be answered, and ends with 0")
def graceful_stop(server):
    server.add_user("alice", PASSWORD)
    idle = [server.smtp() for _ in range(50)]
    busy = server.smtp()
    for line, want in (("MAIL FROM:<a@b.test>", "250"), ("RCPT TO:<alice@example.test>", "250"), ("DATA", "354")):
        answer = busy.say(line)
        expect(answer.startswith(want), line, answer)
    server.process.send_signal(signal.SIGTERM)
    for c in idle:
        expect(c.line().startswith("421 4.3.2"), "an idle session is not told")
        expect(c.line() == "", "an idle session is not closed")
    try:
        server.connect(25)
        expect(False, "it still accepts")
    except ConnectionRefusedError:
        pass
    expect(busy.say(b"Subject: x\r\n\r\nlast words\r\n.\r\n").startswith("250"))
    expect(server.stop() == 0)
    expect(not os.path.exists(server.data + "/control"))


@test("a session that does not end is ended when its time is over")
def stop_is_bounded(server):
    c = server.smtp()
    c.say("MAIL FROM:<a@b.test>")
    began = time.monotonic()
    expect(server.stop() == 0)
    expect(time.monotonic() - began < 12, "took", time.monotonic() - began)


@test("a stop is not delayed by a worker that hangs")
def stop_of_hanging(server):
    os.kill(server.pid("smtp", 1), signal.SIGSTOP)
    began = time.monotonic()
    expect(server.stop() == 0)
    expect(time.monotonic() - began < 20, "took", time.monotonic() - began)


# ---- the demonstration


def demo(server, *args):
    """Start the demonstration in server.dir/demo; what it prints up to `ready`."""
    server.process = subprocess.Popen([POSTERN, "demo", "--dir", server.path("demo"), *args], stdout=subprocess.PIPE,
                                      text=True, preexec_fn=server.become)
    lines = []
    for line in server.process.stdout:
        lines.append(line.rstrip())
        if line == "ready\n":
            break
    server.data = server.path("demo")
    server.log = server.path("demo/log")
    return lines


@test("the demonstration serves what it says, twice, and with another base")
def demonstration(server):
    server.stop()
    base = server.base
    if os.geteuid() == 0 and server.user is None:
        os.mkdir(server.path("demo"), 0o755)
        os.chown(server.path("demo"), NOBODY, NOBODY)
        os.chmod(server.dir, 0o755)
    lines = demo(server, "--base", str(base), "--users", "3", "--retry-scale", "0.001")
    expect(lines[-1] == "ready", lines)
    for name, port in (("smtp", 25), ("submission", 587), ("submissions", 465), ("pop3", 110), ("pop3s", 995)):
        expect(any(line.split()[:1] == [name] and str(base + port) in line for line in lines), name, lines)
    for name in ("alice", "bob@example.test", "user3"):
        expect(login(server, name, "postern").startswith("235"), name)
    expect(login(server, "user4", "postern").startswith("535"))
    if os.geteuid() == 0:
        for role, pid in all_pids(server).items():
            expect(status_of(f"/proc/{pid}")["Uid"].split()[1] == str(NOBODY), role, "is not the folder's owner")
    server.process.send_signal(signal.SIGINT)
    expect(server.process.wait(20) == 0)
    server.base = base + 1
    lines = demo(server, "--base", str(base + 1), "--users", "4")
    expect(login(server, "user4", "postern").startswith("235"))
    expect(server.stop() == 0)


# ---- users of the system, in a private view of /etc


ACCOUNTS = {"smtp": 4001, "access": 4002, "auth": 4003}
MAIL_GROUP = 4000


def make_accounts(folder):
    """Give this process and its children an /etc with the users that a package would make."""
    lines = {"passwd": [f"postern-{n}:x:{i}:{i}::/:/bin/false" for n, i in ACCOUNTS.items()],
             "group": [f"postern-mail:x:{MAIL_GROUP}:"]}
    for name, added in lines.items():
        path = os.path.join(folder, name)
        with open("/etc/" + name, encoding="utf-8") as old, open(path, "w", encoding="utf-8") as new:
            new.write(old.read() + "\n".join(added) + "\n")
        os.chmod(path, 0o644)
        subprocess.run(["mount", "--bind", path, "/etc/" + name], check=True)


def separate_users(server):
    """Each process is another user, and mail still goes from one to the other."""
    for role, pid in all_pids(server).items():
        s = status_of(f"/proc/{pid}")
        if role[0] != "master":
            expect(s["Uid"].split() == [str(ACCOUNTS[role[0]])] * 4, role, s["Uid"])
            expect(s["Gid"].split() == [str(MAIL_GROUP)] * 4 and s["Groups"].strip() == "", role, s["Gid"])
            expect(int(s["CapEff"], 16) == 0 and s["NoNewPrivs"] == "1", role)
    expect(server.add_user("alice", PASSWORD).returncode == 0)
    users, spool, data = (os.stat(server.data + n) for n in ("/users", "/spool", ""))
    expect(users.st_uid == ACCOUNTS["auth"] and stat.S_IMODE(users.st_mode) == 0o600, "the hashes are not auth's alone")
    expect(spool.st_uid == ACCOUNTS["smtp"] and stat.S_IMODE(spool.st_mode) & 0o077 == 0, "the spool is not smtp's alone")
    expect(data.st_uid == 0 and stat.S_IMODE(data.st_mode) == 0o3770, "others' files could be removed")
    c = server.smtp()
    for line, want in (("MAIL FROM:<a@b.test>", "250"), ("RCPT TO:<alice@example.test>", "250"), ("DATA", "354")):
        expect(c.say(line).startswith(want), line)
    expect(c.say(b"Subject: x\r\n\r\nhello\r\n.\r\n").startswith("250"))

    def fetched():
        pop = server.connect(110)
        pop.ask("USER alice")
        pop.ask("PASS " + PASSWORD)
        answer = pop.ask("STAT")
        pop.ask("DELE 1")
        pop.ask("QUIT")
        return answer.startswith("+OK 1 ")
    expect(wait_for(fetched, 10), "the message cannot be fetched")
    expect(not fetched(), "the message cannot be deleted")
    expect(server.stop() == 0)


def run_with_users():
    """In a mount namespace of its own; the end of this process is the end of the accounts."""
    folder = tempfile.mkdtemp(prefix="postern-accounts-")
    try:
        make_accounts(folder)
        return run("each process is a user of its own, and mail goes from one to the other", separate_users, 16950, None,
                   "users")
    finally:
        subprocess.run(["umount", "/etc/passwd", "/etc/group"], check=False)
        shutil.rmtree(folder, ignore_errors=True)


# ---- running them


def run(sentence, fn, base, user, label):
    server = Server(base, user)
    server.served_by = user if user is not None else os.geteuid()
    if user is None and os.geteuid() == 0 and label != "users":
        # Root's workers become the owner of the data folder.
        server.served_by = NOBODY
        os.mkdir(server.data, 0o700)
        os.chown(server.data, NOBODY, NOBODY)
        os.chmod(server.dir, 0o755)
    if label == "users":
        os.chmod(server.dir, 0o755)
    try:
        server.start()
        fn(server)
        print(f"ok {label}: {sentence}", flush=True)
        return True
    except Exception as e:  # whatever it is, it is the test's failure
        at = [f.lineno for f in traceback.extract_tb(e.__traceback__) if f.name in (fn.__name__, "run")][-1]
        print(f"FAIL {label}: {sentence}\n  line {at}: {type(e).__name__}: {e}")
        print("".join("  | " + line + "\n" for line in server.text(server.log).splitlines()[-40:]), flush=True)
        print("".join("  ! " + line + "\n" for line in server.text().splitlines()[-30:]), flush=True)
        return False
    finally:
        server.close()


def main():
    wanted = sys.argv[1:]
    if wanted == ["--users"]:
        return 0 if run_with_users() else 1
    modes = [("user", NOBODY), ("root", None)] if os.geteuid() == 0 else [("user", None)]
    results = []
    base = 16000
    for label, user in modes:
        for sentence, fn in TESTS:
            if wanted and fn.__name__ not in wanted:
                continue
            base = 16000 + (base - 16000 + 7) % 900
            results.append(run(sentence, fn, base, user, label))
    if os.geteuid() == 0 and wanted in ([], ["separate_users"]):
        results.append(subprocess.run(["unshare", "-m", sys.executable, os.path.abspath(__file__), "--users"],
                                      check=False).returncode == 0)
    print(f"process: {results.count(True)} passed, {results.count(False)} failed")
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
