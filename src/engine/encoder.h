// SPDX-License-Identifier: MIT
/*
 * The encode stage: strips in, the file's bytes out, in order.
 *
 * JPEG strips are encoded by the workers, several at once (encode_jpeg.c). Everything else is encoded by
 * libvips on a thread of the job, which pulls rows from the strips as they become complete (encode_stream.c).
 */
#ifndef ENGINE_ENCODER_H
#define ENGINE_ENCODER_H

#include <stdatomic.h>
#include <stdint.h>

#include "base/pool.h"
#include "engine/canvas.h"
#include "engine/sink.h"

/* All borrowed, and valid until the encoder has been destroyed. */
struct encoder_config {
    const struct plan *plan;
    struct canvas *canvas;
    struct sink *sink;
    struct pool *workers;
    uint8_t quality;
    _Atomic int64_t *encode_ns, *write_ns; /* time spent, added to */
    void *context;
    void (*on_strip_done)(void *context, uint32_t index); /* its place in the ring may be another's */
    void (*on_failure)(void *context, const struct tess_error *error); /* at most once; the job should stop */
};

struct encoder;

struct encoder_ops {
    /* Strip `index` is complete. Called once for each strip, in any order, from any thread; does not block.
     */
    void (*strip_ready)(struct encoder *encoder, uint32_t index);
    /* No more strips will come: what waits for them gives up. Called from any thread. */
    void (*stop)(struct encoder *encoder);
    /* Waits until all is written, or, after stop or a failure, until nothing runs any more. */
    enum tess_status (*finish)(struct encoder *encoder, struct tess_error *error);
    void (*destroy)(struct encoder *encoder); /* after finish */
};

struct encoder {
    const struct encoder_ops *ops;
};

enum tess_status encode_jpeg_create(const struct encoder_config *config, struct encoder **encoder_out,
                                    struct tess_error *error);
enum tess_status encode_stream_create(const struct encoder_config *config, struct encoder **encoder_out,
                                      struct tess_error *error);

#endif
