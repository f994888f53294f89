// SPDX-License-Identifier: MIT
/* What the files of objects_fs share, and nobody else includes. */
#ifndef BACKEND_OBJECTS_FS_PARTS_H
#define BACKEND_OBJECTS_FS_PARTS_H

#include <sys/stat.h>

#include "backend/folder_turns.h"
#include "backend/objects.h"
#include "backend/objects_fs.h"
#include "backend/signing_key.h"

/* Where links begin, taken apart. */
struct link_base {
    char *text;   /* "https://host:8443/prefix", no slash at the end */
    char *host;   /* "host:8443": lower case, without the scheme's own port */
    char *prefix; /* "/prefix" or "" */
};

/* On success the caller clears it, on failure it is empty. TESS_ERR_INVALID, TESS_ERR_MEMORY. */
enum tess_status link_base_parse(const char *text, struct link_base *base_out, struct tess_error *error);
void link_base_clear(struct link_base *base); /* safe on a zeroed struct */

/* Immutable after opening, but for the turns, so that any number of threads may use it without a lock. */
struct objects_fs {
    struct objects base;
    struct folder_turns *turns;
    char *root;    /* DIR/objects */
    char *partial; /* DIR/objects/.partial */
    struct link_base link;
    struct signing_key key;
    bool has_key;
};

/* The path of an object, checked and terminated, into `path` (initialised here, the caller's to clear). */
enum tess_status objects_fs_path(const struct objects_fs *fs, const char *bucket, const char *key,
                                 struct bytes *path, struct tess_error *error);

bool objects_fs_has_bucket(const struct objects_fs *fs, const char *bucket);

/* In words: it is the store's folder that is gone (TESS_ERR_BUSY, as it may come back), the bucket
 * (TESS_ERR_SETUP), or the object in it (TESS_ERR_NOT_FOUND). */
enum tess_status objects_fs_missing(const struct objects_fs *fs, const char *bucket, const char *key,
                                    struct tess_error *error);

void objects_fs_info(const struct stat *file, struct object_info *info_out);

/* Removes temporaries that were last written to more than an hour before now_s. */
void objects_fs_sweep(const struct objects_fs *fs, int64_t now_s);

/* Entries of the vtable; see objects.h. */
enum tess_status objects_fs_list(struct objects *objects, const struct object_list *request,
                                 bool (*each)(void *context, const char *key, const struct object_info *info),
                                 void *context, struct tess_error *error);
enum tess_status objects_fs_link(struct objects *objects, const struct object_link_request *request,
                                 struct bytes *url_out, int64_t *expires_at_out, struct tess_error *error);
enum tess_status objects_fs_writer_open(struct objects *objects, const struct object_put *request,
                                        struct object_writer **writer_out, struct tess_error *error);
enum tess_status objects_fs_writer_write(struct object_writer *writer, const void *data, size_t size,
                                         struct tess_error *error);
enum tess_status objects_fs_writer_commit(struct object_writer *writer, const char *key,
                                          struct tess_error *error);
void objects_fs_writer_abort(struct object_writer *writer);

#endif
