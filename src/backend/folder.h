// SPDX-License-Identifier: MIT
/* Folders that survive a power cut: a new name is durable only when the folder that holds it has been synced.
 */
#ifndef BACKEND_FOLDER_H
#define BACKEND_FOLDER_H

#include <stdbool.h>

#include <tessera/status.h>

/*
 * Creates the folder and the missing ones above it. Syncs its parent also when it was there but is new:
 * another process may have made it and not come to that. *created_out (may be NULL) tells whether this call
 * made it. TESS_ERR_INVALID when something else has the name.
 */
enum tess_status folder_ensure(const char *path, bool *created_out, struct tess_error *error);

/* Makes the names in the folder that holds `path` durable. */
enum tess_status folder_sync_parent(const char *path, struct tess_error *error);

#endif
