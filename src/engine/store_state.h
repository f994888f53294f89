// SPDX-License-Identifier: MIT
/* What is behind a struct tess_store: two backends, which have their own locks. */
#ifndef ENGINE_STORE_STATE_H
#define ENGINE_STORE_STATE_H

#include "backend/backend.h"
#include <tessera/store.h>

struct tess_store {
    struct backend backend;
};

#endif
