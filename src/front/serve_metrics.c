// SPDX-License-Identifier: MIT
#include "front/serve_metrics.h"

#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "front/serve.h"
#include "front/xalloc.h"

static const double bounds[METRICS_BUCKETS] = {0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1,
                                               0.25,  0.5,    1,     2.5,  5,     10,   30};

/* Those that the service sends; the last slot is for any other. */
static const int statuses[METRICS_STATUSES - 1] = {200, 204, 206, 304, 400, 401, 403, 404, 405,
                                                   408, 409, 411, 412, 413, 414, 415, 416, 422,
                                                   429, 431, 499, 500, 501, 503, 504};

static const char *const stage_names[METRICS_STAGES] = {"plan",   "fetch", "decode", "place",
                                                        "encode", "store", "total"};

static void observe(struct metrics_histogram *histogram, double seconds)
{
    size_t bucket = 0;
    while (bucket < METRICS_BUCKETS && seconds > bounds[bucket])
        bucket++;
    atomic_fetch_add_explicit(&histogram->buckets[bucket], 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&histogram->sum_us, (uint64_t)(seconds * 1e6), memory_order_relaxed);
}

void metrics_count(struct metrics *metrics, enum api_route route, int http_status, double seconds)
{
    size_t slot = 0;
    while (slot < METRICS_STATUSES - 1 && statuses[slot] != http_status)
        slot++;
    atomic_fetch_add_explicit(&metrics->requests[route][slot], 1, memory_order_relaxed);
    observe(&metrics->seconds[route], seconds);
}

void metrics_count_grid(struct metrics *metrics, const struct api_answer *answer)
{
    if (!answer->is_grid) {
        atomic_fetch_add(&metrics->grids_failed, 1);
        return;
    }
    atomic_fetch_add(answer->cached ? &metrics->grids_cached : &metrics->grids_built, 1);
    atomic_fetch_add(&metrics->tiles, answer->tiles);
    atomic_fetch_add(&metrics->tiles_failed, answer->failed_tiles);
    if (answer->cached)
        return;
    const struct tess_timings *t = &answer->timings;
    const double ms[METRICS_STAGES] = {t->plan_ms,   t->fetch_ms, t->decode_ms, t->place_ms,
                                       t->encode_ms, t->store_ms, t->total_ms};
    for (size_t i = 0; i < METRICS_STAGES; i++)
        observe(&metrics->stages[i], ms[i] / 1000);
}

static void print_histogram(FILE *out, const char *name, const char *label, const char *value,
                            const struct metrics_histogram *histogram)
{
    uint64_t count = 0;
    for (size_t i = 0; i < METRICS_BUCKETS; i++) {
        count += atomic_load(&histogram->buckets[i]);
        (void)fprintf(out, "%s_bucket{%s=\"%s\",le=\"%g\"} %" PRIu64 "\n", name, label, value, bounds[i],
                      count);
    }
    count += atomic_load(&histogram->buckets[METRICS_BUCKETS]);
    (void)fprintf(out, "%s_bucket{%s=\"%s\",le=\"+Inf\"} %" PRIu64 "\n", name, label, value, count);
    (void)fprintf(out, "%s_sum{%s=\"%s\"} %.6f\n", name, label, value,
                  (double)atomic_load(&histogram->sum_us) / 1e6);
    (void)fprintf(out, "%s_count{%s=\"%s\"} %" PRIu64 "\n", name, label, value, count);
}

static void print_head(FILE *out, const char *name, const char *type, const char *help)
{
    (void)fprintf(out, "# HELP tessera_%s %s\n# TYPE tessera_%s %s\n", name, help, name, type);
}

static void print_one(FILE *out, const char *name, const char *type, const char *help, double value)
{
    print_head(out, name, type, help);
    (void)fprintf(out, "tessera_%s %.17g\n", name, value);
}

static bool is_used(const struct metrics *metrics, size_t route)
{
    for (size_t slot = 0; slot < METRICS_STATUSES; slot++) {
        if (atomic_load(&metrics->requests[route][slot]) > 0)
            return true;
    }
    return false;
}

static void print_requests(FILE *out, const struct metrics *metrics)
{
    print_head(out, "requests_total", "counter", "Requests by route and HTTP status (499: the client left).");
    for (size_t route = 0; route < API_ROUTES; route++) {
        for (size_t slot = 0; slot < METRICS_STATUSES; slot++) {
            const uint64_t count = atomic_load(&metrics->requests[route][slot]);
            if (count > 0)
                (void)fprintf(out, "tessera_requests_total{route=\"%s\",status=\"%d\"} %" PRIu64 "\n",
                              api_route_name((enum api_route)route),
                              slot < METRICS_STATUSES - 1 ? statuses[slot] : -1, count);
        }
    }
    print_head(out, "request_seconds", "histogram", "Time from request line to the end of the answer.");
    for (size_t route = 0; route < API_ROUTES; route++) {
        if (is_used(metrics, route))
            print_histogram(out, "tessera_request_seconds", "route", api_route_name((enum api_route)route),
                            &metrics->seconds[route]);
    }
    print_head(out, "stage_seconds", "histogram",
               "Time of the stages of grids that were built, summed over threads; total is wall time.");
    for (size_t i = 0; i < METRICS_STAGES; i++)
        print_histogram(out, "tessera_stage_seconds", "stage", stage_names[i], &metrics->stages[i]);
}

