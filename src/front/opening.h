// SPDX-License-Identifier: MIT
/* Opening what most commands need, with the message and exit status that a failure deserves. */
#ifndef FRONT_OPENING_H
#define FRONT_OPENING_H

#include "front/settings.h"

/* Functions return false after a message; *status_out is then what to exit with: names that cannot be are
 * wrong usage. */

/* Where the store is. With an operand that names a bucket ("s3://…"), "auto" is AWS, as with --source. */
bool store_config(const struct settings *settings, struct tess_store_config *config_out,
                  enum exit_status *status_out);
bool open_store(const struct settings *settings, struct tess_store **store_out, enum exit_status *status_out);

/* As `settings->web`, with the timeouts. */
bool web_options(const struct settings *settings, struct tess_web_options *options_out,
                 enum exit_status *status_out);
bool open_engine(const struct settings *settings, struct tess_engine **engine_out,
                 enum exit_status *status_out);

/*
 * May the picture be written there? Not to stdout, and not under the ending of a kind of image that tessera
 * does not write, unless --format says what it shall be. No output is no mistake here.
 */
bool check_output(const struct settings *settings, enum exit_status *status_out);

/* Is this a grid id? */
bool check_grid_id(const struct settings *settings, const char *grid_id, enum exit_status *status_out);

#endif
