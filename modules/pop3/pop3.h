/* SPDX-License-Identifier: MIT */
/*
 * pop3 -- what the files of this module share.
 *
 *   pop3.c      the session: greeting, events, its end
 *   commands.c  the commands, one table
 *   login.c     USER, PASS, AUTH, and opening the mailbox
 *   output.c    LIST, UIDL, RETR and TOP, at the client's pace
 */
#ifndef MODULES_POP3_POP3_H
#define MODULES_POP3_POP3_H

#include "core/module.h"

struct pop3;

enum {
	POP3_LINE = 255,       /* RFC 2449, 4: with its end */
	POP3_AUTH_LINE = 4096, /* a response of AUTH (RFC 5034, 4) */
	POP3_USER = 512,
	POP3_UID = 255 /* RFC 1939 says 70, but what another server had said is said again */
};

struct pop3_conf {
	bool delete; /* false: DELE is answered, and nothing goes */
};

/* RFC 1939: which commands there are depends on it. */
enum pop3_state { POP3_AUTHORIZATION = 1, POP3_TRANSACTION = 2, POP3_UPDATE = 4 };

struct pop3_message {
	uint32_t uid;
	bool deleted;
	uint64_t size;
	const char *unique; /* as another server named it; NULL: made of UID and UIDVALIDITY */
};

/* What is being sent, from where on. */
struct pop3_output {
	void (*more)(struct pop3 *); /* NULL: nothing */
	size_t at;       /* of LIST and UIDL: index of the next message; of RETR: the message */
	uint64_t offset; /* of RETR: bytes read */
	bool in_line;    /* the last byte sent was not the end of a line */
	bool in_body;    /* of TOP: behind the empty line */
	bool has_limit;  /* TOP: `lines` of the body are left */
	uint64_t lines;
};

struct pop3 {
	struct session *session;
	const struct pop3_conf *conf;
	enum pop3_state state;
	bool awaits_response; /* of AUTH */
	bool stopping;
	uint64_t errors, auth_failures;

	struct buf user;
	struct auth_request *request;
	struct store *store;
	bool store_busy; /* a call is under way */

	struct arena *arena; /* of the mailbox */
	uint32_t uid_validity;
	size_t count, retrieved;
	struct pop3_message *messages;
	struct pop3_output output;
};

/* ---- pop3.c */
void pop3_say(struct pop3 *, const char *line);    /* one line, without its end */
void pop3_refuse(struct pop3 *, const char *text); /* "-ERR text", counted */
void pop3_wait(struct pop3 *);                     /* take no command until pop3_go */
void pop3_go(struct pop3 *);
void pop3_goodbye(struct pop3 *, const char *line); /* NULL: nothing is said */
struct pop3 *pop3_of(struct ref);                   /* NULL: gone */

/* ---- commands.c */
void pop3_command(struct pop3 *, struct str line);

/* ---- login.c */
void pop3_user(struct pop3 *, struct str name);
void pop3_pass(struct pop3 *, struct str password);
void pop3_auth(struct pop3 *, struct str args);
void pop3_auth_response(struct pop3 *, struct str line);
void pop3_forget_login(struct pop3 *);

/* ---- output.c */
void pop3_list(struct pop3 *);
void pop3_uidl(struct pop3 *);
void pop3_retr(struct pop3 *, size_t message, bool has_limit, uint64_t lines);
void pop3_more(struct pop3 *); /* the client has read what there was */
const char *pop3_unique(const struct pop3 *, const struct pop3_message *, char to[POP3_UID + 1]);

#endif
