// SPDX-License-Identifier: MIT
/*
 * The HTTP client: libcurl's multi interface on one thread, to which callers hand their transfers and wait
 * for them.
 *
 * The thread alone touches libcurl's handles. It waits in curl_multi_poll(), is woken for new and for
 * cancelled transfers, and looks at the clock of each running one ten times a second (net/http_pace.h).
 */
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"
#include "net/http_transfer.h"

enum { CONNECTIONS = 64, LOOK_MS = 100, IDLE_MS = 60000 };

struct http_curl {
    struct http http;
    const struct curl_library *curl;
    struct http_config config; /* with owned strings */
    CURLM *multi;
    pthread_t thread;

    pthread_mutex_t lock; /* of what follows, and of each transfer's last part */
    struct http_transfer *waiting;
    bool stopping, some_cancelled;

    /* The thread's own. */
    int64_t looked_ns; /* at what may be overdue */
    struct http_transfer *running;
    CURL **idle; /* handles to use again */
    size_t idle_count, idle_capacity;
};

static CURL *take_handle(struct http_curl *self)
{
    return self->idle_count > 0 ? self->idle[--self->idle_count] : self->curl->easy_init();
}

static void keep_handle(struct http_curl *self, CURL *easy)
{
    self->curl->easy_reset(easy);
    if (self->idle_count < self->idle_capacity)
        self->idle[self->idle_count++] = easy;
    else
        self->curl->easy_cleanup(easy);
}

/* Back to the caller, who may free it at once. */
static void hand_back(struct http_curl *self, struct http_transfer *transfer)
{
    (void)pthread_mutex_lock(&self->lock);
    transfer->finished = true;
    (void)pthread_cond_signal(&transfer->changed);
    (void)pthread_mutex_unlock(&self->lock);
}

static void finish(struct http_curl *self, struct http_transfer *transfer, CURLcode code,
                   enum http_failure imposed)
{
    struct http_transfer **link = &self->running;
    while (*link != transfer)
        link = &(*link)->next;
    *link = transfer->next;
    (void)self->curl->multi_remove_handle(self->multi, transfer->easy);
    http_transfer_conclude(transfer, code, imposed);
    keep_handle(self, transfer->easy);
    hand_back(self, transfer);
}

static void start(struct http_curl *self, struct http_transfer *transfer)
{
    CURL *easy = take_handle(self);
    enum tess_status status = TESS_ERR_MEMORY;
    if (easy)
        status = http_transfer_prepare(transfer, easy);
    if (status == TESS_OK && self->curl->multi_add_handle(self->multi, easy) == CURLM_OK) {
        transfer->next = self->running;
        self->running = transfer;
        return;
    }
    if (easy)
        keep_handle(self, easy);
    if (transfer->response->failure == HTTP_DONE)
        http_transfer_conclude(transfer, CURLE_OUT_OF_MEMORY, HTTP_LOCAL);
    hand_back(self, transfer);
}

/* New transfers begin. False when the client is being destroyed. */
static bool start_waiting(struct http_curl *self)
{
    (void)pthread_mutex_lock(&self->lock);
    struct http_transfer *waiting = self->waiting;
    const bool stopping = self->stopping;
    if (self->some_cancelled)
        self->looked_ns = 0;
    self->some_cancelled = false;
    self->waiting = NULL;
    (void)pthread_mutex_unlock(&self->lock);
    while (waiting) {
        struct http_transfer *next = waiting->next;
        start(self, waiting);
        waiting = next;
    }
    return !stopping;
}

static void finish_done(struct http_curl *self)
{
    int left;
    CURLMsg *message;
    while ((message = self->curl->multi_info_read(self->multi, &left))) {
        char *private = NULL;
        const CURLcode code = message->data.result;
        if (message->msg == CURLMSG_DONE &&
            self->curl->easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &private) == CURLE_OK && private)
            finish(self, (struct http_transfer *)(void *)private, code, HTTP_DONE);
    }
}

static bool is_cancelled(struct http_curl *self, const struct http_transfer *transfer)
{
    (void)pthread_mutex_lock(&self->lock);
    const bool cancelled = transfer->cancelled;
    (void)pthread_mutex_unlock(&self->lock);
    return cancelled;
}

static void end_overdue(struct http_curl *self)
{
    const int64_t now_ns = clock_monotonic_ns();
    if (now_ns - self->looked_ns < LOOK_MS / 2 * INT64_C(1000000))
        return; /* woken by data, over and over */
    self->looked_ns = now_ns;
    for (struct http_transfer *transfer = self->running, *next; transfer; transfer = next) {
        next = transfer->next;
        const enum http_failure failure =
            is_cancelled(self, transfer) ? HTTP_STOPPED : http_transfer_overdue(transfer, now_ns);
        if (failure != HTTP_DONE)
            finish(self, transfer, CURLE_OK, failure);
    }
}

static void *run(void *context)
{
    struct http_curl *self = context;
    while (start_waiting(self)) {
        int running;
        (void)self->curl->multi_perform(self->multi, &running);
        finish_done(self);
        end_overdue(self);
        if (self->curl->multi_poll(self->multi, NULL, 0, self->running ? LOOK_MS : IDLE_MS, NULL) != CURLM_OK)
            (void)usleep(LOOK_MS * 1000); /* no memory or no descriptors: not a busy loop */
    }
    return NULL;
}

