// SPDX-License-Identifier: MIT
/* What is behind a struct tess_engine. All of it is immutable after creation or has a lock of its own. */
#ifndef ENGINE_ENGINE_STATE_H
#define ENGINE_ENGINE_STATE_H

#include <stdatomic.h>

#include "base/budget.h"
#include "base/pool.h"
#include "image/colour.h"
#include <tessera/engine.h>

struct tess_engine {
    struct tess_engine_options options; /* with the defaults filled in */
    struct pool *workers;               /* decode, place, encode */
    struct pool *fetchers;              /* blocking reads; grows with the stores that are used */
    struct budget *budget;
    struct colour_profiles *profiles;
    atomic_uint looking; /* lookups that ask a store for versions now: they share out the requests */
};

#endif
