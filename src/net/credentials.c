// SPDX-License-Identifier: MIT
/*
 * The set in use, and who renews it when. The lock is held for looking and copying only, never while a server
 * is asked: one thread asks, the others go on with the set they have, or wait when it is of no use any more.
 */
#include "net/credentials.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/error.h"
#include "net/credentials_source.h"

enum {
    TRY_BEFORE_END_S = 15 * 60,
    INSIST_BEFORE_END_S = 10 * 60,
    PAUSE_S = 60,        /* between two tries while the set still works: some servers only have short ones */
    NOWHERE_KEPT_S = 10, /* how long "there are none" is believed, so that a hundred calls do not ask anew */
    NS_PER_MS = 1000000,
    NS_PER_S = 1000000000
};

struct credentials_provider {
    const struct aws_settings *settings; /* borrowed, like http */
    struct http *http;
    int64_t (*now_s)(void *context);
    void *context;

    pthread_mutex_t lock; /* guards what follows */
    pthread_cond_t done;  /* a try has ended */
    bool trying;
    bool stale;     /* a server refused the present set: it must be renewed before it is used again */
    bool condemned; /* …that has happened to this set before; once is enough */
    struct credentials_found present;

    uint64_t tries; /* that have ended, and how the last one did */
    int64_t tried_at_s;
    bool nowhere;
    struct tess_error failure; /* its status is TESS_OK after a success */
};

enum need { NEED_NOTHING, NEED_SOON, NEED_NOW };

enum tess_status credentials_provider_create(const struct aws_settings *settings, struct http *http,
                                             int64_t (*now_s)(void *context), void *context,
                                             struct credentials_provider **provider_out,
                                             struct tess_error *error)
{
    pthread_condattr_t attributes;
    struct credentials_provider *provider = calloc(1, sizeof *provider);
    *provider_out = provider;
    if (!provider)
        return error_set(error, TESS_ERR_MEMORY, "no memory for AWS credentials");
    provider->settings = settings;
    provider->http = http;
    provider->now_s = now_s;
    provider->context = context;
    /* None of these can fail on Linux with these arguments. */
    (void)pthread_mutex_init(&provider->lock, NULL);
    (void)pthread_condattr_init(&attributes);
    (void)pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    (void)pthread_cond_init(&provider->done, &attributes);
    (void)pthread_condattr_destroy(&attributes);
    return TESS_OK;
}

void credentials_provider_destroy(struct credentials_provider *provider)
{
    if (!provider)
        return;
    credentials_clear(&provider->present.credentials);
    (void)pthread_cond_destroy(&provider->done);
    (void)pthread_mutex_destroy(&provider->lock);
    free(provider);
}

/* With the lock. */
static enum need need_at(const struct credentials_provider *provider, int64_t now_s)
{
    const struct credentials_found *present = &provider->present;
    if (!present->found || provider->stale)
        return NEED_NOW;
    if (!present->renewable || present->credentials.expires_at_s == 0)
        return NEED_NOTHING;
    const int64_t left_s = present->credentials.expires_at_s - now_s;
    if (left_s > TRY_BEFORE_END_S)
        return NEED_NOTHING;
    if (left_s <= 0)
        return NEED_NOW;
    const bool insist = left_s <= INSIST_BEFORE_END_S;
    const bool just_tried = now_s >= provider->tried_at_s && now_s - provider->tried_at_s < PAUSE_S;
    if (just_tried && (!insist || provider->failure.status == TESS_OK))
        return NEED_NOTHING;
    return insist ? NEED_NOW : NEED_SOON;
}

/* With the lock: waits a little for the one who tries. */
static void wait_a_little(struct credentials_provider *provider)
{
    struct timespec until;
    (void)clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_nsec += (long)STOP_INTERVAL_MS * NS_PER_MS;
    if (until.tv_nsec >= NS_PER_S) {
        until.tv_sec++;
        until.tv_nsec -= NS_PER_S;
    }
    (void)pthread_cond_timedwait(&provider->done, &provider->lock, &until);
}

/* With the lock: what a try gave. A set that is the condemned one again stays so. */
static void take_over(struct credentials_provider *provider, struct credentials_found *found)
{
    const bool again =
        provider->present.found && credentials_equal(&provider->present.credentials, &found->credentials);
    credentials_clear(&provider->present.credentials);
    provider->present = *found;
    memset(found, 0, sizeof *found);
    provider->stale = false;
    provider->condemned = provider->condemned && again;
}

