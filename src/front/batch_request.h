// SPDX-License-Identifier: MIT
/*
 * A request for one grid as text: a line of a batch, a message of a queue, the body of generate_grid. A line
 * is a bare grid id, a JSON string with one, or a JSON object
 * {"uniqueGridId":"holiday","keys":["b.jpg","a.jpg"],"tile":256,"background":"white","strict":true}
 * whose members but the first two are the options of tess_grid_options_set(), as strings, numbers or
 * booleans.
 */
#ifndef FRONT_BATCH_REQUEST_H
#define FRONT_BATCH_REQUEST_H

#include <cJSON.h>
#include <stddef.h>
#include <stdint.h>

#include <tessera/tessera.h>

/* What a grid's request borrows from. All owned; begins as {0} and ends with batch_request_clear(). */
struct batch_request {
    cJSON *tree;
    char *line;        /* a bare grid id */
    const char **keys; /* strings of the tree */
};
void batch_request_clear(struct batch_request *request);

/*
 * Reads a line. `grid` holds the defaults and is changed by what the line says: grid_id, keys, options, and
 * images, where the id is a name as of tess_is_store_name(). Its grid_id is also set on failure, as far as it
 * was understood. `max_keys` bounds the list before there is a tree (TESS_ERR_LIMIT, "max-cells").
 */
enum tess_status batch_request_read(const char *line, size_t size, uint32_t max_keys,
                                    struct batch_request *request, struct tess_grid_request *grid,
                                    struct tess_error *error);

/* The two steps of it for JSON, where `what` ("not a JSON request") begins the message: text to
 * request->tree, */
enum tess_status batch_request_parse(const char *what, const char *text, size_t size, uint32_t max_keys,
                                     struct batch_request *request, struct tess_error *error);

/* and one member of the object. */
enum tess_status batch_request_member(struct batch_request *request, const cJSON *member,
                                      struct tess_grid_request *grid, struct tess_error *error);

/* Sets the option that a JSON member names, from a string, number or boolean. TESS_ERR_INVALID with the name
 * that was perhaps meant, TESS_ERR_LIMIT. */
enum tess_status batch_request_set_option(struct tess_grid_options *options, const cJSON *member,
                                          struct tess_error *error);

#endif
