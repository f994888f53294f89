// SPDX-License-Identifier: MIT
#include "backend/backend.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backend/backend_aws.h"
#include "backend/backend_names.h"
#include "backend/catalog_dynamo.h"
#include "backend/catalog_sqlite.h"
#include "backend/folder.h"
#include "backend/objects_fs.h"
#include "base/error.h"
#include "net/aws.h"

static const char *or_default(const char *text, const char *otherwise)
{
    return text && text[0] ? text : otherwise;
}

static char *path_below(const char *folder, const char *name)
{
    char *path = NULL;
    return asprintf(&path, "%s/%s", folder, name) < 0 ? NULL : path;
}

bool backend_is_aws(const struct tess_store_config *config)
{
    const bool bucket_named = (config->source_bucket && config->source_bucket[0]) ||
                              (config->dest_bucket && config->dest_bucket[0]);
    if (config->kind == TESS_STORE_AUTO)
        return bucket_named && !(config->data_dir && config->data_dir[0]);
    return config->kind == TESS_STORE_AWS;
}

enum tess_status backend_names_init(struct backend_names *names, const struct tess_store_config *config,
                                    struct tess_error *error)
{
    static const struct tess_store_config nothing;
    if (!config)
        config = &nothing;
    names->aws = backend_is_aws(config);
    names->data_dir = or_default(config->data_dir, "./tessera-data");
    /* S3's bucket names are shared by the whole world: nobody's can be guessed. */
    names->source_bucket = or_default(config->source_bucket, names->aws ? "" : "images");
    names->dest_bucket = or_default(config->dest_bucket, names->aws ? "" : "grids");
    names->grid_table = or_default(config->grid_table, "GridBuilder");
    names->counter_table = or_default(config->counter_table, "hit-counters");
    names->link_base = or_default(config->link_base, "http://127.0.0.1:8080");
    names->objects_path = path_below(names->data_dir, "objects");
    names->catalog_path = path_below(names->data_dir, "catalog.db");
    names->key_path = path_below(names->data_dir, "signing-key");
    if (names->objects_path && names->catalog_path && names->key_path)
        return TESS_OK;
    backend_names_clear(names);
    error_set(error, TESS_ERR_MEMORY, "no memory to open the store");
    return TESS_ERR_MEMORY;
}

void backend_names_clear(struct backend_names *names)
{
    free(names->objects_path);
    free(names->catalog_path);
    free(names->key_path);
    memset(names, 0, sizeof *names);
}

static enum tess_status check_names(const struct backend_names *names, struct tess_error *error)
{
    const char *const buckets[] = {names->source_bucket, names->dest_bucket};
    enum tess_status status = TESS_OK;
    for (size_t i = 0; i < 2 && status == TESS_OK; i++)
        if (buckets[i][0])
            status = bucket_name_check(buckets[i], error);
    if (status != TESS_OK)
        return status;
    return names->aws ? dynamo_table_names_check(names->grid_table, names->counter_table, error)
                      : table_names_check(names->grid_table, names->counter_table, error);
}

static enum tess_status open_embedded(const struct backend_names *names, struct backend *backend,
                                      struct tess_error *error)
{
    bool created = false;
    enum tess_status status =
        objects_fs_open(names->data_dir, names->link_base, &backend->created, &backend->objects, error);
    if (status == TESS_OK)
        status = catalog_sqlite_open(names->catalog_path, names->grid_table, names->counter_table,
                                     &backend->catalog, error);
    if (status == TESS_OK)
        status = backend_ensure(backend, &created, error);
    backend->created = backend->created || created;
    /* The catalog's file was created by SQLite, which syncs the folder for its journal only. */
    if (status == TESS_OK && backend->created)
        status = folder_sync_parent(names->catalog_path, error);
    return status;
}

/* All names are checked before anything is created. */
static enum tess_status open_parts(const struct tess_store_config *config, const struct backend_names *names,
                                   struct backend *backend, struct tess_error *error)
{
    backend->source_bucket = strdup(names->source_bucket);
    backend->dest_bucket = strdup(names->dest_bucket);
    if (!backend->source_bucket || !backend->dest_bucket)
        return error_set(error, TESS_ERR_MEMORY, "no memory to open the store");
    enum tess_status status = check_names(names, error);
    if (status != TESS_OK)
        return status;
    return names->aws ? backend_aws_open(config, names, backend, error)
                      : open_embedded(names, backend, error);
}

enum tess_status backend_ensure(struct backend *backend, bool *created_out, struct tess_error *error)
{
    const char *const buckets[] = {backend->source_bucket, backend->dest_bucket};
    bool any_created = false;
    enum tess_status status = TESS_OK;
    for (size_t i = 0; i < 2 && status == TESS_OK; i++) {
        bool created = false;
        if (buckets[i][0]) /* on AWS one who only counts hits names none */
            status = backend->objects->ops->ensure_bucket(backend->objects, buckets[i], &created, error);
        any_created = any_created || created;
    }
    bool tables = false;
    if (status == TESS_OK)
        status = backend->catalog->ops->ensure_tables(backend->catalog, &tables, error);
    if (created_out)
        *created_out = any_created || tables;
    return status;
}

enum tess_status backend_open(const struct tess_store_config *config, struct backend *backend_out,
                              struct tess_error *error)
{
    static const struct tess_store_config nothing;
    struct backend_names names;
    memset(backend_out, 0, sizeof *backend_out);
    if (!config)
        config = &nothing;
    enum tess_status status = backend_names_init(&names, config, error);
    if (status != TESS_OK)
        return status;
    status = open_parts(config, &names, backend_out, error);
    if (status != TESS_OK)
        backend_close(backend_out);
    backend_names_clear(&names);
    return status;
}

void backend_close(struct backend *backend)
{
    if (backend->catalog)
        backend->catalog->ops->destroy(backend->catalog);
    if (backend->objects)
        backend->objects->ops->destroy(backend->objects);
    aws_destroy(backend->aws); /* both used it */
    free(backend->source_bucket);
    free(backend->dest_bucket);
    memset(backend, 0, sizeof *backend);
}

void backend_stats(const struct backend *backend, struct tess_store_stats *stats_out)
{
    const struct aws_counts counts = backend->aws ? aws_counts_of(backend->aws) : (struct aws_counts){0};
    *stats_out = (struct tess_store_stats){
        .calls = counts.calls, .retries = counts.retries, .failures = counts.failures};
}
