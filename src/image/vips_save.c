// SPDX-License-Identifier: MIT
/*
 * Encoding from rows that are pulled, into bytes that are pushed.
 *
 * libvips asks an image that is computed (vips_image_generate) for its rows and sends the file to a target.
 * With thin strips, sequential access and one thread it asks from top to bottom, once; next_row checks that
 * it does. Nothing but the picture is written.
 *
 * - PNG streams: a few strips and zlib's window.
 * - TIFF streams its pixels, but libtiff goes back to the start to tell where its directory is. So it is
 * written to a nameless temporary file and copied from there: memory stays flat, the disk holds the
 * compressed file. Beyond 4 GB of pixels it is a BigTIFF.
 * - WebP holds the picture (measured: 5.5 bytes a pixel) and then the file; at most 16383 pixels a side.
 * - AVIF holds the picture several times over (23 bytes a pixel); at most 16384 pixels a side.
 *
 * libvips calls back from its own threads, one at a time. They are ordered by locks that thread checkers
 * cannot see, so `lock` says it again: whatever the caller wrote before save() is visible to the callbacks.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "image/vips_inside.h"

enum {
    WEBP_MAX_SIDE_PX = 16383,
    AVIF_MAX_SIDE_PX = 16384,
    /*
     * Measured on a photo of 4000 x 2250, one thread.
     * - PNG, level and filter: 1 up 0.42 s 16.2 MB, 2 up 0.45 s 16.0 MB, 3 up 0.64 s 15.7 MB, 6 up 1.46 s
     *   17.2 MB; at level 2 sub 16.5, average 16.2, Paeth 16.3, none 23.2 MB, chosen by row 16.2 MB in 0.60
     * s.
     * - WebP, effort: 0 0.33 s 2.35 MB, 2 0.48 s 2.32 MB, 4 0.92 s 2.26 MB.
     * - AVIF, effort: 0 0.50 s 2.77 MB, 1 1.19 s 2.67 MB, 2 1.75 s 2.68 MB, 4 10.3 s 2.68 MB.
     * - TIFF of differences: LZW 0.37 s 18.3 MB, deflate 1.47 s 16.7 MB; not compressed 27.0 MB.
     */
    PNG_LEVEL = 2,
    WEBP_EFFORT = 2,
    AVIF_EFFORT = 1,
    COPY_BYTES = 256 * 1024
};

struct save_job {
    const struct vips_save_request *request; /* immutable */
    size_t row_bytes;
    pthread_mutex_t lock;
    uint32_t next_row; /* under lock, as what follows */
    bool aborted;      /* a callback of the caller said no */
};

static bool pull_rows(struct save_job *job, const VipsRegion *strip)
{
    const VipsRect *area = &strip->valid;
    const struct vips_save_request *request = job->request;
    if (area->left != 0 || (uint32_t)area->width != request->width_px ||
        (uint32_t)area->top != job->next_row) {
        vips_error("tessera", "rows were asked for out of order");
        return false;
    }
    const uint32_t count = (uint32_t)area->height;
    const size_t stride = (size_t)strip->bpl;
    bool packed = stride == job->row_bytes;
    for (uint32_t i = 0; !job->aborted && i < count; i += packed ? count : 1)
        job->aborted = !request->read_rows(request->context, strip->data + i * stride, packed ? count : 1);
    job->next_row += count;
    return !job->aborted;
}

static int generate(VipsRegion *strip, void *sequence, void *a, void *b, gboolean *stop)
{
    struct save_job *job = a;
    (void)sequence;
    (void)b;
    (void)pthread_mutex_lock(&job->lock);
    bool good = !job->aborted && pull_rows(job, strip);
    (void)pthread_mutex_unlock(&job->lock);
    *stop = !good;
    return good ? 0 : -1;
}

static bool push(struct save_job *job, const void *data, size_t size)
{
    (void)pthread_mutex_lock(&job->lock);
    if (!job->aborted)
        job->aborted = !job->request->write(job->request->context, data, size);
    bool good = !job->aborted;
    (void)pthread_mutex_unlock(&job->lock);
    return good;
}

static gint64 push_signal(VipsTargetCustom *target, const void *data, gint64 size, struct save_job *job)
{
    (void)target;
    return push(job, data, (size_t)size) ? size : -1;
}

