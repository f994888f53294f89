// SPDX-License-Identifier: MIT
/*
 * The wrappers that `ld --wrap` puts in place of libc's calls. Counting is atomic, so that an engine with
 * threads can be tortured: which thread gets the failing call is then left to chance, that every count gets
 * its turn is not.
 */
#include "torture.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <setjmp.h>

#include <cmocka.h>

static struct {
    atomic_bool armed;
    atomic_int kind;
    atomic_size_t count; /* calls of that kind since arming */
    atomic_size_t nth;
    atomic_bool for_good;
    atomic_bool failed;
} torture;

void torture_arm(enum torture_kind kind, size_t nth, bool for_good)
{
    atomic_store(&torture.kind, (int)kind);
    atomic_store(&torture.count, 0);
    atomic_store(&torture.nth, nth);
    atomic_store(&torture.for_good, for_good);
    atomic_store(&torture.failed, false);
    atomic_store(&torture.armed, true);
}

bool torture_disarm(void)
{
    atomic_store(&torture.armed, false);
    return atomic_load(&torture.failed);
}

/* Whether the call that is being made is to fail; sets errno then. */
static bool fails(enum torture_kind kind)
{
    if (!atomic_load(&torture.armed) || atomic_load(&torture.kind) != (int)kind)
        return false;
    size_t number = atomic_fetch_add(&torture.count, 1) + 1;
    size_t nth = atomic_load(&torture.nth);
    if (number < nth || (number > nth && !atomic_load(&torture.for_good)))
        return false;
    atomic_store(&torture.failed, true);
    errno = kind == TORTURE_MEMORY ? ENOMEM : ENOSPC;
    return true;
}

/* One run; true when there was no call left to fail. */
static bool run_once(enum torture_kind kind, size_t nth, bool for_good, torture_operation *operation,
                     void *context)
{
    struct tess_error error = {.status = TESS_OK};
    torture_arm(kind, nth, for_good);
    enum tess_status status = operation(context, &error);
    bool failed = torture_disarm();
    const char *what = kind == TORTURE_MEMORY ? "allocation" : "I/O call";
    if (!failed && status != TESS_OK)
        fail_msg("%s: %s, although no %s failed", tess_status_name(status), error.message, what);
    if (failed && status == TESS_OK)
        fail_msg("succeeded although %s %zu failed", what, nth);
    if (failed && (status == TESS_ERR_INTERNAL || error.message[0] == '\0' || error.status != status))
        fail_msg("%s %zu failed: status %s, error %s \"%s\"", what, nth, tess_status_name(status),
                 tess_status_name(error.status), error.message);
    return !failed;
}

size_t torture_loop(enum torture_kind kind, torture_operation *operation, void *context)
{
    enum { MAX_CALLS = 100000 }; /* more means that the operation loops */
    for (size_t nth = 1; nth <= MAX_CALLS; nth++) {
        if (run_once(kind, nth, false, operation, context))
            return nth - 1;
        (void)run_once(kind, nth, true, operation, context);
    }
    fail_msg("still failing after %d calls", MAX_CALLS);
    return 0;
}

