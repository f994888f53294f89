// SPDX-License-Identifier: MIT
/*
 * The two files that AWS tools share: ~/.aws/config and ~/.aws/credentials, parsed.
 *
 *     [profile work]                      in credentials: [work]
 *     region = eu-north-1                 # a comment, also after white space behind a value
 *     services = local
 *     [services local]
 *     s3 =
 *       endpoint_url = http://localhost:9000
 *
 * Names of properties are read in any case. A section that is there twice is one; of a property that is there
 * twice the last one counts; "[profile default]" wins over "[default]" in config, and credentials win over
 * config. A line that stands further in than the property before it continues that one, and is a nested
 * property when it has no value. Lines that are none of these are errors, not guesses. Source: AWS SDKs and
 * Tools Reference Guide, "Shared config and credentials files".
 *
 * The text is kept in one block, which is wiped when it is freed.
 */
#ifndef NET_AWS_PROFILES_H
#define NET_AWS_PROFILES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <tessera/status.h>

enum {
    AWS_PROFILES_MAX_BYTES = 1 << 20,    /* of one file */
    AWS_PROFILES_MAX_LINE_BYTES = 16384, /* a session token is long */
    AWS_PROFILES_MAX_PROPERTIES = 20000  /* and sections, of one file */
};

enum aws_file { AWS_FILE_CREDENTIALS, AWS_FILE_CONFIG, AWS_FILES }; /* in the order of their weight */
enum aws_section { AWS_SECTION_PROFILE, AWS_SECTION_SERVICES };

struct aws_profiles;

/*
 * Reads both files. A path that is NULL, names nothing or is /dev/null is an empty file; so is one that must
 * not be read, unless `required` says that the user named it. TESS_ERR_INVALID (file and line),
 * TESS_ERR_LIMIT "max-bytes", "line-bytes" or "properties", TESS_ERR_DENIED, TESS_ERR_IO, TESS_ERR_MEMORY.
 * Paths are copied; `home` is cut from the paths in messages (NULL: nothing is).
 */
struct aws_profiles_source {
    const char *path;
    bool required;
};
enum tess_status aws_profiles_read(const struct aws_profiles_source sources[AWS_FILES], const char *home,
                                   struct aws_profiles **profiles_out, struct tess_error *error);

/* The same from memory: `texts` may be NULL where a file is empty. They are copied. */
struct aws_profiles_text {
    const char *path; /* for messages */
    const void *data;
    size_t size;
};
enum tess_status aws_profiles_parse(const struct aws_profiles_text texts[AWS_FILES],
                                    struct aws_profiles **profiles_out, struct tess_error *error);
void aws_profiles_destroy(struct aws_profiles *profiles); /* wipes; NULL is fine */

/* How a file is called in messages ("~/.aws/config"), and what was found under that name. Owned by the
 * profiles. */
enum aws_file_state { AWS_FILE_UNNAMED, AWS_FILE_MISSING, AWS_FILE_UNREADABLE, AWS_FILE_READ };
const char *aws_profiles_path(const struct aws_profiles *profiles, enum aws_file file);
enum aws_file_state aws_profiles_state(const struct aws_profiles *profiles, enum aws_file file);

bool aws_profiles_has(const struct aws_profiles *profiles, enum aws_section section, const char *name);

/* What to look for. */
struct aws_property_name {
    enum aws_section section;
    const char *name;   /* of the section */
    const char *parent; /* of a nested property ("s3"); NULL: it is not nested */
    const char *key;    /* in lower case */
};

/* Where it was found; strings are owned by the profiles. */
struct aws_property {
    const char *value; /* never ""; continued lines are joined by "\n" */
    enum aws_file file;
    uint32_t line;
};

/* False: not there, or empty. */
bool aws_profiles_find(const struct aws_profiles *profiles, const struct aws_property_name *name,
                       struct aws_property *property_out);
/* In one file only: what belongs together (a key and its secret) must not be mixed from two. */
bool aws_profiles_find_in(const struct aws_profiles *profiles, enum aws_file file,
                          const struct aws_property_name *name, struct aws_property *property_out);

/* A profile's property as text, NULL: none. */
const char *aws_profile_text(const struct aws_profiles *profiles, const char *profile, const char *key);

#endif