static VipsImage *image_of_rows(struct save_job *job)
{
    VipsImage *image = vips_image_new();
    vips_image_init_fields(image, (int)job->request->width_px, (int)job->request->height_px, 3,
                           VIPS_FORMAT_UCHAR, VIPS_CODING_NONE, VIPS_INTERPRETATION_sRGB, 1, 1);
    vips_image_set_int(image, VIPS_META_SEQUENTIAL, 1);
    if (vips_image_pipelinev(image, VIPS_DEMAND_STYLE_THINSTRIP, NULL) ||
        vips_image_generate(image, NULL, generate, NULL, job, NULL))
        g_clear_object(&image);
    return image;
}

static int save_streamed(VipsImage *image, struct save_job *job)
{
    const struct vips_save_request *request = job->request;
    VipsTargetCustom *custom = vips_target_custom_new();
    VipsTarget *target = VIPS_TARGET(custom);
    int failed = -1;
    (void)g_signal_connect(custom, "write", G_CALLBACK(push_signal), job);
    switch (request->format) {
    case TESS_FORMAT_PNG:
        failed = vips_pngsave_target(image, target, "compression", PNG_LEVEL, "filter",
                                     VIPS_FOREIGN_PNG_FILTER_UP, "strip", TRUE, NULL);
        break;
    case TESS_FORMAT_AVIF:
        failed = vips_heifsave_target(image, target, "Q", request->quality, "compression",
                                      VIPS_FOREIGN_HEIF_COMPRESSION_AV1, "effort", AVIF_EFFORT, "strip", TRUE,
                                      NULL);
        break;
    default:
        break;
    }
    g_object_unref(custom);
    return failed;
}

static enum tess_status fail(struct save_job *job, struct tess_error *error)
{
    (void)pthread_mutex_lock(&job->lock);
    bool aborted = job->aborted;
    (void)pthread_mutex_unlock(&job->lock);
    if (aborted) {
        vips_error_clear();
        return error_set(error, TESS_ERR_CANCELLED, "writing was stopped");
    }
    return words_fail(error, TESS_ERR_IO, "the picture cannot be written");
}

/* The chunk of a WebP file that holds the picture, with its header. 0 when there is none. */
static size_t find_picture_chunk(const uint8_t *file, size_t size, const uint8_t **chunk_out)
{
    enum { RIFF_BYTES = 12, CHUNK_BYTES = 8 };
    for (size_t at = RIFF_BYTES; at + CHUNK_BYTES <= size;) {
        const uint8_t *chunk = file + at;
        uint32_t body =
            chunk[4] | (uint32_t)chunk[5] << 8 | (uint32_t)chunk[6] << 16 | (uint32_t)chunk[7] << 24;
        size_t whole = CHUNK_BYTES + (size_t)body + body % 2;
        if (whole > size - at)
            return 0;
        *chunk_out = chunk;
        if (memcmp(chunk, "VP8 ", 4) == 0 || memcmp(chunk, "VP8L", 4) == 0)
            return whole;
        at += whole;
    }
    return 0;
}

/* libvips 8.14 adds an EXIF block of its own even when told to strip: only the picture is passed on. */
static enum tess_status save_webp(VipsImage *image, struct save_job *job, struct tess_error *error)
{
    void *file = NULL;
    size_t size = 0;
    const uint8_t *chunk = NULL;
    const struct vips_save_request *request = job->request;
    if (vips_webpsave_buffer(image, &file, &size, "Q", request->quality, "effort", WEBP_EFFORT, "strip", TRUE,
                             NULL))
        return fail(job, error);
    const size_t chunk_size = find_picture_chunk(file, size, &chunk);
    const uint32_t rest = (uint32_t)chunk_size + 4;
    const uint8_t head[] = {
        'R', 'I', 'F', 'F', (uint8_t)rest, (uint8_t)(rest >> 8), (uint8_t)(rest >> 16), (uint8_t)(rest >> 24),
        'W', 'E', 'B', 'P'};
    enum tess_status status = TESS_OK;
    if (chunk_size == 0)
        status = error_set(error, TESS_ERR_INTERNAL, "libvips made a WebP file without a picture");
    else if (!push(job, head, sizeof head) || !push(job, chunk, chunk_size))
        status = error_set(error, TESS_ERR_CANCELLED, "writing was stopped");
    g_free(file);
    return status;
}

