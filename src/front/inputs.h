// SPDX-License-Identifier: MIT
/* The image names that a command line stands for: files, folders, @lists, standard input. */
#ifndef FRONT_INPUTS_H
#define FRONT_INPUTS_H

#include <stddef.h>

#include "front/settings.h"

struct inputs {
    char **paths; /* owned; "" is a cell left blank */
    size_t count;
};

/*
 * Reads all operands. A folder gives the files in it whose names end like an image's (not hidden ones, not
 * those of its folders) in byte order. False after a message: a list that cannot be read, a folder without
 * images. The files themselves are not looked at.
 */
bool inputs_read(struct inputs *inputs, const struct settings *settings);
void inputs_clear(struct inputs *inputs);

/* By name, or by the time of the last change (ADDED); ties stay as given. */
void inputs_sort(struct inputs *inputs, enum tess_order order);

#endif
