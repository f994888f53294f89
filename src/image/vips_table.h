// SPDX-License-Identifier: MIT
/* What tessera-vips.so exports and vips_module.c looks up: one symbol, checked before it is trusted. */
#ifndef IMAGE_VIPS_TABLE_H
#define IMAGE_VIPS_TABLE_H

#include <stddef.h>

#include "image/vips_module.h"

#define VIPS_TABLE_SYMBOL "tessera_vips_table"

struct vips_table {
    /* A module left behind by another version is refused by these two. */
    const char *version; /* TESSERA_VERSION */
    size_t ops_bytes;    /* sizeof(struct vips_ops) */
    /* Starts libvips; called once, before any of the ops. */
    enum tess_status (*start)(struct tess_error *error);
    struct vips_ops ops;
};

extern __attribute__((visibility("default"))) const struct vips_table tessera_vips_table;

#endif
