// SPDX-License-Identifier: MIT
#include "front/lambda_site.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "front/interrupt.h"
#include "front/message.h"
#include "front/opening.h"
#include "front/xalloc.h"

static void *open_both(void *context)
{
    struct lambda_site *site = context;
    struct tess_error error = {.status = TESS_OK};
    struct tess_store *store = NULL;
    struct tess_engine *engine = NULL;
    enum tess_status status = tess_store_open(&site->config, &store, &error);
    if (status == TESS_OK)
        status = tess_engine_create(&site->settings->engine, &engine, &error);
    (void)pthread_mutex_lock(&site->lock);
    site->store = store;
    site->engine = engine;
    site->error = error;
    site->error.status = status;
    site->opened = true;
    (void)pthread_cond_broadcast(&site->opened_now);
    (void)pthread_mutex_unlock(&site->lock);
    if (status != TESS_OK)
        interrupt_ask();
    return NULL;
}

/* Signals are for the main thread. */
static bool start_thread(struct lambda_site *site)
{
    sigset_t all, before;
    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    const bool started = pthread_create(&site->thread, NULL, open_both, site) == 0;
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    return started;
}

bool lambda_site_begin(struct lambda_site *site, const struct settings *settings, enum lambda_handler handler)
{
    enum exit_status wrong;
    struct tess_error error = {0};
    *site = (struct lambda_site){.settings = settings, .handler = handler};
    if (!store_config(settings, &site->config, &wrong))
        return false;
    if (origins_read(settings->cors_origin ? settings->cors_origin : "*", &site->origins, &error) !=
        TESS_OK) {
        (void)message_usage(settings, "%s", error.message);
        return false;
    }
    site->config.cancel = &site->cancel;
    (void)pthread_mutex_init(&site->lock, NULL);
    (void)pthread_cond_init(&site->opened_now, NULL);
    site->has_thread = start_thread(site);
    if (!site->has_thread)
        (void)open_both(site);
    return true;
}

void lambda_site_end(struct lambda_site *site)
{
    if (site->has_thread)
        (void)pthread_join(site->thread, NULL);
    tess_store_close(site->other);
    free(site->other_source);
    free(site->other_dest);
    tess_engine_destroy(site->engine);
    tess_store_close(site->store);
    origins_clear(&site->origins);
    (void)pthread_cond_destroy(&site->opened_now);
    (void)pthread_mutex_destroy(&site->lock);
}

enum tess_status lambda_site_wait(struct lambda_site *site, struct api *api_out, struct tess_error *error)
{
    (void)pthread_mutex_lock(&site->lock);
    while (!site->opened)
        (void)pthread_cond_wait(&site->opened_now, &site->lock);
    const enum tess_status status = site->error.status;
    if (status != TESS_OK)
        *error = site->error;
    else if (api_out)
        *api_out = (struct api){.settings = site->settings, .engine = site->engine, .store = site->store};
    (void)pthread_mutex_unlock(&site->lock);
    return status;
}

enum tess_status lambda_site_look(struct lambda_site *site, struct tess_error *error)
{
    (void)pthread_mutex_lock(&site->lock);
    const enum tess_status status = site->opened ? site->error.status : TESS_OK;
    if (status != TESS_OK)
        *error = site->error;
    (void)pthread_mutex_unlock(&site->lock);
    return status;
}

static bool is_same(const char *one, const char *other)
{
    return one && other ? strcmp(one, other) == 0 : one == other;
}

enum tess_status lambda_site_other(struct lambda_site *site, const char *source_bucket,
                                   const char *dest_bucket, struct tess_store **store_out,
                                   struct tess_error *error)
{
    *store_out = site->other;
    if (site->other && is_same(site->other_source, source_bucket) && is_same(site->other_dest, dest_bucket))
        return TESS_OK;
    tess_store_close(site->other);
    free(site->other_source);
    free(site->other_dest);
    site->other = NULL;
    site->other_source = xstrdup(source_bucket);
    site->other_dest = dest_bucket ? xstrdup(dest_bucket) : NULL;
    struct tess_store_config config = site->config;
    config.source_bucket = source_bucket;
    if (dest_bucket)
        config.dest_bucket = dest_bucket;
    const enum tess_status status = tess_store_open(&config, &site->other, error);
    *store_out = site->other;
    return status;
}
