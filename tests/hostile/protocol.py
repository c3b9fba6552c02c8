# SPDX-License-Identifier: MIT
"""protocol -- what one client can say that it should not: rows P, T, A, W and F10 of the threats."""
import base64
import json
import os
import random
import re
import socket
import ssl

from ground import (PASSWORD, Client, Skipped, attack, begin_message, cpu_seconds, expect, is_sanitized, message, pop3,
                    rss_kib, smtp, wait_for)
from states import TLS, plain

MIB = 1024 * 1024
TOLD_AND_CUT = 4 * MIB  # what may be sent before the end is felt: the rest of a line, and both sockets' buffers


def send_all_it_takes(client, piece, total):
    """Send until the server has had enough; how many bytes it took."""
    sent = 0
    try:
        while sent < total:
            client.send(piece)
            sent += len(piece)
    except (ConnectionResetError, BrokenPipeError, ssl.SSLError):
        pass
    return sent


# ---- P1 to P3: one message is one message

SMUGGLER = b"smuggler@remote.test"
SMUGGLED = (b"MAIL FROM:<" + SMUGGLER + b">\r\nRCPT TO:<user2@example.test>\r\nDATA\r\n"
            b"Subject: smuggled\r\n\r\nsmuggled text\r\n.\r\n")


def sequences():
    places = [os.environ.get("VECTORS", ""), os.path.join(os.environ.get("srcdir", "."), "../shared/vectors")]
    for place in places:
        path = os.path.join(place, "smtp/smuggling-sequences.json")
        if place and os.path.exists(path):
            with open(path, encoding="utf-8") as f:
                return [(s["escaped"], bytes.fromhex(s["bytes_hex"]), s["genuine_end_of_data"]) for s in json.load(f)]
    raise Skipped("there is no smtp/smuggling-sequences.json below VECTORS")


def smuggle(world, name, end, ends, pieces):
    """Send a text with `end` in it and a whole transaction behind; `pieces` cuts it into segments."""
    with smtp(world) as s:
        begin_message(s, "user1")
        for piece in pieces(b"Subject: outer\r\n\r\ntext" + end + SMUGGLED):
            s.send(piece)
        code = s.reply()
        if ends:  # what follows is this client's own next message: no trick
            expect(code in (250, 550), name, s.lines)
            return
        expect(code in (250, 550), name, s.lines)
        expect(s.say("NOOP") == 250, name, "was two messages:", s.lines)


@attack("P2 P3: no sequence of CR, LF, NUL and dots smuggles a second message, whole or byte by byte")
def smuggling(world):
    ways = {"whole": lambda text: [text], "byte by byte": lambda text: [text[i:i + 1] for i in range(len(text))]}
    known = sequences()
    tricks = [s for s in known if not s[2]]
    for name, end, ends in known:
        for way in ways.values():
            smuggle(world, name, end, ends, way)
    smuggle(world, "first bytes", b"", False, lambda text: [b".\n" + text])
    expect(world.wait_delivered(30), "messages are left in the queue")
    smuggled = [m for m in world.messages("user2") if b"Return-Path: <" + SMUGGLER in m]
    outer = [m for m in world.messages("user1") if b"smuggled text" in m]
    genuine = sum(s[2] for s in known) * len(ways)
    expect(len(smuggled) <= genuine, len(smuggled), "smuggled messages")
    return f"{len(tricks)} sequences, {len(smuggled)} second messages where the first had truly ended, {len(outer)} kept inside"


# ---- P9, P13, P29: without end


@attack("P9: a line without end is answered with 500 and cut off, in SMTP and POP3, before and within AUTH")
def endless_lines(world):
    said = []
    for port, prefix, answer in ((25, b"", b"500"), (25, b"NOOP ", b"500"), (25, b"AUTH PLAIN ", b"500"), (110, b"", b"-ERR")):
        for total in (MIB + 65536, 64 * MIB):
            with Client(world.port(port)) as c:
                if port == 25:
                    c.say("EHLO a.test")
                c.send(prefix)
                sent = send_all_it_takes(c, b"A" * 65536, total)
                got = c.rest() if total > 2 * MIB else c.line()
                expect(not got or got.startswith(answer), got[:80])
                expect(sent < 64 * MIB and sent <= max(TOLD_AND_CUT * 2, MIB + 65536), "took", sent, "bytes of one line")
                said.append(sent)
    return f"at most {max(said) / MIB:.1f} MiB were taken"


