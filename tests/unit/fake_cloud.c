// SPDX-License-Identifier: MIT
#include "fake_cloud.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"

enum { LOOK_AGAIN_US = 2000, PATIENCE_MS = 5000 };

bool cloud_await(atomic_uint *counter, unsigned least)
{
    for (int waited_us = 0; atomic_load(counter) < least; waited_us += LOOK_AGAIN_US) {
        if (waited_us > PATIENCE_MS * 1000)
            return false;
        usleep(LOOK_AGAIN_US);
    }
    return true;
}

static struct cloud *cloud_of(struct objects *objects)
{
    return (struct cloud *)objects; /* its first member */
}

static struct cloud *cloud_of_catalog(struct catalog *catalog)
{
    return (struct cloud *)(void *)((char *)catalog - offsetof(struct cloud, catalog));
}

static void begin(struct cloud_count *count)
{
    const unsigned running = atomic_fetch_add(&count->running, 1) + 1;
    unsigned most = atomic_load(&count->most);
    atomic_fetch_add(&count->total, 1);
    while (running > most && !atomic_compare_exchange_weak(&count->most, &most, running))
        ;
}

static void end(struct cloud_count *count)
{
    atomic_fetch_sub(&count->running, 1);
}

static struct cloud_object *find_locked(struct cloud *cloud, const char *bucket, const char *key)
{
    for (size_t i = 0; i < cloud->object_count; i++)
        if (strcmp(cloud->held[i].bucket, bucket) == 0 && strcmp(cloud->held[i].key, key) == 0)
            return &cloud->held[i];
    return NULL;
}

static bool put_locked(struct cloud *cloud, const char *bucket, const char *key, const void *data,
                       size_t size)
{
    struct cloud_object *object = find_locked(cloud, bucket, key);
    uint8_t *copy = malloc(size + 1);
    if (!copy || (!object && cloud->object_count == CLOUD_MOST)) {
        free(copy);
        return false;
    }
    if (object)
        free(object->data);
    else
        object = &cloud->held[cloud->object_count++];
    *object = (struct cloud_object){.data = copy, .size = size, .version = ++cloud->versions};
    (void)snprintf(object->bucket, sizeof object->bucket, "%s", bucket);
    (void)snprintf(object->key, sizeof object->key, "%s", key);
    memcpy(copy, data, size);
    return true;
}

void cloud_put(struct cloud *cloud, const char *bucket, const char *key, const void *data, size_t size)
{
    pthread_mutex_lock(&cloud->lock);
    if (!put_locked(cloud, bucket, key, data, size))
        abort();
    pthread_mutex_unlock(&cloud->lock);
}

void cloud_fail(struct cloud *cloud, const char *key, enum tess_status status)
{
    cloud_fail_in(cloud, "images", key, status);
}

void cloud_fail_in(struct cloud *cloud, const char *bucket, const char *key, enum tess_status status)
{
    pthread_mutex_lock(&cloud->lock);
    struct cloud_object *object = find_locked(cloud, bucket, key);
    if (object)
        object->fails = status;
    pthread_mutex_unlock(&cloud->lock);
}

static bool ends_with(const char *text, const char *ending)
{
    const size_t length = strlen(text), tail = strlen(ending);
    return length >= tail && strcmp(text + length - tail, ending) == 0;
}

void cloud_drop(struct cloud *cloud, const char *bucket, const char *ending)
{
    pthread_mutex_lock(&cloud->lock);
    for (size_t i = 0; i < cloud->object_count; i++) {
        struct cloud_object *object = &cloud->held[i];
        if (strcmp(object->bucket, bucket) != 0 || !ends_with(object->key, ending))
            continue;
        free(object->data);
        *object = cloud->held[--cloud->object_count];
        break;
    }
    pthread_mutex_unlock(&cloud->lock);
}

size_t cloud_count(struct cloud *cloud, const char *bucket)
{
    size_t count = 0;
    pthread_mutex_lock(&cloud->lock);
    for (size_t i = 0; i < cloud->object_count; i++)
        count += strcmp(cloud->held[i].bucket, bucket) == 0;
    pthread_mutex_unlock(&cloud->lock);
    return count;
}

