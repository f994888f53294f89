// SPDX-License-Identifier: MIT
/*
 * tessera serve: opens everything, lets requests come, and leaves in an orderly way.
 *
 * The first SIGTERM or SIGINT stops listening and lets what has begun come to its end, for --drain seconds at
 * most; what still runs then is cancelled and answered 503. A second signal ends the process at once;
 * whatever was acknowledged is durable all the same.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "front/command.h"
#include "front/interrupt.h"
#include "front/machine.h"
#include "front/message.h"
#include "front/opening.h"
#include "front/serve.h"
#include "front/serve_descriptors.h"
#include "front/serve_token.h"
#include "front/xalloc.h"

enum {
    STORE_THREADS = 64,
    STORE_QUEUE = 1024,
    DEFAULT_QUEUE = 64,
    DEFAULT_CONNECTIONS = 1024,
    LOCAL_FETCHES = 2, /* as the library chooses */
    REMOTE_FETCHES = 32,
    DEFAULT_DRAIN_S = 25,
    CONNECTION_MEMORY = 48 * 1024, /* of libmicrohttpd, for headers and pieces of bodies */
    IDLE_TIMEOUT_S = 75,
    LAST_ANSWERS_MS = 5000 /* for what was cancelled to be answered */
};

/* What the library says, so many lines a second: it says the same for each connection, or each attempt. */
static bool may_log(struct service *service)
{
    enum { LINES_A_SECOND = 5 };
    const int64_t second = machine_now_ms() / 1000;
    if (atomic_exchange(&service->log_second, second) == second)
        return atomic_fetch_add(&service->log_lines, 1) < LINES_A_SECOND;
    const int64_t lines = atomic_exchange(&service->log_lines, 1);
    if (lines > LINES_A_SECOND)
        message_note(service->settings, "%lld more messages of the HTTP library were not shown",
                     (long long)(lines - LINES_A_SECOND));
    return true;
}

static void log_library(void *context, const char *format, va_list args) TESS_PRINTF(2, 0);
static void log_library(void *context, const char *format, va_list args)
{
    struct service *service = context;
    char line[256];
    /* Its word for a connection that we end ourselves, of a client that has gone: the log has that as 499. */
    if (strstr(format, "Application reported internal error"))
        return;
    if (!may_log(service) || vsnprintf(line, sizeof line, format, args) < 0)
        return;
    line[strcspn(line, "\r\n")] = '\0';
    message_note(service->settings, "%s", line);
}

static struct MHD_Daemon *start_daemon(struct service *service, int descriptor, unsigned threads)
{
    return service->http->start_daemon(
        MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG, 0, NULL, NULL,
        serve_handle, service, MHD_OPTION_EXTERNAL_LOGGER, log_library, service, MHD_OPTION_LISTEN_SOCKET,
        descriptor, MHD_OPTION_THREAD_POOL_SIZE, threads, MHD_OPTION_CONNECTION_LIMIT,
        (unsigned)service->connections, MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CONNECTION_MEMORY,
        MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)IDLE_TIMEOUT_S, MHD_OPTION_URI_LOG_CALLBACK, serve_begin,
        service, MHD_OPTION_NOTIFY_COMPLETED, serve_end, service, MHD_OPTION_NOTIFY_CONNECTION,
        serve_connection, service, MHD_OPTION_END);
}

/* Until nothing is in flight, or for so long. */
static bool wait_for_quiet(struct service *service, int64_t most_ms)
{
    const struct timespec moment = {.tv_nsec = 5000000};
    const int64_t until_ms = machine_now_ms() + most_ms;
    while (atomic_load(&service->metrics.in_flight) > 0) {
        if (machine_now_ms() >= until_ms)
            return false;
        (void)nanosleep(&moment, NULL);
    }
    return true;
}

