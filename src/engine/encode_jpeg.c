// SPDX-License-Identifier: MIT
/*
 * JPEG on all cores: each complete strip is an urgent task of the worker pool. Whoever finishes the strip
 * that the file needs next writes it and all that are waiting behind it; the others leave theirs and go back
 * to work. A strip is done with only when it has been written: a slow sink holds the job back, where encoded
 * strips would pile up.
 */
#include <pthread.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/error.h"
#include "engine/encoder.h"
#include "image/jpeg_strip.h"

struct jpeg_encoder;

struct strip_task {
    struct pool_task task; /* first */
    struct jpeg_encoder *encoder;
    uint32_t index;
    uint8_t *data; /* encoded; under the lock once `encoded` is set */
    size_t size_bytes;
    bool encoded; /* under the lock */
};

struct jpeg_encoder {
    struct encoder encoder; /* first */
    struct encoder_config config;
    struct strip_task *strips; /* plan->strip_count of them */
    pthread_mutex_t lock;      /* over all that follows */
    pthread_cond_t changed;
    uint32_t next;    /* strip that the file needs next */
    uint32_t running; /* tasks between strip_ready and their end */
    bool writing;
    bool stopped;
    struct tess_error error; /* the first failure */
};

static void fail(struct jpeg_encoder *self, const struct tess_error *error)
{
    pthread_mutex_lock(&self->lock);
    bool first = self->error.status == TESS_OK;
    if (first)
        self->error = *error;
    self->stopped = true;
    pthread_mutex_unlock(&self->lock);
    if (first)
        self->config.on_failure(self->config.context, error);
}

/* Writes what is next in line, for as long as it is there; one thread at a time. Entered and left with the
 * lock held. */
static void write_in_order_locked(struct jpeg_encoder *self)
{
    const uint32_t count = self->config.plan->strip_count;
    if (self->writing)
        return;
    self->writing = true;
    while (!self->stopped && self->next < count && self->strips[self->next].encoded) {
        struct strip_task *strip = &self->strips[self->next];
        struct tess_error error;
        pthread_mutex_unlock(&self->lock);
        int64_t begun_ns = clock_monotonic_ns();
        enum tess_status status = sink_write(self->config.sink, strip->data, strip->size_bytes, &error);
        atomic_fetch_add(self->config.write_ns, clock_monotonic_ns() - begun_ns);
        free(strip->data);
        strip->data = NULL;
        if (status == TESS_OK)
            self->config.on_strip_done(self->config.context, strip->index);
        else
            fail(self, &error);
        pthread_mutex_lock(&self->lock);
        self->next++;
    }
    self->writing = false;
}

static enum tess_status encode_pixels(struct strip_task *strip, struct tess_error *error)
{
    struct jpeg_encoder *self = strip->encoder;
    const struct plan *plan = self->config.plan;
    const struct jpeg_strip job = {.pixels = &canvas_strip(self->config.canvas, strip->index)->pixels,
                                   .width_px = plan->width_px,
                                   .height_px = canvas_strip_rows(self->config.canvas, strip->index),
                                   .index = strip->index,
                                   .count = plan->strip_count,
                                   .whole_height_px = plan->height_px,
                                   .quality = self->config.quality};
    int64_t begun_ns = clock_monotonic_ns();
    enum tess_status status = jpeg_strip_encode(&job, &strip->data, &strip->size_bytes, error);
    atomic_fetch_add(self->config.encode_ns, clock_monotonic_ns() - begun_ns);
    return status;
}

static void encode_strip(struct pool_task *task)
{
    struct strip_task *strip = (struct strip_task *)task;
    struct jpeg_encoder *self = strip->encoder;
    struct tess_error error;
    pthread_mutex_lock(&self->lock);
    const bool wanted = !self->stopped; /* a large cell completes thousands of strips at once */
    pthread_mutex_unlock(&self->lock);
    if (wanted && encode_pixels(strip, &error) != TESS_OK)
        fail(self, &error);
    pthread_mutex_lock(&self->lock);
    strip->encoded = strip->data != NULL;
    write_in_order_locked(self);
    self->running--;
    pthread_cond_broadcast(&self->changed);
    pthread_mutex_unlock(&self->lock);
}

static void jpeg_strip_ready(struct encoder *encoder, uint32_t index)
{
    struct jpeg_encoder *self = (struct jpeg_encoder *)encoder;
    pthread_mutex_lock(&self->lock);
    self->running++;
    pthread_mutex_unlock(&self->lock);
    pool_submit(self->config.workers, &self->strips[index].task, true);
}

static void jpeg_stop(struct encoder *encoder)
{
    struct jpeg_encoder *self = (struct jpeg_encoder *)encoder;
    pthread_mutex_lock(&self->lock);
    self->stopped = true;
    pthread_cond_broadcast(&self->changed);
    pthread_mutex_unlock(&self->lock);
}

static enum tess_status jpeg_finish(struct encoder *encoder, struct tess_error *error)
{
    struct jpeg_encoder *self = (struct jpeg_encoder *)encoder;
    pthread_mutex_lock(&self->lock);
    while (self->running > 0 || (!self->stopped && self->next < self->config.plan->strip_count))
        pthread_cond_wait(&self->changed, &self->lock);
    if (self->error.status != TESS_OK && error)
        *error = self->error;
    enum tess_status status = self->error.status;
    pthread_mutex_unlock(&self->lock);
    return status;
}

static void jpeg_destroy(struct encoder *encoder)
{
    struct jpeg_encoder *self = (struct jpeg_encoder *)encoder;
    for (uint32_t i = 0; i < self->config.plan->strip_count; i++)
        free(self->strips[i].data);
    pthread_cond_destroy(&self->changed);
    pthread_mutex_destroy(&self->lock);
    free(self->strips);
    free(self);
}

enum tess_status encode_jpeg_create(const struct encoder_config *config, struct encoder **encoder_out,
                                    struct tess_error *error)
{
    static const struct encoder_ops ops = {jpeg_strip_ready, jpeg_stop, jpeg_finish, jpeg_destroy};
    struct jpeg_encoder *self = calloc(1, sizeof *self);
    struct strip_task *strips = calloc(config->plan->strip_count, sizeof *strips);
    if (!self || !strips) {
        free(self);
        free(strips);
        return error_set(error, TESS_ERR_MEMORY, "no memory for the encoder");
    }
    self->encoder.ops = &ops;
    self->config = *config;
    self->strips = strips;
    for (uint32_t i = 0; i < config->plan->strip_count; i++)
        strips[i] = (struct strip_task){.task.run = encode_strip, .encoder = self, .index = i};
    pthread_mutex_init(&self->lock, NULL);
    pthread_cond_init(&self->changed, NULL);
    *encoder_out = &self->encoder;
    return TESS_OK;
}
