// SPDX-License-Identifier: MIT
#include "base/file.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/utf8.h"

/* Reads until `size` bytes or the end of the file; the number read, or -1 with errno. */
static ssize_t read_fully(int fd, uint8_t *data, size_t size)
{
    size_t done = 0;
    while (done < size) {
        ssize_t count = read(fd, data + done, size - done);
        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0)
            return -1;
        if (count == 0)
            break;
        done += (size_t)count;
    }
    return (ssize_t)done;
}

enum tess_status file_read_info(const char *path, uint64_t max_bytes, struct bytes *out,
                                struct stat *info_out, struct tess_error *error)
{
    enum tess_status status = TESS_OK;
    struct stat info = {0};
    bytes_init(out, max_bytes < SIZE_MAX ? (size_t)max_bytes : SIZE_MAX);
    /* O_NONBLOCK: opening a FIFO must not wait for a writer that never comes. */
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) {
        if (info_out)
            *info_out = info;
        return error_errno(error, errno, "cannot open %s", path);
    }
    if (fstat(fd, &info) != 0) {
        status = error_errno(error, errno, "cannot examine %s", path);
    } else if (!S_ISREG(info.st_mode)) {
        status = error_set(error, TESS_ERR_INVALID, "%s is not a regular file", path);
    } else if ((uint64_t)info.st_size > max_bytes) {
        status = error_limit(error, "max-bytes", "%s has %lld bytes, more than the limit max-bytes of %llu",
                             path, (long long)info.st_size, (unsigned long long)max_bytes);
    } else if (bytes_reserve(out, (size_t)info.st_size) != TESS_OK) {
        status = error_set(error, TESS_ERR_MEMORY, "no memory for the %lld bytes of %s",
                           (long long)info.st_size, path);
    } else {
        ssize_t count = read_fully(fd, out->data, (size_t)info.st_size);
        if (count < 0)
            status = error_errno(error, errno, "cannot read %s", path);
        else
            out->size = (size_t)count;
    }
    close(fd);
    if (status != TESS_OK)
        bytes_clear(out);
    if (info_out)
        *info_out = info;
    return status;
}

enum tess_status file_read(const char *path, uint64_t max_bytes, struct bytes *out, struct tess_error *error)
{
    return file_read_info(path, max_bytes, out, NULL, error);
}

static void close_writer(struct file_writer *writer)
{
    if (writer->fd >= 0)
        close(writer->fd);
    writer->fd = -1;
    free(writer->path);
    free(writer->temp_path);
    writer->path = NULL;
    writer->temp_path = NULL;
}

enum { TEMP_NAME_BYTES = 200 };

/* "dir/.name.PID-N.part": hidden, and beside the target, since rename must not cross file systems. */
static char *temp_name(const char *path)
{
    static atomic_uint counter;
    const char *slash = strrchr(path, '/');
    int folder_length = slash ? (int)(slash - path) + 1 : 0;
    /* A long name is cut: the temporary's own name has to fit the file system's 255 bytes. Not within a
     * character: some file systems take UTF-8 only. */
    const char *last = path + folder_length;
    char *name = NULL;
    if (asprintf(&name, "%.*s.%.*s.%ld-%u.part", folder_length, path,
                 (int)utf8_prefix(last, strlen(last), TEMP_NAME_BYTES), last, (long)getpid(),
                 atomic_fetch_add(&counter, 1)) < 0)
        return NULL;
    return name;
}

/* Renaming over a device or pipe would replace it, which nobody means who names one. */
static enum tess_status check_target(const char *path, struct tess_error *error)
{
    struct stat info;
    if (stat(path, &info) != 0 || S_ISREG(info.st_mode))
        return TESS_OK;
    return error_set(error, TESS_ERR_INVALID, "%s is a %s, not a file to write", path,
                     S_ISDIR(info.st_mode) ? "folder" : "device or pipe");
}

/* What replaces a private file is private too. Where that is refused the usual mode has to do. */
static void keep_mode(const struct file_writer *writer)
{
    struct stat info;
    if (stat(writer->path, &info) == 0)
        (void)fchmod(writer->fd, info.st_mode & 0777);
}