def refused_body(world, pieces, codes, declared=""):
    """Send a message in pieces; the code of its refusal, and the CPU seconds that all workers took for it."""
    pids = [pid for who, pid in world.pids().items() if who[0] == "smtp"]
    with smtp(world, timeout=60) as s:
        for command in ("MAIL FROM:<a@remote.test>" + declared, "RCPT TO:<user1@example.test>"):
            expect(s.say(command) == 250, s.lines)
        expect(s.say("DATA") == 354, s.lines)
        before, size = sum(map(cpu_seconds, pids)), sum(rss_kib(p) for p in pids)
        for piece in pieces:
            s.send(piece)
        code = s.say(b"\r\n.")
        cpu, grown = sum(map(cpu_seconds, pids)) - before, sum(rss_kib(p) for p in pids) - size
        expect(code in codes, s.lines)
        expect(s.say("NOOP") == 250, s.lines)
    expect(not world.bodies(), "left in the spool:", world.bodies())
    return cpu, grown, is_sanitized(pids[0])


@attack("P13: 100 MiB where SIZE=100 was said are refused with 552, and leave neither memory nor disk used")
def too_large(world):
    line = b"x" * 1022 + b"\r\n"
    pieces = [b"Subject: large\r\n\r\n"] + [line * 64] * 1600
    cpu, grown, sanitized = refused_body(world, pieces, (552,), " SIZE=100")
    expect(sanitized or grown < 20 * 1024, "grew by", grown, "KiB")
    return f"CPU {cpu:.2f} s, memory +{grown} KiB"


@attack("P29: 500,000 header lines, one header of 50 MiB, and a folded one are refused with 552 at once")
def monstrous_headers(world):
    said = []
    for name, pieces in (("500,000 lines", [b"X: y\r\n" * 1000] * 500), ("50 MiB", [b"X: "] + [b"y" * 65536] * 800),
                         ("folded", [b"X: y\r\n"] + [b" " + b"z" * 70 + b"\r\n"] * 14000),
                         ("no colon", [b"y" * 65536] * 800)):
        cpu, grown, sanitized = refused_body(world, pieces, (552, 554))
        expect(cpu < (10 if sanitized else 1), name, "took", cpu, "s of CPU")
        expect(sanitized or grown < 20 * 1024, name, "grew by", grown, "KiB")
        said.append(f"{name} {cpu:.2f} s")
    return ", ".join(said)


# ---- P22, P23, T1, T9: other languages


@attack("P22: HTTP, SSH and TLS on a plain port are hung up on, and nothing they said is repeated")
def foreign(world):
    mark = b"ALPACA-%d" % random.randrange(1 << 30)
    with_tls = b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + mark
    for port in (25, 587, 110):
        for text in (b"GET /" + mark + b" HTTP/1.1\r\nHost: " + mark + b"\r\n\r\n", b"POST / HTTP/1.1\r\nX: " + mark + b"\r\n\r\n",
                     b"CONNECT " + mark + b":25 HTTP/1.1\r\n\r\n", b"SSH-2.0-" + mark + b"\r\n", with_tls + b"\r\n"):
            with Client(world.port(port), timeout=5) as c:
                c.send(text)
                if port == 110 and not text.startswith(b"\x16"):
                    c.socket.shutdown(socket.SHUT_WR)  # POP3 has no forbidden words, only errors
                expect(mark not in c.rest(), port, text[:20], "was repeated")
    with Client(world.port(25), timeout=5, greet=False) as c:
        c.send(b"EHLO early\r\n" * 50)
        expect(b"250" not in c.rest()[:3], "who speaks before the greeting is served")