/* The names are the linker's: __wrap_x is called for x, __real_x is libc's own. */
void *__real_malloc(size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_malloc(size_t size)
{
    return fails(TORTURE_MEMORY) ? NULL : __real_malloc(size);
}

void *__real_calloc(size_t count, size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_calloc(size_t count, size_t size)
{
    return fails(TORTURE_MEMORY) ? NULL : __real_calloc(count, size);
}

void *__real_realloc(void *memory, size_t size);
void *__wrap_realloc(void *memory, size_t size);
void *__wrap_realloc(void *memory, size_t size)
{
    return fails(TORTURE_MEMORY) ? NULL : __real_realloc(memory, size);
}

void *__real_aligned_alloc(size_t alignment, size_t size);
void *__wrap_aligned_alloc(size_t alignment, size_t size);
void *__wrap_aligned_alloc(size_t alignment, size_t size)
{
    return fails(TORTURE_MEMORY) ? NULL : __real_aligned_alloc(alignment, size);
}

int __real_posix_memalign(void **memory_out, size_t alignment, size_t size);
int __wrap_posix_memalign(void **memory_out, size_t alignment, size_t size);
int __wrap_posix_memalign(void **memory_out, size_t alignment, size_t size)
{
    return fails(TORTURE_MEMORY) ? ENOMEM : __real_posix_memalign(memory_out, alignment, size);
}

char *__real_strdup(const char *text);
char *__wrap_strdup(const char *text);
char *__wrap_strdup(const char *text)
{
    return fails(TORTURE_MEMORY) ? NULL : __real_strdup(text);
}

char *__real_strndup(const char *text, size_t size);
char *__wrap_strndup(const char *text, size_t size);
char *__wrap_strndup(const char *text, size_t size)
{
    return fails(TORTURE_MEMORY) ? NULL : __real_strndup(text, size);
}

int __real_vasprintf(char **text_out, const char *format, va_list args) TESS_PRINTF(2, 0);
int __wrap_vasprintf(char **text_out, const char *format, va_list args) TESS_PRINTF(2, 0);
int __wrap_vasprintf(char **text_out, const char *format, va_list args)
{
    if (fails(TORTURE_MEMORY)) {
        /* What *text_out holds after a failure is undefined: make sure that nobody relies on NULL. */
        *text_out = (char *)(uintptr_t)0x1;
        return -1;
    }
    return __real_vasprintf(text_out, format, args);
}

int __wrap_asprintf(char **text_out, const char *format, ...) TESS_PRINTF(2, 3);
int __wrap_asprintf(char **text_out, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int length = __wrap_vasprintf(text_out, format, args);
    va_end(args);
    return length;
}

int __real_open(const char *path, int flags, ...);
int __wrap_open(const char *path, int flags, ...);
int __wrap_open(const char *path, int flags, ...)
{
    mode_t mode = 0;
    if ((flags & O_CREAT) != 0 || (flags & O_TMPFILE) == O_TMPFILE) {
        va_list args;
        va_start(args, flags);
        mode = va_arg(args, mode_t);
        va_end(args);
    }
    return fails(TORTURE_IO) ? -1 : __real_open(path, flags, mode);
}

ssize_t __real_read(int fd, void *data, size_t size);
ssize_t __wrap_read(int fd, void *data, size_t size);
ssize_t __wrap_read(int fd, void *data, size_t size)
{
    return fails(TORTURE_IO) ? -1 : __real_read(fd, data, size);
}

ssize_t __real_write(int fd, const void *data, size_t size);
ssize_t __wrap_write(int fd, const void *data, size_t size);
ssize_t __wrap_write(int fd, const void *data, size_t size)
{
    return fails(TORTURE_IO) ? -1 : __real_write(fd, data, size);
}

int __real_fstat(int fd, struct stat *info);
int __wrap_fstat(int fd, struct stat *info);
int __wrap_fstat(int fd, struct stat *info)
{
    return fails(TORTURE_IO) ? -1 : __real_fstat(fd, info);
}

int __real_fsync(int fd);
int __wrap_fsync(int fd);
int __wrap_fsync(int fd)
{
    return fails(TORTURE_IO) ? -1 : __real_fsync(fd);
}

int __real_close(int fd);
int __wrap_close(int fd);
int __wrap_close(int fd)
{
    /* Only a descriptor that was written to has news in its close(), and the kernel closes it all the same.
     */
    bool written = (fcntl(fd, F_GETFL) & O_ACCMODE) != O_RDONLY;
    bool failing = written && fails(TORTURE_IO);
    int result = __real_close(fd);
    if (!failing)
        return result;
    errno = ENOSPC;
    return -1;
}

int __real_rename(const char *from, const char *to);
int __wrap_rename(const char *from, const char *to);
int __wrap_rename(const char *from, const char *to)
{
    return fails(TORTURE_IO) ? -1 : __real_rename(from, to);
}