static void tell(const struct cloud_object *object, struct object_info *info_out)
{
    info_out->size_bytes = object->size;
    (void)snprintf(info_out->version, sizeof info_out->version, "\"v%u\"", object->version);
}

static enum tess_status fake_stat(struct objects *objects, const char *bucket, const char *key,
                                  const struct stop *stop, struct object_info *info_out,
                                  struct tess_error *error)
{
    struct cloud *cloud = cloud_of(objects);
    enum tess_status status = stop_check(stop, error);
    begin(&cloud->stats);
    (void)cloud_await(&cloud->stats.total, cloud->gather);
    pthread_mutex_lock(&cloud->lock);
    const struct cloud_object *object = find_locked(cloud, bucket, key);
    if (status == TESS_OK && !object)
        status = error_set(error, TESS_ERR_NOT_FOUND, "there is no object %s", key);
    if (status == TESS_OK)
        tell(object, info_out);
    pthread_mutex_unlock(&cloud->lock);
    end(&cloud->stats);
    return status;
}

static enum tess_status read_locked(struct cloud *cloud, const struct object_get *request, struct bytes *out,
                                    struct object_info *info_out, struct tess_error *error)
{
    const struct cloud_object *object = find_locked(cloud, request->bucket, request->key);
    if (!object)
        return error_set(error, TESS_ERR_NOT_FOUND, "there is no object %s", request->key);
    if (object->fails != TESS_OK)
        return error_set(error, object->fails, "object %s is not to be had", request->key);
    tell(object, info_out);
    if (object->size > request->max_bytes)
        return error_limit(error, "max-bytes", "object %s is too large", request->key);
    return bytes_append(out, object->data, object->size) == TESS_OK
               ? TESS_OK
               : error_set(error, TESS_ERR_MEMORY, "no memory for object %s", request->key);
}

static enum tess_status await_stop(struct cloud *cloud, const struct stop *stop, struct tess_error *error)
{
    enum tess_status status = stop_sleep(stop, PATIENCE_MS, error);
    if (status != TESS_OK)
        atomic_fetch_add(&cloud->stopped, 1);
    return status;
}

static enum tess_status fake_get(struct objects *objects, const struct object_get *request, struct bytes *out,
                                 struct object_info *info_out, struct tess_error *error)
{
    struct cloud *cloud = cloud_of(objects);
    struct object_info info = {0};
    const bool image = strcmp(request->bucket, "images") == 0;
    enum tess_status status = TESS_OK;
    bytes_init(out, (size_t)request->max_bytes);
    begin(&cloud->gets);
    if (image)
        atomic_fetch_add(&cloud->got_images, 1);
    if (image && cloud->hold_gets)
        status = await_stop(cloud, request->stop, error);
    if (image)
        (void)cloud_await(&cloud->got_images, cloud->gather);
    if (status == TESS_OK) {
        pthread_mutex_lock(&cloud->lock);
        status = read_locked(cloud, request, out, &info, error);
        pthread_mutex_unlock(&cloud->lock);
    }
    if (image && cloud->on_get)
        cloud->on_get(cloud, request->key);
    if (info_out)
        *info_out = info;
    if (status != TESS_OK)
        bytes_clear(out);
    end(&cloud->gets);
    return status;
}

static enum tess_status fake_get_part(struct objects *objects, const struct object_part *part,
                                      struct bytes *out, struct tess_error *error)
{
    struct cloud *cloud = cloud_of(objects);
    struct object_info info = {0};
    bytes_init(out, part->size_bytes);
    begin(&cloud->gets);
    pthread_mutex_lock(&cloud->lock);
    const struct cloud_object *object = find_locked(cloud, part->bucket, part->key);
    enum tess_status status = TESS_ERR_NOT_FOUND;
    if (object)
        tell(object, &info);
    if (object && strcmp(info.version, part->version) == 0 && part->offset + part->size_bytes <= object->size)
        status = bytes_append(out, object->data + part->offset, part->size_bytes);
    if (status != TESS_OK)
        error_set(error, status, "there is no such part of object %s", part->key);
    pthread_mutex_unlock(&cloud->lock);
    end(&cloud->gets);
    return status;
}

