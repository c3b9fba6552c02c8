#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""clients -- programs that people use send to Postern and fetch from it; what comes out is what went in.

Run in the build folder. Each sender writes all kinds of messages to a user of its own; each fetcher
reads a mailbox that has one of each kind. A program that is not installed is skipped.
"""
import glob
import os
import poplib
import re
import shutil
import smtplib
import ssl
import sys
import warnings

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from demo import Demo, free_base, new_folder  # noqa: E402
from suite import Skip, call, case, expect, run, succeed, wait_for  # noqa: E402

WORK = new_folder()
PASSWORD = "postern"
TRACE = {b"return-path", b"delivered-to", b"received", b"x-policy"}


def lines(*texts):
    return b"".join(text + b"\r\n" for text in texts)


# What has broken mail servers before: each is the text behind a header that all have.
KINDS = {
    "short": lines(b"", b"hello"),
    "empty": lines(b""),
    "dots": lines(b"", b".", b"..", b"...", b".dot", b"..dot", b"", b".", b"", b""),
    "eight-bit": lines(b"", "Gr\u00fc\u00dfe aus K\u00f6ln \u2709".encode(), bytes(range(0x80, 0x100)), b"tab\there"),
    "long-header": lines(b"X-Folded: 0", *(b"\t" + b"%03d " % i + b"f" * 900 for i in range(60)),
                         *(b"X-Many-%d: value" % i for i in range(300)), b"", b"behind"),
    "long-lines": lines(b"", *(b"x" * length for length in (76, 78, 512, 900, 997, 998))),
    "large": lines(b"Subject: 5 MB", b"", *(b".%07d %s" % (i, b"large" * 12) for i in range(75000))),
}


def message(kind, user):
    """One kind of message for a user, complete enough that no client adds to it."""
    return lines(f"X-Begins: {kind}".encode(), b"Date: Sat, 21 Nov 2026 09:00:00 +0000",
                 f"Message-ID: <{kind}.{user}@clients.test>".encode(), b"From: Bob <bob@example.test>",
                 f"To: {user}@example.test".encode()) + KINDS[kind]


def unix(text):
    return text.replace(b"\r\n", b"\n")


def check_same(got, user, kinds=KINDS):
    """The texts are one of each kind, each unchanged behind the fields that a server adds."""
    expect(len(got) == len(kinds), len(got), "messages instead of", len(kinds))
    for kind in kinds:
        want = unix(message(kind, user))
        texts = [text for text in map(unix, got) if b"X-Begins: %s\n" % kind.encode() in text]
        expect(len(texts) == 1, len(texts), "messages are", kind)
        added, begins, rest = texts[0].partition(b"X-Begins: ")
        expect(begins + rest == want, f"{kind}: {len(begins + rest)} bytes are not the {len(want)} that were sent;",
               "the end is", rest[-80:])
        names = {line.split(b":")[0].lower() for line in added.split(b"\n") if line and not line[:1].isspace()}
        expect(names <= TRACE, kind, "got the fields", names - TRACE)


def need(program):
    if not shutil.which(program):
        raise Skip(f"{program} is not installed")


def path_of(text):
    """A file with the text."""
    path = os.path.join(WORK, "message")
    with open(path, "wb") as f:
        f.write(text)
    return path


def write_private(name, text):
    path = os.path.join(WORK, name)
    with open(path, "w", encoding="ascii") as f:
        f.write(text)
    os.chmod(path, 0o600)
    return path


def without_verifying():
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


# ---- senders: each is a function of a message and its user


def swaks(port, *options):
    def send(text, user):
        need("swaks")
        path = path_of(text[:-2])  # swaks ends the last line itself
        succeed("swaks", "--silent", "2", "--timeout", "60", "--server", "127.0.0.1", "--port", str(demo.port(port)),
                "--from", "bob@example.test", "--to", f"{user}@example.test", "--data", "@" + path, *options)
    send.kinds = [kind for kind in KINDS if kind != "empty"]  # swaks always writes a line
    return send


def swaks_login(how, name="bob"):
    return "--auth", how, "--auth-user", name, "--auth-password", PASSWORD


def msmtp(port, **settings):
    def send(text, user):
        need("msmtp")
        options = {"host": "127.0.0.1", "port": demo.port(port), "from": "bob@example.test", "timeout": 60, **settings}
        rc = write_private("msmtprc", "defaults\naccount default\n" +
                           "".join(f"{name} {value}\n" for name, value in options.items()))
        succeed("msmtp", "-C", rc, f"{user}@example.test", given=unix(text))
    return send


MSMTP_LOGIN = {"user": "bob", "password": PASSWORD, "tls": "on", "tls_certcheck": "off"}


def curl_sends(scheme, port, *options):
    def send(text, user):
        need("curl")
        succeed("curl", "-sS", "-k", "--max-time", "60", f"{scheme}://127.0.0.1:{demo.port(port)}", "--mail-from",
                "bob@example.test", "--mail-rcpt", f"{user}@example.test", "--upload-file", path_of(text), *options)
    return send


def python_sends(connect, starttls=False, login=False):
    def send(text, user):
        with connect() as session:
            if starttls:
                session.starttls(context=without_verifying())
            if login:
                session.login("bob", PASSWORD)
            session.sendmail("bob@example.test", [f"{user}@example.test"], text)
    return send


SENDERS = {
    "swaks by SMTP": swaks(25),
    "swaks by SMTP with STARTTLS": swaks(25, "--tls"),
    "swaks by submission with STARTTLS and AUTH PLAIN": swaks(587, "--tls", *swaks_login("PLAIN")),
    "swaks by submission with STARTTLS and AUTH LOGIN": swaks(587, "--tls", *swaks_login("LOGIN")),
    "swaks by submissions with AUTH PLAIN": swaks(465, "--tls-on-connect", *swaks_login("PLAIN")),
    "swaks by submissions with AUTH LOGIN": swaks(465, "--tls-on-connect", *swaks_login("LOGIN", "bob@example.test")),
    "swaks by submission without TLS, which only loopback may": swaks(587, *swaks_login("PLAIN")),
    "msmtp by SMTP": msmtp(25),
    "msmtp by submission": msmtp(587, auth="plain", **MSMTP_LOGIN),
    "msmtp by submission with AUTH LOGIN": msmtp(587, auth="login", **MSMTP_LOGIN),
    "msmtp by submissions": msmtp(465, auth="on", tls_starttls="off", **MSMTP_LOGIN),
    "curl by SMTP": curl_sends("smtp", 25),
    "curl by submission": curl_sends("smtp", 587, "--ssl-reqd", "-u", "bob:" + PASSWORD),
    "curl by submissions": curl_sends("smtps", 465, "-u", "bob@example.test:" + PASSWORD),
    "Python's smtplib by SMTP": python_sends(lambda: smtplib.SMTP("127.0.0.1", demo.port(25))),
    "Python's smtplib by submission": python_sends(
        lambda: smtplib.SMTP("127.0.0.1", demo.port(587)), starttls=True, login=True),
    "Python's smtplib by submissions": python_sends(
        lambda: smtplib.SMTP_SSL("127.0.0.1", demo.port(465), context=without_verifying()), login=True),
}


def stored(user):
    """The texts in a user's Maildir."""
    found = []
    for path in glob.glob(f"{demo.folder}/mail/example.test/{user}/new/*"):
        with open(path, "rb") as f:
            found.append(f.read())
    return found


