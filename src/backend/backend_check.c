// SPDX-License-Identifier: MIT
/*
 * Looking over an embedded store for `tessera doctor`: what is there, what is wrong, what to do, in words for
 * someone who has never seen it. Nothing is created or changed.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "backend/backend.h"
#include "backend/backend_finding.h"
#include "backend/backend_names.h"
#include "backend/catalog_sqlite.h"
#include "backend/object_name.h"
#include "backend/objects_fs.h"
#include "backend/signing_key.h"
#include "base/error.h"

enum { PATH_BYTES = 1024 };

static const uint64_t low_space_bytes = 512ULL * 1024 * 1024;

static bool check_data_folder(struct findings *findings, const struct backend_names *names)
{
    static const char subject[] = "data folder";
    struct stat info;
    if (stat(names->data_dir, &info) != 0 && errno == ENOENT)
        finding_tell(findings, subject,
                     "run `tessera init` to create it, or name another folder with --data DIR",
                     "%s does not exist yet", names->data_dir);
    else if (stat(names->data_dir, &info) != 0)
        finding_tell(findings, subject, "check the permissions of the folders above it", "%s: %s",
                     names->data_dir, strerrordesc_np(errno));
    else if (!S_ISDIR(info.st_mode))
        finding_tell(findings, subject, "move that file away, or name another folder with --data DIR",
                     "%s is a file, not a folder", names->data_dir);
    else if (access(names->data_dir, R_OK | W_OK | X_OK) != 0)
        finding_tell(findings, subject,
                     "give the user who runs tessera the right to write there (chown or chmod)",
                     "%s cannot be written: %s", names->data_dir, strerrordesc_np(errno));
    else {
        finding_tell(findings, subject, NULL, "%s exists and can be written", names->data_dir);
        return true;
    }
    return false;
}

static void check_space(struct findings *findings, const struct backend_names *names)
{
    static const char subject[] = "free space";
    struct statvfs info;
    if (statvfs(names->data_dir, &info) != 0) {
        finding_tell(findings, subject, "check that the disk is mounted", "cannot tell: %s",
                     strerrordesc_np(errno));
        return;
    }
    uint64_t free_bytes = (uint64_t)info.f_bavail * info.f_frsize;
    const char *advice = NULL;
    if (info.f_flag & ST_RDONLY)
        advice = "mount the disk so that it can be written, or name another folder with --data DIR";
    else if (free_bytes < low_space_bytes)
        advice = "free some space, or move the folder to a larger disk and name it with --data DIR";
    finding_tell(findings, subject, advice, "%llu MiB free%s", (unsigned long long)(free_bytes >> 20),
                 info.f_flag & ST_RDONLY ? ", but mounted read-only" : "");
}

static void check_bucket(struct findings *findings, const struct backend_names *names, const char *bucket)
{
    char subject[BUCKET_NAME_MAX_BYTES + 32], path[PATH_BYTES];
    struct stat info;
    struct tess_error error;
    (void)snprintf(subject, sizeof subject, "bucket %.63s", bucket);
    if (bucket_name_check(bucket, &error) != TESS_OK) {
        finding_tell(findings, subject,
                     "choose another name (--source, --dest, or SOURCE_BUCKET, DESTINATION_BUCKET)", "%s",
                     error.message);
        return;
    }
    int length = snprintf(path, sizeof path, "%s/%s", names->objects_path, bucket);
    if (length < 0 || (size_t)length >= sizeof path)
        finding_tell(findings, subject, "choose a folder with a shorter path", "its path is too long");
    else if (stat(path, &info) != 0 || !S_ISDIR(info.st_mode))
        finding_tell(findings, subject, "run `tessera init` to create it", "there is no folder %s", path);
    else if (access(path, R_OK | W_OK | X_OK) != 0)
        finding_tell(findings, subject,
                     "give the user who runs tessera the right to write there (chown or chmod)",
                     "%s cannot be written: %s", path, strerrordesc_np(errno));
    else
        finding_tell(findings, subject, NULL, "%s exists and can be written", path);
}

static void check_catalog(struct findings *findings, const struct backend_names *names)
{
    static const char subject[] = "catalog";
    struct tess_error error;
    const char *advice = NULL;
    switch (catalog_sqlite_inspect(names->catalog_path, names->grid_table, names->counter_table, &error)) {
    case TESS_OK:
        finding_tell(findings, subject, NULL, "%s is whole and has the tables %s and %s", names->catalog_path,
                     names->grid_table, names->counter_table);
        return;
    case TESS_ERR_NOT_FOUND:
        advice = "run `tessera init` to create it";
        break;
    case TESS_ERR_INVALID:
        advice = "choose another name (GRID_TABLE, COUNTER_TABLE)";
        break;
    case TESS_ERR_UNSUPPORTED:
        advice = "install the newest tessera";
        break;
    case TESS_ERR_BUSY:
        advice = "wait until the other tessera processes are done, and look again";
        break;
    case TESS_ERR_DENIED:
        advice = "give the user who runs tessera the right to read and write the file (chown or chmod)";
        break;
    default:
        advice =
            "keep a copy of the file, then restore it from a backup, or move it away and run `tessera init` "
            "(images stay, but have to be added to their grids again)";
        break;
    }
    finding_tell(findings, subject, advice, "%s", error.message);
}

static void check_signing_key(struct findings *findings, const struct backend_names *names)
{
    static const char subject[] = "signing key";
    struct tess_error error;
    struct signing_key key;
    struct stat info;
    enum tess_status status = signing_key_read(names->key_path, &key, &error);
    if (status == TESS_OK)
        signing_key_clear(&key);
    if (status == TESS_ERR_NOT_FOUND)
        finding_tell(findings, subject, "run `tessera init` to create it", "there is no %s", names->key_path);
    else if (status != TESS_OK)
        finding_tell(findings, subject,
                     status == TESS_ERR_DENIED
                         ? "run tessera as the user who owns the file"
                         : "remove the file and run `tessera init`; links given out before stop working",
                     "%s", error.message);
    else if (stat(names->key_path, &info) != 0 || (info.st_mode & 077) != 0)
        finding_tell(
            findings, subject, "run `chmod 600` on it: whoever can read it can make links to every image",
            "%s can be read by other users (mode %03o)", names->key_path, (unsigned)(info.st_mode & 0777));
    else
        finding_tell(findings, subject, NULL, "%s is there, and for its owner only", names->key_path);
}

/* Only of what is whole so far: else each row would be a finding of its own. */
static void check_rows(struct findings *findings, const struct backend_names *names)
{
    struct objects *objects = NULL;
    struct tess_error error = {0};
    struct rows rows;
    if (findings->bad > 0)
        return;
    enum tess_status status = objects_fs_view(names->data_dir, &objects, &error);
    if (status != TESS_OK) {
        finding_tell(findings, "images", "end other programs and try again", "%s", error.message);
        return;
    }
    rows_begin(&rows, findings, objects, names->source_bucket);
    status = catalog_sqlite_scan(names->catalog_path, names->grid_table, rows_add, &rows, &error);
    rows_end(&rows, status, &error);
    objects->ops->destroy(objects);
}

size_t backend_check(const struct tess_store_config *config,
                     void (*report)(void *context, const struct tess_finding *finding),
                     void (*progress)(void *context, uint64_t rows), void *context)
{
    struct findings findings = {.report = report, .progress = progress, .context = context};
    struct backend_names names;
    if (backend_is_aws(config)) {
        backend_check_aws(&findings, config);
        return findings.bad;
    }
    if (backend_names_init(&names, config, NULL) != TESS_OK) {
        finding_tell(&findings, "store", "end other programs and try again",
                     "there is no memory to look at it");
        return findings.bad;
    }
    if (check_data_folder(&findings, &names)) {
        check_space(&findings, &names);
        check_catalog(&findings, &names);
        check_bucket(&findings, &names, names.source_bucket);
        if (strcmp(names.source_bucket, names.dest_bucket) != 0)
            check_bucket(&findings, &names, names.dest_bucket);
        check_signing_key(&findings, &names);
        check_rows(&findings, &names);
    }
    backend_names_clear(&names);
    return findings.bad;
}
