// SPDX-License-Identifier: MIT
#include "backend/object_name.h"

#include <string.h>

#include "base/error.h"
#include "net/uri.h"
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

static bool stays(unsigned char byte, size_t position)
{
    return (byte >= 'A' && byte <= 'Z') || (byte >= 'a' && byte <= 'z') || (byte >= '0' && byte <= '9') ||
           byte == '_' || byte == '-' || (byte == '.' && position > 0);
}

/* Appends one character of the flat name, beginning a new piece when the last one is full. */
static enum tess_status put(struct bytes *path, char letter, size_t *in_piece)
{
    if (*in_piece == OBJECT_NAME_PIECE) {
        enum tess_status status = bytes_append_text(path, "%/+");
        if (status != TESS_OK)
            return status;
        *in_piece = 0;
    }
    ++*in_piece;
    return bytes_append(path, &letter, 1);
}

enum tess_status object_name_encode(const char *key, struct bytes *path)
{
    static const char digits[] = "0123456789ABCDEF";
    enum tess_status status = TESS_OK;
    size_t in_piece = 0;
    for (size_t i = 0; key[i] && status == TESS_OK; i++) {
        unsigned char byte = (unsigned char)key[i];
        if (stays(byte, i)) {
            status = put(path, key[i], &in_piece);
            continue;
        }
        const char code[3] = {'%', digits[byte >> 4], digits[byte & 15]};
        for (size_t k = 0; k < sizeof code && status == TESS_OK; k++)
            status = put(path, code[k], &in_piece);
    }
    return status;
}

enum tess_status object_name_decode(const char *path, struct bytes *key)
{
    /* Take the joints out, decode, and see whether encoding gives the same path again: one rule for all that
     * a stray file's name may have wrong with it. */
    struct bytes flat, again;
    bytes_init(&flat, 8192);
    bytes_init(&again, 8192);
    enum tess_status status = TESS_OK;
    for (const char *next = path; *next && status == TESS_OK; next++) {
        bool joint = strncmp(next, "%/+", 3) == 0;
        if (joint)
            next += 2;
        else
            status = bytes_append(&flat, next, 1);
    }
    size_t before = key->size;
    if (status == TESS_OK)
        status = uri_decode(key, (const char *)flat.data, flat.size);
    if (status == TESS_OK)
        status = bytes_append(key, "", 1); /* terminated, not counted */
    if (status == TESS_OK) {
        key->size--;
        const char *text = (const char *)key->data + before;
        status = strlen(text) == key->size - before ? object_key_check(text, NULL) : TESS_ERR_INVALID;
        if (status == TESS_OK)
            status = object_name_encode(text, &again);
    }
    if (status == TESS_OK && (again.size != strlen(path) || memcmp(again.data, path, again.size) != 0))
        status = TESS_ERR_INVALID;
    if (status != TESS_OK)
        key->size = before;
    bytes_clear(&flat);
    bytes_clear(&again);
    return status == TESS_OK || status == TESS_ERR_MEMORY ? status : TESS_ERR_NOT_FOUND;
}
