// SPDX-License-Identifier: MIT
/* A configuration with its defaults filled in and the embedded store's paths; backend.c and backend_check.c.
 */
#ifndef BACKEND_BACKEND_NAMES_H
#define BACKEND_BACKEND_NAMES_H

#include <stdbool.h>

#include <tessera/store.h>

struct backend_names {
    bool aws; /* then there are no paths, and buckets without a name are "" */
    const char *data_dir, *source_bucket, *dest_bucket, *grid_table, *counter_table,
        *link_base;                               /* borrowed */
    char *objects_path, *catalog_path, *key_path; /* owned */
};

/* `config` may be NULL; its strings must outlive the names. TESS_ERR_MEMORY, with nothing to clear. */
enum tess_status backend_names_init(struct backend_names *names, const struct tess_store_config *config,
                                    struct tess_error *error);
void backend_names_clear(struct backend_names *names);

#endif
