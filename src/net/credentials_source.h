// SPDX-License-Identifier: MIT
/*
 * The places where credentials may be, behind one shape, so that the chain is a table of them.
 *
 * A place that says nothing is no error: it leaves a note of what was seen there, which the chain shows when
 * nothing was found anywhere. A place that is meant to be used and does not work is an error, and ends the
 * search: other keys than those asked for would be worse than none. All are thread-safe and keep no state.
 */
#ifndef NET_CREDENTIALS_SOURCE_H
#define NET_CREDENTIALS_SOURCE_H

#include <stdbool.h>
#include <stdint.h>

#include "net/credentials.h"

/* One search. All borrowed. */
struct credentials_search {
    const struct aws_settings *settings;
    struct http *http;
    int64_t now_s;
    const struct stop *stop;
};

enum { CREDENTIALS_NOTE_BYTES = 112 };

struct credentials_found {
    bool found;
    bool renewable;                    /* asking again may give others */
    struct credentials credentials;    /* when found; the caller's to clear */
    char note[CREDENTIALS_NOTE_BYTES]; /* when not: "AWS_ACCESS_KEY_ID is not set" */
};

typedef enum tess_status credentials_source(const struct credentials_search *search,
                                            struct credentials_found *found_out, struct tess_error *error);

/* Each takes a zeroed *found_out. */
credentials_source credentials_from_environment;
credentials_source credentials_from_web_identity;
credentials_source credentials_from_profile;
credentials_source credentials_from_container;
credentials_source credentials_from_instance;

/*
 * All of them in their order. TESS_ERR_DENIED when there are none (*nowhere_out is then true), with the note
 * of each place in the message; TESS_ERR_INVALID for what is set wrongly; what HTTP and the services say.
 */
enum tess_status credentials_search_all(const struct credentials_search *search,
                                        struct credentials_found *found_out, bool *nowhere_out,
                                        struct tess_error *error);

/* What a place holds, borrowed. */
struct credentials_parts {
    const char *access_key_id, *secret_access_key, *session_token; /* the token may be NULL or "" */
    int64_t expires_at_s;
};

/*
 * Copies what was found, when it can be put into a header: TESS_ERR_INVALID (naming `source` and which of the
 * three, never its value) when one is missing, too long or holds blanks, line breaks or anything but ASCII.
 */
enum tess_status credentials_make(const struct credentials_parts *parts, const char *source,
                                  struct credentials *credentials_out, struct tess_error *error);
/* The same from a server's answer: TESS_ERR_CORRUPT, for it is not what we were given that is wrong. */
enum tess_status credentials_make_answered(const struct credentials_parts *parts, const char *source,
                                           struct credentials *credentials_out, struct tess_error *error);
enum tess_status credentials_copy(const struct credentials *credentials, struct credentials *copy_out,
                                  struct tess_error *error);
bool credentials_equal(const struct credentials *left, const struct credentials *right);

/* printf style into a fixed field; what does not fit is cut off. */
void credentials_say(char *out, size_t size, const char *format, ...) TESS_PRINTF(3, 4);

#endif
