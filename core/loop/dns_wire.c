/* SPDX-License-Identifier: MIT */
/*
 * dns_wire -- reads responses as they came from the network (RFC 1035, 4).
 *
 *   header: id flags qd an ns ar (2 bytes each), then qd questions, an answers, ns authorities
 *   question: name type class;  record: name type class ttl(4) length rdata
 *   name: length label ... 0, or a pointer (two high bits) to an earlier name in place of the rest
 */
#include "core/loop/dns_inner.h"

#include <string.h>

enum {
	HEADER = 12,
	NAME_WIRE_MAX = 255,
	LABEL_MAX = 63,
	POINTER = 0xc0,
	NO_ERROR = 0,
	NX_DOMAIN = 3,
	CLASS_IN = 1
};

/* A name without pointers, in lower case, for comparison. */
struct name {
	uint8_t bytes[NAME_WIRE_MAX];
	size_t len;
};

struct reader {
	const uint8_t *p; /* the whole packet */
	size_t len, at;
	size_t end;  /* of what may be read: the packet, or the present rdata */
	bool broken; /* something reached over an end; everything read since is zero */
};

struct record {
	struct name owner;
	unsigned type, class;
	uint32_t ttl;
	size_t start, len; /* of the rdata */
};

static unsigned
read_number(struct reader *r, size_t bytes)
{
	unsigned n = 0;

	if (r->end - r->at < bytes) {
		r->broken = true;
		r->at = r->end;
		return 0;
	}
	while (bytes-- > 0)
		n = n << 8 | r->p[r->at++];
	return n;
}

/* One label at `at`, appended; false where the name is too long. */
static bool
add_label(struct name *n, const uint8_t *label, size_t len)
{
	if (n->len + len + 1 > NAME_WIRE_MAX)
		return false;
	n->bytes[n->len++] = (uint8_t)len;
	for (size_t i = 0; i < len; i++)
		n->bytes[n->len++] =
		    label[i] >= 'A' && label[i] <= 'Z' ? label[i] | 0x20 : label[i];
	return true;
}

/* A pointer must point before the place where this name, or the part of it that led here, began: so
 * there are no loops, and at most as many steps as there are bytes. */
static void
read_name(struct reader *r, struct name *n)
{
	size_t at = r->at, end = r->end, lowest = at;
	bool jumped = false;

	n->len = 0;
	while (at < end) {
		uint8_t c = r->p[at];

		if (c <= LABEL_MAX && end - at > c && add_label(n, r->p + at + 1, c)) {
			at += (size_t)c + 1;
			if (c > 0)
				continue;
			if (!jumped)
				r->at = at;
			return;
		}
		if (c < POINTER || end - at < 2)
			break;
		if (!jumped)
			r->at = at + 2;
		jumped = true;
		at = (size_t)(c & ~POINTER) << 8 | r->p[at + 1];
		if (at >= lowest)
			break;
		lowest = at;
		end = r->len;
	}
	r->broken = true;
	n->len = 0;
}

static bool
name_equal(const struct name *a, const struct name *b)
{
	return a->len == b->len && memcmp(a->bytes, b->bytes, a->len) == 0;
}

static bool
is_plain(uint8_t c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '/';
}

/* As text without the last dot. A name with any other byte than names have could be taken for another
 * one, or for something else, wherever it is printed: it is not repeated. The root is ".". */
static struct str
name_text(const struct name *n, struct arena *arena)
{
	char *to = arena_alloc(arena, n->len + 1);
	size_t len = 0;

	for (size_t at = 0; at < n->len && n->bytes[at] > 0; at += (size_t)n->bytes[at] + 1) {
		if (len > 0)
			to[len++] = '.';
		for (size_t i = 1; i <= n->bytes[at]; i++) {
			if (!is_plain(n->bytes[at + i]))
				return STR("unknown");
			to[len++] = (char)n->bytes[at + i];
		}
	}
	return len > 0 ? (struct str){ to, len } : STR(".");
}

static void
read_record(struct reader *r, struct record *rec)
{
	read_name(r, &rec->owner);
	rec->type = read_number(r, 2);
	rec->class = read_number(r, 2);
	rec->ttl = read_number(r, 4);
	rec->len = read_number(r, 2);
	rec->start = r->at;
	/* A time over 2^31 is a mistake (RFC 2181, 8). */
	if (rec->ttl > INT32_MAX)
		rec->ttl = 0;
	if (rec->len > r->len - r->at)
		r->broken = true;
	else
		r->at += rec->len;
}

/* ---- rdata ---- */

static void
read_address(struct reader *r, struct ip *ip)
{
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };
	size_t len = r->end - r->at;

	if (len != 4 && len != 16) {
		r->broken = true;
		return;
	}
	memcpy(ip->bytes, mapped, sizeof mapped);
	memcpy(ip->bytes + 16 - len, r->p + r->at, len);
	r->at = r->end;
}

/* The strings of a TXT record, joined (RFC 7208, 3.3). */
static struct str
read_strings(struct reader *r, struct arena *arena)
{
	char *to = arena_alloc(arena, r->end - r->at + 1);
	size_t total = 0;

	while (r->at < r->end) {
		size_t len = r->p[r->at++];

		if (len > r->end - r->at) {
			r->broken = true;
			break;
		}
		memcpy(to + total, r->p + r->at, len);
		total += len;
		r->at += len;
	}
	return (struct str){ to, total };
}