static enum tess_status fake_remove(struct objects *objects, const char *bucket, const char *key,
                                    struct tess_error *error)
{
    struct cloud *cloud = cloud_of(objects);
    (void)error;
    begin(&cloud->removes);
    (void)cloud_await(&cloud->removes.total, cloud->gather);
    pthread_mutex_lock(&cloud->lock);
    struct cloud_object *object = find_locked(cloud, bucket, key);
    if (object) {
        free(object->data);
        *object = cloud->held[--cloud->object_count];
    }
    pthread_mutex_unlock(&cloud->lock);
    end(&cloud->removes);
    return TESS_OK;
}

/* As far as the engine lists buckets of images that are mapped: to see whether they are there. */
static enum tess_status fake_list_objects(struct objects *objects, const struct object_list *request,
                                          bool (*each)(void *context, const char *key,
                                                       const struct object_info *info),
                                          void *context, struct tess_error *error)
{
    (void)objects;
    (void)each;
    (void)context;
    if (strcmp(request->bucket, "images") == 0 || strcmp(request->bucket, "grids") == 0)
        return TESS_OK;
    return error_set(error, TESS_ERR_SETUP, "there is no bucket %s", request->bucket);
}

static enum tess_status fake_link(struct objects *objects, const struct object_link_request *request,
                                  struct bytes *url_out, int64_t *expires_at_out, struct tess_error *error)
{
    (void)objects;
    (void)error;
    bytes_init(url_out, 1024);
    *expires_at_out = request->now_s + request->expires_s;
    return bytes_append_format(url_out, "https://cloud.example/%s/%s", request->bucket, request->key);
}

struct fake_writer {
    const struct object_put *request;
    struct cloud *cloud;
    struct bytes bytes;
};

static enum tess_status fake_writer_open(struct objects *objects, const struct object_put *request,
                                         struct object_writer **writer_out, struct tess_error *error)
{
    struct fake_writer *writer = calloc(1, sizeof *writer);
    if (!writer)
        return error_set(error, TESS_ERR_MEMORY, "no memory for a writer");
    writer->request = request;
    writer->cloud = cloud_of(objects);
    bytes_init(&writer->bytes, 1 << 26);
    *writer_out = (struct object_writer *)writer;
    return TESS_OK;
}

static enum tess_status fake_writer_write(struct object_writer *writer, const void *data, size_t size,
                                          struct tess_error *error)
{
    enum tess_status status = bytes_append(&((struct fake_writer *)writer)->bytes, data, size);
    return status == TESS_OK ? status : error_set(error, status, "no memory for an object");
}

static void fake_writer_abort(struct object_writer *writer)
{
    bytes_clear(&((struct fake_writer *)writer)->bytes);
    free(writer);
}

static enum tess_status fake_writer_commit(struct object_writer *writer, const char *key,
                                           struct tess_error *error)
{
    struct fake_writer *self = (struct fake_writer *)writer;
    struct cloud *cloud = self->cloud;
    enum tess_status status = TESS_OK;
    begin(&cloud->puts);
    pthread_mutex_lock(&cloud->lock);
    const struct cloud_object *there = find_locked(cloud, self->request->bucket, key);
    if (cloud->fail_commit && ends_with(key, cloud->fail_commit))
        status = error_set(error, TESS_ERR_IO, "the put of %s was to fail", key);
    else if (self->request->only_new && there && there->size == self->bytes.size)
        status = TESS_OK; /* it stays */
    else if (!put_locked(cloud, self->request->bucket, key, self->bytes.data, self->bytes.size))
        status = error_set(error, TESS_ERR_MEMORY, "no memory for %s", key);
    pthread_mutex_unlock(&cloud->lock);
    end(&cloud->puts);
    fake_writer_abort(writer);
    return status;
}

