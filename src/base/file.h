// SPDX-License-Identifier: MIT
/*
 * Whole-file reading and all-or-nothing writing.
 *
 * A file_writer writes to a temporary file in the target's folder and renames it over the target at commit,
 * so that readers see the old file or the new one, never a part. `durable` adds fsync of file and folder:
 * after commit the file survives a power cut.
 */
#ifndef BASE_FILE_H
#define BASE_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#include "base/bytes.h"
#include <tessera/status.h>

/*
 * Reads a regular file of at most max_bytes into `out` (initialised here; cleared on failure). TESS_ERR_LIMIT
 * "max-bytes" when it is larger, TESS_ERR_INVALID when it is a folder, device or the like.
 */
enum tess_status file_read(const char *path, uint64_t max_bytes, struct bytes *out, struct tess_error *error);

/* The same; *info_out (may be NULL) is what fstat() says of the file that was read, also with TESS_ERR_LIMIT
 * (else its size is 0). */
enum tess_status file_read_info(const char *path, uint64_t max_bytes, struct bytes *out,
                                struct stat *info_out, struct tess_error *error);

struct file_writer {
    int fd; /* -1 when sealed or closed */
    bool durable;
    char *path, *temp_path; /* owned; NULL when closed */
};

/*
 * Begins a file beside `path` (beside what it names, if it is a symbolic link). TESS_ERR_INVALID when it is a
 * folder, device or pipe. On failure the writer is closed and needs no abort.
 */
enum tess_status file_writer_open(struct file_writer *writer, const char *path, bool durable,
                                  struct tess_error *error);
enum tess_status file_writer_write(struct file_writer *writer, const void *data, size_t size,
                                   struct tess_error *error);

/*
 * Ends the writing: the file is whole (and on disk, if durable) and costs no descriptor any more, but is not
 * visible before commit. On failure the temporary is gone and the writer closed.
 */
enum tess_status file_writer_seal(struct file_writer *writer, struct tess_error *error);

/* Seals if that has not been done, and renames over the target. The writer is closed after it, whether it
 * worked or not (then the temporary is gone). */
enum tess_status file_writer_commit(struct file_writer *writer, struct tess_error *error);
void file_writer_abort(struct file_writer *writer); /* removes the temporary; harmless when closed */

#endif
