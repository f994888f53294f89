// SPDX-License-Identifier: MIT
/*
 * The options a command line may hold: the library's own (grid options and limits, from its tables) and the
 * front end's, under one roof for the argument parser and the help.
 */
#ifndef FRONT_FLAGS_H
#define FRONT_FLAGS_H

#include "front/command.h"

/* One option as this command takes it. Static storage. */
struct flag {
    const char *name, *argument, *choices, *summary; /* as in struct tess_option_info */
    char letter;                                     /* short form, '\0': none */
    unsigned group;                                  /* one of enum option_group */
};

/* The index-th option of all that belong to one of `groups`, in the order of help. False past the last. */
bool flag_at(unsigned groups, size_t index, struct flag *flag_out);
bool flag_find(unsigned groups, const char *name, struct flag *flag_out);
bool flag_find_letter(unsigned groups, char letter, struct flag *flag_out);

/* Sets it ("" for a flag without a value). On failure `error` says what would have been right. */
enum tess_status flag_set(struct settings *settings, const struct flag *flag, const char *value,
                          struct tess_error *error);

#endif
