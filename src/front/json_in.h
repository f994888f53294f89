// SPDX-License-Identifier: MIT
/*
 * Strict JSON from outside. cJSON alone is generous: it takes raw control characters, "01", "\u0000" (which
 * then ends the string), "1e999" as infinity, broken UTF-8, trailing garbage and the same name twice. All of
 * these are refused here, before or after cJSON builds the tree.
 */
#ifndef FRONT_JSON_IN_H
#define FRONT_JSON_IN_H

#include <cJSON.h>
#include <stdbool.h>
#include <stddef.h>

enum { JSON_MAX_DEPTH = 16, JSON_MAX_MEMBERS = 256 };

/*
 * The tree of one JSON text (for cJSON_Delete()), or NULL with the reason in `why_out`:
 * "byte 17: the string is not UTF-8".
 */
cJSON *json_read(const char *text, size_t size, char why_out[128]);

/* The same with arrays of up to `max_items` items, if that is more than JSON_MAX_MEMBERS. *too_many_out tells
 * whether it is for an array of more that there is no tree (it may be NULL). */
cJSON *json_read_up_to(const char *text, size_t size, unsigned max_items, bool *too_many_out,
                       char why_out[128]);

/* What a text may hold though cJSON, whose strings end at a NUL, cannot: "\u0000". */
struct json_nuls {
    const char *member;        /* in: the name of a member of the outermost object */
    bool in_member, elsewhere; /* out: there were some in that member's value, anywhere else */
};

/* As json_read_up_to(), but "\u0000" is no error: in the tree it is U+FFFD, and `nuls` tells of it. */
cJSON *json_read_with_nuls(const char *text, size_t size, unsigned max_items, struct json_nuls *nuls,
                           char why_out[128]);

/* A member by its exact name; NULL: `object` is none or has none of the name, or its value is null. */
const cJSON *json_member(const cJSON *object, const char *name);

/* The same where it is a string; NULL also for any other value. */
const char *json_text(const cJSON *object, const char *name);

#endif