HELLOS = [(b"x" * 65536, False), (b"x" * 2000, False), (b"", False), (b"a b", False), (b"[::1]", False), (b"[IPv6:bad]", False),
          (b"<script>", False), (b"${run{x}}", False), ("späm.test".encode("latin-1"), False), (b"\x1b]0;x\x07", False),
          (b"a\0b", False), (b"[IPv6:::1]", True), (b"[192.0.2.1]", True), (b"host.test", True)]


@attack("P23: an EHLO that is no name is refused; what was said never reaches a header raw")
def hellos(world):
    for name, good in HELLOS:
        for verb in (b"EHLO ", b"HELO "):
            with Client(world.port(25)) as c:
                code = c.say(verb + name)
                expect(code == 250 if good else code in (500, 501), name[:40], c.lines)
    for name in ("a%n.test", "a%s%n", "münchen.test"):
        with Client(world.port(25)) as c:
            if c.say(("EHLO " + name).encode()) == 250:
                begin_message(c, "user4")
                expect(c.say(b"Subject: x\r\n\r\nhello " + name.encode() + b"\r\n.") == 250, c.lines)
    expect(world.wait_delivered(), "messages are left in the queue")
    for text in world.messages("user4"):
        head = text.split(b"\n\n")[0]
        expect(b"\x1b" not in head and b"\0" not in head, head)


@attack("T1 T2: what stands behind STARTTLS or STLS is never obeyed within TLS")
def injection(world):
    for port, command, injected in ((25, b"STARTTLS\r\n", b"EHLO evil.test\r\n"), (110, b"STLS\r\n", b"CAPA\r\n"),
                                    (110, b"STLS\r\n", b"USER a\r\n"), (587, b"STARTTLS\r\n", b"NOOP\r\n")):
        for pieces in ([command + injected], [command, injected], [command + injected[:1], injected[1:]]):
            with Client(world.port(port), timeout=10) as c:
                if port != 110:
                    expect(c.say("EHLO a.test") == 250, c.lines)
                for piece in pieces:
                    c.send(piece)
                said = c.line()
                if said.startswith((b"220", b"+OK")):
                    try:
                        c.socket = TLS.wrap_socket(c.socket)
                        said = c.rest()  # an answer here is one to the injected command
                        expect(said == b"", port, said)
                    except (ssl.SSLError, ConnectionError):
                        pass
                else:
                    expect(said.startswith((b"554", b"-ERR")) and c.line() == b"", port, said)


def client_hello():
    """The bytes of an ordinary ClientHello."""
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    try:
        TLS.wrap_bio(incoming, outgoing).do_handshake()
    except ssl.SSLWantReadError:
        pass
    return outgoing.read()


def mutated(rng, text):
    text = bytearray(text)
    for _ in range(rng.randrange(1, 8)):
        text[rng.randrange(len(text))] = rng.randrange(256)
    return bytes(text[:rng.randrange(1, len(text) + 1)] if rng.random() < 0.3 else text)