def send_all(send, user):
    """Each kind that the sender can send, which are returned."""
    kinds = getattr(send, "kinds", KINDS)
    for kind in kinds:
        send(message(kind, user), user)
    wait_for(lambda: len(stored(user)) >= len(kinds))
    return kinds


def register_senders():
    for number, (name, send) in enumerate(SENDERS.items(), 1):
        def proof(send=send, user=f"user{number}"):
            kinds = send_all(send, user)
            check_same(stored(user), user, kinds)
        case(f"{name} sends all kinds of messages, unchanged")(proof)


# ---- fetchers: each returns the texts in the reader's mailbox

READER = f"user{len(SENDERS) + 1}"


def curl_fetches(scheme, port, *options):
    def fetch():
        need("curl")
        for name in glob.glob(WORK + "/curl-*"):
            os.unlink(name)
        succeed("curl", "-sS", "-k", "--max-time", "60", *options,
                f"{scheme}://127.0.0.1:{demo.port(port)}/[1-{len(KINDS)}]", "-o", WORK + "/curl-#1")
        return read_files(WORK + "/curl-*")
    return fetch


def read_files(pattern):
    found = []
    for path in glob.glob(pattern):
        with open(path, "rb") as f:
            found.append(f.read())
    return found


def python_fetches(connect, stls=False):
    def fetch():
        session = connect()
        if stls:
            session.stls(context=without_verifying())
        session.user(READER)
        session.pass_(PASSWORD)
        texts = [lines(*session.retr(i + 1)[1]) for i in range(session.stat()[0])]
        session.quit()
        return texts
    return fetch