/* With the lock, which is given up meanwhile. A try that its caller stopped tells the others nothing. */
static enum tess_status try_now(struct credentials_provider *provider, const struct stop *stop, int64_t now_s,
                                struct tess_error *error_out)
{
    const struct credentials_search search = {provider->settings, provider->http, now_s, stop};
    struct credentials_found found = {.found = false};
    bool nowhere = false;
    provider->trying = true;
    (void)pthread_mutex_unlock(&provider->lock);
    enum tess_status status = credentials_search_all(&search, &found, &nowhere, error_out);
    const bool stopped = status != TESS_OK && stop_check(stop, NULL) != TESS_OK;
    (void)pthread_mutex_lock(&provider->lock);
    provider->trying = false;
    if (!stopped) {
        provider->tries++;
        provider->tried_at_s = now_s;
        provider->nowhere = nowhere;
        provider->failure = *error_out;
        provider->failure.status = status;
    }
    if (status == TESS_OK)
        take_over(provider, &found);
    credentials_clear(&found.credentials);
    (void)pthread_cond_broadcast(&provider->done);
    return status;
}

/* With the lock: waits for somebody else's try, whose failure is ours too. */
static enum tess_status wait_for_try(struct credentials_provider *provider, const struct stop *stop,
                                     struct tess_error *error)
{
    const uint64_t before = provider->tries;
    while (provider->trying && provider->tries == before) {
        wait_a_little(provider);
        (void)pthread_mutex_unlock(&provider->lock);
        enum tess_status status = stop_check(stop, error);
        (void)pthread_mutex_lock(&provider->lock);
        if (status != TESS_OK)
            return status;
    }
    if (provider->tries != before && provider->failure.status != TESS_OK)
        *error = provider->failure;
    return provider->tries != before ? provider->failure.status : TESS_OK;
}

/* With the lock: TESS_OK when the present set may be used. */
static enum tess_status make_usable(struct credentials_provider *provider, const struct stop *stop,
                                    struct tess_error *error)
{
    for (;;) {
        const int64_t now_s = provider->now_s(provider->context);
        const enum need need = need_at(provider, now_s);
        if (need == NEED_NOTHING || (need == NEED_SOON && provider->trying))
            return TESS_OK;
        const int64_t since_s = now_s - provider->tried_at_s;
        if (provider->nowhere && !provider->present.found && since_s >= 0 && since_s < NOWHERE_KEPT_S) {
            *error = provider->failure;
            return provider->failure.status;
        }
        if (!provider->trying) {
            enum tess_status status = try_now(provider, stop, now_s, error);
            return need == NEED_SOON ? TESS_OK : status;
        }
        enum tess_status status = wait_for_try(provider, stop, error);
        if (status != TESS_OK)
            return status;
    }
}

enum tess_status credentials_get(struct credentials_provider *provider, const struct stop *stop,
                                 struct credentials *credentials_out, struct tess_error *error)
{
    struct tess_error problem = {.status = TESS_OK};
    memset(credentials_out, 0, sizeof *credentials_out);
    enum tess_status status = stop_check(stop, error);
    if (status != TESS_OK)
        return status;
    (void)pthread_mutex_lock(&provider->lock);
    status = make_usable(provider, stop, &problem);
    if (status == TESS_OK)
        status = credentials_copy(&provider->present.credentials, credentials_out, &problem);
    (void)pthread_mutex_unlock(&provider->lock);
    if (status != TESS_OK && error)
        *error = problem;
    return status;
}

bool credentials_expired(struct credentials_provider *provider, const struct credentials *expired)
{
    (void)pthread_mutex_lock(&provider->lock);
    const struct credentials_found *present = &provider->present;
    bool renewed = true; /* by somebody else meanwhile, unless it is the present set */
    if (!present->found)
        renewed = false;
    else if (credentials_equal(&present->credentials, expired)) {
        renewed = provider->stale;
        if (!renewed && present->renewable && !provider->condemned)
            renewed = provider->stale = provider->condemned = true;
    }
    (void)pthread_mutex_unlock(&provider->lock);
    return renewed;
}
