#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""contract -- what `postern demo` promises to those who try it, and to tests; each case has a server of its own.

Run in the build folder. As root, more is proven.
"""
import contextlib
import glob
import json
import os
import poplib
import pwd
import re
import shutil
import signal
import smtplib
import socket
import stat
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from demo import Demo, free_base, new_folder  # noqa: E402
from suite import Skip, call, case, expect, run, wait_for  # noqa: E402

POSTERN = os.path.abspath("postern")
PASSWORD = "postern"
STANDARD = {"smtp": 25, "submission": 587, "submissions": 465, "lmtp": 24, "pop3": 110, "pop3s": 995, "imap": 143,
            "imaps": 993, "sieve": 4190, "http": 80, "https": 443}
REQUIRED = {"smtp", "submission", "submissions", "pop3", "pop3s"}
TEXT = b"Subject: contract\r\n\r\ntext\r\n"


@contextlib.contextmanager
def a_demo(prepare=None, start=True, **more):
    """A demonstration in a folder of its own, which `prepare` sees before."""
    work = new_folder()
    demo = Demo(os.path.join(work, "demo"), free_base(), **more)
    try:
        if prepare:
            os.mkdir(demo.folder, 0o700)
            prepare(demo.folder)
            os.chmod(work, 0o755)
        yield demo.start() if start else demo
    finally:
        if demo.process:
            demo.kill()
        shutil.rmtree(work, ignore_errors=True)


def smtp(demo, port=25):
    session = smtplib.SMTP("127.0.0.1", demo.port(port), timeout=60)
    session.ehlo("client.test")
    return session


def send(demo, to="alice"):
    with smtp(demo) as session:
        session.sendmail("ann@remote.test", [f"{to}@example.test"], TEXT)


def pop3_login(demo, name, password=PASSWORD):
    session = poplib.POP3("127.0.0.1", demo.port(110), timeout=60)
    session.user(name)
    session.pass_(password)
    return session


def is_refused(login, *args):
    try:
        login(*args)
    except (poplib.error_proto, smtplib.SMTPAuthenticationError):
        return True
    return False


def files_of(demo, user):
    return glob.glob(f"{demo.folder}/mail/example.test/{user}/new/*")


def change(path, before, after):
    """Replace text in a file; its owner stays."""
    with open(path, encoding="utf-8") as f:
        text = f.read()
    expect(before in text, before, "is not in", path)
    with open(path, "w", encoding="utf-8") as f:
        f.write(text.replace(before, after))


def with_policy(name, text):
    """Prepares a folder that has a script already."""
    def prepare(folder):
        os.mkdir(folder + "/policy", 0o700)
        with open(f"{folder}/policy/{name}", "w", encoding="utf-8") as f:
            f.write(text)
        os.chmod(f"{folder}/policy/{name}", 0o600)
    return prepare


# ---- what it makes and prints


@case("it prints a table of the endpoints that it serves, and then that it is ready")
def _():
    with a_demo() as demo:
        said = "".join(demo.said)
        table = {name: int(port) for name, port in re.findall(r"^  (\w+) +127\.0\.0\.1 port (\d+)", said, re.M)}
        expect(REQUIRED <= set(table), "missing in:", said)
        for name, number in STANDARD.items():
            expect(table.get(name) in (None, demo.port(number)), name, "is at", table.get(name))
            with socket.socket() as s:
                is_open = s.connect_ex(("127.0.0.1", demo.port(number))) == 0
            expect(is_open == (name in table), name, "is open" if is_open else "is not open")
        expect(demo.said[-1] == "ready\n" and "password: postern" in said and demo.folder + "/log" in said, said)


@case("what it writes is a configuration that `postern check` accepts, and a policy whose stories hold")
def _():
    with a_demo() as demo:
        expect(demo.command("check").returncode == 0, demo.command("check"))
        stories = call(POSTERN, "test", demo.folder + "/policy")
        expect(stories.returncode == 0 and "1 passed, 0 failed" in stories.text, stories.text)


@case("what it writes is for its owner only")
def _():
    with a_demo() as demo:
        send(demo)
        wait_for(lambda: files_of(demo, "alice"))
        for folder, _, names in os.walk(demo.folder):
            for path in [folder] + [os.path.join(folder, name) for name in names]:
                mode = stat.S_IMODE(os.lstat(path).st_mode)
                expect(mode & 0o077 == 0, f"{path} has mode {mode:o}")


# ---- who logs in


@case("alice, bob, user1 to userN log in, with and without the domain, without TLS; user N+1 does not")
def _():
    with a_demo(users=5) as demo:
        for user in ("alice", "bob", *(f"user{i + 1}" for i in range(5))):
            for name in (user, user + "@example.test", user.upper()):
                pop3_login(demo, name).quit()
                with smtp(demo, 587) as session:
                    session.login(name, PASSWORD)
        for name in ("user6", "user0", "alice@other.test", "nobody", "alice@"):
            expect(is_refused(pop3_login, demo, name), name, "logs in by POP3")
            with smtp(demo, 587) as session:
                expect(is_refused(session.login, name, PASSWORD), name, "logs in by submission")
        for password in ("wrong", "Postern", "postern ", "posternpostern"):
            expect(is_refused(pop3_login, demo, "alice", password), "alice logs in with", password)


@case("no limit per address hinders a load test: 300 connections at once, 60 failed logins")
def _():
    with a_demo() as demo:
        sessions = [smtp(demo) for _ in range(300)]
        expect(all(session.noop()[0] == 250 for session in sessions), "some are refused")
        for _ in range(20):
            with smtp(demo, 587) as session:
                for _ in range(3):
                    with contextlib.suppress(smtplib.SMTPException):
                        session.login("alice", "wrong")
        pop3_login(demo, "alice").quit()
        for session in sessions:
            session.close()


# ---- stops, and starts again


@case("Ctrl-C ends it with 0, also while clients are connected, who are told; no process is left")
def _():
    with a_demo() as demo:
        idle, reader = smtp(demo), pop3_login(demo, "alice")
        os.killpg(demo.process.pid, signal.SIGINT)  # a terminal tells all processes at once
        expect(demo.process.wait(20) == 0, "exit code", demo.process.returncode)
        expect(idle.file.readline().startswith(b"421 4.3.2 "), "who sends is not told")
        expect(reader.file.readline().startswith(b"-ERR "), "who reads is not told")
        idle.close()
        reader.close()
        expect(not demo.workers(), "left:", demo.workers())


@case("Ctrl-C lets a message under way arrive before it ends")
def _():
    with a_demo() as demo:
        writing = smtp(demo)
        writing.mail("ann@remote.test")
        writing.rcpt("alice@example.test")
        demo.process.send_signal(signal.SIGINT)
        expect(wait_for(lambda: "text=stopping" in demo.log()), demo.log())
        expect(writing.data(TEXT)[0] == 250, "it is not accepted")
        expect(writing.file.readline().startswith(b"421 4.3.2 "), "and the client not told")
        expect(demo.process.wait(20) == 0, "exit code", demo.process.returncode)
        demo.start()
        expect(wait_for(lambda: files_of(demo, "alice")), "it is not delivered")


@case("a client that does not finish in time is told that the server stops, at its end")
def _():
    with a_demo() as demo:
        demo.stop()
        change(demo.folder + "/postern.lua", "limits { ", 'limits { stop_time = "1s", ')
        demo.start()
        writing = smtp(demo)
        writing.mail("ann@remote.test")
        demo.process.send_signal(signal.SIGINT)
        expect(writing.file.readline().startswith(b"421 4.3.2 "), "it is not told")
        expect(demo.process.wait(20) == 0, "exit code", demo.process.returncode)


@case("a second Ctrl-C waits for nobody")
def _():
    with a_demo() as demo:
        writing = smtp(demo)
        writing.mail("ann@remote.test")
        begin = time.monotonic()
        demo.process.send_signal(signal.SIGINT)
        expect(wait_for(lambda: "text=stopping" in demo.log()), demo.log())
        demo.process.send_signal(signal.SIGINT)
        demo.process.wait(20)
        expect(time.monotonic() - begin < 15, "it takes", time.monotonic() - begin, "seconds")  # stop_time is 30s


@case("on a folder that exists it goes on: mail, names of messages, changes, and the base that is said now")
def _():
    with a_demo(users=1) as demo:
        send(demo)
        wait_for(lambda: files_of(demo, "alice"))
        before = pop3_login(demo, "alice").uidl()[1]
        expect(demo.stop() == 0, "it ended with", demo.process.returncode)
        change(demo.folder + "/postern.lua", "-- Modules, each", "-- Mine. Modules, each")
        lines, demo.base, demo.users = demo.log().count("\n"), free_base(), 3
        demo.start()
        after = pop3_login(demo, "alice").uidl()[1]
        expect(len(before) == 1 and before == after, before, "became", after)
        pop3_login(demo, "user3").quit()
        with open(demo.folder + "/postern.lua", encoding="utf-8") as f:
            expect("-- Mine." in f.read(), "the change is gone")
        expect(demo.log().count("\n") > lines, "the log is not continued")


@case("a second one in the same folder, or at the same ports, is refused in words")
def _():
    with a_demo() as demo:
        for folder, base in ((demo.folder, free_base()), (demo.folder + "2", demo.base)):
            second = call(POSTERN, "demo", "--dir", folder, "--base", str(base))
            expect(second.returncode not in (0, -6, -11) and "postern: " in second.text, second.returncode, second.text)
        send(demo)


@case("arguments that make no sense are refused with 64")
def _():
    for words in (("--base", "70000"), ("--base", "x"), ("--users", "-1"), ("--retry-scale", "x"), ("--nonsense",), ("x",)):
        done = call(POSTERN, "demo", "--dir", "/nowhere/at/all", *words)
        expect(done.returncode == 64, words, done.returncode, done.text)


def ids_of(pid):
    with open(f"/proc/{pid}/status", encoding="ascii", errors="replace") as f:
        status = dict(line.rstrip("\n").split(":\t", 1) for line in f if ":\t" in line)
    return set(status["Uid"].split()), set(status["Gid"].split()), int(status["CapEff"], 16), status["Groups"].split()


@case("started by root it becomes the owner of the folder, in every process, and mail is the owner's")
def _():
    if os.geteuid() != 0:
        raise Skip("only root can show it")
    nobody = pwd.getpwnam("nobody")
    with a_demo(prepare=lambda folder: os.chown(folder, nobody.pw_uid, nobody.pw_gid)) as demo:
        send(demo)
        wait_for(lambda: files_of(demo, "alice"))
        processes = demo.workers()
        expect(len(processes) >= 3, processes)
        for pid, name in processes.items():
            users, groups, powers, more = ids_of(pid)
            expect(users == {str(nobody.pw_uid)} and groups == {str(nobody.pw_gid)} and powers == 0, name, ids_of(pid))
            expect(set(more) <= {str(nobody.pw_gid)}, name, "is in groups", more)
        for path in [demo.folder + "/log", *files_of(demo, "alice")]:
            expect(os.stat(path).st_uid == nobody.pw_uid, path, "belongs to", os.stat(path).st_uid)
        expect(demo.stop() == 0, "it ended with", demo.process.returncode)


@case("started by root in root's folder, its workers have no powers of root")
def _():
    if os.geteuid() != 0:
        raise Skip("only root can show it")
    with a_demo() as demo:
        workers = {pid: name for pid, name in demo.workers().items() if pid != demo.process.pid}
        expect(len(workers) >= 3, workers)
        for pid, name in workers.items():
            expect(ids_of(pid)[2] == 0, name, ids_of(pid))


# ---- what it does with mail


@case("with --retry-scale mail that waits is tried again soon, and delivered when that is possible")
def _():
    with a_demo(options=["--retry-scale", "0.001"]) as demo:
        domain = demo.folder + "/mail/example.test"
        with open(domain, "w", encoding="ascii"):  # no mailbox can be made below a file
            pass
        if os.geteuid() == 0:
            os.chown(domain, os.stat(demo.folder).st_uid, -1)
        send(demo)
        expect(wait_for(lambda: demo.log().count("outcome=deferred") >= 2), "it is not tried twice:", demo.log())
        os.unlink(domain)
        expect(wait_for(lambda: files_of(demo, "alice")), "it is not delivered:", demo.log())
        expect(wait_for(demo.queue_is_empty), demo.command("queue", "list"))


@case("without it the first wait is the one that is documented")
def _():
    with a_demo() as demo:
        with open(demo.folder + "/mail/example.test", "w", encoding="ascii"):
            pass
        send(demo)
        expect(wait_for(lambda: "outcome=deferred" in demo.log()), demo.log())
        queue = wait_for(lambda: json.loads(demo.command("queue", "list", "--json").stdout))
        expect(len(queue) == 1 and queue[0]["rcpts"][0]["address"] == "alice@example.test", queue)
        expect(298 <= queue[0]["next"] - queue[0]["received"] <= 302, queue)  # retry { "5m", ... }


THIRD, OURS = "third.test", ("example.test", "mx.example.test", "EXAMPLE.TEST", "[127.0.0.1]", "[IPv6:::ffff:127.0.0.1]")
SENDERS = ["", f"x@{THIRD}", "x@example.test", "x@[127.0.0.1]", "x", "x@localhost", "alice@example.test"]
RECIPIENTS = [f"u@{THIRD}", f"u@{THIRD}.", "u@remote.test", '"u@third.test"', '"u%third.test"', f"{THIRD}!u", *(
    form.format(host) for host in OURS for form in (
        "u%third.test@{0}", "u@third.test@{0}", '"u@third.test"@{0}', "@{0}:u@third.test", "third.test!u@{0}"))]


@case("a policy that accepts every recipient relays nothing (R1, R2)")
def _():
    accept = 'on("rcpt", function() return accept() end)\n'
    with a_demo(prepare=with_policy("accept.lua", accept)) as demo:
        for sender in SENDERS:
            for recipient in RECIPIENTS:
                with smtp(demo) as session:
                    session.docmd(f"MAIL FROM:<{sender}>")
                    code, text = session.docmd(f"RCPT TO:<{recipient}>")
                    expect(500 <= code <= 599, sender, "may send to", recipient, code, text)
                    code, text = session.docmd("DATA")
                    expect(code in (503, 554), sender, recipient, code, text)
        expect(" queued " not in demo.log() and demo.queue_is_empty(), demo.command("queue", "list").stdout)
        send(demo)  # the policy is in force: it accepts what may be accepted
        expect(wait_for(lambda: re.search(r"accept\.lua:1 accept", demo.log())), demo.log()[-2000:])


@contextlib.contextmanager
def black_hole():
    """An address where a DNS server should be: questions go in, nothing comes out."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.bind(("127.0.0.1", 0))
        yield f"127.0.0.1@{s.getsockname()[1]}"


