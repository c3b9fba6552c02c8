/* SPDX-License-Identifier: MIT */
/*
 * reply -- what a server answers, read line by line (RFC 5321, 4.2; RFC 2034, 4; RFC 3463, 2).
 *
 *	Reply-line = *( Reply-code "-" [ textstring ] CRLF )
 *	                Reply-code [ SP textstring ] CRLF
 *	status     = class "." subject "." detail     before the text, in replies with 2, 4 and 5
 *
 * Codes of any second digit are taken: a client acts on the first (RFC 5321, 4.2.1).
 */
#include "core/text/reply.h"
#include "core/base/utf8.h"

#include <string.h>

void
reply_init(struct reply *r)
{
	*r = (struct reply){ 0 };
	buf_init(&r->text, REPLY_TEXT_MAX);
}

void
reply_free(struct reply *r)
{
	buf_free(&r->text);
}

void
reply_clear(struct reply *r)
{
	struct buf text = r->text;

	buf_clear(&text);
	*r = (struct reply){ .text = text };
}

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Reply-code = %x32-35 2DIGIT; 0: none */
static int
code_of(struct str line)
{
	if (line.len < 3 || line.p[0] < '2' || line.p[0] > '5' || !is_digit(line.p[1]) ||
	    !is_digit(line.p[2]))
		return 0;
	return (line.p[0] - '0') * 100 + (line.p[1] - '0') * 10 + line.p[2] - '0';
}

/* subject and detail = 1*3DIGIT, without leading zeros */
static bool
is_sub_code(struct str s)
{
	uint64_t value;

	return s.len <= 3 && str_number(s, 999, &value) && (s.len == 1 || s.p[0] != '0');
}

bool
reply_status_fits(int code, struct str status)
{
	struct str class, subject;

	if (!str_cut(&status, '.', &class) || !str_cut(&status, '.', &subject))
		return false;
	return class.len == 1 && class.p[0] == '0' + code / 100 &&
	       strchr("245", class.p[0]) != NULL && is_sub_code(subject) && is_sub_code(status);
}

/* The status at the start of the text, with the space behind it, is taken off. The first line says
 * which; others repeat it (RFC 2034, 4). */
static struct str
take_status(struct reply *r, struct str text)
{
	struct str rest = text, word;

	str_cut(&rest, ' ', &word);
	if (r->lines == 0 && reply_status_fits(r->code, word))
		memcpy(r->status, word.p, word.len);
	return r->status[0] != '\0' && str_eq(word, str_of(r->status)) ? rest : text;
}

static void
add_escaped(struct buf *to, struct str s)
{
	uint32_t code;
	size_t len;

	for (; s.len > 0; s = str_from(s, len > 0 ? len : 1)) {
		len = utf8_next(s, &code);
		if (len > 0 && (utf8_is_shown(code) || code == '\t'))
			buf_add(to, s.p, len);
		else
			for (size_t i = 0; i < (len > 0 ? len : 1); i++)
				buf_printf(to, "\\x%02x", (unsigned char)s.p[i]);
	}
}

/* One line without its end. */
static enum reply_result
add_line(struct reply *r, struct str line)
{
	int code = code_of(line);
	char mark = line.len > 3 ? line.p[3] : ' ';

	if (code == 0 || (r->lines > 0 && code != r->code) || (mark != ' ' && mark != '-'))
		return REPLY_BROKEN;
	if (r->lines == REPLY_LINES_MAX)
		return REPLY_BROKEN;
	r->code = code;
	if (r->lines > 0)
		buf_add_byte(&r->text, '\n');
	add_escaped(&r->text, take_status(r, str_from(line, 4)));
	r->lines++;
	if (r->text.over)
		return REPLY_BROKEN;
	r->complete = mark == ' ';
	return r->complete ? REPLY_COMPLETE : REPLY_MORE;
}

enum reply_result
reply_read(struct reply *r, struct str in, size_t *used)
{
	enum reply_result result = REPLY_MORE;
	struct str rest = in, line;

	if (r->complete)
		reply_clear(r);
	while (result == REPLY_MORE && str_find(rest, '\n') >= 0) {
		str_cut(&rest, '\n', &line);
		if (line.len > 0 && line.p[line.len - 1] == '\r')
			line.len--;
		result = line.len <= REPLY_LINE_MAX ? add_line(r, line) : REPLY_BROKEN;
	}
	*used = in.len - rest.len;
	if (result == REPLY_MORE && rest.len > REPLY_LINE_MAX)
		return REPLY_BROKEN;
	return result;
}
