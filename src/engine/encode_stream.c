// SPDX-License-Identifier: MIT
/*
 * PNG, WebP, AVIF and TIFF through libvips, on one thread of the job's own that pulls rows in order: it waits
 * for the strip that it needs, copies its rows out, and closes it. A worker never waits for it; a full ring
 * holds the fetching back.
 */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "engine/blame.h"
#include "engine/encoder.h"
#include "image/vips_module.h"

struct stream_encoder {
    struct encoder encoder; /* first */
    struct encoder_config config;
    pthread_t thread;
    struct tess_error error; /* the thread's until it has been joined */
    bool sink_failed;        /* the thread's; then `error` says how */
    uint32_t next_row;       /* the thread's */
    int64_t waited_ns;       /* the thread's: for strips, and in the sink */
    pthread_mutex_t lock;    /* over all that follows */
    pthread_cond_t changed;
    bool stopped;
    bool *ready; /* plan->strip_count of them */
};

/* Waits until the strip is complete; false when the job stops instead. */
static bool await_strip(struct stream_encoder *self, uint32_t index)
{
    int64_t begun_ns = clock_monotonic_ns();
    pthread_mutex_lock(&self->lock);
    while (!self->ready[index] && !self->stopped)
        pthread_cond_wait(&self->changed, &self->lock);
    bool ready = !self->stopped;
    pthread_mutex_unlock(&self->lock);
    self->waited_ns += clock_monotonic_ns() - begun_ns;
    return ready;
}

static bool read_rows(void *context, uint8_t *rows, uint32_t row_count)
{
    struct stream_encoder *self = context;
    const struct encoder_config *config = &self->config;
    const size_t row_bytes = (size_t)config->plan->width_px * 3;
    for (uint32_t i = 0; i < row_count; i++, self->next_row++, rows += row_bytes) {
        const uint32_t index = canvas_strip_of(self->next_row), within = self->next_row % PLAN_STRIP_ROWS_PX;
        if (within == 0 && !await_strip(self, index))
            return false;
        const struct plane *plane = &canvas_strip(config->canvas, index)->pixels.planes[0];
        memcpy(rows, plane->data + within * plane->stride_bytes, row_bytes);
        if (within + 1 == canvas_strip_rows(config->canvas, index))
            config->on_strip_done(config->context, index);
    }
    return true;
}

static bool write_out(void *context, const void *data, size_t size)
{
    struct stream_encoder *self = context;
    int64_t begun_ns = clock_monotonic_ns();
    self->sink_failed =
        self->sink_failed || sink_write(self->config.sink, data, size, &self->error) != TESS_OK;
    int64_t spent_ns = clock_monotonic_ns() - begun_ns;
    self->waited_ns += spent_ns;
    atomic_fetch_add(self->config.write_ns, spent_ns);
    return !self->sink_failed;
}

static bool stream_stopped(struct stream_encoder *self)
{
    pthread_mutex_lock(&self->lock);
    const bool stopped = self->stopped;
    pthread_mutex_unlock(&self->lock);
    return stopped;
}

static void *encode_all(void *argument)
{
    struct stream_encoder *self = argument;
    const struct encoder_config *config = &self->config;
    const struct vips_save_request request = {.format = config->plan->format,
                                              .quality = config->quality,
                                              .width_px = config->plan->width_px,
                                              .height_px = config->plan->height_px,
                                              .context = self,
                                              .read_rows = read_rows,
                                              .write = write_out};
    struct tess_error error;
    int64_t begun_ns = clock_monotonic_ns();
    const struct vips_ops *vips;
    enum tess_status status = vips_module_get(&vips, &error);
    if (status == TESS_OK)
        status = vips->save(&request, &error);
    atomic_fetch_add(config->encode_ns, clock_monotonic_ns() - begun_ns - self->waited_ns);
    if (status == TESS_OK)
        return NULL;
    if (!self->sink_failed && !stream_stopped(self))
        (void)blame_libvips(status, config->plan->canvas_bytes, 1, &error);
    if (!self->sink_failed)
        self->error = error;
    config->on_failure(config->context, &self->error);
    return NULL;
}

static void stream_strip_ready(struct encoder *encoder, uint32_t index)
{
    struct stream_encoder *self = (struct stream_encoder *)encoder;
    pthread_mutex_lock(&self->lock);
    self->ready[index] = true;
    pthread_cond_signal(&self->changed);
    pthread_mutex_unlock(&self->lock);
}

static void stream_stop(struct encoder *encoder)
{
    struct stream_encoder *self = (struct stream_encoder *)encoder;
    pthread_mutex_lock(&self->lock);
    self->stopped = true;
    pthread_cond_signal(&self->changed);
    pthread_mutex_unlock(&self->lock);
}

static enum tess_status stream_finish(struct encoder *encoder, struct tess_error *error)
{
    struct stream_encoder *self = (struct stream_encoder *)encoder;
    pthread_join(self->thread, NULL);
    if (self->error.status != TESS_OK && error)
        *error = self->error;
    return self->error.status;
}

static void stream_destroy(struct encoder *encoder)
{
    struct stream_encoder *self = (struct stream_encoder *)encoder;
    pthread_cond_destroy(&self->changed);
    pthread_mutex_destroy(&self->lock);
    free(self->ready);
    free(self);
}

enum tess_status encode_stream_create(const struct encoder_config *config, struct encoder **encoder_out,
                                      struct tess_error *error)
{
    static const struct encoder_ops ops = {stream_strip_ready, stream_stop, stream_finish, stream_destroy};
    struct stream_encoder *self = calloc(1, sizeof *self);
    bool *ready = calloc(config->plan->strip_count, sizeof *ready);
    if (!self || !ready) {
        free(self);
        free(ready);
        return error_set(error, TESS_ERR_MEMORY, "no memory for the encoder");
    }
    self->encoder.ops = &ops;
    self->config = *config;
    self->ready = ready;
    pthread_mutex_init(&self->lock, NULL);
    pthread_cond_init(&self->changed, NULL);
    if (pthread_create(&self->thread, NULL, encode_all, self) != 0) {
        stream_destroy(&self->encoder);
        return error_set(error, TESS_ERR_MEMORY, "no thread for the encoder");
    }
    *encoder_out = &self->encoder;
    return TESS_OK;
}
