// SPDX-License-Identifier: MIT
/* A montage's images: files, stored objects ("s3://bucket/key") and https:// addresses, in any mixture. */
#ifndef ENGINE_SOURCE_ANY_H
#define ENGINE_SOURCE_ANY_H

#include "engine/source.h"
#include <tessera/engine.h>

struct web;

struct source_any {
    struct source source;
    struct source_files files;
    const struct tess_montage *montage; /* borrowed */
    struct web *web;                    /* owned; NULL: no address is among the images, or none is allowed */
    source_typical typical;             /* of what is not a file */
};

/*
 * What these images need is set up and nothing else: without an address among them libcurl is not loaded. On
 * success the caller clears it when no read runs any more. TESS_ERR_INVALID (web options),
 * TESS_ERR_UNSUPPORTED, TESS_ERR_IO, TESS_ERR_MEMORY.
 */
enum tess_status source_any_init(struct source_any *any, const struct tess_montage *montage,
                                 struct tess_error *error);
void source_any_clear(struct source_any *any);

/* Whether it names a stored object or an address, not a file. */
bool source_is_remote(const char *path);

#endif
