// SPDX-License-Identifier: MIT
#include "backend/objects.h"

#include <string.h>

#include "base/error.h"
#include <tessera/store.h>

static bool is_letter_or_digit(char byte)
{
    return (byte >= 'a' && byte <= 'z') || (byte >= '0' && byte <= '9');
}

enum tess_status bucket_name_check(const char *bucket, struct tess_error *error)
{
    size_t size = strlen(bucket);
    bool good = size >= 3 && size <= BUCKET_NAME_MAX_BYTES && !strstr(bucket, "..") &&
                is_letter_or_digit(bucket[0]) && is_letter_or_digit(bucket[size - 1]);
    for (size_t i = 0; good && i < size; i++)
        good = is_letter_or_digit(bucket[i]) || bucket[i] == '.' || bucket[i] == '-';
    if (good)
        return TESS_OK;
    return error_set(
        error, TESS_ERR_INVALID,
        "\"%.80s\" cannot be a bucket's name: it takes 3 to 63 characters of a-z, 0-9, '.' and '-', "
        "begins and ends with a letter or digit, and has no \"..\"",
        bucket);
}

enum tess_status object_key_check(const char *key, struct tess_error *error)
{
    size_t size = strnlen(key, TESS_KEY_MAX_BYTES + 1);
    if (size == 0)
        return error_set(error, TESS_ERR_INVALID, "an object's key must not be empty");
    if (size > TESS_KEY_MAX_BYTES)
        return error_limit(error, "key-bytes", "the key %.40s… has more than %d bytes", key,
                           TESS_KEY_MAX_BYTES);
    return TESS_OK;
}

static bool stop_at_first(void *context, const char *key, const struct object_info *info)
{
    (void)context;
    (void)key;
    (void)info;
    return false;
}

enum tess_status objects_check_bucket(struct objects *objects, const char *bucket, const char *key,
                                      struct tess_error *error)
{
    const struct object_list request = {.bucket = bucket, .prefix = key};
    return objects->ops->list(objects, &request, stop_at_first, NULL, error);
}

enum tess_status objects_put(struct objects *objects, const char *bucket, const char *key,
                             const char *media_type, const void *data, size_t size, struct tess_error *error)
{
    const struct object_put request = {.bucket = bucket, .media_type = media_type};
    struct object_writer *writer = NULL;
    enum tess_status status = objects->ops->writer_open(objects, &request, &writer, error);
    if (status != TESS_OK)
        return status;
    status = objects->ops->writer_write(writer, data, size, error);
    if (status == TESS_OK)
        return objects->ops->writer_commit(writer, key, error);
    objects->ops->writer_abort(writer);
    return status;
}
