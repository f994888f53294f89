// SPDX-License-Identifier: MIT
/*
 * The embedded store's own signing key: an access key id and a secret, random, in DIR/signing-key (mode 0600,
 * one line "ID SECRET"). It signs and verifies links to this store and nothing else. Several processes may
 * create it at once: one wins, all of them read the winner's. Removing the file ends all links; a new key is
 * made at the next start.
 */
#ifndef BACKEND_SIGNING_KEY_H
#define BACKEND_SIGNING_KEY_H

#include <stdbool.h>
#include <stddef.h>

#include <tessera/status.h>

enum { SIGNING_KEY_ID_CHARS = 20, SIGNING_KEY_SECRET_CHARS = 64 };

struct signing_key {
    char id[SIGNING_KEY_ID_CHARS + 1];
    char secret[SIGNING_KEY_SECRET_CHARS + 1];
};

/* TESS_ERR_NOT_FOUND when there is none; TESS_ERR_IO when the file holds something else. */
enum tess_status signing_key_read(const char *path, struct signing_key *key_out, struct tess_error *error);

/* As above, but makes a missing one. `temp_folder` (same file system) is where it is prepared. */
enum tess_status signing_key_ensure(const char *path, const char *temp_folder, bool *created_out,
                                    struct signing_key *key_out, struct tess_error *error);

void signing_key_clear(struct signing_key *key);

#endif
