// SPDX-License-Identifier: MIT
/*
 * A cloud in memory: objects and a catalog behind the vtables that the real ones implement, and a store on
 * top of them. Requests can be held until many are there at once, fail, and be watched while they run; tests
 * count them instead of measuring time.
 */
#ifndef TESTS_FAKE_CLOUD_H
#define TESTS_FAKE_CLOUD_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/store_state.h"

enum { CLOUD_MOST = 1024, CLOUD_FETCHES = 32 };

struct cloud_object {
    char bucket[64], key[128];
    uint8_t *data;
    size_t size;
    unsigned version;
    enum tess_status fails; /* what a get of it ends with; TESS_OK: its bytes */
};

struct cloud_count {
    atomic_uint total, running, most; /* most: at once */
};

struct cloud {
    struct objects objects;
    struct catalog catalog;
    struct tess_store store;

    pthread_mutex_t lock; /* over the next four */
    struct cloud_object held[CLOUD_MOST];
    size_t object_count;
    char mapped[CLOUD_MOST][128]; /* ascending */
    size_t mapped_count;
    unsigned versions; /* given so far */

    struct cloud_count gets, stats, removes, puts;
    atomic_uint stopped;     /* gets that ended because they were told to stop */
    atomic_uint got_images;  /* gets from the bucket of images */
    uint32_t page_keys;      /* keys a page of a listing; 0: all */
    uint32_t gather;         /* gets of images, and stats, wait until so many have begun, 5 s at most */
    bool hold_gets;          /* gets of images wait until they are told to stop */
    const char *fail_commit; /* ending of the keys whose commit fails */
    /* Before a page after the first; while an image is read, after its bytes have been taken. May be NULL. */
    void (*on_page)(struct cloud *cloud, uint32_t page);
    void (*on_get)(struct cloud *cloud, const char *key);
    void *context; /* of these two */
};

/* Buckets "images" and "grids". */
void cloud_init(struct cloud *cloud);
void cloud_clear(struct cloud *cloud);
void cloud_put(struct cloud *cloud, const char *bucket, const char *key, const void *data, size_t size);
void cloud_fail(struct cloud *cloud, const char *key, enum tess_status status); /* gets of this image */
void cloud_fail_in(struct cloud *cloud, const char *bucket, const char *key, enum tess_status status);
void cloud_drop(struct cloud *cloud, const char *bucket, const char *ending); /* one with this ending */
void cloud_map(struct cloud *cloud, const char *key);
size_t cloud_count(struct cloud *cloud, const char *bucket); /* objects in it */
void cloud_forget_counts(struct cloud *cloud);

/* Waits until the condition on a counter holds, 5 s at most; tells whether it does. */
bool cloud_await(atomic_uint *counter, unsigned least);

#endif
