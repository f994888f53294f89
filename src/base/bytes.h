// SPDX-License-Identifier: MIT
/* A growable byte buffer that knows its maximum from the start, so that nothing outside can size it without
 * bound. */
#ifndef BASE_BYTES_H
#define BASE_BYTES_H

#include <stddef.h>
#include <stdint.h>

#include <tessera/status.h>

struct bytes {
    uint8_t *data; /* owned; NULL while capacity is 0 */
    size_t size;
    size_t capacity;
    size_t maximum; /* growing past it is TESS_ERR_LIMIT */
};

void bytes_init(struct bytes *bytes, size_t maximum);
void bytes_clear(struct bytes *bytes); /* frees; the maximum stays. Safe on a zeroed struct */

/* Makes room for `extra` more bytes. TESS_ERR_LIMIT or TESS_ERR_MEMORY; the content stays as it was on
 * failure. */
enum tess_status bytes_reserve(struct bytes *bytes, size_t extra);
enum tess_status bytes_append(struct bytes *bytes, const void *data, size_t size);
enum tess_status bytes_append_text(struct bytes *bytes, const char *text);

/* printf style. The buffer's data stays NUL-terminated after it (the NUL is not counted in size). */
enum tess_status bytes_append_format(struct bytes *bytes, const char *format, ...) TESS_PRINTF(2, 3);

/* The content as a C string (NUL-terminated, owned by the buffer). "" when empty; NULL when memory ran out.
 */
const char *bytes_text(struct bytes *bytes);

#endif
