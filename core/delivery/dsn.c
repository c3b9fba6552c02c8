/* SPDX-License-Identifier: MIT */
/* dsn -- the text of a delivery status notification. */
#include "core/delivery/dsn.h"

#include <stdio.h>
#include <string.h>

#include "core/base/buf.h"
#include "core/text/date.h"
#include "core/text/encode.h"
#include "core/text/unit.h"

enum { WRAP = 72, REPLY_MAX = 512 };

/* ---- words */

static const struct {
	const char *status; /* the start of it */
	const char *advice;
} advices[] = {
	{ "5.1.1", "There is no such address there. Check how it is written, or ask for the right "
		   "one in another way." },
	{ "5.1.2", "There is no such domain. Check the part behind the @." },
	{ "5.1.3", "The address cannot be read. Check how it is written." },
	{ "5.1.", "Something is wrong with the address. Check how it is written." },
	{ "5.2.1", "The mailbox takes no mail at present. Ask its owner in another way." },
	{ "5.2.2", "The mailbox is full. Try again when its owner has made room." },
	{ "5.2.3", "The message is too large for this mailbox. Send a smaller one, or a link." },
	{ "5.3.4",
	    "The message is too large for the other server. Send a smaller one, or a link." },
	{ "5.4.6", "The message went round in a circle: the address is forwarded to itself. Tell "
		   "its owner." },
	{ "5.7.", "The other server refused it for a rule of its own, which its answer may name. "
		  "Ask its postmaster." },
	{ "5.", "The answer above should say why. If it does not help you, show it to your "
		"postmaster." },
	{ "", "The other server could not be reached, or asked for patience, all that time. Send "
	      "the message again later, or ask in another way." },
};

const char *
dsn_advice(const char *status, bool delayed)
{
	size_t i = 0;

	if (delayed)
		return "You need not do anything: do not send the message again.";
	while (strncmp(status, advices[i].status, strlen(advices[i].status)) != 0)
		i++;
	return advices[i].advice;
}

/* Bytes of strangers: no controls, and no bytes over 0x7f but in valid UTF-8 where that may stand.
 */
static void
add_clean(struct buf *to, struct str s, bool utf8)
{
	bool keep = utf8 && utf8_is_clean(s);

	for (size_t i = 0; i < s.len && i < REPLY_MAX; i++) {
		unsigned char c = (unsigned char)s.p[i];

		buf_add_byte(to, keep || (c >= 0x20 && c < 0x7f) ? (char)c
				 : c == '\n' || c == '\t'        ? ' '
								 : '?');
	}
}

/* Words wrapped at 72 characters, each line behind `indent`. */
static void
add_wrapped(struct buf *to, struct str text, const char *indent)
{
	struct buf clean;
	struct str left, word;
	size_t column = 0;
	bool more = true;

	buf_init(&clean, REPLY_MAX + 4);
	add_clean(&clean, text, true);
	left = buf_str(&clean);
	while (more) {
		more = str_cut(&left, ' ', &word);
		if (word.len == 0)
			continue;
		if (column > 0 && column + 1 + word.len > WRAP) {
			buf_add_text(to, "\r\n");
			column = 0;
		}
		buf_add_text(to, column == 0 ? indent : " ");
		column += (column == 0 ? strlen(indent) : 1) + word.len;
		buf_add_str(to, word);
	}
	buf_add_text(to, "\r\n");
	buf_free(&clean);
}

static void
add_rcpt_words(struct buf *to, const struct dsn *d, const struct dsn_rcpt *r)
{
	(void)d;
	buf_add_text(to, "  <");
	add_clean(to, r->address, true);
	buf_add_text(to, ">\r\n");
	if (r->original.len > 0) {
		buf_add_text(to, "      (you wrote to <");
		add_clean(to, r->original, true);
		buf_add_text(to, ">)\r\n");
	}
	if (r->why != NULL)
		add_wrapped(to, str_of(r->why), "      ");
	if (r->host.len > 0) {
		buf_add_text(to, "      ");
		add_clean(to, r->host, true);
		buf_add_text(to, " said:\r\n");
	}
	if (r->reply != NULL && r->reply[0] != '\0')
		add_wrapped(to, str_of(r->reply), "      ");
	add_wrapped(to, str_of(dsn_advice(r->why != NULL ? "4" : r->status, r->delayed)), "    ");
	buf_add_text(to, "\r\n");
}