static void drain(struct service *service, int descriptor)
{
    const struct settings *settings = service->settings;
    const uint32_t seconds = settings->drain_s ? settings->drain_s : DEFAULT_DRAIN_S;
    message_note(settings, "stopping: no new connections; %llu requests are being finished",
                 (unsigned long long)atomic_load(&service->metrics.in_flight));
    atomic_store(&service->draining, true);
    (void)service->http->quiesce_daemon(service->daemon);
    (void)close(descriptor);
    if (!wait_for_quiet(service, (int64_t)seconds * 1000)) {
        message_note(settings, "cancelling what still runs after %u s", seconds);
        __atomic_store_n(&service->cancel, 1, __ATOMIC_RELAXED);
        guard_cancel(service->guard);
        (void)wait_for_quiet(service, LAST_ANSWERS_MS);
    }
    /* Lanes first: they resume connections, which must still be there. Those that are late may still ask. */
    for (size_t i = 0; i < SERVICE_LANES; i++)
        lane_close(service->lanes[i]);
    (void)wait_for_quiet(service, 1000);
    service->http->stop_daemon(service->daemon);
    service->daemon = NULL;
}

static void wait_for_signal(void)
{
    struct pollfd signal_came = {.fd = interrupt_descriptor(), .events = POLLIN};
    while (!interrupt_seen())
        (void)poll(&signal_came, 1, signal_came.fd < 0 ? 200 : -1);
}

static void say_where(const struct service *service, const char *url)
{
    const struct settings *settings = service->settings;
    message_note(settings, "listening on %s", url);
    if (!service->token)
        message_note(settings,
                     "anybody who reaches this address%s may add and remove images; "
                     "TESSERA_TOKEN or --token-file ask for a token",
                     service->origins.any ? ", and every web page that they look at," : "");
}

/* What the limit of open files leaves of what was asked for. False after a message: nothing that would serve.
 */
static bool make_plan(struct service *service, struct descriptor_plan *plan_out)
{
    const struct settings *settings = service->settings;
    const uint32_t cores = machine_cores(), fetches = settings->engine.fetches;
    struct descriptor_plan plan = {
        /* Each of these has a part of the connections, and must have at least one. */
        .network_threads = cores < 2   ? 2
                           : cores > 8 ? 8
                                       : cores,
        .jobs = settings->jobs ? settings->jobs : 2 * cores,
        .fetches = fetches                 ? fetches
                   : service->remote_store ? REMOTE_FETCHES
                                           : LOCAL_FETCHES,
        .connections = settings->connections ? settings->connections : DEFAULT_CONNECTIONS,
        .store_threads = STORE_THREADS};
    const uint32_t wanted = plan.connections;
    const uint64_t limit = descriptors_raise(descriptors_needed(&plan));
    if (!descriptors_fit(&plan, limit)) {
        message_error(settings, "cannot start the service: %llu files may be open at once, and it needs %llu",
                      (unsigned long long)limit, (unsigned long long)descriptors_needed(&plan));
        message_advice(settings, "raise the limit (ulimit -n), or lower --jobs or --fetches");
        return false;
    }
    if (plan.connections < wanted)
        message_note(settings,
                     "%u connections at once instead of %u, as %llu files may be open at once; ulimit -n "
                     "raises that",
                     plan.connections, wanted, (unsigned long long)limit);
    if (plan.network_threads > plan.connections)
        plan.network_threads = plan.connections;
    service->connections = plan.connections;
    *plan_out = plan;
    return true;
}

static enum exit_status run(struct service *service, int descriptor, const char *url)
{
    const struct settings *settings = service->settings;
    struct descriptor_plan plan;
    enum exit_status status = EXIT_FAILED;
    if (!make_plan(service, &plan)) {
        (void)close(descriptor);
        return status;
    }
    service->lanes[LANE_GRID] = lane_create(plan.jobs, settings->queue ? settings->queue : DEFAULT_QUEUE);
    service->lanes[LANE_STORE] = lane_create(plan.store_threads, STORE_QUEUE);
    service->guard = guard_create(guard_limit_ms);
    if (service->lanes[LANE_GRID] && service->lanes[LANE_STORE] && service->guard)
        service->daemon = start_daemon(service, descriptor, plan.network_threads);
    if (service->daemon) {
        say_where(service, url);
        wait_for_signal();
        drain(service, descriptor);
        message_note(settings, "stopped");
        status = EXIT_GOOD;
    } else {
        message_error(settings, "cannot start the service: no memory or threads");
        (void)close(descriptor);
    }
    for (size_t i = 0; i < SERVICE_LANES; i++)
        lane_destroy(service->lanes[i]);
    guard_destroy(service->guard);
    return status;
}

