// SPDX-License-Identifier: MIT
/*
 * Kills a process in the middle of its writing, again and again, and looks at what is left.
 *
 * A child adds images (object, then catalog row), rewrites one grid and counts hits, as fast as it can, and
 * says over a pipe what has been acknowledged to it. After SIGKILL at a random moment everything that was
 * acknowledged must be there and whole; nothing that can be seen may be in part; and the store must open
 * again as if nothing had happened.
 */
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "../unit/scratch.h"
#include "backend/backend.h"
#include "base/clock.h"
#include "base/error.h"

enum { ROUNDS = 40, OBJECT_MAX_BYTES = 300000, CHUNK_BYTES = 16384, ACKS_MAX = 100000 };

/* What the child says: one of these for each thing done. */
struct ack {
    char key[32];    /* of an added image, or "" */
    int64_t counter; /* the counter's value, or 0 */
    int64_t grid;    /* the generation of the grid, or 0 */
};

static void must(bool good, const char *what, const struct tess_error *error)
{
    if (good)
        return;
    (void)fprintf(stderr, "failed: %s: %s\n", what, error ? error->message : "");
    abort();
}

static uint32_t next_random(uint32_t *seed)
{
    *seed = *seed * 1664525U + 1013904223U;
    return *seed >> 8;
}

/* The one content that belongs to a seed: its size, and every byte, follow from it; it begins with the seed.
 */
static size_t content_of(uint32_t seed, uint8_t *data)
{
    uint32_t state = seed;
    size_t size = 1000 + next_random(&state) % (OBJECT_MAX_BYTES - 1000);
    memcpy(data, &seed, sizeof seed);
    for (size_t i = sizeof seed; i < size; i++)
        data[i] = (uint8_t)next_random(&state);
    return size;
}

static void put_in_chunks(struct backend *backend, const char *bucket, const char *key, uint32_t seed,
                          uint8_t *data)
{
    struct object_writer *writer = NULL;
    struct tess_error error;
    const struct objects_ops *ops = backend->objects->ops;
    size_t size = content_of(seed, data);
    must(ops->writer_open(backend->objects,
                          &(struct object_put){.bucket = bucket, .media_type = "image/jpeg"}, &writer,
                          &error) == TESS_OK,
         "writer_open", &error);
    for (size_t at = 0; at < size; at += CHUNK_BYTES) {
        size_t part = size - at < CHUNK_BYTES ? size - at : CHUNK_BYTES;
        must(ops->writer_write(writer, data + at, part, &error) == TESS_OK, "writer_write", &error);
    }
    must(ops->writer_commit(writer, key, &error) == TESS_OK, "writer_commit", &error);
}

/* Never returns. */
static void work(const struct tess_store_config *config, uint32_t seed, int answers)
{
    static uint8_t data[OBJECT_MAX_BYTES];
    struct backend backend;
    struct tess_error error;
    must(backend_open(config, &backend, &error) == TESS_OK, "child's backend_open", &error);
    for (int64_t generation = 1;; generation++) {
        struct ack ack = {.grid = generation};
        uint32_t image = next_random(&seed);
        (void)snprintf(ack.key, sizeof ack.key, "image/%08x.jpg", image);
        put_in_chunks(&backend, backend.source_bucket, ack.key, image, data);
        must(backend.catalog->ops->add(backend.catalog, "grid", ack.key, 1, &error) == TESS_OK, "add",
             &error);
        put_in_chunks(&backend, backend.dest_bucket, "grid.jpg", next_random(&seed), data);
        must(backend.catalog->ops->counter_add(backend.catalog, "hits", 1, &ack.counter, &error) == TESS_OK,
             "counter_add", &error);
        if (write(answers, &ack, sizeof ack) != (ssize_t)sizeof ack)
            _exit(1);
    }
}

static void expect_whole(struct backend *backend, const char *bucket, const char *key)
{
    static uint8_t expected[OBJECT_MAX_BYTES];
    struct bytes bytes;
    struct tess_error error;
    uint32_t seed;
    must(backend->objects->ops->get(
             backend->objects,
             &(struct object_get){.bucket = bucket, .key = key, .max_bytes = OBJECT_MAX_BYTES}, &bytes, NULL,
             &error) == TESS_OK,
         key, &error);
    must(bytes.size >= sizeof seed, "an object is not whole", NULL);
    memcpy(&seed, bytes.data, sizeof seed);
    size_t size = content_of(seed, expected);
    must(bytes.size == size && memcmp(bytes.data, expected, size) == 0, "an object is not whole", NULL);
    bytes_clear(&bytes);
}

struct view {
    struct backend *backend;
    const char *bucket;
    size_t rows;
};

static bool check_object(void *context, const char *key, const struct object_info *info)
{
    const struct view *view = context;
    (void)info;
    expect_whole(view->backend, view->bucket, key);
    return true;
}