/* Why the temporary could not be made; a folder that is missing by its name. */
static enum tess_status fail_temp(const struct file_writer *writer, int errnum, struct tess_error *error)
{
    const char *slash = strrchr(writer->path, '/');
    struct stat info;
    char *folder =
        slash && slash > writer->path ? strndup(writer->path, (size_t)(slash - writer->path)) : NULL;
    enum tess_status status;
    if (errnum == ENOENT && folder && stat(folder, &info) != 0)
        status = error_set(error, TESS_ERR_NOT_FOUND,
                           "cannot write %s: No such file or directory; make the folder %s first",
                           writer->path, folder);
    else
        status = error_errno(error, errnum, "cannot write %s", writer->path);
    free(folder);
    return status;
}

/* Creates the temporary. A name that is taken was left by a killed process with our number: the next one will
 * do. */
static enum tess_status create_temp(struct file_writer *writer, struct tess_error *error)
{
    enum { ATTEMPTS = 100 };
    for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
        free(writer->temp_path);
        writer->temp_path = temp_name(writer->path);
        if (!writer->temp_path)
            return error_set(error, TESS_ERR_MEMORY, "no memory to write %s", writer->path);
        writer->fd = open(writer->temp_path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
        if (writer->fd >= 0) {
            keep_mode(writer);
            return TESS_OK;
        }
        if (errno != EEXIST)
            break;
    }
    return fail_temp(writer, errno, error);
}

enum tess_status file_writer_open(struct file_writer *writer, const char *path, bool durable,
                                  struct tess_error *error)
{
    memset(writer, 0, sizeof *writer);
    writer->fd = -1;
    writer->durable = durable;
    enum tess_status status = check_target(path, error);
    if (status != TESS_OK)
        return status;
    /* Through a symbolic link to what it names: the link stays a link. */
    writer->path = realpath(path, NULL);
    if (!writer->path)
        writer->path = strdup(path);
    status = writer->path ? create_temp(writer, error)
                          : error_set(error, TESS_ERR_MEMORY, "no memory to write %s", path);
    if (status != TESS_OK)
        close_writer(writer);
    return status;
}

enum tess_status file_writer_write(struct file_writer *writer, const void *data, size_t size,
                                   struct tess_error *error)
{
    const uint8_t *next = data;
    while (size > 0) {
        ssize_t count = write(writer->fd, next, size);
        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0)
            return error_errno(error, errno, "cannot write %s", writer->path);
        next += count;
        size -= (size_t)count;
    }
    return TESS_OK;
}

/* A rename is durable only when the folder that holds the name has been synced too. */
static int sync_folder_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    char *folder = slash ? strndup(path, slash == path ? 1 : (size_t)(slash - path)) : strdup(".");
    if (!folder)
        return ENOMEM;
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    free(folder);
    if (fd < 0)
        return errno;
    int failed = fsync(fd) != 0 ? errno : 0;
    close(fd);
    return failed;
}

static enum tess_status fail_writer(struct file_writer *writer, int errnum, struct tess_error *error)
{
    enum tess_status status = error_errno(error, errnum, "cannot write %s", writer->path);
    file_writer_abort(writer);
    return status;
}

enum tess_status file_writer_seal(struct file_writer *writer, struct tess_error *error)
{
    int failed = writer->durable && fsync(writer->fd) != 0 ? errno : 0;
    if (close(writer->fd) != 0 && !failed)
        failed = errno;
    writer->fd = -1;
    return failed ? fail_writer(writer, failed, error) : TESS_OK;
}

enum tess_status file_writer_commit(struct file_writer *writer, struct tess_error *error)
{
    enum tess_status status = writer->fd >= 0 ? file_writer_seal(writer, error) : TESS_OK;
    if (status != TESS_OK)
        return status;
    assert(writer->path && writer->temp_path);
    if (rename(writer->temp_path, writer->path) != 0)
        return fail_writer(writer, errno, error);
    int failed = writer->durable ? sync_folder_of(writer->path) : 0;
    if (failed)
        status = error_errno(error, failed, "cannot write %s", writer->path);
    close_writer(writer);
    return status;
}

void file_writer_abort(struct file_writer *writer)
{
    if (writer->temp_path)
        (void)unlink(writer->temp_path);
    close_writer(writer);
}
