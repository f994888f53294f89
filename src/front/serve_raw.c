// SPDX-License-Identifier: MIT
#include "front/serve_raw.h"

#include <stdint.h>
#include <string.h>

bool raw_is_clean(const char *from, const char *to, unsigned nuls)
{
    enum { MOST_BYTES = 64 * 1024 }; /* more than the library's buffer */
    const uintptr_t begin = (uintptr_t)from, end = (uintptr_t)to;
    if (!to || end < begin || end - begin > MOST_BYTES)
        return true;
    unsigned found = 0;
    for (const char *at = from; at < to; at++) {
        found += *at == '\0';
        if (*at != '\0' && !strchr(" \t\r\n", *at))
            return false;
    }
    return found <= nuls;
}

bool raw_first_line_is_clean(const struct raw_request *raw)
{
    return raw_is_clean(raw->method + strlen(raw->method), raw->target, RAW_WORD_NULS) &&
           raw_is_clean(raw->target_end, raw->version, RAW_WORD_NULS);
}