/* A file that nobody else can open and that is gone with its descriptor. */
static int open_nameless(void)
{
    int fd = open(P_tmpdir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (fd >= 0 || (errno != EOPNOTSUPP && errno != EISDIR))
        return fd;
    char path[] = P_tmpdir "/tessera-XXXXXX"; /* a file system without O_TMPFILE */
    fd = mkostemp(path, O_CLOEXEC);
    if (fd >= 0)
        (void)unlink(path);
    return fd;
}

static enum tess_status copy_out(int fd, struct save_job *job, struct tess_error *error)
{
    enum tess_status status = TESS_OK;
    uint8_t *buffer = malloc(COPY_BYTES);
    if (!buffer)
        return error_set(error, TESS_ERR_MEMORY, "no memory for a buffer");
    ssize_t got = 0;
    for (off_t at = 0; status == TESS_OK && (got = pread(fd, buffer, COPY_BYTES, at)) > 0; at += got)
        if (!push(job, buffer, (size_t)got))
            status = error_set(error, TESS_ERR_CANCELLED, "writing was stopped");
    if (got < 0)
        status = error_errno(error, errno, "reading the temporary file in " P_tmpdir);
    free(buffer);
    return status;
}

static enum tess_status save_tiff(VipsImage *image, struct save_job *job, struct tess_error *error)
{
    const uint64_t pixels_bytes = (uint64_t)job->row_bytes * job->request->height_px;
    int fd = open_nameless();
    if (fd < 0)
        return error_errno(error, errno, "making a temporary file in " P_tmpdir);
    VipsTarget *target = vips_target_new_to_descriptor(fd);
    int failed =
        !target || vips_tiffsave_target(image, target, "compression", VIPS_FOREIGN_TIFF_COMPRESSION_LZW,
                                        "predictor", VIPS_FOREIGN_TIFF_PREDICTOR_HORIZONTAL, "bigtiff",
                                        pixels_bytes > 4000000000, "strip", TRUE, NULL);
    g_clear_object(&target);
    enum tess_status status = failed ? fail(job, error) : copy_out(fd, job, error);
    if (status == TESS_ERR_IO && failed) /* libvips does not tell the reason; a full disk is the likely one */
        status =
            error_set(error, TESS_ERR_IO,
                      "cannot write a temporary file in %s; TIFF needs room there for the picture", P_tmpdir);
    (void)close(fd);
    return status;
}

static enum tess_status check_sides(const struct vips_save_request *request, struct tess_error *error)
{
    uint32_t longest = request->width_px > request->height_px ? request->width_px : request->height_px;
    uint32_t most = request->format == TESS_FORMAT_WEBP   ? WEBP_MAX_SIDE_PX
                    : request->format == TESS_FORMAT_AVIF ? AVIF_MAX_SIDE_PX
                                                          : VIPS_MAX_COORD;
    if (request->format != TESS_FORMAT_PNG && request->format != TESS_FORMAT_WEBP &&
        request->format != TESS_FORMAT_AVIF && request->format != TESS_FORMAT_TIFF)
        return error_set(error, TESS_ERR_INTERNAL, "libvips is not what writes this format");
    if (request->width_px == 0 || request->height_px == 0)
        return error_set(error, TESS_ERR_INVALID, "a picture of no pixels");
    if (longest > most)
        return error_limit(error, request->format == TESS_FORMAT_WEBP ? "webp-side" : "avif-side",
                           "%u x %u pixels: %s allows at most %u a side", request->width_px,
                           request->height_px, request->format == TESS_FORMAT_WEBP ? "WebP" : "AVIF", most);
    return TESS_OK;
}

enum tess_status save_rows(const struct vips_save_request *request, struct tess_error *error)
{
    enum tess_status status = check_sides(request, error);
    if (status != TESS_OK)
        return status;
    struct save_job job = {.request = request, .row_bytes = 3 * (size_t)request->width_px};
    (void)pthread_mutex_init(&job.lock, NULL);
    (void)pthread_mutex_lock(&job.lock);
    (void)pthread_mutex_unlock(&job.lock);
    VipsImage *image = image_of_rows(&job);
    if (!image)
        status = words_fail(error, TESS_ERR_INTERNAL, "the picture cannot be set up");
    else if (request->format == TESS_FORMAT_TIFF)
        status = save_tiff(image, &job, error);
    else if (request->format == TESS_FORMAT_WEBP)
        status = save_webp(image, &job, error);
    else
        status = save_streamed(image, &job) ? fail(&job, error) : TESS_OK;
    g_clear_object(&image);
    (void)pthread_mutex_lock(&job.lock);
    if (status == TESS_OK && job.next_row != request->height_px)
        status = error_set(error, TESS_ERR_INTERNAL, "only %u of %u rows were written", job.next_row,
                           request->height_px);
    (void)pthread_mutex_unlock(&job.lock);
    (void)pthread_mutex_destroy(&job.lock);
    return status;
}
