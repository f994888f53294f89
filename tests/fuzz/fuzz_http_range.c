// SPDX-License-Identifier: MIT
/* "TOTAL\nheader": the header as a range of so many bytes and as a list of entity tags. */
#include "fuzz.h"

#include "front/serve_range.h"

static void check_range(const char *header, uint64_t total)
{
    struct serve_range range;
    const enum serve_range_kind kind = serve_range_read(header, total, &range);
    FUZZ_ASSERT(range.size <= total && range.first <= total - range.size);
    if (kind == SERVE_RANGE_PART)
        FUZZ_ASSERT(range.size > 0);
    else
        FUZZ_ASSERT(range.first == 0 && range.size == total);
    if (kind == SERVE_RANGE_NONE && total > 0 && !strstr(header, "-0")) /* beyond the end of less, too */
        FUZZ_ASSERT(serve_range_read(header, total - 1, &range) == SERVE_RANGE_NONE);
}

static void check_tags(const char *header)
{
    static const char tag[] = "abc";
    const bool matches = serve_etag_matches(header, tag);
    if (matches)
        FUZZ_ASSERT(strchr(header, '*') || strstr(header, "\"abc\""));
    if (serve_etag_is(header, tag)) /* the stricter of the two */
        FUZZ_ASSERT(matches);
    (void)serve_etag_matches(header, "");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = fuzz_text(data, size), *header = NULL;
    const uint64_t total = strtoull(text, &header, 10);
    if (*header == '\n')
        header++;
    check_range(header, total);
    check_tags(header);
    free(text);
    return 0;
}
