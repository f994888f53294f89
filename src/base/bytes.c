// SPDX-License-Identifier: MIT
#include "base/bytes.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void bytes_init(struct bytes *bytes, size_t maximum)
{
    memset(bytes, 0, sizeof *bytes);
    bytes->maximum = maximum;
}

void bytes_clear(struct bytes *bytes)
{
    free(bytes->data);
    bytes->data = NULL;
    bytes->size = 0;
    bytes->capacity = 0;
}

enum tess_status bytes_reserve(struct bytes *bytes, size_t extra)
{
    if (extra > bytes->maximum || bytes->size > bytes->maximum - extra)
        return TESS_ERR_LIMIT;
    size_t need = bytes->size + extra;
    if (need <= bytes->capacity)
        return TESS_OK;
    size_t capacity = bytes->capacity < bytes->maximum / 2 ? bytes->capacity * 2 : bytes->maximum;
    if (capacity < need)
        capacity = need;
    uint8_t *data = realloc(bytes->data, capacity);
    if (!data)
        return TESS_ERR_MEMORY;
    bytes->data = data;
    bytes->capacity = capacity;
    return TESS_OK;
}

enum tess_status bytes_append(struct bytes *bytes, const void *data, size_t size)
{
    enum tess_status status = bytes_reserve(bytes, size);
    if (status == TESS_OK && size > 0) {
        memcpy(bytes->data + bytes->size, data, size);
        bytes->size += size;
    }
    return status;
}

enum tess_status bytes_append_text(struct bytes *bytes, const char *text)
{
    return bytes_append(bytes, text, strlen(text));
}

enum tess_status bytes_append_format(struct bytes *bytes, const char *format, ...)
{
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    int length = vsnprintf(NULL, 0, format, args);
    va_end(args);
    enum tess_status status = length < 0 ? TESS_ERR_INTERNAL : bytes_reserve(bytes, (size_t)length + 1);
    if (status == TESS_OK) {
        (void)vsnprintf((char *)bytes->data + bytes->size, (size_t)length + 1, format, again);
        bytes->size += (size_t)length;
    }
    va_end(again);
    return status;
}

const char *bytes_text(struct bytes *bytes)
{
    if (bytes->size == 0)
        return "";
    if (bytes->size == bytes->capacity) { /* the terminator may exceed the maximum by its one byte */
        uint8_t *data = realloc(bytes->data, bytes->size + 1);
        if (!data)
            return NULL;
        bytes->data = data;
        bytes->capacity = bytes->size + 1;
    }
    bytes->data[bytes->size] = '\0';
    return (const char *)bytes->data;
}
