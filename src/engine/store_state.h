// SPDX-License-Identifier: MIT
/* What is behind a struct tess_store: two backends, which have their own locks. */
#ifndef ENGINE_STORE_STATE_H
#define ENGINE_STORE_STATE_H

#include <stdatomic.h>
#include <stdint.h>

#include "backend/backend.h"
#include "engine/source.h"
#include <tessera/store.h>

struct tess_store {
    struct backend backend;
    _Atomic int64_t
        last_added_ms; /* of the last image; the next one's is later, so that "added" has an order */
    source_typical typical_bytes; /* of an image, as far as has been seen */
};

#endif
