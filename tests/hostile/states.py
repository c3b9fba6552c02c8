# SPDX-License-Identifier: MIT
"""states -- P20: random, valid sequences of all commands against small reference state machines.

The models know nothing of the server's code: they are the protocols as the RFCs have them, with
the limits of the demonstration. A wrong reply prints what was said before it; the seed makes it
happen again.
"""
import base64
import os
import random
import ssl

from ground import PASSWORD, Client, attack, expect, smtp, wait_for

COMMANDS = 20000
ERRORS, IDLE, AUTH_FAILURES = 20, 200, 3  # of one connection, then goodbye
SAID_SHOWN = 12


def anybody():
    """A TLS client that takes the demonstration's certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context


TLS = anybody()


def plain(user, password):
    return base64.b64encode(f"\0{user}\0{password}".encode()).decode()


class Wrong(AssertionError):
    pass


# ---- SMTP


class SmtpModel:
    """What may be answered: each command gives a code, and changes where we are."""

    def __init__(self):
        self.at, self.user, self.secure = "start", None, False
        self.esmtp = self.named = False
        self.rcpts = self.errors = self.idle = self.denied = 0

    def forget_message(self):
        self.rcpts, self.named = 0, False
        if self.at == "message":
            self.at = "ready"

    def counted(self, code):
        """The twentieth refusal ends the session."""
        if code >= 500:
            self.errors += 1
            return 421 if self.errors >= ERRORS else code
        return code

    def is_idle_too_long(self):
        self.idle += 1
        return self.idle > IDLE

    def hello(self, good, esmtp):
        if self.is_idle_too_long():
            return 421
        if not good:
            return 501
        self.forget_message()
        self.at, self.esmtp = "ready", esmtp
        return 250

    def mail(self, code, needs_esmtp):
        if self.at != "ready":
            return 503
        if needs_esmtp and not self.esmtp:
            return 555
        if code == 250:
            self.at = "message"
            self.named, self.rcpts = False, 0
        return code

    def rcpt(self, code):
        if self.at != "message":
            return 503
        self.named = True
        self.rcpts += code == 250
        return code

    def data(self):
        if self.at != "message":
            return 503
        if self.rcpts == 0:
            return 554 if self.named else 503
        return 354

    def simple(self, code):
        return 421 if self.is_idle_too_long() else code

    def rset(self, good):
        if self.is_idle_too_long():
            return 421
        if good:
            self.forget_message()
        return 250 if good else 501

    def starttls(self, good):
        if self.at == "start":
            return 503
        return 501 if not good else 503 if self.secure else 220

    def secured(self):
        self.forget_message()
        self.at, self.secure, self.user, self.esmtp = "start", True, None, False

    def auth(self, code, user=None):
        if self.at != "ready" or self.user:
            return 503
        if code == 235:
            self.user = user
        if code == 535:
            self.denied += 1
            return 421 if self.denied >= AUTH_FAILURES else 535
        return code


GOOD_BODY = b"Subject: model\r\n\r\n..text\r\n.\r\n"
BODIES = [(250, GOOD_BODY), (250, b".\r\n"), (250, b"no header\r\n.\r\n"), (550, b"Subject: x\r\n\r\nbare\nLF\r\n.\r\n"),
          (550, b"Subject: x\r\n\r\nNUL\0\r\n.\r\n"), (554, b"Received: x\r\n" * 101 + b"\r\n.\r\n")]


class SmtpPlayer:
    """Plays the model against the server; `said` is the dialogue."""

    def __init__(self, world, rng):
        self.world, self.rng = world, rng
        self.commands = self.sessions = self.accepted = 0
        self.start()

    def start(self):
        self.client, self.model, self.said = Client(self.world.port(25)), SmtpModel(), []
        self.sessions += 1
        expect(self.client.greeting.startswith(b"220 "), self.client.greeting)

    def say(self, data, wanted):
        """Say it and compare. False: that was the end of the session."""
        wanted = self.model.counted(wanted)
        self.client.send(data if data.endswith(b"\r\n") else data + b"\r\n")
        got = self.client.reply()
        self.commands += 1
        self.said.append((data[:80], got, wanted))
        if got != wanted:
            raise Wrong(f"wanted {wanted}, got {self.client.lines}, after {self.said[-SAID_SHOWN:]}")
        if got in (421, 221):
            expect(self.client.line() == b"", "the session goes on after", got)
            self.client.socket.close()
            self.start()
            return False
        return True

    # What may be said, each with its weight in CHOICES below.

    def hello(self):
        esmtp = self.rng.random() < 0.7
        good = self.rng.random() < 0.8
        name = self.rng.choice([b"a.test", b"[127.0.0.1]", b"[IPv6:::1]", b"host"] if good else
                               [b"", b"a b", b"[1.2.3]", b"-.test", b"<script>", b"${x}"])
        self.say((b"EHLO " if esmtp else b"HELO ") + name, self.model.hello(good, esmtp))

    def mail(self):
        args, code, esmtp = self.rng.choice([
            (b"FROM:<a@remote.test>", 250, False), (b"from:<>", 250, False), (b"FROM: <a@remote.test>", 250, False),
            (b"FROM:<a@remote.test> SIZE=100", 250, True), (b"FROM:<a@remote.test> BODY=8BITMIME SIZE=9", 250, True),
            (b"FROM:<a@remote.test> SIZE=99999999999999999999", 552, True),
            (b"FROM:<a@remote.test> SIZE=-1", 501, True), (b"FROM:<a@remote.test> SIZE=1 SIZE=1", 501, True),
            (b"FROM:<a@remote.test> FOO=1", 555, False), (b"FROM:<a@@x>", 501, False), (b"<a@remote.test>", 501, False)])
        self.say(b"MAIL " + args, self.model.mail(code, esmtp))

    def rcpt(self):
        args, code = self.rng.choice([
            (b"TO:<user1@example.test>", 250), (b"TO:<USER2@Example.Test>", 250), (b"to:<user1@example.test>", 250),
            (b"TO:<nobody-has-it@example.test>", 550), (b"TO:<nobody@example.test>", 550), (b"TO:<a", 501),
            (b"TO:<user1@example.test> FOO=1", 555), (b"TO:<>", 501)])
        self.say(b"RCPT " + args, self.model.rcpt(code))

    def data(self):
        if self.rng.random() < 0.1:
            wanted = self.model.data() if self.model.at != "message" else 501
            self.say(b"DATA now", wanted)
            return
        wanted = self.model.data()
        if not self.say(b"DATA", wanted) or wanted != 354:
            return
        code, body = self.rng.choice(BODIES)
        self.model.forget_message()
        if code == 250:
            self.accepted += 1
            self.model.errors = self.model.idle = 0
        self.say(body, code)

    def group(self):
        """MAIL, RCPT and DATA in one segment (RFC 2920)."""
        if self.model.at != "ready" or not self.model.esmtp:
            return
        wanted = [self.model.mail(250, False), self.model.rcpt(250), self.model.rcpt(250), self.model.data()]
        self.client.send(b"MAIL FROM:<a@remote.test>\r\nRCPT TO:<user1@example.test>\r\n"
                         b"RCPT TO:<user2@example.test>\r\nDATA\r\n")
        got = [self.client.reply() for _ in wanted]
        self.commands += len(wanted)
        expect(got == wanted, "pipelined", got, "after", self.said[-SAID_SHOWN:])
        self.model.forget_message()
        self.model.errors = self.model.idle = 0
        self.accepted += 1
        self.say(GOOD_BODY, 250)

    def rset(self):
        good = self.rng.random() < 0.9
        self.say(b"RSET" if good else b"RSET x", self.model.rset(good))

    def other(self):
        line, code = self.rng.choice([(b"NOOP", 250), (b"noop text", 250), (b"HELP", 214), (b"VRFY user1", 252),
                                      (b"VRFY nobody-has-it", 252), (b"VRFY", 501), (b"EXPN list", 502)])
        self.say(line, self.model.simple(code))

    def unknown(self):
        line, code = self.rng.choice([(b"XYZZY", 500), (b"", 500), (b"BDAT 5 LAST", 500), (b"ETRN x", 500),
                                      (b"NOOP\0", 500), (b"NO\rOP", 500), (b"M" * 3000, 500)])
        self.say(line, code)

    def starttls(self):
        good = self.rng.random() < 0.9
        wanted = self.model.starttls(good)
        if self.say(b"STARTTLS" if good else b"STARTTLS x", wanted) and wanted == 220:
            self.client.socket = TLS.wrap_socket(self.client.socket)
            self.model.secured()

    def auth(self):
        name = "user1@example.test"
        args, code = self.rng.choice([
            ("PLAIN " + plain(name, PASSWORD), 235), ("PLAIN " + plain(name, "wrong"), 535), ("PLAIN !!!", 501),
            ("PLAIN =", 501), ("PLAIN " + plain(name, ""), 501), ("SECRET", 504), ("", 501)])
        self.say(b"AUTH " + args.encode(), self.model.auth(code, name))

    def cancelled_auth(self):
        wanted = self.model.auth(334)
        if self.say(b"AUTH LOGIN", wanted) and wanted == 334:
            if self.rng.random() < 0.5:
                self.say(base64.b64encode(b"user1"), 334)
            self.say(b"*", 501)

    def quit(self):
        good = self.rng.random() < 0.7
        self.say(b"QUIT" if good else b"QUIT now", 221 if good else 501)


SMTP_CHOICES = [(SmtpPlayer.hello, 8), (SmtpPlayer.mail, 22), (SmtpPlayer.rcpt, 26), (SmtpPlayer.data, 16),
                (SmtpPlayer.group, 5), (SmtpPlayer.rset, 3), (SmtpPlayer.other, 6), (SmtpPlayer.unknown, 3),
                (SmtpPlayer.starttls, 0.5), (SmtpPlayer.auth, 0.3), (SmtpPlayer.cancelled_auth, 1), (SmtpPlayer.quit, 0.5)]


def play(player, choices, seed):
    actions, weights = zip(*choices)
    try:
        while player.commands < COMMANDS:
            player.rng.choices(actions, weights)[0](player)
    except AssertionError as e:
        raise AssertionError(f"seed {seed}: {e}") from e
    return f"{player.commands} commands in {player.sessions} sessions, seed {seed}"


def new_seed():
    return int(os.environ.get("SEED", random.randrange(1 << 32)))


@attack("P20: every reply to 20,000 random SMTP commands is the one of the reference state machine")
def smtp_model(world):
    seed = new_seed()
    player = SmtpPlayer(world, random.Random(seed))
    figures = play(player, SMTP_CHOICES, seed)
    expect(world.wait_delivered(60), "messages are left in the queue")
    return f"{figures}, {player.accepted} messages"


# ---- POP3


class Pop3Player:
    """The model and its player in one: a mailbox is numbers and sizes."""

    USER = "user3"

    def __init__(self, world, rng):
        self.world, self.rng = world, rng
        self.commands = self.sessions = 0
        self.kept = []  # what the mailbox holds: (UID, size), known after the first login
        self.fill()
        self.start()

    def fill(self):
        """More messages, of sizes that differ."""
        before = len(self.world.messages(self.USER))
        with smtp(self.world) as s:
            for i in range(6):
                begin_with = f"Subject: {self.sessions}-{i}\r\n\r\n".encode()
                for line in ("MAIL FROM:<a@remote.test>", f"RCPT TO:<{self.USER}@example.test>", "DATA"):
                    s.say(line)
                expect(s.say(begin_with + b"line\r\n" * self.rng.randrange(40) + b".") == 250, s.lines)
        wait_for(lambda: len(self.world.messages(self.USER)) == before + 6, what="delivery")

    def start(self):
        self.client, self.said = Client(self.world.port(110)), []
        self.inside, self.user, self.secure = False, False, False
        self.errors = self.denied = 0
        self.deleted = set()
        self.sessions += 1
        expect(self.client.greeting.startswith(b"+OK"), self.client.greeting)

    def say(self, line, good, is_list=False, counts=True):
        """Say it; `good`: +OK is wanted. Returns the lines of the answer, or None where that was the end."""
        said = self.client.ask(line)
        self.commands += 1
        self.said.append((line[:60], said[:60]))
        if not said.startswith(b"+OK" if good else b"-ERR"):
            raise Wrong(f"wanted {'+OK' if good else '-ERR'} after {self.said[-SAID_SHOWN:]}")
        if not good and counts:
            self.errors += 1
            if self.errors > ERRORS:
                self.ended()
                return None
        return [said] + (self.client.rest_of_list() if good and is_list else [])

    def ended(self):
        expect(self.client.line() == b"", "the session goes on after its end")
        self.client.socket.close()
        self.start()

    def entered(self, said):
        self.inside = True
        self.deleted = set()
        uids = [line.split()[1] for line in self.say(b"UIDL", True, True)[1:]]
        sizes = [int(line.split()[1]) for line in self.say(b"LIST", True, True)[1:]]
        now = list(zip(uids, sizes))
        expect(said == b"+OK %d messages" % len(now), said, len(now))
        expect(now[:len(self.kept)] == self.kept, "the mailbox is not what was left in it:", self.kept, now)
        self.kept = now

    # ---- what may be said

    def login(self):
        if self.inside:
            self.say(self.rng.choice([b"USER a", b"PASS a", b"AUTH PLAIN", b"STLS"]), False)
            return
        if len(self.kept) < 3:
            self.fill()
        self.say(b"USER %s@example.test" % self.USER.encode(), True)
        said = self.say(b"PASS " + PASSWORD.encode(), True)
        self.entered(said[0])

    def wrong_login(self):
        if self.inside:
            return
        line = self.rng.choice([b"PASS x", b"AUTH SECRET", b"AUTH PLAIN !!", b"USER", b"APOP a b", b"STAT", b"DELE 1"])
        if line == b"PASS x":
            self.say(b"USER nobody-has-it@example.test", True)
            self.say(line, False, counts=False)
            self.denied += 1
            if self.denied >= AUTH_FAILURES:
                self.ended()
        else:
            self.say(line, False)

    def number(self):
        """A message's number, and whether it names one."""
        text = self.rng.choice([str(self.rng.randrange(len(self.kept) + 3))] * 6 +
                               ["-1", "2147483648", "4294967297", "x", "1 2", "1x", "01"])
        exists = text.isdigit() and 1 <= int(text) <= len(self.kept) and int(text) not in self.deleted
        return text.encode(), exists, int(text) if exists else 0

    def about_one(self):
        verb = self.rng.choice([b"LIST ", b"UIDL ", b"RETR ", b"DELE ", b"TOP "])
        text, exists, n = self.number()
        line = verb + text + (b" " + self.rng.choice([b"0", b"3", b"4294967295"]) if verb == b"TOP " else b"")
        if verb == b"TOP " and b" " in text:
            exists = False
        said = self.say(line, exists and self.inside, is_list=verb in (b"RETR ", b"TOP "))
        if said is None or not exists or not self.inside:
            return
        uid, size = self.kept[n - 1]
        if verb == b"LIST ":
            expect(said[0] == b"+OK %d %d" % (n, size), said[0], n, size)
        elif verb == b"UIDL ":
            expect(said[0] == b"+OK %d %s" % (n, uid), said[0], n, uid)
        elif verb == b"RETR ":
            got = sum(len(x) + 2 - x.startswith(b".") for x in said[1:])
            expect(got == size, "RETR gave", got, "bytes of", size)
        elif verb == b"DELE ":
            self.deleted.add(n)

    def about_all(self):
        if not self.inside:
            return
        left = [(i + 1, m) for i, m in enumerate(self.kept) if i + 1 not in self.deleted]
        stat = self.say(b"STAT", True)[0]
        expect(stat == b"+OK %d %d" % (len(left), sum(m[1] for _, m in left)), stat, left)
        listed = self.say(b"LIST", True, True)[1:]
        expect(listed == [b"%d %d" % (n, m[1]) for n, m in left], listed, left)

    def other(self):
        line, good, is_list = self.rng.choice([(b"NOOP", self.inside, False), (b"CAPA", True, True),
                                               (b"RSET", self.inside, False), (b"XYZZY", False, False), (b"", False, False),
                                               (b"TOP 1", False, False), (b"N" * 300, False, False), (b"CAPA x", False, False)])
        said = self.say(line, good, is_list)
        if said is not None and line == b"RSET" and self.inside:
            self.deleted = set()

    def stls(self):
        if not self.inside and not self.secure and self.say(b"STLS", True):
            self.client.socket = TLS.wrap_socket(self.client.socket)
            self.secure = True

    def quit(self):
        self.say(b"QUIT", True)
        if self.inside:
            self.kept = [m for i, m in enumerate(self.kept) if i + 1 not in self.deleted]
        self.ended()

    def leave(self):
        """Without QUIT nothing is removed (W13)."""
        self.client.reset()
        self.start()


POP3_CHOICES = [(Pop3Player.login, 4), (Pop3Player.wrong_login, 1), (Pop3Player.about_one, 60),
                (Pop3Player.about_all, 14), (Pop3Player.other, 12), (Pop3Player.stls, 0.3), (Pop3Player.quit, 0.7),
                (Pop3Player.leave, 0.7)]


@attack("P20: the same for 20,000 commands of POP3; what the mailbox holds is exactly what was not deleted")
def pop3_model(world):
    seed = new_seed()
    return play(Pop3Player(world, random.Random(seed)), POP3_CHOICES, seed)
