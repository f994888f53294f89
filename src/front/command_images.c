// SPDX-License-Identifier: MIT
/* tessera add, list, remove: the images that belong to a grid id. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "front/answer.h"
#include "front/command.h"
#include "front/inputs.h"
#include "front/interrupt.h"
#include "front/json_out.h"
#include "front/message.h"
#include "front/opening.h"
#include "front/progress.h"
#include "front/xalloc.h"

/* Each waits for a disk or a server, most of the time. */
enum { ADD_THREADS = 8 };

/* --grid is there and good, the store is open. Otherwise a message, and the status in *status_out. */
static bool open_grid(const struct settings *settings, struct tess_store **store_out,
                      enum exit_status *status_out)
{
    if (settings->grid_id)
        return check_grid_id(settings, settings->grid_id, status_out) &&
               open_store(settings, store_out, status_out);
    *status_out = message_usage(settings, "which grid? --grid ID");
    return false;
}

static enum tess_status fail(struct tess_error *error, enum tess_status status, const char *path,
                             const char *reason)
{
    return tess_error_fill(error, status, NULL, "cannot read %s: %s", path, reason);
}

/* The whole file, at most max_bytes + 1 of it: one byte too many is for the library to refuse. */
static enum tess_status read_file(const char *path, uint64_t max_bytes, uint8_t **bytes_out, size_t *size_out,
                                  struct tess_error *error)
{
    int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    struct stat status;
    uint8_t *bytes = NULL;
    size_t size = 0;
    enum tess_status result = TESS_OK;
    if (file < 0 || fstat(file, &status) != 0) {
        result = fail(error, errno == ENOENT ? TESS_ERR_NOT_FOUND : TESS_ERR_IO, path, strerror(errno));
        goto cleanup;
    }
    if (!S_ISREG(status.st_mode)) {
        result = fail(error, TESS_ERR_INVALID, path, "not a file");
        goto cleanup;
    }
    size_t room = (uint64_t)status.st_size > max_bytes ? (size_t)max_bytes + 1 : (size_t)status.st_size;
    bytes = malloc(room ? room : 1);
    if (!bytes) {
        result = fail(error, TESS_ERR_MEMORY, path, "out of memory");
        goto cleanup;
    }
    while (size < room) {
        ssize_t got = read(file, bytes + size, room - size);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0) {
            result = fail(error, TESS_ERR_IO, path, strerror(errno));
            goto cleanup;
        }
        if (got == 0)
            break;
        size += (size_t)got;
    }
    *bytes_out = bytes;
    *size_out = size;
    bytes = NULL;

cleanup:
    free(bytes);
    if (file >= 0)
        (void)close(file);
    return result;
}

/* What all threads that add images share. */
struct adding {
    const struct settings *settings;
    struct tess_store *store;
    const struct inputs *inputs;
    pthread_mutex_t lock; /* of all below */
    size_t next;
    enum tess_status settled; /* what the store said of one image and will say of all; TESS_OK: nothing */
    cJSON **added, **failed;  /* by input; NULL: not so */
    size_t failed_count;
    struct tess_error told; /* the last failure that was shown */
    size_t told_again;      /* refusals that said the same as the one before */
    size_t untried;         /* after `settled` */
    struct progress progress;
};

/* *of_store_out: it was the store that failed, not the file. */
static enum tess_status add_one(const struct adding *adding, const char *path, int64_t added_ms,
                                cJSON **added_out, bool *of_store_out, struct tess_error *error)
{
    const struct settings *settings = adding->settings;
    uint64_t max_bytes = settings->engine.limits.max_input_bytes;
    uint8_t *bytes = NULL;
    size_t size = 0;
    enum tess_status status = read_file(path, max_bytes, &bytes, &size, error);
    *of_store_out = status == TESS_OK;
    if (status != TESS_OK)
        return status;
    char key[TESS_KEY_MAX_BYTES + 1] = "";
    status =
        tess_store_add_at(adding->store, settings->grid_id, added_ms, bytes, size, max_bytes, key, error);
    free(bytes);
    if (status != TESS_OK)
        return status;
    *added_out = json_object();
    json_add_text(*added_out, "source", path);
    json_add_text(*added_out, "s3Key", key);
    json_add_integer(*added_out, "image_size", (int64_t)size);
    return TESS_OK;
}

