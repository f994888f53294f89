// SPDX-License-Identifier: MIT
/* The image names that a command line stands for: files, folders, @lists, standard input, prefixes in a
 * store. */
#ifndef FRONT_INPUTS_H
#define FRONT_INPUTS_H

#include <stddef.h>

#include "front/settings.h"

struct inputs {
    char **paths; /* owned; "" is a cell left blank */
    size_t count;
};

/*
 * Reads all operands, with `store_out` not NULL also "s3://BUCKET/PREFIX": then *store_out is opened if an
 * image is named so, also in a list, and is the caller's to close (NULL: none is needed). A folder gives the
 * files in it whose names end like an image's (not hidden ones, not those of its folders) in byte order.
 * False after a message: a list that cannot be read, a folder without images. The files themselves are not
 * looked at. *status_out is then what to exit with.
 */
bool inputs_read(struct inputs *inputs, const struct settings *settings, struct tess_store **store_out,
                 enum exit_status *status_out);
void inputs_clear(struct inputs *inputs);

/* By name, or by the time of the last change (ADDED); ties stay as given. */
void inputs_sort(struct inputs *inputs, enum tess_order order);

#endif
