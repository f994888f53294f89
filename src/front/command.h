// SPDX-License-Identifier: MIT
/* What a command is: the table in commands.c is what dispatch, help and the argument parser read. */
#ifndef FRONT_COMMAND_H
#define FRONT_COMMAND_H

#include "front/settings.h"

/* Groups of options; a command takes some of them. GROUP_COMMON belongs to all. */
enum option_group {
    GROUP_OUTPUT = 1 << 0,
    GROUP_MAP = 1 << 1,
    GROUP_DRY_RUN = 1 << 2,
    GROUP_GRID_ID = 1 << 3,
    GROUP_COUNTER = 1 << 4,
    GROUP_BATCH = 1 << 5,
    GROUP_PICTURE = 1 << 6, /* what the grid looks like */
    GROUP_ORDER = 1 << 7,
    GROUP_STORED = 1 << 8, /* --fresh, --expires */
    GROUP_LIMITS = 1 << 9,
    GROUP_MAX_BYTES = 1 << 10,
    GROUP_ENGINE = 1 << 11,
    GROUP_STORE = 1 << 12,
    GROUP_WEB = 1 << 13, /* images from https:// addresses */
    GROUP_COMMON = 1 << 14,
    GROUP_SERVE = 1 << 15,
    GROUP_CORS = 1 << 16,
    GROUP_BASE_PATH = 1 << 18,
};

struct command {
    const char *name;
    const char *operands; /* "ID", "IMAGE|DIR|@LIST|- …" */
    const char *summary;  /* one line for the list of commands */
    const char *examples; /* lines of the help text that teach by example */
    const char *notes;    /* what else is worth knowing, or NULL */
    unsigned groups;
    size_t min_operands, max_operands;
    enum exit_status (*run)(const struct settings *settings);
    const char *operand; /* what is missing where there are too few: "IMAGE"; NULL: there never are */
};

/* One by one, NULL past the last. */
const struct command *command_at(size_t index);
const struct command *command_find(const char *name);

enum exit_status command_montage(const struct settings *settings);
enum exit_status command_add(const struct settings *settings);
enum exit_status command_list(const struct settings *settings);
enum exit_status command_remove(const struct settings *settings);
enum exit_status command_create_grid(const struct settings *settings);
enum exit_status command_batch(const struct settings *settings);
enum exit_status command_counter(const struct settings *settings);
enum exit_status command_serve(const struct settings *settings);
enum exit_status command_lambda(const struct settings *settings);
enum exit_status command_init(const struct settings *settings);
enum exit_status command_doctor(const struct settings *settings);

#endif