/* No bucket, no table, no credentials, no permission: the next image would meet the same. */
static bool is_settled(const struct tess_error *error)
{
    return error->status == TESS_ERR_SETUP || error->status == TESS_ERR_DENIED;
}

/* What the store refuses (no credentials, no bucket, no permission) it refuses in the same words, behind the
 * key. */
static bool is_same_refusal(const struct tess_error *a, const struct tess_error *b)
{
    const char *a_words = strstr(a->message, ": "), *b_words = strstr(b->message, ": ");
    return is_settled(a) && a->status == b->status &&
           strcmp(a_words ? a_words : a->message, b_words ? b_words : b->message) == 0;
}

/* Says what went wrong at once, but the same refusal only once; the answer lists it
 * in its place. */
static cJSON *tell_failure(struct adding *adding, const char *path, const struct tess_error *error)
{
    const struct settings *settings = adding->settings;
    cJSON *item = json_object();
    json_add_text(item, "source", path);
    json_add_text(item, "reason", error->message);
    json_add_text(item, "code", tess_status_name(error->status));
    if (is_same_refusal(&adding->told, error)) {
        adding->told_again++;
        return item;
    }
    adding->told = *error;
    progress_hide(&adding->progress);
    if (message_names(error->message, path))
        message_error(settings, "%s", error->message);
    else
        message_error(settings, "%s: %s", path, error->message);
    return item;
}

/* One thread: adds what can be added. The store failing for one image may well not fail for the next, unless
 * it says what it will say of all. */
static void *add_some(void *context)
{
    struct adding *adding = context;
    (void)pthread_mutex_lock(&adding->lock);
    while (adding->next < adding->inputs->count && adding->settled == TESS_OK && !interrupt_seen()) {
        const size_t index = adding->next++;
        const char *path = adding->inputs->paths[index];
        struct tess_error error = {0};
        bool of_store = false;
        if (path[0] == '\0')
            continue; /* a blank cell is nothing to store */
        const int64_t added_ms =
            tess_store_next_added_ms(adding->store); /* under the lock: in the order given */
        (void)pthread_mutex_unlock(&adding->lock);
        const bool good =
            add_one(adding, path, added_ms, &adding->added[index], &of_store, &error) == TESS_OK;
        (void)pthread_mutex_lock(&adding->lock);
        if (!good)
            adding->failed[index] = tell_failure(adding, path, &error);
        adding->failed_count += !good;
        if (!good && of_store && is_settled(&error))
            adding->settled = error.status;
        progress_step(&adding->progress, !good);
    }
    (void)pthread_mutex_unlock(&adding->lock);
    return NULL;
}

/* After the threads: what was not begun for the store's sake is as good as refused. */
static void refuse_the_rest(struct adding *adding)
{
    for (size_t i = adding->next; adding->settled != TESS_OK && i < adding->inputs->count; i++) {
        if (adding->inputs->paths[i][0] == '\0')
            continue;
        cJSON *item = json_object();
        json_add_text(item, "source", adding->inputs->paths[i]);
        json_add_text(item, "reason", "not tried: the store refuses all images, as it refused one before");
        json_add_text(item, "code", tess_status_name(adding->settled));
        adding->failed[i] = item;
        adding->untried++;
    }
    if (adding->untried)
        message_error(adding->settings, "%zu images were not tried: the store would refuse each of them",
                      adding->untried);
}

/* A thread that cannot be had is done without. */
static void add_in_threads(struct adding *adding)
{
    pthread_t threads[ADD_THREADS - 1];
    size_t count = 0, wanted = adding->inputs->count < ADD_THREADS ? adding->inputs->count : ADD_THREADS;
    while (count + 1 < wanted && pthread_create(&threads[count], NULL, add_some, adding) == 0)
        count++;
    (void)add_some(adding);
    for (size_t i = 0; i < count; i++)
        (void)pthread_join(threads[i], NULL);
}