def mpop(port, tls, starttls):
    """Fetches twice: the second time there must be nothing new, because the names of messages stay."""
    def fetch():
        need("mpop")
        box = os.path.join(WORK, f"mpop-{port}-{tls}")
        for sub in ("new", "cur", "tmp"):
            os.makedirs(os.path.join(box, sub))
        rc = write_private("mpoprc", f"account default\nhost 127.0.0.1\nport {demo.port(port)}\nuser {READER}\n"
                           f"password {PASSWORD}\nauth user\ntls {tls}\ntls_starttls {starttls}\n"
                           + ("tls_certcheck off\n" if tls == "on" else "") +
                           f"received_header off\nkeep on\nuidls_file {box}/uidls\ndelivery maildir {box}\n")
        succeed("mpop", "-C", rc, "-q")
        texts = read_files(box + "/new/*")
        succeed("mpop", "-C", rc, "-q")
        expect(len(read_files(box + "/new/*")) == len(texts), "mpop fetched again what it had")
        return texts
    return fetch


def fetchmail(port, *options):
    """As mpop; fetchmail hands each message to a program, which here writes a file."""
    def fetch():
        need("fetchmail")
        home = os.path.join(WORK, f"fetchmail-{port}-{len(options)}")
        os.makedirs(home)
        rc = write_private("fetchmailrc", f"poll 127.0.0.1 protocol pop3 port {demo.port(port)} uidl\n"
                           f"user {READER} password {PASSWORD} keep no rewrite {' '.join(options)}\n"
                           f"mda \"sh -c 'cat >$(mktemp {home}/got-XXXXXX)'\"\n")
        words = ("fetchmail", "-f", rc, "--invisible", "-i", home + "/ids", "--pidfile", home + "/pid")
        environment = {**os.environ, "HOME": home, "FETCHMAILHOME": home}
        succeed(*words, env=environment)
        texts = read_files(home + "/got-*")
        again = call(*words, env=environment)
        expect(again.returncode == 1, "fetchmail says there is new mail:", again.text)  # 1: nothing to fetch
        return texts
    return fetch


FETCHERS = {
    "curl by POP3": curl_fetches("pop3", 110, "-u", f"{READER}:{PASSWORD}"),
    "curl by POP3 with a full name": curl_fetches("pop3", 110, "-u", f"{READER}@example.test:{PASSWORD}"),
    "curl by POP3 with STLS": curl_fetches("pop3", 110, "--ssl-reqd", "-u", f"{READER}:{PASSWORD}"),
    "curl by POP3S": curl_fetches("pop3s", 995, "-u", f"{READER}:{PASSWORD}"),
    "curl by POP3S with AUTH PLAIN": curl_fetches("pop3s", 995, "-u", f"{READER}:{PASSWORD}",
                                                  "--login-options", "AUTH=PLAIN"),
    "mpop by POP3, nothing twice": mpop(110, "off", "off"),
    "mpop by POP3 with STLS, nothing twice": mpop(110, "on", "on"),
    "mpop by POP3S, nothing twice": mpop(995, "on", "off"),
    "fetchmail by POP3, nothing twice": fetchmail(110, "sslproto ''"),
    "fetchmail by POP3S, nothing twice": fetchmail(995, "ssl", "no sslcertck"),
    "Python's poplib by POP3": python_fetches(lambda: poplib.POP3("127.0.0.1", demo.port(110))),
    "Python's poplib by POP3 with STLS": python_fetches(lambda: poplib.POP3("127.0.0.1", demo.port(110)), stls=True),
    "Python's poplib by POP3S": python_fetches(
        lambda: poplib.POP3_SSL("127.0.0.1", demo.port(995), context=without_verifying())),
}


def register_fetchers():
    for name, fetch in FETCHERS.items():
        def proof(fetch=fetch):
            if not stored(READER):
                send_all(SENDERS["Python's smtplib by SMTP"], READER)
            check_same(fetch(), READER)
        case(f"{name} fetches all kinds of messages, unchanged")(proof)


# ---- TLS, as openssl sees it

STARTTLS = {25: ("-starttls", "smtp"), 587: ("-starttls", "smtp"), 465: (), 110: ("-starttls", "pop3"), 995: ()}


def handshake(port, *options):
    need("openssl")
    return call("openssl", "s_client", "-connect", f"127.0.0.1:{demo.port(port)}", "-brief",
                *STARTTLS[port], *options).text


@case("TLS 1.2 and 1.3 are spoken on all ports")
def _():
    for port in STARTTLS:
        for option, version in (("-tls1_2", "TLSv1.2"), ("-tls1_3", "TLSv1.3")):
            said = handshake(port, option)
            expect(f"Protocol version: {version}" in said, port, option, said)


