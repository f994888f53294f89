// SPDX-License-Identifier: MIT
/*
 * One line of a batch: a bare grid id, a JSON string with one, or a JSON object
 * {"uniqueGridId":"holiday","tile":256,"background":"white","strict":true}
 * whose members but the first are the options of tess_grid_options_set(), as strings, numbers or booleans.
 */
#ifndef FRONT_BATCH_REQUEST_H
#define FRONT_BATCH_REQUEST_H

#include <cJSON.h>
#include <stddef.h>

#include <tessera/tessera.h>

/*
 * Reads a line. `options` holds the defaults and is changed by what the line says. *grid_id_out is for free()
 * and is also set on failure as far as it was understood (NULL otherwise).
 */
enum tess_status batch_request_read(const char *line, size_t size, struct tess_grid_options *options,
                                    char **grid_id_out, struct tess_error *error);

/* Sets the option that a JSON member names, from a string, number or boolean. TESS_ERR_INVALID with the name
 * that was perhaps meant, TESS_ERR_LIMIT. */
enum tess_status batch_request_set_option(struct tess_grid_options *options, const cJSON *member,
                                          struct tess_error *error);

#endif
