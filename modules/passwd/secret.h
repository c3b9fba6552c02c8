/* SPDX-License-Identifier: MIT */
/*
 * secret -- password hashes: made with argon2id, checked whatever they were made with.
 *
 * All of this blocks and needs memory; it runs on the auth process' threads.
 */
#ifndef MODULES_PASSWD_SECRET_H
#define MODULES_PASSWD_SECRET_H

#include "core/module.h"

enum { SECRET_HASH_MAX = 512, SECRET_KEYS_MAX = 256 };

struct secret_cost {
	uint64_t memory; /* bytes of argon2id */
	int64_t passes;
	int64_t scram_iterations;
};

/* "$argon2id$v=19$..." into `to`. */
int secret_hash(
    char to[SECRET_HASH_MAX], const struct secret_cost *, struct str password, struct err *);

/*
 * What SCRAM-SHA-256 (RFC 5802, 7677) needs to know instead of the password:
 * "{SCRAM-SHA-256}4096,SALT,STOREDKEY,SERVERKEY", all base64.
 */
int secret_keys(
    char to[SECRET_KEYS_MAX], const struct secret_cost *, struct str password, struct err *);

/* 1: it fits; 0: it does not; -1: the hash is of no kind that is known, or memory lacks. */
int secret_check(struct arena *, const char *hash, struct str password, struct err *);

#endif
