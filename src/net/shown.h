// SPDX-License-Identifier: MIT
/*
 * Text from outside (a profile's name, a path, a server's words), made fit for a message: one line, valid
 * UTF-8, without control characters, not longer than a message can bear.
 */
#ifndef NET_SHOWN_H
#define NET_SHOWN_H

#include <stddef.h>

enum { SHOWN_MAX_BYTES = 160 };

struct shown {
    char text[SHOWN_MAX_BYTES + 1];
};

/*
 * At most `most` (up to SHOWN_MAX_BYTES) bytes of `text`; what is left out is marked by "…" at the end. Bytes
 * that are no printable UTF-8 become '?'. NULL gives "". Pure.
 */
struct shown shown_text(const char *text, size_t most);

/* A path: as above, but it is the beginning that is left out, and `home` (may be NULL) becomes "~". Pure. */
struct shown shown_path(const char *path, const char *home, size_t most);

#endif