@attack("T9 T20: garbage and broken records where TLS comes first end that connection and nothing else")
def broken_tls(world):
    rng, hello = random.Random(9), client_hello()
    old = [b"\x80\x2e\x01\x00\x02\x00\x15\x00\x00\x00\x10" + bytes(40),  # SSLv2
           b"\x16\x03\x00" + hello[3:9] + b"\x03\x00" + hello[11:], b"\x17\x03\x03\xff\xff" + bytes(100), b"\x15\x03\x03\x00\x02\x02\x28"]
    for i in range(400):
        with Client(world.port(465 if i % 2 else 995), greet=False) as c:
            c.send(old[i % 4] if i < 40 else rng.randbytes(rng.randrange(1, 2000)) if i < 120 else mutated(rng, hello))
    for version in (ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        context.set_ciphers("ALL:@SECLEVEL=0")
        context.minimum_version = context.maximum_version = version
        with Client(world.port(465), greet=False) as c:
            try:
                context.wrap_socket(c.socket)
            except (ssl.SSLError, ConnectionError):
                continue
            expect(False, version, "was taken")
    with Client(world.port(465), greet=False) as c:
        c.socket = TLS.wrap_socket(c.socket)
        expect(c.line().startswith(b"220 "), "TLS works no more")


# ---- P26: gone at any byte


def transaction(token, size):
    rcpt = b"RCPT TO:<user5@example.test>\r\n"
    return [b"EHLO a.test\r\n", b"MAIL FROM:<a@remote.test>\r\n", rcpt, b"DATA\r\n", message(token, size).rstrip(b"\r\n") + b"\r\n.\r\n",
            b"QUIT\r\n"]


def leave_at(world, token, size, at, reset):
    """Speak up to byte `at` of the transaction, then go. True: the message was answered with 250."""
    c = Client(world.port(25))
    taken = False
    for i, text in enumerate(transaction(token, size)):
        c.send(text[:at])
        if at < len(text):
            break
        at -= len(text)
        if at > 0:
            taken = c.reply() == 250 and i == 4 or taken
    if reset:
        c.reset()
    else:
        c.socket.close()
    return taken


@attack("P26: a client that leaves at any byte loses nothing that was acknowledged, and leaves nothing behind")
def leaving(world):
    total = sum(map(len, transaction("p26-000000", 60)))
    taken = []
    for reset in (False, True):
        for at in range(total + 1):
            token = f"p26-{int(reset)}-{at}"
            taken += [token] if leave_at(world, token, 60, at, reset) else []
    large = sum(map(len, transaction("p26-large", 300000)))
    for at in [large * i // 20 for i in range(21)] + [large - 7, large - 6]:
        token = f"p26-large-{at}"
        taken += [token] if leave_at(world, token, 300000, at, at % 2 == 0) else []
    expect(world.wait_delivered(60), "messages are left in the queue")
    kept = {t: paths for t, paths in world.mailbox("user5").items() if t.startswith("p26")}
    for token in taken:
        expect(token in kept, token, "was acknowledged and is lost")
    for token, paths in kept.items():
        expect(len(paths) == 1, token, "was delivered", len(paths), "times")
    wait_for(lambda: not world.bodies(), 60, "an empty folder of bodies")
    return f"{2 * total + 25} departures, {len(taken)} acknowledged, {len(kept)} delivered"


# ---- P27: says much, reads nothing


def send_unread(world, port, begin, line):
    """Send without reading until the server stops listening; how many bytes it took."""
    c = Client(world.port(port))
    c.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    for command in begin:
        expect(c.say(command) == 250, c.lines)
    c.socket.settimeout(1)
    sent, piece = 0, line * (65536 // len(line))
    try:
        while sent < 64 * MIB:
            sent += c.socket.send(piece)
    except (socket.timeout, ConnectionError):
        pass
    return sent, c


@attack("P27: from a client that never reads, input is not taken for ever")
def unread(world):
    said, clients = [], []
    for port, begin, line in ((110, [], b"CAPA\r\n"),
                              (25, ["EHLO a.test", "MAIL FROM:<a@remote.test>"], b"RCPT TO:<user1@example.test>\r\n")):
        sent, c = send_unread(world, port, begin, line)
        clients.append(c)
        expect(sent < 16 * MIB, port, "took", sent, "bytes without an answer read")
        said.append(f"port {port}: {sent / MIB:.1f} MiB")
    for c in clients:
        c.socket.close()
    return ", ".join(said)


# ---- A1, W13, F10


def encoded(text):
    return base64.b64encode(text).decode()


TOKENS = [("!!!!", 501), ("=", 501), ("QUJD", 501), (encoded(b"a"), 501), (encoded(b"a\0b"), 501), (encoded(b"\0\0"), 501),
          (encoded(b"\0user1@example.test\0" + b"a\0b"), 501), (encoded(b"\0user1@example.test\0wrong"), 535),
          (encoded(b"user2@example.test\0user1@example.test\0postern"), 535), (encoded(b"\0\xff\xfe\0postern"), 535),
          (encoded(b"\0" + b"u" * 4000 + b"\0x"), 535), (encoded(b"\0../../etc/passwd\0postern"), 535),
          (encoded(b"\0user1@example.test\n\0postern"), 535), ("A" * 12292, 500), ("A" * 60000, 500)]


@attack("A1 A8: tokens that are none get 501, too long ones 500, acting as somebody else 535")
def tokens(world):
    for token, wanted in TOKENS:
        for step in (0, 1):
            with smtp(world) as s:
                if step:
                    expect(s.say("AUTH PLAIN") == 334, s.lines)
                code = s.say(token if step else "AUTH PLAIN " + token)
                expect(code == wanted, token[:40], len(token), "wanted", wanted, "got", s.lines)
                expect(s.say("MAIL FROM:<a@remote.test>") == 250, s.lines)
    with smtp(world) as s:
        expect(s.say("AUTH PLAIN " + plain("user1@example.test", PASSWORD)) == 235, s.lines)


@attack("W13: POP3 refuses what names no message; without QUIT nothing is removed; a mailbox has one session")
def pop3_abuse(world):
    with smtp(world) as s:
        for _ in range(2):
            begin_message(s, "user6")
            expect(s.say(b"Subject: w13\r\n\r\ntext\r\n.") == 250, s.lines)
    wait_for(lambda: len(world.messages("user6")) == 2, what="delivery")
    first = pop3(world, "user6")
    with Client(world.port(110)) as second:
        second.ask("USER user6@example.test")
        expect(second.ask("PASS " + PASSWORD).startswith(b"-ERR [IN-USE]"))
    for command in ("TOP 1 -1", "TOP -1 1", "RETR 0", "RETR 2147483648", "RETR 99999999999999999999", "DELE x", "LIST 3", "UIDL -1",
                    "USER user2", "APOP a b", "L" * 254, "RETR 1 1"):
        expect(first.ask(command).startswith(b"-ERR"), command)
    expect(first.ask("DELE 1").startswith(b"+OK"))
    first.reset()
    for end in (lambda c: c.reset(), lambda c: c.socket.close()):
        c = pop3(world, "user6")
        expect(c.ask("STAT").startswith(b"+OK 2 "), "a message was removed without QUIT")
        c.ask("DELE 2")
        end(c)


FORGED = b"2026-01-01T00:00:00.000+00:00 - forged by=client"
LOG_LINE = re.compile(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}[+-]\d\d:\d\d (\S+) (\S+)( .*)?")
POISON = [b"a\r\n" + FORGED, b"a\n" + FORGED, b"a\r" + FORGED, b"\x1b]0;owned\x07", b"%s%n%s%n", b"\xff\xfe\xc0\xaf", b"x" * 65536,
          "\u202e\u0085\u2028x".encode()]


def poison(world, text):
    """Say it wherever it may be written down."""
    for lines in ([b"EHLO " + text], [b"EHLO a.test", b"MAIL FROM:<" + text + b"@remote.test>"],
                  [b"EHLO a.test", b"MAIL FROM:<a@remote.test>", b"RCPT TO:<" + text + b"@example.test>"],
                  [b"EHLO a.test", b"AUTH PLAIN " + base64.b64encode(b"\0" + text[:4000] + b"\0x")],
                  [b"EHLO a.test", b"AUTH LOGIN", base64.b64encode(text[:4000]), base64.b64encode(b"x")]):
        with Client(world.port(25)) as c:
            for line in lines:
                c.say(line)
    with Client(world.port(110)) as c:
        c.ask(b"USER " + text)
        c.ask(b"PASS x")


@attack("F10: whatever a client is called, one event is one line of the log")
def log_injection(world):
    offset = world.log_size()
    for text in POISON:
        poison(world, text)
    wait_for(lambda: world.log_size() > offset, what="the log")
    lines = world.log_since(offset).split(b"\n")
    for line in filter(None, lines[:-1]):
        found = LOG_LINE.fullmatch(line)
        expect(found and len(line) < 4096, "not a line of the log:", line[:200])
        expect(found.group(2) != b"forged", line)
        expect(all(c >= 0x20 and c != 0x7f for c in line), "control characters:", line[:200])
        expect(all(c not in line.decode() for c in "\u0085\u2028\u202e"), "changes how lines look:", line[:200])
    return f"{len(lines) - 1} lines"
