// SPDX-License-Identifier: MIT
/*
 * Keys are asked for percent-encoded (encoding-type=url), because XML cannot hold all that a key can; that
 * they are is known from an element that may come after them, so they are decoded when all has been read. S3
 * writes a space in them as '+', as forms do, and a plus sign as "%2B".
 */
#include "backend/s3_page.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "backend/s3_answer.h"
#include "base/error.h"
#include "base/utf8.h"
#include "net/uri.h"
#include "net/xml.h"
#include <tessera/store.h>

#define ROOT "ListBucketResult"

/* Between <Contents> and </Contents>. */
struct contents {
    struct s3_page_entry entry;
    bool has_key, has_size;
    char modified[40];
};

struct reading {
    struct s3_page *page;
    struct bytes raw; /* the keys as they came, each terminated */
    struct contents now;
    bool encoded;
    const char *wrong; /* why it is refused; NULL: nothing, or no memory */
};

static bool refuse(struct reading *reading, const char *wrong)
{
    reading->wrong = wrong;
    return false;
}

static bool parse_size(const char *text, uint64_t *size_out)
{
    char *end = NULL;
    if (text[0] < '0' || text[0] > '9' || strlen(text) > 18) /* 10^18 fits; S3's largest is 5 · 10^13 */
        return false;
    *size_out = strtoumax(text, &end, 10);
    return *end == '\0';
}

static bool add_entry(struct reading *reading)
{
    struct s3_page *page = reading->page;
    if (!reading->now.has_key || !reading->now.has_size)
        return refuse(reading, "an entry without key or size");
    if (!reading->now.entry.info.version[0])
        s3_version_from_etag(reading->now.modified, &reading->now.entry.info);
    if (page->count == page->capacity) {
        const size_t capacity = page->capacity ? 2 * page->capacity : 256; /* elements are limited */
        struct s3_page_entry *grown = reallocarray(page->entries, capacity, sizeof *grown);
        if (!grown)
            return false;
        page->entries = grown;
        page->capacity = capacity;
    }
    page->entries[page->count++] = reading->now.entry;
    memset(&reading->now, 0, sizeof reading->now);
    return true;
}

static bool read_contents(struct reading *reading, const char *name, const struct xml_element *element)
{
    struct contents *now = &reading->now;
    if (strcmp(name, "Key") == 0) {
        if (now->has_key)
            return refuse(reading, "an entry with two keys");
        now->has_key = true;
        now->entry.key_at = reading->raw.size;
        return bytes_append(&reading->raw, element->text, element->text_size + 1) == TESS_OK;
    }
    if (strcmp(name, "Size") == 0) {
        now->has_size = parse_size(element->text, &now->entry.info.size_bytes);
        return now->has_size || refuse(reading, "a size that is no number");
    }
    if (strcmp(name, "ETag") == 0)
        s3_version_from_etag(element->text, &now->entry.info);
    else if (strcmp(name, "LastModified") == 0 && element->text_size < sizeof now->modified)
        memcpy(now->modified, element->text, element->text_size + 1);
    return true;
}

static bool read_element(void *context, const struct xml_element *element)
{
    struct reading *reading = context;
    const char *name = element->path;
    if (strncmp(name, ROOT "/", sizeof ROOT) != 0)
        return strcmp(name, ROOT) == 0 || refuse(reading, "it is no list");
    name += sizeof ROOT;
    if (strncmp(name, "Contents/", 9) == 0)
        return read_contents(reading, name + 9, element);
    if (strcmp(name, "Contents") == 0)
        return add_entry(reading);
    if (strcmp(name, "IsTruncated") == 0) {
        reading->page->truncated = strcmp(element->text, "true") == 0;
    } else if (strcmp(name, "EncodingType") == 0) {
        reading->encoded = strcmp(element->text, "url") == 0;
    } else if (strcmp(name, "NextContinuationToken") == 0) {
        if (reading->page->token.size > 0 || element->text_size > S3_TOKEN_MAX_BYTES)
            return refuse(reading, "two continuation tokens, or one that is too long");
        return bytes_append(&reading->page->token, element->text, element->text_size + 1) == TESS_OK;
    }
    return true;
}

/* In place: from a form's encoding to that of net/uri.h. */
static void spaces_from_plus(char *text)
{
    for (; *text; text++)
        if (*text == '+')
            *text = ' ';
}

static enum tess_status decode_key(struct reading *reading, struct s3_page_entry *entry)
{
    struct bytes *keys = &reading->page->keys;
    char *raw = (char *)reading->raw.data + entry->key_at;
    const size_t at = keys->size;
    enum tess_status status = TESS_OK;
    if (reading->encoded) {
        spaces_from_plus(raw);
        status = uri_decode(keys, raw, strlen(raw));
    } else {
        status = bytes_append_text(keys, raw);
    }
    if (status == TESS_ERR_INVALID)
        reading->wrong = "a key that is not properly encoded";
    if (status != TESS_OK)
        return status;
    const char *key = keys->size > at ? (const char *)keys->data + at : "";
    const size_t size = keys->size - at;
    if (size > TESS_KEY_MAX_BYTES)
        reading->wrong = "a key that has more than 1024 bytes";
    else if (memchr(key, '\0', size) || !utf8_valid(key, size))
        reading->wrong = "a key that is no UTF-8 or holds a NUL";
    entry->key_at = at;
    return reading->wrong ? TESS_ERR_INVALID : bytes_append(keys, "", 1);
}

enum tess_status s3_page_read(const void *data, size_t size, struct s3_page *page_out,
                              struct tess_error *error)
{
    struct tess_error why;
    struct reading reading = {.page = page_out};
    memset(page_out, 0, sizeof *page_out);
    bytes_init(&page_out->keys, XML_MAX_BYTES);
    bytes_init(&page_out->token, S3_TOKEN_MAX_BYTES + 1);
    bytes_init(&reading.raw, XML_MAX_BYTES);
    enum tess_status status = xml_read(data, size, read_element, &reading, &why);
    if (status == TESS_ERR_CORRUPT && !reading.wrong)
        reading.wrong = why.message;
    for (size_t i = 0; status == TESS_OK && i < page_out->count; i++)
        status = decode_key(&reading, &page_out->entries[i]);
    if (status == TESS_OK && page_out->truncated && page_out->token.size < 2)
        reading.wrong = "it is cut short, and nothing leads to the rest";
    bytes_clear(&reading.raw);
    if (reading.wrong)
        return error_set(error, TESS_ERR_IO, "the server's list of objects is wrong: %s", reading.wrong);
    return status == TESS_OK ? TESS_OK : error_set(error, TESS_ERR_MEMORY, "no memory for a list of objects");
}

void s3_page_clear(struct s3_page *page)
{
    bytes_clear(&page->keys);
    bytes_clear(&page->token);
    free(page->entries);
    memset(page, 0, sizeof *page);
}