@case("TLS 1.0 and 1.1 are refused on all ports")
def _():
    for port in STARTTLS:
        for option in ("-tls1", "-tls1_1"):
            said = handshake(port, option, "-cipher", "DEFAULT@SECLEVEL=0")
            expect("alert protocol version" in said, port, option, said)


@case("old ciphers are refused")
def _():
    for port in STARTTLS:
        said = handshake(port, "-tls1_2", "-cipher", "AES128-SHA:AES256-SHA:@SECLEVEL=0")
        expect("alert handshake failure" in said, port, said)


@case("who wants to speak HTTP by TLS is refused (T11)")
def _():
    for port in (465, 995):
        for protocols in ("h2", "http/1.1", "h2,http/1.1"):
            said = handshake(port, "-alpn", protocols)
            expect("alert no application protocol" in said, port, protocols, said)


@case("who says that it wants POP3 by TLS is told so (T11)")
def _():
    for protocols in ("pop3", "h2,pop3"):
        said = call("openssl", "s_client", "-connect", f"127.0.0.1:{demo.port(995)}", "-alpn", protocols).text
        expect("ALPN protocol: pop3" in said, said)


# ---- who may, and who not


@case("swaks is refused with a wrong password, by every way to log in")
def _():
    need("swaks")
    for port, tls in ((25, "--tls"), (587, "--tls"), (465, "--tls-on-connect")):
        for how in ("PLAIN", "LOGIN"):
            done = call("swaks", "--silent", "2", "--server", "127.0.0.1", "--port", str(demo.port(port)), tls, "--from",
                        "bob@example.test", "--to", "alice@example.test", "--auth", how, "--auth-user", "bob",
                        "--auth-password", "wrong")
            expect(done.returncode == 28 and " 535 " in done.text, port, how, done.returncode, done.text)
    expect(re.search(r"auth=fail user=\S*bob\S* client=127\.0\.0\.1", demo.log()), "the log does not tell")


@case("curl is refused with a wrong password, by POP3")
def _():
    need("curl")
    for url in (f"pop3://127.0.0.1:{demo.port(110)}/", f"pop3s://127.0.0.1:{demo.port(995)}/"):
        done = call("curl", "-sS", "-k", "--max-time", "60", "-u", "alice:wrong", url)
        expect(done.returncode == 67, url, done.returncode, done.text)  # 67: login denied


@case("nobody sends by submission without logging in")
def _():
    for port in (587, 465):
        connect = (lambda: smtplib.SMTP("127.0.0.1", demo.port(587))) if port == 587 else \
            (lambda: smtplib.SMTP_SSL("127.0.0.1", demo.port(465), context=without_verifying()))
        with connect() as session:
            session.ehlo()
            code, text = session.mail("bob@example.test")
            expect(code == 530, port, code, text)


@case("a message from a program without Date and Message-ID gets them by submission")
def _():
    with smtplib.SMTP("127.0.0.1", demo.port(587)) as session:
        session.login("bob", PASSWORD)
        session.sendmail("bob@example.test", ["bob@example.test"], lines(b"Subject: bare", b"", b"text"))
    text = wait_for(lambda: stored("bob"))[0]
    for name in (b"Date: ", b"Message-ID: <"):
        expect(len(re.findall(b"^" + name, text, re.M)) == 1, name, text)


@case("what the log has of an id is the whole life of its message")
def _():
    with smtplib.SMTP("127.0.0.1", demo.port(587)) as session:
        session.login("bob", PASSWORD)
        session.mail("bob@example.test")
        for user in ("alice", "bob"):
            session.rcpt(f"{user}@example.test")
        code, text = session.data(lines(b"Subject: life", b"", b"text"))
    expect(code == 250, code, text)
    name = text.split()[-1].decode()
    wait_for(lambda: demo.log().count(f" {name} outcome=") == 2)
    life = [line for line in demo.log().splitlines() if name in line]
    expect(all(re.match(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+[+-]\d\d:\d\d ", line) for line in life), "times:", life)
    expect(re.search(r" queued from=<bob@example\.test> client=127\.0\.0\.1 .*nrcpt=2.*user=bob@example\.test", life[0]),
           life[0])
    for user in ("alice", "bob"):
        expect(any(re.search(rf" outcome=delivered to=<{user}@example\.test> .*dsn=2\.0\.0", line) for line in life[1:]),
               user, "is not in", life)


register_senders()
register_fetchers()

if __name__ == "__main__":
    warnings.simplefilter("ignore")
    demo = Demo(os.path.join(WORK, "demo"), free_base(), users=len(SENDERS) + 1).start()
    try:
        code = run("interop")
    finally:
        demo.kill()
        shutil.rmtree(WORK, ignore_errors=True)
    sys.exit(code)
