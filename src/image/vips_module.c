// SPDX-License-Identifier: MIT
/*
 * Finding and opening tessera-vips.so.
 *
 * The module is looked for beside the code that this file is part of (the program or libtessera.so, as the
 * dynamic linker knows it), then in tessera below it (an installed libtessera.so), then in ../lib/tessera (a
 * relocated program), then in the folder it was installed to. Neither an environment variable nor the current
 * folder has a say: both may be an attacker's.
 *
 * A failure is not remembered: the next caller tries again and gets the words of its own attempt.
 */
#include "image/vips_module.h"

#include <dlfcn.h>
#include <limits.h>
#include <link.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/shortage.h"
#include "image/vips_table.h"

#ifndef TESSERA_MODULE_DIR
#define TESSERA_MODULE_DIR "/usr/local/lib/tessera"
#endif

#define MODULE_FILE "tessera-vips.so"

/* Set once and for good by load_locked(). */
static _Atomic(const struct vips_ops *) loaded_ops;
static pthread_mutex_t load_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_once_t exit_once = PTHREAD_ONCE_INIT;

/* The folder of the object file that holds this code, without a trailing slash. "" when it cannot be told. */
static void own_folder(char folder[static PATH_MAX])
{
    Dl_info info;
    struct link_map *map = NULL;
    char path[PATH_MAX] = "";
    folder[0] = '\0';
    /* A function cannot be turned into a void pointer in ISO C; a variable of the same object serves as well.
     */
    if (!dladdr1(&load_lock, &info, (void **)&map, RTLD_DL_LINKMAP) || !map)
        return;
    if (map->l_name[0] == '\0') { /* the program itself; its dli_fname is argv[0], which anyone may set */
        ssize_t length = readlink("/proc/self/exe", path, sizeof path - 1);
        path[length > 0 ? length : 0] = '\0';
    } else if (map->l_name[0] == '/') {
        (void)snprintf(path, sizeof path, "%s", map->l_name);
    }
    char
        real[PATH_MAX]; /* libtessera.so may be a link to a file elsewhere, with the module beside that one */
    char *slash = path[0] && realpath(path, real) ? strrchr(real, '/') : NULL;
    if (!slash)
        return;
    *slash = '\0';
    memcpy(folder, real, (size_t)(slash - real) + 1);
}

static enum tess_status check_and_start(void *handle, const struct vips_table **table_out,
                                        struct tess_error *error)
{
    const struct vips_table *table = dlsym(handle, VIPS_TABLE_SYMBOL);
    if (!table || strcmp(table->version, TESSERA_VERSION) != 0 || table->ops_bytes != sizeof table->ops)
        return error_set(error, TESS_ERR_IO,
                         "%s belongs to %s version of tessera, not to " TESSERA_VERSION
                         ": install both together",
                         MODULE_FILE, table ? "another" : "no known");
    *table_out = table;
    return table->start(error);
}

/* Tries one folder. False when there is no module in it, so that the next one may be tried. */
static bool open_in(const char *folder, const char *below, void **handle_out, char reason[static 256])
{
    char path[PATH_MAX];
    if (folder[0] != '/' ||
        snprintf(path, sizeof path, "%s%s/" MODULE_FILE, folder, below) >= (int)sizeof path ||
        access(path, F_OK) != 0)
        return false;
    /* Lazily: binding every function of a hundred libraries at once would double the time. */
    *handle_out = dlopen(path, RTLD_LAZY | RTLD_LOCAL);
    if (!*handle_out) {
        const char *words = dlerror();
        (void)snprintf(reason, 256, "%s", words ? words : "no reason given");
    }
    return true;
}

/* That it cannot be had is TESS_ERR_IO, as a file that cannot be read: no fault of an image, and not for
 * ever. */
static const struct vips_ops *load_locked(struct tess_error *error)
{
    char folder[PATH_MAX], reason[256] = "";
    void *handle = NULL;
    const struct shortage_need need = {.memory_bytes = VIPS_MODULE_BYTES,
                                       .descriptors = VIPS_MODULE_DESCRIPTORS};
    if (shortage_check(&need, error) != TESS_OK)
        return NULL;
    own_folder(folder);
    if (!open_in(folder, "", &handle, reason) && !open_in(folder, "/tessera", &handle, reason) &&
        !open_in(folder, "/../lib/tessera", &handle, reason) &&
        !open_in(TESSERA_MODULE_DIR, "", &handle, reason)) {
        (void)error_set(error, TESS_ERR_SETUP,
                        MODULE_FILE " is needed for this and stands neither beside the program nor in %s: "
                                    "install it",
                        TESSERA_MODULE_DIR);
        return NULL;
    }
    const struct vips_table *table = NULL;
    if (!handle) {
        (void)error_set(error, TESS_ERR_IO, MODULE_FILE " cannot be loaded: %s", reason);
        return NULL;
    }
    if (check_and_start(handle, &table, error) != TESS_OK) {
        (void)dlclose(handle); /* libvips itself stays resident; the module may be replaced and tried again */
        return NULL;
    }
    return &table->ops; /* the handle is kept for good: libvips cannot be unloaded */
}

const struct vips_ops *vips_module(struct tess_error *error)
{
    const struct vips_ops *ops = atomic_load_explicit(&loaded_ops, memory_order_acquire);
    if (ops)
        return ops;
    (void)pthread_mutex_lock(&load_lock);
    ops = atomic_load_explicit(&loaded_ops, memory_order_relaxed);
    if (!ops) {
        ops = load_locked(error);
        atomic_store_explicit(&loaded_ops, ops, memory_order_release);
    }
    (void)pthread_mutex_unlock(&load_lock);
    return ops;
}

enum tess_status vips_module_get(const struct vips_ops **ops_out, struct tess_error *error)
{
    struct tess_error why;
    *ops_out = vips_module(&why);
    if (*ops_out)
        return TESS_OK;
    if (error)
        *error = why;
    return why.status;
}

static void *prefetch_thread(void *unused)
{
    (void)unused;
    (void)vips_module(NULL);
    return NULL;
}

/* exit() tears libraries down; it must not do so under a thread that is still loading them. */
static void wait_for_load(void)
{
    (void)pthread_mutex_lock(&load_lock);
    (void)pthread_mutex_unlock(&load_lock);
}

static void register_wait(void)
{
    (void)atexit(wait_for_load);
}

void vips_module_prefetch(void)
{
    pthread_t thread;
    if (atomic_load_explicit(&loaded_ops, memory_order_relaxed))
        return;
    (void)pthread_once(&exit_once, register_wait);
    /* Without a thread the first real call loads it: nothing is lost but time. */
    if (pthread_create(&thread, NULL, prefetch_thread, NULL) == 0)
        (void)pthread_detach(thread);
}
