/* SPDX-License-Identifier: MIT */
/* received -- the trace field that each server puts on top of a message (RFC 5321, 4.4; RFC 3848).
 */
#include "core/session/received.h"
#include "core/base/buf.h"
#include "core/text/address.h"
#include "core/text/date.h"

#include <string.h>

enum { COMMENT_MAX = 255 };

/* The text of a comment: printable ASCII, '(' ')' and '\' quoted (RFC 5322, 3.2.2). */
static void
add_comment_text(struct buf *b, struct str text)
{
	for (size_t i = 0; i < text.len && i < COMMENT_MAX; i++) {
		char c = text.p[i];

		if (c == '(' || c == ')' || c == '\\')
			buf_add_byte(b, '\\');
		buf_add_byte(b, c > ' ' && c < 0x7f ? c : '?');
	}
}

static void
add_from(struct buf *b, const struct received *r)
{
	char ip[IP_TEXT_MAX];
	const char *family = ip_is_v4(&r->client) ? "" : "IPv6:";

	ip_print(&r->client, ip);
	if (r->authenticated) {
		buf_add_text(b, "from user.invalid (authenticated)");
	} else if (address_is_helo(r->helo)) {
		buf_printf(b, "from %.*s ([%s%s])", STR_FMT(r->helo), family, ip);
	} else {
		buf_printf(b, "from [%s%s] (", family, ip);
		add_comment_text(b, r->helo.len > 0 ? r->helo : STR("no name"));
		buf_add_byte(b, ')');
	}
	buf_add_text(b, "\r\n\t");
}

/* "with" names the protocol and what was in force (RFC 3848; RFC 6531, 4.3). */
static void
add_with(struct buf *b, const struct received *r)
{
	bool lmtp = strcmp(r->via, "lmtp") == 0;

	if (!lmtp && strcmp(r->via, "smtp") != 0 && strncmp(r->via, "submission", 10) != 0) {
		buf_printf(b, " with %s", r->via);
		return;
	}
	if (!lmtp && !r->esmtp) {
		buf_add_text(b, " with SMTP");
		return;
	}
	buf_printf(b, " with %s%s%s%s", r->utf8 ? "UTF8" : "",
	    lmtp      ? "LMTP"
	    : r->utf8 ? "SMTP"
		      : "ESMTP",
	    r->secure ? "S" : "", r->authenticated ? "A" : "");
}

int
received_print(struct buf *b, const struct received *r)
{
	char date[DATE_TEXT_MAX];

	buf_add_text(b, "Received: ");
	if (strcmp(r->via, "sendmail") != 0)
		add_from(b, r);
	buf_printf(b, "by %s", r->hostname);
	add_with(b, r);
	buf_printf(b, " id %s", r->id);
	if (r->rcpt.len > 0)
		buf_printf(b, "\r\n\tfor <%.*s>", STR_FMT(r->rcpt));
	buf_printf(b, ";\r\n\t%s\r\n", date_print(r->seconds, date));
	return b->over ? -1 : 0;
}
