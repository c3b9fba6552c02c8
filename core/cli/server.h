/* SPDX-License-Identifier: MIT */
/*
 * server -- how commands find the server that runs, and ask it.
 *
 * `--data DIR` names its data folder; without it the configuration is evaluated to find that.
 */
#ifndef CORE_CLI_SERVER_H
#define CORE_CLI_SERVER_H

#include "core/cli/cli.h"

struct arena;
struct config;
struct json_t;

extern const char *cli_data;
/* clang-format off */
#define CLI_DATA { CLI_TEXT, 'd', "data", &cli_data, "DIR", "the server's data folder, instead of --config" }
/* clang-format on */

/* The configuration, or NULL with all its mistakes on stderr. */
struct config *cli_load_config(struct arena *);

/* The data folder: --data, else as configured. NULL: told to stderr. */
const char *cli_data_folder(struct arena *);

/* One request to the running server and its answer, a new reference. NULL: told to stderr, `*code`
 * to return. */
struct json_t *cli_ask_server(struct json_t *request, int *code);

/* Stop the running server, and wait until it has stopped. Returns the code. */
int cli_stop_server(void);

#endif
