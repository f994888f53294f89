// SPDX-License-Identifier: MIT
/*
 * Everything the environment and the command line say, in one plain value that each command reads.
 * Strings are borrowed from environ and argv, which outlive it.
 */
#ifndef FRONT_SETTINGS_H
#define FRONT_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <tessera/tessera.h>

enum exit_status {
    EXIT_GOOD = 0,
    EXIT_FAILED = 1,
    EXIT_USAGE = 2,
    EXIT_PLACEHOLDERS = 3 /* finished, but some cells are placeholders */
};

/* Options that may be given several times. */
enum settings_list { LIST_CORS_ORIGIN, LIST_ALLOW_HOST_HEADER, LIST_ALLOW_HOST, SETTINGS_LISTS };

struct settings {
    const char *command; /* "montage", for messages; "" before it is known */
    struct tess_grid_options grid;
    struct tess_engine_options engine;
    struct tess_store_config store; /* but for what the next three say: see store_config() */
    const char *store_kind;         /* --store, TESSERA_STORE: "auto", "embedded", "aws"; NULL: auto */
    const char *connect_timeout, *read_timeout; /* in seconds; NULL: the default */
    struct tess_web_options web;                /* but for the timeouts: see web_options() */

    const char *output;      /* --output, NULL: none */
    const char *map;         /* --map, NULL: none */
    const char *grid_id;     /* --grid, NULL: none */
    const char *counter_set; /* --set, NULL: none */
    bool counter_get;        /* --get */
    bool dry_run;            /* --dry-run */
    bool ordered;            /* --ordered */
    uint32_t jobs;           /* --jobs, 0: as many as fit the machine */

    const char *listen;      /* --listen, NULL: 127.0.0.1:8080 */
    const char *public_url;  /* --public-url: where links begin; NULL: where the client asked */
    const char *cors_origin; /* --cors-origin, TESSERA_CORS_ORIGIN: see front/origins.h; NULL: not told */
    const char *allow_host_header; /* --allow-host-header, TESSERA_ALLOW_HOST_HEADER; NULL: none */
    const char *token_file;        /* --token-file, NULL: none */
    const char *token;             /* TESSERA_TOKEN, "" where that is set and empty; NULL: none */
    uint32_t connections;          /* --connections, 0: the default */
    uint32_t queue;                /* --queue, 0: the default */
    uint32_t drain_s;              /* --drain, 0: the default */

    const char *base_path; /* --base-path, TESSERA_BASE_PATH: before the API's own paths; NULL: nothing */

    const char *lambda_runtime_api; /* AWS_LAMBDA_RUNTIME_API, NULL: not in Lambda */
    const char *lambda_handler;     /* _HANDLER, NULL: none */
    const char *counter_name;       /* COUNTER_NAME: counted where a request names none; NULL: none */

    bool help;     /* --help */
    bool quiet;    /* --quiet: only errors */
    bool json_log; /* --json: messages as JSON lines */

    bool plain_terminal; /* TERM is dumb or unset: no bar, no styles */
    bool no_colour;      /* NO_COLOR is set */

    char *lists[SETTINGS_LISTS]; /* owned: what was given in parts, and the members above point to */
    const char **operands;       /* owned array, borrowed strings */
    size_t operand_count;
    /* Of -o FILE as two arguments: the operands right behind it, which the shell may have made of one
     * pattern. */
    size_t output_operand, output_followers;
};

/* Defaults, then what the environment says (config.c: nothing else reads the environment). */
void settings_init(struct settings *settings);
void settings_clear(struct settings *settings);

#endif
