// SPDX-License-Identifier: MIT
/* Grid ids: what is accepted is 1 to 2048 bytes of strict UTF-8 without control characters, judged here in
 * another way. */
#include "fuzz.h"

#include <stdbool.h>

#include <tessera/store.h>

/* Length of the well-formed sequence at `bytes` (Unicode 15, table 3-7), or 0. */
static size_t sequence(const uint8_t *bytes, size_t size)
{
    static const struct {
        uint8_t first_low, first_high, second_low, second_high;
        size_t length;
    } table[] = {
        {0x00, 0x7F, 0, 0, 1},       {0xC2, 0xDF, 0x80, 0xBF, 2}, {0xE0, 0xE0, 0xA0, 0xBF, 3},
        {0xE1, 0xEC, 0x80, 0xBF, 3}, {0xED, 0xED, 0x80, 0x9F, 3}, {0xEE, 0xEF, 0x80, 0xBF, 3},
        {0xF0, 0xF0, 0x90, 0xBF, 4}, {0xF1, 0xF3, 0x80, 0xBF, 4}, {0xF4, 0xF4, 0x80, 0x8F, 4},
    };
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        if (bytes[0] < table[i].first_low || bytes[0] > table[i].first_high)
            continue;
        bool good = table[i].length <= size;
        if (good && table[i].length > 1)
            good = bytes[1] >= table[i].second_low && bytes[1] <= table[i].second_high;
        for (size_t k = 2; good && k < table[i].length; k++)
            good = bytes[k] >= 0x80 && bytes[k] <= 0xBF;
        return good ? table[i].length : 0;
    }
    return 0;
}

static bool is_plain_utf8(const uint8_t *bytes, size_t size)
{
    for (size_t at = 0; at < size;) {
        size_t length = sequence(bytes + at, size - at);
        bool control = bytes[at] < 0x20 || bytes[at] == 0x7F ||
                       (length == 2 && bytes[at] == 0xC2 && bytes[at + 1] < 0xA0); /* C1: U+0080 to U+009F */
        if (length == 0 || control)
            return false;
        at += length;
    }
    return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t *copy = fuzz_copy(data, size);
    struct tess_error error = {.status = TESS_OK};
    enum tess_status status = tess_grid_id_check((const char *)copy, size, &error);
    if (size > TESS_GRID_ID_MAX_BYTES)
        FUZZ_ASSERT(status == TESS_ERR_LIMIT && strcmp(error.limit, "grid-id-bytes") == 0);
    else
        FUZZ_ASSERT(status == (size > 0 && is_plain_utf8(copy, size) ? TESS_OK : TESS_ERR_INVALID));
    FUZZ_ASSERT(status == TESS_OK || error.message[0] != '\0');
    free(copy);
    return 0;
}
