// SPDX-License-Identifier: MIT
/*
 * Strict JSON around cJSON, which by itself takes trailing garbage, invalid UTF-8, raw control characters,
 * \u0000 and a thousand levels. Numbers that must be exact travel as strings (DynamoDB's do).
 */
#ifndef NET_JSON_H
#define NET_JSON_H

#include <cjson/cJSON.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include <tessera/status.h>

enum { JSON_MAX_DEPTH = 64, JSON_MAX_BYTES = 32 << 20, JSON_MAX_VALUES = 2000000 };

/*
 * Exactly one JSON value (RFC 8259) and white space around it. TESS_ERR_CORRUPT: anything else, with the
 * byte's number; over one of the limits above; a number of 64 characters or more; text that is not UTF-8, or
 * a lone surrogate, or \u0000; a name twice in one object; numbers beyond double's range. TESS_ERR_MEMORY. On
 * success the caller calls cJSON_Delete(). Thread-safe.
 */
enum tess_status json_parse(const void *data, size_t size, cJSON **value_out, struct tess_error *error);

/* A member by its exact name, of that kind; NULL: not there or another kind. `object` may be NULL. */
const cJSON *json_object_at(const cJSON *object, const char *name);
const cJSON *json_array_at(const cJSON *object, const char *name);
const char *json_text_at(const cJSON *object, const char *name);

/* A whole decimal number that fits, and nothing else; TESS_ERR_CORRUPT otherwise. */
enum tess_status json_int64_of(const char *text, int64_t *value_out);

/* Appends a JSON string with its quotes. TESS_ERR_INVALID: the text is not UTF-8. TESS_ERR_LIMIT, _MEMORY. */
enum tess_status json_write_text(struct bytes *out, const char *text);

#endif
