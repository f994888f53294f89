// SPDX-License-Identifier: MIT
/*
 * What all invocations of a function share: settings, handler, store and engine. The last two are opened on a
 * thread of their own, while libcurl is loaded and the first event is waited for.
 */
#ifndef FRONT_LAMBDA_SITE_H
#define FRONT_LAMBDA_SITE_H

#include <pthread.h>

#include "front/api.h"
#include "front/lambda_handler.h"
#include "front/origins.h"

struct lambda_site {
    /* immutable */
    const struct settings *settings;
    enum lambda_handler handler;
    struct tess_store_config config;
    struct origins origins; /* whose pages may call */

    pthread_mutex_t lock;
    pthread_cond_t opened_now;
    bool opened;             /* under lock: store and engine are there, or `error` says why not */
    struct tess_error error; /* under lock */
    struct tess_store *store;
    struct tess_engine *engine;
    pthread_t thread; /* the main thread's */
    bool has_thread;  /* the main thread's */

    volatile int cancel; /* set atomically: the invocation's time is over, for all that it runs */

    /* Of one invocation at a time: the store of the last event that named its buckets. */
    struct tess_store *other;
    char *other_source, *other_dest; /* the second NULL: as configured */
};

/* Begins to open. Where that fails, interrupt_ask() ends the wait for the first event. `settings` is
 * borrowed until the end. False after a message: the settings make no sense. */
bool lambda_site_begin(struct lambda_site *site, const struct settings *settings,
                       enum lambda_handler handler);
void lambda_site_end(struct lambda_site *site);

/* What became of it, waited for. TESS_OK: `api_out` is filled (it may be NULL). Thread-safe. */
enum tess_status lambda_site_wait(struct lambda_site *site, struct api *api_out, struct tess_error *error);

/* The same without waiting: TESS_OK while it is being opened. Thread-safe. */
enum tess_status lambda_site_look(struct lambda_site *site, struct tess_error *error);

/* The store with these buckets (the second may be NULL), the site's own. For one thread at a time. */
enum tess_status lambda_site_other(struct lambda_site *site, const char *source_bucket,
                                   const char *dest_bucket, struct tess_store **store_out,
                                   struct tess_error *error);

#endif
