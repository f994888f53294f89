// SPDX-License-Identifier: MIT
/*
 * Names that come from outside and become paths: object keys, buckets, percent-encoding. A key's path stays
 * below its bucket and leads back to the same key.
 */
#include "fuzz.h"

#include "backend/object_name.h"
#include "net/uri.h"

static void check_key(const char *key)
{
    struct tess_error error = {.status = TESS_OK};
    if (object_key_check(key, &error) != TESS_OK) {
        FUZZ_ASSERT(error.message[0] != '\0');
        return;
    }
    struct bytes path, again;
    bytes_init(&path, 16384);
    bytes_init(&again, 16384);
    FUZZ_ASSERT(object_name_encode(key, &path) == TESS_OK);
    const char *text = bytes_text(&path);
    FUZZ_ASSERT(text && text[0] != '/' && text[0] != '\0');
    char *copy = strdup(text), *rest = NULL;
    FUZZ_ASSERT(copy);
    for (const char *part = strtok_r(copy, "/", &rest); part; part = strtok_r(NULL, "/", &rest))
        FUZZ_ASSERT(part[0] != '.' && strlen(part) <= 255);
    free(copy);
    FUZZ_ASSERT(object_name_decode(text, &again) == TESS_OK);
    FUZZ_ASSERT(strcmp(bytes_text(&again), key) == 0);
    bytes_clear(&path);
    bytes_clear(&again);
}

/* A file that lies in a bucket may have any name: it is some key's and no other's, or nobody's. */
static void check_path(const char *path)
{
    struct bytes key, again;
    bytes_init(&key, 16384);
    bytes_init(&again, 16384);
    if (object_name_decode(path, &key) == TESS_OK && key.size > 0) {
        FUZZ_ASSERT(object_name_encode(bytes_text(&key), &again) == TESS_OK);
        FUZZ_ASSERT(strcmp(bytes_text(&again), path) == 0);
    }
    bytes_clear(&key);
    bytes_clear(&again);
}

static void check_uri(const char *text, size_t size)
{
    struct bytes encoded, decoded;
    bytes_init(&encoded, 65536);
    bytes_init(&decoded, 65536);
    FUZZ_ASSERT(uri_encode(&encoded, text, size, (size & 1) != 0) == TESS_OK);
    FUZZ_ASSERT(uri_decode(&decoded, (const char *)encoded.data, encoded.size) == TESS_OK);
    FUZZ_ASSERT(decoded.size == size && (size == 0 || memcmp(decoded.data, text, size) == 0));
    bytes_clear(&decoded);
    (void)uri_decode(&decoded, text, size);
    bytes_clear(&encoded);
    bytes_clear(&decoded);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = fuzz_text(data, size);
    struct tess_error error = {.status = TESS_OK};
    if (bucket_name_check(text, &error) == TESS_OK)
        FUZZ_ASSERT(!strchr(text, '/') && text[0] != '.');
    check_key(text);
    check_path(text);
    check_uri(text, size);
    free(text);
    return 0;
}
