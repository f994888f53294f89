// SPDX-License-Identifier: MIT
#include "backend/signing_key.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "backend/folder.h"
#include "base/error.h"
#include "base/file.h"
#include "net/digest.h"
#include "net/random.h"

enum { LINE_BYTES = SIGNING_KEY_ID_CHARS + 1 + SIGNING_KEY_SECRET_CHARS + 1 };

#define ID_PREFIX "TESS" /* and 16 random digits */

void signing_key_clear(struct signing_key *key)
{
    digest_wipe(key, sizeof *key);
}

static bool is_hex(const char *text, size_t size)
{
    return strspn(text, "0123456789abcdef") >= size;
}

/* "TESS0123456789abcdef 64-hex-digits\n" */
static bool parse(const char *line, struct signing_key *key)
{
    const char *secret = line + SIGNING_KEY_ID_CHARS + 1;
    if (strlen(line) != LINE_BYTES || strncmp(line, ID_PREFIX, 4) != 0 ||
        !is_hex(line + 4, SIGNING_KEY_ID_CHARS - 4) || secret[-1] != ' ' ||
        !is_hex(secret, SIGNING_KEY_SECRET_CHARS) || line[LINE_BYTES - 1] != '\n')
        return false;
    memcpy(key->id, line, SIGNING_KEY_ID_CHARS);
    key->id[SIGNING_KEY_ID_CHARS] = '\0';
    memcpy(key->secret, secret, SIGNING_KEY_SECRET_CHARS);
    key->secret[SIGNING_KEY_SECRET_CHARS] = '\0';
    return true;
}

enum tess_status signing_key_read(const char *path, struct signing_key *key_out, struct tess_error *error)
{
    struct bytes line;
    enum tess_status status = file_read(path, 4096, &line, error);
    if (status != TESS_OK && status != TESS_ERR_LIMIT && status != TESS_ERR_INVALID)
        return status;
    const char *text = status == TESS_OK ? bytes_text(&line) : "";
    if (text && parse(text, key_out))
        status = TESS_OK;
    else
        status = error_set(error, TESS_ERR_IO,
                           "%s does not hold a signing key; remove it and a new one is made (links given out "
                           "before stop working)",
                           path);
    if (line.data)
        digest_wipe(line.data, line.size);
    bytes_clear(&line);
    return status;
}

static enum tess_status write_line(const char *temp_path, const struct signing_key *key,
                                   struct tess_error *error)
{
    char line[LINE_BYTES + 1];
    (void)snprintf(line, sizeof line, "%s %s\n", key->id, key->secret);
    int fd = open(temp_path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    int failed = fd < 0 ? errno : 0;
    if (!failed) {
        ssize_t count = write(fd, line, LINE_BYTES);
        if (count != LINE_BYTES)
            failed = count < 0 ? errno : ENOSPC;
        if (!failed && fsync(fd) != 0)
            failed = errno;
        if (close(fd) != 0 && !failed)
            failed = errno;
    }
    digest_wipe(line, sizeof line);
    return failed ? error_errno(error, failed, "cannot write the signing key %s", temp_path) : TESS_OK;
}

/*
 * Writes a new key aside and links it to its name: unlike rename, link fails when another process was first,
 * so nobody's key is ever replaced after it may have signed something.
 */
static enum tess_status create(const char *path, const char *temp_folder, bool *created_out,
                               struct tess_error *error)
{
    struct signing_key key = {.id = ID_PREFIX};
    char nonce[33];
    char *temp_path = NULL;
    enum tess_status status = random_hex((SIGNING_KEY_ID_CHARS - 4) / 2, key.id + 4, error);
    if (status == TESS_OK)
        status = random_hex(SIGNING_KEY_SECRET_CHARS / 2, key.secret, error);
    if (status == TESS_OK)
        status = random_hex(16, nonce, error);
    if (status != TESS_OK)
        goto cleanup;
    if (asprintf(&temp_path, "%s/%s.part", temp_folder, nonce) < 0) {
        temp_path = NULL;
        status = error_set(error, TESS_ERR_MEMORY, "no memory to make the signing key");
        goto cleanup;
    }
    status = write_line(temp_path, &key, error);
    if (status == TESS_OK) {
        *created_out = link(temp_path, path) == 0;
        if (!*created_out && errno != EEXIST)
            status = error_errno(error, errno, "cannot make the signing key %s", path);
        else
            status = folder_sync_parent(path, error);
    }
    (void)unlink(temp_path);
cleanup:
    free(temp_path);
    signing_key_clear(&key);
    return status;
}

enum tess_status signing_key_ensure(const char *path, const char *temp_folder, bool *created_out,
                                    struct signing_key *key_out, struct tess_error *error)
{
    *created_out = false;
    enum tess_status status = signing_key_read(path, key_out, error);
    if (status != TESS_ERR_NOT_FOUND)
        return status;
    status = create(path, temp_folder, created_out, error);
    return status == TESS_OK ? signing_key_read(path, key_out, error) : status;
}