/* "/t" of "https://grids.example.com/t/"; for free(). */
static char *path_of(const char *url)
{
    const char *host = url ? strstr(url, "://") : NULL;
    const char *path = host ? strchr(host + 3, '/') : NULL;
    char *prefix = xstrdup(path ? path : "");
    for (size_t size = strlen(prefix); size > 0 && prefix[size - 1] == '/'; size--)
        prefix[size - 1] = '\0';
    return prefix;
}

static bool open_service(struct service *service, struct settings *settings, const char *url,
                         enum exit_status *status_out)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_REALTIME, &now);
    settings->store.link_base = settings->public_url ? settings->public_url : url;
    settings->store.cancel = &service->cancel; /* a signal asks to drain first */
    if (settings->engine.limits.timeout_ms == 0)
        settings->engine.limits.timeout_ms = SERVICE_TIMEOUT_MS;
    service->settings = settings;
    service->timeout_ms = settings->engine.limits.timeout_ms;
    service->fixed_links = settings->public_url != NULL;
    service->start_number = (uint64_t)now.tv_sec ^ (uint64_t)now.tv_nsec << 8 ^ (uint64_t)getpid();
    service->api.settings = settings;
    if (!open_store(settings, &service->api.store, status_out) ||
        !open_engine(settings, &service->api.engine, status_out))
        return false;
    service->remote_store = tess_store_is_remote(service->api.store);
    struct tess_engine_stats stats;
    tess_engine_stats(service->api.engine, &stats);
    service->body_budget = stats.memory_budget_bytes / 8;
    return true;
}

/* Whose pages may call, and by which names. */
static bool read_access(struct service *service, const struct settings *settings, const char *address,
                        const char *url, enum exit_status *status_out)
{
    struct tess_error error = {0};
    const char *origins = settings->cors_origin ? settings->cors_origin : service->token ? "*" : "none";
    if (origins_read(origins, &service->origins, &error) == TESS_OK &&
        hosts_read(address, url, settings->public_url, settings->allow_host_header, &service->hosts,
                   &error) == TESS_OK)
        return true;
    *status_out = message_usage(settings, "%s", error.message);
    return false;
}

static enum exit_status serve(struct service *service, struct settings *settings, const char *address,
                              int descriptor, const char *url)
{
    enum exit_status status = EXIT_FAILED;
    (void)signal(SIGPIPE, SIG_IGN);
    interrupt_install();
    if (read_access(service, settings, address, url, &status) &&
        open_service(service, settings, url, &status))
        status = run(service, descriptor, url);
    else
        (void)close(descriptor);
    tess_engine_destroy(service->api.engine);
    tess_store_close(service->api.store);
    origins_clear(&service->origins);
    hosts_clear(&service->hosts);
    return status;
}

enum exit_status command_serve(const struct settings *settings)
{
    struct settings own = *settings; /* the address is known only now */
    struct service service = {.next_number = 1};
    const char *address = settings->listen ? settings->listen : "127.0.0.1:8080";
    char why[160], *url = NULL, *token = NULL;
    const char *missing = "";
    enum exit_status status = EXIT_FAILED;
    if (!serve_token(settings, &token, &status))
        return status;
    char *prefix = path_of(settings->public_url);
    service.token = token;
    service.prefix = prefix;
    service.http = http_library_open(&missing);
    const int descriptor = service.http ? serve_listen(address, &url, why) : -1;
    if (!service.http)
        message_error(settings, "cannot start the service: %s", missing);
    else if (descriptor == SERVE_NO_ADDRESS)
        status = message_usage(settings, "--listen %s: %s", address, why);
    else if (descriptor < 0)
        message_error(settings, "cannot listen on %s: %s", address, why);
    else
        status = serve(&service, &own, address, descriptor, url);
    free(url);
    free(prefix);
    free(token);
    return status;
}
