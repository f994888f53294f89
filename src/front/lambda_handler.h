// SPDX-License-Identifier: MIT
/*
 * What a function's handler takes, and how an event becomes a request of the API. The handler is the name
 * behind the last dot of _HANDLER: "api", "index.api" and "tessera.api" are one.
 */
#ifndef FRONT_LAMBDA_HANDLER_H
#define FRONT_LAMBDA_HANDLER_H

#include "front/api.h"
#include "front/lambda_event.h"

enum lambda_handler {
    HANDLER_API,           /* routes by path, and every direct form */
    HANDLER_ADD_IMAGE,     /* whatever path, POST and PUT add an image */
    HANDLER_GENERATE_GRID, /* whatever path, GET and POST ask for a grid */
    HANDLER_HIT_COUNT,     /* whatever path, GET and POST count a hit */
    HANDLER_UNKNOWN
};

/* `text` as in _HANDLER; NULL is HANDLER_API. Pure. */
enum lambda_handler lambda_handler_find(const char *text);

/* "add_image, generate_grid (create_grid), …", for messages. Static storage. */
const char *lambda_handler_names(void);

/* "generate_grid", for logs. Static storage. */
const char *lambda_handler_name(enum lambda_handler handler);

/* The methods that a proxy event may have there: "GET, HEAD, POST, OPTIONS". NULL: it is a path of nothing.
 * Static storage. */
const char *lambda_handler_allow(enum lambda_handler handler, const struct lambda_event *event);

/*
 * The request that a proxy event, a counter or a grid asks for. All strings stay the event's, but the
 * target's, which the caller clears, whatever comes back. `counter_name` ($COUNTER_NAME, may be NULL) is
 * counted where an event for HANDLER_HIT_COUNT names none. TESS_ERR_INVALID: no event for this handler. Pure.
 */
enum tess_status lambda_handler_request(enum lambda_handler handler, const struct lambda_event *event,
                                        const char *counter_name, struct api_target *target_out,
                                        struct api_request *request_out, struct tess_error *error);

/* May the handler be given an event of this kind? TESS_ERR_INVALID with words. Pure. */
enum tess_status lambda_handler_accepts(enum lambda_handler handler, enum lambda_kind kind,
                                        struct tess_error *error);

#endif