/* A row is written after its object. */
static bool check_row(void *context, const struct catalog_entry *entry)
{
    struct view *view = context;
    expect_whole(view->backend, view->bucket, entry->key);
    view->rows++;
    return true;
}

static bool find_row(void *context, const struct catalog_entry *entry)
{
    const char **wanted = context;
    if (strcmp(*wanted, entry->key) == 0)
        *wanted = NULL;
    return *wanted != NULL;
}

static void examine(const struct tess_store_config *config, const struct ack *acks, size_t count,
                    int64_t counter_before, int64_t *counter_out)
{
    struct backend backend;
    struct tess_error error;
    must(backend_open(config, &backend, &error) == TESS_OK, "backend_open after a kill", &error);
    struct view images = {&backend, backend.source_bucket, 0}, grids = {&backend, backend.dest_bucket, 0};
    const struct objects_ops *ops = backend.objects->ops;
    must(ops->list(backend.objects, &(struct object_list){.bucket = images.bucket, .prefix = ""},
                   check_object, &images, &error) == TESS_OK,
         "list images", &error);
    must(ops->list(backend.objects, &(struct object_list){.bucket = grids.bucket, .prefix = ""}, check_object,
                   &grids, &error) == TESS_OK,
         "list grids", &error);
    must(backend.catalog->ops->list(backend.catalog, &(struct catalog_list){.grid_id = "grid"}, check_row,
                                    &images, &error) == TESS_OK,
         "list rows", &error);
    for (size_t i = 0; i < count; i++) {
        const char *wanted = acks[i].key;
        must(backend.catalog->ops->list(backend.catalog, &(struct catalog_list){.grid_id = "grid"}, find_row,
                                        &wanted, &error) == TESS_OK,
             "list rows", &error);
        must(wanted == NULL, "an acknowledged row is missing", NULL);
        expect_whole(&backend, backend.source_bucket, acks[i].key);
    }
    must(backend.catalog->ops->counter_get(backend.catalog, "hits", counter_out, &error) == TESS_OK,
         "counter_get", &error);
    int64_t least = count > 0 ? acks[count - 1].counter : counter_before;
    must(*counter_out == least || *counter_out == least + 1, "the counter lost or invented hits", NULL);
    backend_close(&backend);
}

/* One child, killed; the number of its acknowledgements. */
static size_t run_and_kill(const struct tess_store_config *config, bool at_start, uint32_t *seed,
                           struct ack *acks)
{
    int answers[2];
    must(pipe(answers) == 0, "pipe", NULL);
    pid_t child = fork();
    must(child >= 0, "fork", NULL);
    if (child == 0) {
        close(answers[0]);
        work(config, *seed, answers[1]);
    }
    close(answers[1]);
    if (!at_start) { /* let it come to work first: a byte waiting means that something was acknowledged */
        struct pollfd waiting = {.fd = answers[0], .events = POLLIN};
        must(poll(&waiting, 1, 60000) == 1, "the child does nothing", NULL);
    }
    long delay_us = 100 + (long)(next_random(seed) % 60000);
    const struct timespec pause = {.tv_nsec = delay_us * 1000};
    (void)nanosleep(&pause, NULL);
    (void)kill(child, SIGKILL);
    size_t count = 0;
    while (count < ACKS_MAX && read(answers[0], &acks[count], sizeof *acks) == (ssize_t)sizeof *acks)
        count++;
    close(answers[0]);
    int status = 0;
    must(waitpid(child, &status, 0) == child, "waitpid", NULL);
    must(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL, "the child ended by itself", NULL);
    return count;
}

int main(void)
{
    char folder[64];
    struct ack *acks = calloc(ACKS_MAX, sizeof *acks);
    must(acks != NULL, "calloc", NULL);
    scratch_make(folder);
    const struct tess_store_config config = {.data_dir = folder};
    uint32_t seed = (uint32_t)clock_monotonic_ns();
    int64_t counter = 0;
    size_t acknowledged = 0, leftovers = 0;
    (void)printf("seed %u\n", seed);
    for (int round = 0; round < ROUNDS; round++) {
        size_t count = run_and_kill(&config, round % 4 == 0, &seed, acks);
        examine(&config, acks, count, counter, &counter);
        acknowledged += count;
    }
    leftovers = (size_t)scratch_count(scratch_path(folder, "objects/.partial"));
    (void)printf("%d kills, %zu acknowledged additions, %zu temporaries left for the sweep\n", ROUNDS,
                 acknowledged, leftovers);
    must(acknowledged > 0, "nothing was ever acknowledged: the test tests nothing", NULL);
    must(leftovers > 0, "no kill ever met a write: the test tests little", NULL);
    scratch_remove(folder);
    free(acks);
    return 0;
}
