// SPDX-License-Identifier: MIT
/*
 * Several processes with one store, from the moment that there is none: adding images to one grid, and
 * counting hits of one counter. Nothing may be lost, and no two hits may be given the same number.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../unit/scratch.h"
#include "backend/backend.h"
#include "base/clock.h"

enum { COUNTERS = 8, HITS = 200, ADDERS = 2, IMAGES = 100 };

static void must(bool good, const char *what, const struct tess_error *error)
{
    if (good)
        return;
    (void)fprintf(stderr, "failed: %s: %s\n", what, error ? error->message : "");
    abort();
}

static void hit(struct backend *backend, int answers)
{
    int64_t values[HITS];
    struct tess_error error;
    for (int i = 0; i < HITS; i++)
        must(backend->catalog->ops->counter_add(backend->catalog, "hits", 1, &values[i], &error) == TESS_OK,
             "counter_add", &error);
    must(write(answers, values, sizeof values) == (ssize_t)sizeof values, "write", NULL);
}

static void add(struct backend *backend, int number)
{
    struct tess_error error;
    for (int i = 0; i < IMAGES; i++) {
        char key[32];
        (void)snprintf(key, sizeof key, "%d-%d.jpg", number, i);
        must(objects_put(backend->objects, backend->source_bucket, key, "image/jpeg", key, strlen(key),
                         &error) == TESS_OK,
             "objects_put", &error);
        must(backend->catalog->ops->add(backend->catalog, "grid", key, 1, &error) == TESS_OK, "add", &error);
    }
}

/* Waits until the gate is closed, so that all begin at once. */
static void child(const struct tess_store_config *config, int number, const int gate[2], int answers)
{
    struct backend backend;
    struct tess_error error;
    char letter;
    close(gate[1]);
    (void)!read(gate[0], &letter, 1);
    must(backend_open(config, &backend, &error) == TESS_OK, "backend_open", &error);
    if (number < COUNTERS)
        hit(&backend, answers);
    else
        add(&backend, number);
    backend_close(&backend);
    _exit(0);
}

static bool count_row(void *context, const struct catalog_entry *entry)
{
    (void)entry;
    ++*(int *)context;
    return true;
}

static bool count_object(void *context, const char *key, const struct object_info *info)
{
    must(info->size_bytes == strlen(key), "an object is not whole", NULL);
    ++*(int *)context;
    return true;
}

static void check_hits(int answers)
{
    static bool seen[COUNTERS * HITS + 1];
    for (int i = 0; i < COUNTERS; i++) {
        int64_t values[HITS];
        must(read(answers, values, sizeof values) == (ssize_t)sizeof values, "read", NULL);
        for (int k = 0; k < HITS; k++) {
            must(values[k] >= 1 && values[k] <= COUNTERS * HITS, "a hit's number is out of range", NULL);
            must(!seen[values[k]], "two hits have one number", NULL);
            seen[values[k]] = true;
        }
    }
}

static void check_store(const struct tess_store_config *config)
{
    struct backend backend;
    struct tess_error error;
    int64_t value = 0;
    int rows = 0, objects = 0;
    must(backend_open(config, &backend, &error) == TESS_OK, "backend_open", &error);
    must(!backend.created, "something was still missing", NULL);
    must(backend.catalog->ops->counter_get(backend.catalog, "hits", &value, &error) == TESS_OK, "counter_get",
         &error);
    must(value == COUNTERS * HITS, "hits were lost", NULL);
    must(backend.catalog->ops->list(backend.catalog, &(struct catalog_list){.grid_id = "grid"}, count_row,
                                    &rows, &error) == TESS_OK,
         "list", &error);
    must(backend.objects->ops->list(backend.objects, &(struct object_list){.bucket = "images", .prefix = ""},
                                    count_object, &objects, &error) == TESS_OK,
         "list", &error);
    must(rows == ADDERS * IMAGES && objects == ADDERS * IMAGES, "images were lost", NULL);
    backend_close(&backend);
}

enum { THREADS_MAX = 16, HITS_EACH = 100 };

static void *hit_alone(void *context)
{
    struct backend *backend = context;
    struct tess_error error;
    int64_t value;
    for (int i = 0; i < HITS_EACH; i++)
        must(backend->catalog->ops->counter_add(backend->catalog, "threads", 1, &value, &error) == TESS_OK,
             "counter_add", &error);
    return NULL;
}

/* For the record: what one process reaches, alone with the disk. */
static void measure(const struct tess_store_config *config)
{
    struct backend backend;
    struct tess_error error;
    int64_t value = 0, expected = 0;
    must(backend_open(config, &backend, &error) == TESS_OK, "backend_open", &error);
    for (int threads = 1; threads <= THREADS_MAX; threads *= 4) {
        pthread_t ids[THREADS_MAX];
        int64_t start_ns = clock_monotonic_ns();
        for (int i = 0; i < threads; i++)
            must(pthread_create(&ids[i], NULL, hit_alone, &backend) == 0, "pthread_create", NULL);
        for (int i = 0; i < threads; i++)
            must(pthread_join(ids[i], NULL) == 0, "pthread_join", NULL);
        double seconds = (double)(clock_monotonic_ns() - start_ns) / 1e9;
        (void)printf("one process, %2d threads: %.0f durable hits/s\n", threads,
                     threads * HITS_EACH / seconds);
        expected += (int64_t)threads * HITS_EACH;
    }
    must(backend.catalog->ops->counter_get(backend.catalog, "threads", &value, &error) == TESS_OK,
         "counter_get", &error);
    must(value == expected, "threads lost hits", NULL);
    backend_close(&backend);
}

int main(void)
{
    char folder[64];
    int gate[2], answers[2];
    scratch_make(folder);
    const struct tess_store_config config = {.data_dir = scratch_path(folder, "not/there/yet")};
    must(pipe(gate) == 0 && pipe(answers) == 0, "pipe", NULL);
    for (int i = 0; i < COUNTERS + ADDERS; i++) {
        pid_t process = fork();
        must(process >= 0, "fork", NULL);
        if (process == 0)
            child(&config, i, gate, answers[1]);
    }
    int64_t start_ns = clock_monotonic_ns();
    close(gate[0]);
    close(gate[1]);
    for (int i = 0; i < COUNTERS + ADDERS; i++) {
        int status = 0;
        must(wait(&status) > 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0, "a child failed", NULL);
    }
    double seconds = (double)(clock_monotonic_ns() - start_ns) / 1e9;
    (void)printf("%d processes: %d durable hits and %d images in %.2f s\n", COUNTERS + ADDERS,
                 COUNTERS * HITS, ADDERS * IMAGES, seconds);
    check_hits(answers[0]);
    check_store(&config);
    measure(&config);
    scratch_remove(folder);
    return 0;
}
