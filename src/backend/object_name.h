// SPDX-License-Identifier: MIT
/*
 * Object keys as file names.
 *
 * A key becomes one flat name: A-Z a-z 0-9 . _ - stay, every other byte (also '/', and a '.' at the start)
 * becomes %XX. So no name is "." or "..", none is hidden, none holds a slash, and different keys have
 * different names: "a" and "a/b" are the files "a" and "a%2Fb", side by side.
 *
 * A name of more than 200 characters does not fit a file system's 255 once others have added to it. It is cut
 * into pieces of exactly 200; all but the last are folders and end in a bare '%', all but the first begin
 * with
 * '+'. Neither can occur in a flat name (a '%' there is followed by two digits, a '+' is "%2B"), so folders
 * never collide with files, and a piece is never "..":
 *
 *     450 × 'x'   →   xxx…x% / +xxx…x% / +xxx…x
 *
 * Names differ in case where keys do: the store needs a file system that tells "a" from "A", as Linux's do.
 * Pure.
 */
#ifndef BACKEND_OBJECT_NAME_H
#define BACKEND_OBJECT_NAME_H

#include <stdbool.h>

#include "backend/objects.h"
#include "base/bytes.h"
#include <tessera/status.h>

enum { OBJECT_NAME_PIECE = 200 };

/* Appends the path below the bucket. TESS_ERR_LIMIT or TESS_ERR_MEMORY, by `path` only. */
enum tess_status object_name_encode(const char *key, struct bytes *path);

/*
 * The key whose path below the bucket this is, appended to `key`. TESS_ERR_NOT_FOUND when it is no key's
 * (some other file that lies there), TESS_ERR_MEMORY.
 */
enum tess_status object_name_decode(const char *path, struct bytes *key);

#endif