static enum tess_status fake_list(struct catalog *catalog, const struct catalog_list *request,
                                  bool (*each)(void *context, const struct catalog_entry *entry),
                                  void *context, struct tess_error *error)
{
    struct cloud *cloud = cloud_of_catalog(catalog);
    const size_t count = cloud->mapped_count, page = cloud->page_keys ? cloud->page_keys : count;
    for (size_t i = 0; i < count; i++) {
        enum tess_status status = stop_check(request->stop, error);
        if (status != TESS_OK)
            return status;
        if (i > 0 && i % page == 0 && cloud->on_page)
            cloud->on_page(cloud, (uint32_t)(i / page));
        const struct catalog_entry entry = {cloud->mapped[request->descending ? count - 1 - i : i], 0};
        if (!each(context, &entry))
            break;
    }
    return TESS_OK;
}

static enum tess_status unmap(struct catalog *catalog, const char *grid_id, const char *key,
                              bool *removed_out, struct tess_error *error)
{
    struct cloud *cloud = cloud_of_catalog(catalog);
    (void)grid_id;
    (void)error;
    *removed_out = false;
    pthread_mutex_lock(&cloud->lock);
    for (size_t i = 0; i < cloud->mapped_count && !*removed_out; i++) {
        if (strcmp(cloud->mapped[i], key) != 0)
            continue;
        cloud->mapped_count--;
        memmove(cloud->mapped[i], cloud->mapped[i + 1], (cloud->mapped_count - i) * sizeof cloud->mapped[0]);
        *removed_out = true;
    }
    pthread_mutex_unlock(&cloud->lock);
    return TESS_OK;
}

static enum tess_status unmap_many(struct catalog *catalog, const char *grid_id, const char *const *keys,
                                   size_t count, struct tess_error *error)
{
    bool ignored;
    for (size_t i = 0; i < count; i++)
        (void)unmap(catalog, grid_id, keys[i], &ignored, error);
    return TESS_OK;
}

void cloud_map(struct cloud *cloud, const char *key)
{
    size_t place = cloud->mapped_count++;
    if (place == CLOUD_MOST - 1)
        abort();
    for (; place > 0 && strcmp(cloud->mapped[place - 1], key) > 0; place--)
        memcpy(cloud->mapped[place], cloud->mapped[place - 1], sizeof cloud->mapped[0]);
    (void)snprintf(cloud->mapped[place], sizeof cloud->mapped[0], "%s", key);
}

void cloud_forget_counts(struct cloud *cloud)
{
    struct cloud_count *const counts[] = {&cloud->gets, &cloud->stats, &cloud->removes, &cloud->puts};
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        atomic_store(&counts[i]->total, 0);
        atomic_store(&counts[i]->most, 0);
    }
    atomic_store(&cloud->stopped, 0);
    atomic_store(&cloud->got_images, 0);
}

void cloud_init(struct cloud *cloud)
{
    static const struct objects_ops objects_ops = {.stat = fake_stat,
                                                   .get = fake_get,
                                                   .get_part = fake_get_part,
                                                   .remove = fake_remove,
                                                   .list = fake_list_objects,
                                                   .link = fake_link,
                                                   .writer_open = fake_writer_open,
                                                   .writer_write = fake_writer_write,
                                                   .writer_commit = fake_writer_commit,
                                                   .writer_abort = fake_writer_abort};
    static const struct catalog_ops catalog_ops = {
        .list = fake_list, .remove = unmap, .remove_many = unmap_many};
    static char images[] = "images", grids[] = "grids";
    memset(cloud, 0, sizeof *cloud);
    pthread_mutex_init(&cloud->lock, NULL);
    cloud->objects = (struct objects){.ops = &objects_ops, .fetches = CLOUD_FETCHES, .remote = true};
    cloud->catalog.ops = &catalog_ops;
    cloud->store.backend = (struct backend){.objects = &cloud->objects,
                                            .catalog = &cloud->catalog,
                                            .source_bucket = images,
                                            .dest_bucket = grids};
}

void cloud_clear(struct cloud *cloud)
{
    for (size_t i = 0; i < cloud->object_count; i++)
        free(cloud->held[i].data);
    pthread_mutex_destroy(&cloud->lock);
}
