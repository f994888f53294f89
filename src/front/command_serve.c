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
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "front/command.h"
#include "front/interrupt.h"
#include "front/machine.h"
#include "front/message.h"
#include "front/opening.h"
#include "front/serve.h"
#include "front/serve_token.h"
#include "front/xalloc.h"

enum {
    STORE_THREADS = 64,
    STORE_QUEUE = 1024,
    DEFAULT_QUEUE = 64,
    DEFAULT_CONNECTIONS = 1024,
    DEFAULT_DRAIN_S = 25,
    CONNECTION_MEMORY = 48 * 1024, /* of libmicrohttpd, for headers and pieces of bodies */
    IDLE_TIMEOUT_S = 75,
    LAST_ANSWERS_MS = 5000 /* for what was cancelled to be answered */
};

/* A connection, and perhaps a file for each. */
static void raise_descriptor_limit(uint32_t connections)
{
    struct rlimit limit;
    const rlim_t wanted = (rlim_t)connections * 2 + 512;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= wanted)
        return;
    limit.rlim_cur = limit.rlim_max == RLIM_INFINITY || limit.rlim_max > wanted ? wanted : limit.rlim_max;
    (void)setrlimit(RLIMIT_NOFILE, &limit);
}

static void log_library(void *context, const char *format, va_list args) TESS_PRINTF(2, 0);
static void log_library(void *context, const char *format, va_list args)
{
    char line[256];
    if (vsnprintf(line, sizeof line, format, args) < 0)
        return;
    line[strcspn(line, "\r\n")] = '\0';
    message_note(context, "%s", line);
}

static struct MHD_Daemon *start_daemon(struct service *service, int descriptor)
{
    const uint32_t cores = machine_cores();
    /* Each network thread has a part of the connections, and must have at least one. */
    const unsigned threads = cores < 2 ? 2 : cores > 8 ? 8 : cores;
    return service->http->start_daemon(
        MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG, 0, NULL, NULL,
        serve_handle, service, MHD_OPTION_EXTERNAL_LOGGER, log_library, (void *)service->settings,
        MHD_OPTION_LISTEN_SOCKET, descriptor, MHD_OPTION_THREAD_POOL_SIZE, threads,
        MHD_OPTION_CONNECTION_LIMIT, (unsigned)service->connections, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
        (size_t)CONNECTION_MEMORY, MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)IDLE_TIMEOUT_S,
        MHD_OPTION_URI_LOG_CALLBACK, serve_begin, service, MHD_OPTION_NOTIFY_COMPLETED, serve_end, service,
        MHD_OPTION_NOTIFY_CONNECTION, serve_connection, service, MHD_OPTION_END);
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

static enum exit_status run(struct service *service, int descriptor, const char *url)
{
    const struct settings *settings = service->settings;
    const uint32_t jobs = settings->jobs ? settings->jobs : 2 * machine_cores();
    enum exit_status status = EXIT_FAILED;
    service->lanes[LANE_GRID] = lane_create(jobs, settings->queue ? settings->queue : DEFAULT_QUEUE);
    service->lanes[LANE_STORE] = lane_create(STORE_THREADS, STORE_QUEUE);
    service->guard = guard_create(guard_limit_ms);
    if (service->lanes[LANE_GRID] && service->lanes[LANE_STORE] && service->guard)
        service->daemon = start_daemon(service, descriptor);
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
    service->connections = settings->connections ? settings->connections : DEFAULT_CONNECTIONS;
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
    raise_descriptor_limit(settings->connections ? settings->connections : DEFAULT_CONNECTIONS);
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
