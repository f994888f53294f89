// SPDX-License-Identifier: MIT
/*
 * Objects as files: DIR/objects/<bucket>/<name>, see object_name.h for the names.
 *
 *     DIR/objects/images/3f2a….jpg       an object
 *     DIR/objects/.partial/<random>.part one that is being written
 *     DIR/signing-key                    for presigned links
 *
 * Writing. A writer streams to a temporary in .partial; commit syncs it, renames it to its name and syncs the
 * folder, together with others that commit at the same time. A reader or a killed process sees all of an
 * object or nothing. All temporaries are in one folder, so that opening the store can sweep away what a kill
 * left there (older than an hour) without walking the buckets, and no listing ever meets one. Their names are
 * random: process ids repeat in containers.
 *
 * Versions. An object's version is its size and its modification time in nanoseconds. The writer sets that
 * time itself, from the fine clock, because the kernel's own stamp moves in steps of milliseconds and two
 * writes of equal size within one step would look the same. Inode numbers are left out on purpose: a copy of
 * the store that keeps times (cp -a, rsync -a) keeps its versions, and so the keys of its grids.
 *
 * Removing is not synced: after a power cut an object may be there again. The catalog, which decides what
 * belongs to a grid, is durable, so what can come back is bytes that nothing points to.
 */
#ifndef BACKEND_OBJECTS_FS_H
#define BACKEND_OBJECTS_FS_H

#include "backend/object_name.h"
#include "backend/objects.h"
#include <tessera/store.h>

/*
 * Opens the objects below data_dir, creating the folders and the signing key that are missing (*created_out,
 * may be NULL, tells). link_base is where links begin: "http[s]://host[:port][/path]". Both are copied.
 * Errors: TESS_ERR_INVALID (link_base; a file where a folder should be), TESS_ERR_DENIED, TESS_ERR_IO,
 * TESS_ERR_MEMORY.
 *
 * Objects that are there and may be read only are opened as they are; without a key that may be read there
 * are no links (TESS_ERR_DENIED).
 */
enum tess_status objects_fs_open(const char *data_dir, const char *link_base, bool *created_out,
                                 struct objects **objects_out, struct tess_error *error);

/* The same for looking only: nothing is created, and there are no links. TESS_ERR_MEMORY. */
enum tess_status objects_fs_view(const char *data_dir, struct objects **objects_out,
                                 struct tess_error *error);

/*
 * Was this request allowed by a link of this store, and is it valid at now_s? Bucket and key come out of the
 * same path that was verified: serve those, and do not take the path apart again. The signature covers
 * method, host, path and life, and leaves out a path that link_base may have (a proxy may strip it or not).
 * Links that were made with another base are as good: the Host header says where they led.
 * TESS_ERR_DENIED when it was not; TESS_ERR_NOT_FOUND for a path that is no object's. Thread-safe.
 */
enum tess_status objects_fs_verify(struct objects *objects, const struct object_request *request,
                                   int64_t now_s, struct object_target *target_out, struct tess_error *error);

#endif