static void
read_rdata(const struct reader *packet, const struct record *rec, struct arena *arena,
    struct dns_record *to, bool *broken)
{
	struct reader r = {
		.p = packet->p, .len = packet->len, .at = rec->start, .end = rec->start + rec->len
	};
	bool has_name = false;
	struct name name;

	to->raw = (struct str){ arena_copy(arena, r.p + r.at, rec->len), rec->len };
	switch (rec->type) {
	case DNS_A:
	case DNS_AAAA:
		r.broken = rec->len != (rec->type == DNS_A ? 4 : 16);
		read_address(&r, &to->ip);
		break;
	case DNS_TXT:
		to->text = read_strings(&r, arena);
		break;
	case DNS_SRV:
	case DNS_MX:
		to->priority = (uint16_t)read_number(&r, 2);
		if (rec->type == DNS_SRV) {
			to->weight = (uint16_t)read_number(&r, 2);
			to->port = (uint16_t)read_number(&r, 2);
		}
		has_name = true;
		break;
	case DNS_PTR:
	case DNS_NS:
	case DNS_CNAME:
		has_name = true;
		break;
	default:
		break;
	}
	if (has_name) {
		read_name(&r, &name);
		to->text = name_text(&name, arena);
	}
	*broken = *broken || r.broken || (has_name && r.at != r.end);
}

/* ---- sections ---- */

/* The target of an alias, in place of the name that is looked for. */
static void
follow(struct reader *r, const struct record *rec, struct name *wanted, unsigned *steps)
{
	struct reader rdata = {
		.p = r->p, .len = r->len, .at = rec->start, .end = rec->start + rec->len
	};

	read_name(&rdata, wanted);
	if (rdata.broken || ++*steps > DNS_CHAIN_MAX)
		r->broken = true;
}

static void
read_answers(struct reader *r, unsigned count, enum dns_type type, struct arena *arena,
    struct dns_answer *a, struct name *wanted)
{
	struct dns_record *records = NULL;
	unsigned steps = 0;
	struct record rec;

	for (unsigned i = 0; i < count && !r->broken; i++) {
		read_record(r, &rec);
		if (r->broken || rec.class != CLASS_IN || !name_equal(&rec.owner, wanted))
			continue;
		if (rec.type != (unsigned)type && rec.type != DNS_CNAME)
			continue;
		if (rec.ttl < a->ttl)
			a->ttl = rec.ttl;
		if (rec.type != (unsigned)type) {
			follow(r, &rec, wanted, &steps);
		} else if (a->count < DNS_RECORDS_MAX) {
			if (records == NULL)
				records = arena_alloc(
				    arena, (count < DNS_RECORDS_MAX ? count : DNS_RECORDS_MAX) *
					       sizeof *records);
			read_rdata(r, &rec, arena, &records[a->count++], &r->broken);
		}
	}
	a->records = records;
}

/* How long nothing is known to be there (RFC 2308, 5): from the SOA record of the zone. */
static uint32_t
read_negative_ttl(struct reader *r, unsigned count)
{
	struct record rec;

	for (unsigned i = 0; i < count && !r->broken; i++) {
		struct reader rdata;
		uint32_t minimum;

		read_record(r, &rec);
		if (r->broken || rec.type != DNS_SOA || rec.len < 4)
			continue;
		rdata = (struct reader){ .p = r->p,
			.len = r->len,
			.at = rec.start + rec.len - 4,
			.end = rec.start + rec.len };
		minimum = read_number(&rdata, 4);
		return minimum < rec.ttl ? minimum : rec.ttl;
	}
	return 0;
}

void
dns_wire_read(struct str packet, enum dns_type type, struct arena *arena, struct dns_answer *a)
{
	struct reader r = {
		.p = (const uint8_t *)packet.p, .len = packet.len, .at = 2, .end = packet.len
	};
	struct name wanted = { .len = 0 };
	unsigned code, questions, answers, authorities;

	*a = (struct dns_answer){ .status = DNS_FAILED };
	if (packet.len < HEADER)
		return;
	code = read_number(&r, 2) & 0xf;
	questions = read_number(&r, 2);
	answers = read_number(&r, 2);
	authorities = read_number(&r, 2);
	r.at = HEADER;
	if (questions != 1 || (code != NO_ERROR && code != NX_DOMAIN))
		return;
	read_name(&r, &wanted);
	(void)read_number(&r, 4);
	a->ttl = DNS_TTL_MAX;
	read_answers(&r, answers, type, arena, a, &wanted);
	if (a->count == 0 && !r.broken) {
		uint32_t ttl = read_negative_ttl(&r, authorities);

		a->ttl = ttl < a->ttl ? ttl : a->ttl;
	}
	if (r.broken) {
		*a = (struct dns_answer){ .status = DNS_FAILED };
		return;
	}
	a->canonical = name_text(&wanted, arena);
	a->status = a->count > 0 ? DNS_FOUND : code == NX_DOMAIN ? DNS_NO_NAME : DNS_NO_DATA;
}
