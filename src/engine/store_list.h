// SPDX-License-Identifier: MIT
/* The keys of a grid id, also while they are still arriving. */
#ifndef ENGINE_STORE_LIST_H
#define ENGINE_STORE_LIST_H

#include <stddef.h>

#include "base/stop.h"
#include "engine/store_state.h"

/* Borrowed for the call. */
struct store_listing {
    const char *grid_id;
    enum tess_order order; /* DEFAULT and GIVEN: key-desc */
    size_t most;           /* more keys are TESS_ERR_LIMIT "max-cells"; 0: any number */
    const struct stop *stop;
    /* NULL, or told of each key, from first to last in `order`, as it arrives; never called where the keys
     * arrive in another order. `key` is valid during the call. */
    void (*on_key)(void *context, const char *key);
    void *context;
};

/* As tess_store_list(). */
enum tess_status store_list_keys(struct tess_store *store, const struct store_listing *request,
                                 struct tess_keys *keys_out, struct tess_error *error);

#endif
