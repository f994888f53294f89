// SPDX-License-Identifier: MIT
/*
 * The module's front door: starting libvips, and the table of what it can do for us.
 *
 * libvips is set up for the whole process: one thread per operation (tessera's own workers give the
 * parallelism; libvips' default of one per core for each of them would oversubscribe), no cache of operations
 * (no image is asked for twice, and a cache would keep pixels alive beyond the memory budget), untrusted
 * loaders blocked, warnings not printed (a library has no output of its own; damage is an error here, not a
 * warning).
 */
#include "base/error.h"
#include "image/vips_inside.h"
#include "image/vips_table.h"

static void drop_message(const char *domain, GLogLevelFlags level, const char *message, void *data)
{
    (void)domain;
    (void)level;
    (void)message;
    (void)data;
}

static enum tess_status start(struct tess_error *error)
{
    /* An empty name: libvips would search $PATH and the current folder for the program to guess where its
     * plug-ins are, and so might load them from there. */
    if (VIPS_INIT(""))
        return words_fail(error, TESS_ERR_IO, "libvips cannot be started");
    vips_concurrency_set(1);
    vips_cache_set_max(0);
    vips_cache_set_max_mem(0);
    vips_cache_set_max_files(0);
#if VIPS_MAJOR_VERSION > 8 || (VIPS_MAJOR_VERSION == 8 && VIPS_MINOR_VERSION >= 13)
    vips_block_untrusted_set(TRUE);
#endif
    (void)g_log_set_handler("Pango", G_LOG_LEVEL_WARNING, drop_message, NULL); /* "no font": text.c says it */
    (void)g_log_set_handler("VIPS", (GLogLevelFlags)(G_LOG_LEVEL_WARNING | G_LOG_LEVEL_MESSAGE), drop_message,
                            NULL);
    return TESS_OK;
}

const struct vips_table tessera_vips_table = {.version = TESSERA_VERSION,
                                              .ops_bytes = sizeof(struct vips_ops),
                                              .start = start,
                                              .ops = {.load_cell = cell_load,
                                                      .probe = cell_probe,
                                                      .smart_crop = smart_crop,
                                                      .text = text_mask,
                                                      .save = save_rows}};