static enum exit_status add_all(const struct settings *settings, struct tess_store *store,
                                const struct inputs *inputs)
{
    struct adding adding = {.settings = settings,
                            .store = store,
                            .inputs = inputs,
                            .lock = PTHREAD_MUTEX_INITIALIZER,
                            .added = xcalloc(inputs->count, sizeof *adding.added),
                            .failed = xcalloc(inputs->count, sizeof *adding.failed)};
    cJSON *json = json_object(), *added = cJSON_CreateArray(), *failed = cJSON_CreateArray();
    if (!added || !failed)
        out_of_memory();
    progress_begin(&adding.progress, settings, "images", inputs->count);
    interrupt_install();
    add_in_threads(&adding);
    progress_end(&adding.progress);
    if (adding.told_again)
        message_error(settings, "the same happened to %zu more", adding.told_again);
    refuse_the_rest(&adding);
    for (size_t i = 0; i < inputs->count; i++) {
        if (adding.added[i])
            (void)cJSON_AddItemToArray(added, adding.added[i]);
        if (adding.failed[i])
            (void)cJSON_AddItemToArray(failed, adding.failed[i]);
    }
    free(adding.added);
    free(adding.failed);
    (void)pthread_mutex_destroy(&adding.lock);
    int added_count = cJSON_GetArraySize(added);
    json_add_text(json, "message", added_count == 1 ? "image saved" : "images saved");
    json_add_text(json, "grid_id", settings->grid_id);
    json_add_integer(json, "count", added_count);
    json_add(json, "added", added);
    json_add(json, "failed", failed);
    if (interrupt_seen())
        message_error(settings, "stopped after %d of %zu images", added_count, inputs->count);
    return print_answer(settings, json, adding.failed_count || interrupt_seen() ? EXIT_FAILED : EXIT_GOOD);
}

enum exit_status command_add(const struct settings *settings)
{
    struct tess_store *store = NULL;
    enum exit_status status = EXIT_FAILED;
    if (!open_grid(settings, &store, &status))
        return status;
    struct inputs inputs;
    if (inputs_read(&inputs, settings, NULL, &status))
        status = add_all(settings, store, &inputs);
    inputs_clear(&inputs);
    tess_store_close(store);
    return status;
}

enum exit_status command_list(const struct settings *settings)
{
    struct tess_store *store = NULL;
    enum exit_status status = EXIT_FAILED;
    if (!open_grid(settings, &store, &status))
        return status;
    struct tess_keys keys = {0};
    struct tess_error error = {0};
    if (tess_store_list(store, settings->grid_id, settings->grid.order, &keys, &error) != TESS_OK) {
        status = message_failure(settings, &error);
    } else {
        cJSON *json = json_object();
        json_add_text(json, "grid_id", settings->grid_id);
        json_add_integer(json, "count", (int64_t)keys.count);
        json_add(json, "keys", json_strings((const char *const *)keys.keys, keys.count));
        status = print_answer(settings, json, EXIT_GOOD);
    }
    tess_keys_clear(&keys);
    tess_store_close(store);
    return status;
}

enum exit_status command_remove(const struct settings *settings)
{
    struct tess_store *store = NULL;
    enum exit_status status = EXIT_FAILED;
    if (!open_grid(settings, &store, &status))
        return status;
    size_t removed = 0;
    struct tess_error error = {0};
    if (tess_store_remove(store, settings->grid_id, settings->operands, settings->operand_count, &removed,
                          &error) != TESS_OK) {
        status = message_failure(settings, &error);
    } else {
        cJSON *json = json_object();
        json_add_text(json, "message", "removed");
        json_add_text(json, "grid_id", settings->grid_id);
        json_add_integer(json, "removed", (int64_t)removed);
        status = print_answer(settings, json, EXIT_GOOD);
    }
    tess_store_close(store);
    return status;
}