LOOKUP = 'on("rcpt", function(tx) tx:tag("found", tostring(#dns.a("name.test"))) end)\n'
DEADLINE, BOUND = 2, 6


def send_in_parallel(demo, count):
    """Seconds that each took."""
    took = []

    def one():
        begin = time.monotonic()
        send(demo)
        took.append(time.monotonic() - begin)

    threads = [threading.Thread(target=one) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return took


@case("a resolver that never answers delays mail by its deadline, and stops none (Z4)")
def _():
    with black_hole() as server, a_demo(prepare=with_policy("a.lua", LOOKUP)) as demo:
        demo.stop()
        change(demo.folder + "/postern.lua", 'resolver { fixture = "dns.json", only = true }',
               f'resolver {{ "{server}", deadline = "{DEADLINE}s" }}')
        demo.start()
        begin = time.monotonic()
        sending = threading.Thread(target=lambda: took.extend(send_in_parallel(demo, 40)))
        took = []
        sending.start()
        pop3_login(demo, "alice").quit()
        expect(time.monotonic() - begin < DEADLINE, "POP3 waits for it")
        sending.join()
        expect(len(took) == 40, 40 - len(took), "messages were not accepted")
        expect(DEADLINE * 0.9 <= min(took) and max(took) < BOUND, f"from {min(took):.1f} to {max(took):.1f} seconds")
        expect(wait_for(lambda: len(files_of(demo, "alice")) == 40), len(files_of(demo, "alice")), "are delivered")


@case("a resolver that is not there stops no mail (Z4)")
def _():
    with a_demo(prepare=with_policy("a.lua", LOOKUP)) as demo:
        demo.stop()
        change(demo.folder + "/postern.lua", 'resolver { fixture = "dns.json", only = true }',
               f'resolver {{ "127.0.0.1@1", deadline = "{DEADLINE}s" }}')
        demo.start()
        took = send_in_parallel(demo, 10)
        expect(len(took) == 10 and max(took) < BOUND, took)
        expect(wait_for(lambda: len(files_of(demo, "alice")) == 10), len(files_of(demo, "alice")), "are delivered")


if __name__ == "__main__":
    sys.exit(run("contract"))
