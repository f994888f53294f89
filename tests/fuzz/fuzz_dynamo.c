// SPDX-License-Identifier: MIT
/* DynamoDB's answers, by whoever says to be DynamoDB: an error's or a page's, table's, batch's or counter's
 * body. A listing hands out keys in order only, and moves on with every page. */
#include "fuzz.h"

#include "backend/catalog_dynamo_parts.h"
#include "base/utf8.h"
#include "net/json.h"

struct seen {
    bool descending, any;
    char last[DYNAMO_RANGE_MAX_BYTES + 1];
};

static bool see(void *context, const struct catalog_entry *entry)
{
    struct seen *seen = context;
    const size_t size = strlen(entry->key);
    FUZZ_ASSERT(size > 0 && size <= DYNAMO_RANGE_MAX_BYTES && entry->added_ms >= 0);
    const int order = seen->any ? strcmp(entry->key, seen->last) : 0;
    FUZZ_ASSERT(!seen->any || (seen->descending ? order < 0 : order > 0));
    memcpy(seen->last, entry->key, size + 1);
    seen->any = true;
    return true;
}

/* The same answer, asked for until the listing ends. */
static void check_page(const cJSON *answer, bool descending)
{
    struct seen seen = {.descending = descending};
    const struct catalog_list request = {.grid_id = "g", .descending = descending};
    struct dynamo_listing listing = {.request = &request, .each = see, .context = &seen, .more = true};
    unsigned pages = 0;
    while (listing.more && !dynamo_read_page(&listing, answer))
        FUZZ_ASSERT(++pages <= 1 || !listing.more);
}

static void check_answer(const cJSON *answer)
{
    static const char *const keys[] = {"a", "b"};
    struct dynamo_table table;
    struct tess_error error;
    bool again[DYNAMO_BATCH_KEYS];
    int64_t value = 0;
    check_page(answer, false);
    check_page(answer, true);
    if (!dynamo_read_table(answer, &table)) {
        FUZZ_ASSERT(table.exists && table.state[0] && table.hash.name[0] && table.hash.type[0]);
        const bool grids = catalog_dynamo_check_key(DYNAMO_GRIDS, "T", &table, NULL) == TESS_OK;
        const bool counters = catalog_dynamo_check_key(DYNAMO_COUNTERS, "T", &table, &error) == TESS_OK;
        FUZZ_ASSERT(!grids || !counters);
        FUZZ_ASSERT(counters || utf8_printable(error.message, strlen(error.message)));
    }
    if (!dynamo_read_unprocessed(answer, "T", keys, 2, again))
        FUZZ_ASSERT(!again[2]);
    error.message[0] = '\0';
    if (dynamo_read_counter(json_object_at(answer, "Attributes"), "c", &value, &error) != TESS_OK)
        FUZZ_ASSERT(error.message[0] != '\0' && utf8_printable(error.message, strlen(error.message)));
}

static void check_complaint(const uint8_t *data, size_t size)
{
    struct http_response response = {.status = 400};
    struct aws_complaint complaint;
    bytes_init(&response.body, size + 1);
    FUZZ_ASSERT(bytes_append(&response.body, data, size) == TESS_OK);
    FUZZ_ASSERT(dynamo_read_answer(&response, &complaint));
    FUZZ_ASSERT(utf8_printable(complaint.code, strlen(complaint.code)));
    FUZZ_ASSERT(utf8_printable(complaint.message, strlen(complaint.message)));
    http_response_clear(&response);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t *input = fuzz_copy(data, size);
    cJSON *answer = NULL;
    check_complaint(input, size);
    if (json_parse(input, size, &answer, NULL) == TESS_OK)
        check_answer(answer);
    cJSON_Delete(answer);
    free(input);
    return 0;
}
