// SPDX-License-Identifier: MIT
#include "backend/object_name.h"

#include <string.h>

#include "net/uri.h"

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