static void
add_words(struct buf *to, const struct dsn *d)
{
	bool delayed = d->count > 0 && d->rcpts[0].delayed, both = false;
	char text[UNIT_TEXT_MAX];

	for (size_t i = 0; i < d->count; i++)
		both = both || d->rcpts[i].delayed != delayed;
	buf_printf(to, "This is the mail server %s.\r\n\r\n", d->hostname);
	for (int late = 0; late < 2; late++) {
		if (!both && late != (int)delayed)
			continue;
		if (late)
			buf_printf(to,
			    "Your message is late for these recipients. It will be tried for %s "
			    "more.\r\n\r\n",
			    unit_print_duration(d->left_ms, text));
		else
			buf_add_text(
			    to, "Your message could not be delivered to these recipients.\r\n\r\n");
		for (size_t i = 0; i < d->count; i++)
			if (d->rcpts[i].delayed == (bool)late)
				add_rcpt_words(to, d, &d->rcpts[i]);
	}
	buf_printf(to,
	    "The header of your message follows. If you write to the postmaster about it, "
	    "name\r\nits number: %s\r\n",
	    d->original_id);
}

/* ---- fields (RFC 3464, 2) */

static void
add_field(struct buf *to, const char *name, const char *type, struct str value)
{
	if (value.len == 0)
		return;
	buf_printf(to, "%s: %s%s", name, type, type[0] != '\0' ? "; " : "");
	add_clean(to, value, false);
	buf_add_text(to, "\r\n");
}

static void
add_rcpt_fields(struct buf *to, const struct dsn_rcpt *r)
{
	struct str orcpt = r->orcpt;

	buf_add_text(to, "\r\n");
	if (orcpt.len > 0)
		add_field(to, "Original-Recipient", "", orcpt);
	else
		add_field(to, "Original-Recipient", "rfc822", r->original);
	add_field(to, "Final-Recipient", "rfc822", r->address);
	buf_printf(to, "Action: %s\r\n", r->delayed ? "delayed" : "failed");
	add_field(to, "Status", "", str_of(r->why != NULL && !r->delayed ? "5.4.7" : r->status));
	add_field(to, "Remote-MTA", "dns", r->host);
	if (r->reply != NULL)
		add_field(to, "Diagnostic-Code", r->host.len > 0 ? "smtp" : "x-postern",
		    str_of(r->reply));
}

static void
add_fields(struct buf *to, const struct dsn *d)
{
	char text[DATE_TEXT_MAX];

	buf_printf(to, "Reporting-MTA: dns; %s\r\n", d->hostname);
	add_field(to, "Original-Envelope-Id", "", d->envid);
	buf_printf(to, "X-Postern-Queue-Id: %s\r\n", d->original_id);
	buf_printf(to, "Arrival-Date: %s\r\n", date_print(d->received, text));
	for (size_t i = 0; i < d->count; i++)
		add_rcpt_fields(to, &d->rcpts[i]);
}

/* ---- the message */

static void
add_part(struct buf *to, const struct dsn *d, const char *type)
{
	buf_printf(to,
	    "\r\n--=_postern_%016llx\r\nContent-Type: %s\r\nContent-Transfer-Encoding: "
	    "8bit\r\n\r\n",
	    (unsigned long long)d->boundary, type);
}

static void
add_head(struct buf *to, const struct dsn *d)
{
	bool delayed = d->count > 0 && d->rcpts[0].delayed;
	char date[DATE_TEXT_MAX];

	buf_printf(to, "Date: %s\r\n", date_print(d->now, date));
	buf_printf(to, "From: Mail Delivery System <MAILER-DAEMON@%s>\r\nTo: <", d->hostname);
	add_clean(to, d->sender, true);
	buf_printf(to, ">\r\nSubject: %s\r\n",
	    delayed ? "Your message is late" : "Your message could not be delivered");
	buf_printf(to,
	    "Message-ID: <%s@%s>\r\nAuto-Submitted: auto-replied\r\nMIME-Version: 1.0\r\n", d->id,
	    d->hostname);
	buf_printf(to,
	    "Content-Type: multipart/report; "
	    "report-type=delivery-status;\r\n boundary=\"=_postern_%016llx\"\r\n\r\n",
	    (unsigned long long)d->boundary);
	buf_add_text(to, "This is a notification in the format of RFC 3464.\r\n");
}

int
dsn_print(const struct dsn *d, struct buf *to)
{
	add_head(to, d);
	add_part(to, d, "text/plain; charset=utf-8");
	add_words(to, d);
	add_part(to, d, "message/delivery-status");
	add_fields(to, d);
	add_part(to, d, "text/rfc822-headers");
	buf_add_str(to, d->header);
	buf_printf(to, "\r\n--=_postern_%016llx--\r\n", (unsigned long long)d->boundary);
	return to->over ? -1 : 0;
}