static void print_grids(FILE *out, const struct metrics *metrics)
{
    print_head(out, "grids_total", "counter", "Grids by result; cached ones were in the store already.");
    (void)fprintf(out, "tessera_grids_total{result=\"built\"} %" PRIu64 "\n",
                  atomic_load(&metrics->grids_built));
    (void)fprintf(out, "tessera_grids_total{result=\"cached\"} %" PRIu64 "\n",
                  atomic_load(&metrics->grids_cached));
    (void)fprintf(out, "tessera_grids_total{result=\"failed\"} %" PRIu64 "\n",
                  atomic_load(&metrics->grids_failed));
    print_one(out, "tiles_total", "counter", "Cells with an image, of all grids.",
              (double)atomic_load(&metrics->tiles));
    print_one(out, "tiles_failed_total", "counter", "Cells that became placeholders.",
              (double)atomic_load(&metrics->tiles_failed));
    print_one(out, "received_bytes_total", "counter", "Bytes of request bodies.",
              (double)atomic_load(&metrics->body_bytes));
    print_one(out, "sent_bytes_total", "counter", "Bytes of answers' bodies.",
              (double)atomic_load(&metrics->answer_bytes));
    print_one(out, "refused_total", "counter", "Requests refused because a queue was full.",
              (double)atomic_load(&metrics->refused));
    print_one(out, "in_flight", "gauge", "Requests between their first line and the end of their answer.",
              (double)atomic_load(&metrics->in_flight));
}

static void print_lanes(FILE *out, struct service *service)
{
    static const char *const names[SERVICE_LANES] = {"grid", "store"};
    struct lane_state states[SERVICE_LANES];
    for (size_t i = 0; i < SERVICE_LANES; i++)
        states[i] = lane_look(service->lanes[i]);
    print_head(out, "queue_waiting", "gauge", "Requests that wait for a thread.");
    for (size_t i = 0; i < SERVICE_LANES; i++)
        (void)fprintf(out, "tessera_queue_waiting{lane=\"%s\"} %u\n", names[i], states[i].waiting);
    print_head(out, "queue_running", "gauge", "Requests that have a thread.");
    for (size_t i = 0; i < SERVICE_LANES; i++)
        (void)fprintf(out, "tessera_queue_running{lane=\"%s\"} %u\n", names[i], states[i].running);
    print_head(out, "queue_capacity", "gauge", "Requests that may wait; more are refused with 503.");
    for (size_t i = 0; i < SERVICE_LANES; i++)
        (void)fprintf(out, "tessera_queue_capacity{lane=\"%s\"} %u\n", names[i], states[i].capacity);
}

static double resident_bytes(void)
{
    unsigned long long pages = 0;
    FILE *file = fopen("/proc/self/statm", "re");
    if (file) {
        if (fscanf(file, "%*u %llu", &pages) != 1) /* NOLINT(cert-err34-c): a wrong number is only shown */
            pages = 0;
        (void)fclose(file);
    }
    return (double)pages * (double)sysconf(_SC_PAGESIZE);
}

static double open_descriptors(void)
{
    unsigned count = 0;
    DIR *folder = opendir("/proc/self/fd");
    while (folder && readdir(folder))
        count++;
    if (folder)
        (void)closedir(folder);
    return count > 3 ? count - 3 : 0; /* ".", ".." and the folder itself */
}

static void print_machine(FILE *out, struct service *service)
{
    struct tess_engine_stats engine;
    struct tess_store_stats store;
    tess_engine_stats(service->api.engine, &engine);
    tess_store_stats(service->api.store, &store);
    print_one(out, "memory_budget_bytes", "gauge", "Most that images in work may take.",
              (double)engine.memory_budget_bytes);
    print_one(out, "memory_used_bytes", "gauge", "What images in work take now.",
              (double)engine.memory_used_bytes);
    print_one(out, "memory_peak_bytes", "gauge", "Most that images in work took at once.",
              (double)engine.memory_peak_bytes);
    print_one(out, "store_calls_total", "counter", "Calls of S3 and DynamoDB.", (double)store.calls);
    print_one(out, "store_retries_total", "counter", "Attempts beyond the first of such a call.",
              (double)store.retries);
    print_one(out, "store_failures_total", "counter",
              "Such calls that ended with an error, \"not found\" among them.", (double)store.failures);
    print_one(out, "connections", "gauge", "Open connections.", guard_connections(service->guard));
    print_one(out, "connections_cut_total", "counter", "Connections of clients that were too slow.",
              (double)guard_cut(service->guard));
    print_one(out, "resident_bytes", "gauge", "Memory of the process.", resident_bytes());
    print_one(out, "open_descriptors", "gauge", "Files and sockets that are open.", open_descriptors());
    print_head(out, "build_info", "gauge", "The version that runs.");
    (void)fprintf(out, "tessera_build_info{version=\"%s\"} 1\n", tess_version());
}

char *metrics_print(struct service *service)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    if (!out)
        return xstrdup("");
    print_requests(out, &service->metrics);
    print_grids(out, &service->metrics);
    print_lanes(out, service);
    print_machine(out, service);
    if (fclose(out) != 0 || !text)
        out_of_memory();
    return text;
}