/* Waits until the thread is done with it, and tells the thread when the caller must stop. */
static enum tess_status await(struct http_curl *self, struct http_transfer *transfer,
                              struct tess_error *error)
{
    enum tess_status stopped = TESS_OK;
    (void)pthread_mutex_lock(&self->lock);
    while (!transfer->finished) {
        struct timespec until;
        (void)clock_gettime(CLOCK_MONOTONIC, &until);
        until.tv_nsec += STOP_INTERVAL_MS * 1000000L;
        until.tv_sec += until.tv_nsec / 1000000000L;
        until.tv_nsec %= 1000000000L;
        if (!transfer->request->stop || stopped != TESS_OK) {
            (void)pthread_cond_wait(&transfer->changed, &self->lock);
            continue;
        }
        if (pthread_cond_timedwait(&transfer->changed, &self->lock, &until) == 0)
            continue;
        (void)pthread_mutex_unlock(&self->lock);
        stopped = stop_check(transfer->request->stop, error);
        (void)pthread_mutex_lock(&self->lock);
        if (stopped != TESS_OK && !transfer->finished) {
            transfer->cancelled = true;
            self->some_cancelled = true;
            (void)self->curl->multi_wakeup(self->multi);
        }
    }
    (void)pthread_mutex_unlock(&self->lock);
    return stopped;
}

static void init_condition(pthread_cond_t *condition)
{
    pthread_condattr_t attributes;
    (void)pthread_condattr_init(&attributes);
    (void)pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    (void)pthread_cond_init(condition, &attributes);
    (void)pthread_condattr_destroy(&attributes);
}

static enum tess_status perform(struct http *http, const struct http_request *request,
                                struct http_response *response_out, struct tess_error *error)
{
    struct http_curl *self = (struct http_curl *)http;
    struct tess_error trouble = {0}, why_stopped = {0};
    struct http_transfer transfer = {.curl = self->curl,
                                     .config = &self->config,
                                     .request = request,
                                     .response = response_out,
                                     .error = &trouble};
    enum tess_status status = http_transfer_init(&transfer);
    if (status == TESS_OK) {
        init_condition(&transfer.changed);
        (void)pthread_mutex_lock(&self->lock);
        transfer.next = self->waiting;
        self->waiting = &transfer;
        (void)pthread_mutex_unlock(&self->lock);
        (void)self->curl->multi_wakeup(self->multi);
        const enum tess_status stopped = await(self, &transfer, &why_stopped);
        (void)pthread_cond_destroy(&transfer.changed);
        if (response_out->failure == HTTP_STOPPED && stopped != TESS_OK)
            trouble = why_stopped;
        status = response_out->failure == HTTP_DONE ? TESS_OK : trouble.status;
    }
    self->curl->slist_free_all(transfer.headers);
    if (status != TESS_OK && error)
        *error = trouble;
    return status;
}

static void release(struct http_curl *self)
{
    for (size_t i = 0; i < self->idle_count; i++)
        self->curl->easy_cleanup(self->idle[i]);
    free(self->idle);
    if (self->multi)
        (void)self->curl->multi_cleanup(self->multi);
    free((char *)(uintptr_t)self->config.ca_bundle);
    free((char *)(uintptr_t)self->config.user_agent);
    (void)pthread_mutex_destroy(&self->lock);
    free(self);
}

static void destroy(struct http *http)
{
    struct http_curl *self = (struct http_curl *)http;
    (void)pthread_mutex_lock(&self->lock);
    self->stopping = true;
    (void)pthread_mutex_unlock(&self->lock);
    (void)self->curl->multi_wakeup(self->multi);
    (void)pthread_join(self->thread, NULL);
    release(self);
}

static const struct http_ops http_curl_ops = {.perform = perform, .destroy = destroy};

static char *copy_or_null(const char *text)
{
    return text ? strdup(text) : NULL;
}

/* Without signals: they are for the program's own threads, and writing to a connection that has been closed
 * must not end it with SIGPIPE. */
static bool start_thread(struct http_curl *self)
{
    sigset_t all, before;
    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    const int failed = pthread_create(&self->thread, NULL, run, self);
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    return failed == 0;
}

static enum tess_status set_up(struct http_curl *self, const struct http_config *config,
                               struct tess_error *error)
{
    const uint32_t connections = config->connections ? config->connections : CONNECTIONS;
    self->config = (struct http_config){.ca_bundle = copy_or_null(config->ca_bundle),
                                        .user_agent = copy_or_null(config->user_agent),
                                        .connections = connections};
    self->idle = calloc(connections, sizeof *self->idle);
    self->idle_capacity = self->idle ? connections : 0;
    self->multi = self->curl->multi_init();
    if ((config->ca_bundle && !self->config.ca_bundle) || (config->user_agent && !self->config.user_agent) ||
        !self->idle || !self->multi ||
        self->curl->multi_setopt(self->multi, CURLMOPT_MAX_HOST_CONNECTIONS, (long)connections) != CURLM_OK ||
        self->curl->multi_setopt(self->multi, CURLMOPT_MAXCONNECTS, (long)connections) != CURLM_OK ||
        !start_thread(self))
        return error_set(error, TESS_ERR_MEMORY, "no memory or no thread for connections");
    return TESS_OK;
}

enum tess_status http_curl_create(const struct http_config *config, struct http **http_out,
                                  struct tess_error *error)
{
    const struct curl_library *curl = NULL;
    *http_out = NULL;
    enum tess_status status = curl_library_open(&curl, error);
    if (status != TESS_OK)
        return status;
    if (config->ca_bundle && access(config->ca_bundle, R_OK) != 0)
        return error_set(error, TESS_ERR_IO, "the CA bundle %s cannot be read", config->ca_bundle);
    struct http_curl *self = calloc(1, sizeof *self);
    if (!self)
        return error_set(error, TESS_ERR_MEMORY, "no memory for connections");
    self->http.ops = &http_curl_ops;
    self->curl = curl;
    (void)pthread_mutex_init(&self->lock, NULL);
    status = set_up(self, config, error);
    if (status == TESS_OK)
        *http_out = &self->http;
    else
        release(self);
    return status;
}
