// SPDX-License-Identifier: MIT
/*
 * The floor: libjpeg-turbo decoding photos at a DCT scale on all cores, and nothing else.
 *
 *     bench-floor --denominator 4 --mode raw|rgb [--threads N] PHOTO…
 *
 * No resampling, no placing, no encoding; each strip of samples is overwritten by the next. No montage made
 * with stock libjpeg-turbo can be faster than the faster of the two modes: `raw` hands out the file's own
 * planes, `rgb` upsamples chroma (the plain way, which is the fast one) and converts. Settings are otherwise
 * libjpeg-turbo's own.
 *
 * Prints {"photos":16,"samples":13502464,"checksum":123}; the checksum keeps the work from being optimised
 * away.
 */
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <jpeglib.h>

enum { MAX_THREADS = 64, STRIP_ROWS = 16 };

struct work {
    char **paths; /* immutable while threads run */
    int path_count;
    unsigned denominator;
    bool raw;
    atomic_int next;
    atomic_bool failed;
    atomic_ullong samples, checksum;
};

struct failure {
    struct jpeg_error_mgr manager; /* first: libjpeg knows only this */
    jmp_buf jump;
};

static void on_error(j_common_ptr info)
{
    info->err->output_message(info);
    longjmp(((struct failure *)info->err)->jump, 1);
}

static uint8_t *read_whole(const char *path, size_t *size_out)
{
    uint8_t *bytes = NULL;
    struct stat status;
    size_t filled = 0;
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0 || fstat(file, &status) != 0 || status.st_size <= 0)
        goto cleanup;
    bytes = malloc((size_t)status.st_size);
    while (bytes != NULL && filled < (size_t)status.st_size) {
        ssize_t got = read(file, bytes + filled, (size_t)status.st_size - filled);
        if (got <= 0)
            break;
        filled += (size_t)got;
    }
cleanup:
    if (file >= 0)
        close(file);
    *size_out = filled;
    return bytes;
}

/* Strips of rows in libjpeg's own pool: freed by jpeg_destroy_decompress(), also after an error. */
static JSAMPARRAY strip(j_decompress_ptr jpeg, JDIMENSION width, int rows)
{
    return jpeg->mem->alloc_sarray((j_common_ptr)jpeg, JPOOL_IMAGE, width, (JDIMENSION)rows);
}

static void decode_raw(j_decompress_ptr jpeg, uint64_t *samples, uint64_t *checksum)
{
    JSAMPARRAY planes[MAX_COMPONENTS];
    const int strip_rows = jpeg->max_v_samp_factor * jpeg->min_DCT_scaled_size;
    for (int i = 0; i < jpeg->num_components; i++) {
        const jpeg_component_info *component = &jpeg->comp_info[i];
        const int rows = component->v_samp_factor * component->DCT_scaled_size;
        const JDIMENSION width = component->width_in_blocks * (JDIMENSION)component->DCT_scaled_size;
        planes[i] = strip(jpeg, width, rows);
        *samples += (uint64_t)component->downsampled_width * component->downsampled_height;
    }
    while (jpeg->output_scanline < jpeg->output_height) {
        jpeg_read_raw_data(jpeg, planes, (JDIMENSION)strip_rows);
        *checksum += planes[0][0][0];
    }
}

static void decode_rgb(j_decompress_ptr jpeg, uint64_t *samples, uint64_t *checksum)
{
    JSAMPARRAY rows = strip(jpeg, jpeg->output_width * (JDIMENSION)jpeg->output_components, STRIP_ROWS);
    while (jpeg->output_scanline < jpeg->output_height) {
        jpeg_read_scanlines(jpeg, rows, STRIP_ROWS);
        *checksum += rows[0][0];
    }
    *samples += (uint64_t)jpeg->output_width * jpeg->output_height * (uint64_t)jpeg->output_components;
}

static bool decode_bytes(const uint8_t *bytes, size_t size, const struct work *work, uint64_t *samples,
                         uint64_t *checksum)
{
    struct jpeg_decompress_struct jpeg;
    struct failure failure;
    volatile bool good = false;
    jpeg.err = jpeg_std_error(&failure.manager);
    failure.manager.error_exit = on_error;
    jpeg_create_decompress(&jpeg);
    if (setjmp(failure.jump) != 0)
        goto cleanup;
    jpeg_mem_src(&jpeg, bytes, size);
    jpeg_read_header(&jpeg, TRUE);
    jpeg.scale_num = 1;
    jpeg.scale_denom = work->denominator;
    jpeg.do_fancy_upsampling = FALSE;
    jpeg.raw_data_out = work->raw;
    jpeg.out_color_space = work->raw ? jpeg.jpeg_color_space : JCS_RGB;
    jpeg_start_decompress(&jpeg);
    if (work->raw)
        decode_raw(&jpeg, samples, checksum);
    else
        decode_rgb(&jpeg, samples, checksum);
    jpeg_finish_decompress(&jpeg);
    good = jpeg.err->num_warnings == 0;
cleanup:
    jpeg_destroy_decompress(&jpeg);
    return good;
}

static bool decode_photo(const char *path, const struct work *work, uint64_t *samples, uint64_t *checksum)
{
    size_t size = 0;
    uint8_t *bytes = read_whole(path, &size);
    bool good = bytes != NULL && decode_bytes(bytes, size, work, samples, checksum);
    free(bytes);
    return good;
}

static void *decode_photos(void *context)
{
    struct work *work = context;
    uint64_t samples = 0, checksum = 0;
    for (int i = atomic_fetch_add(&work->next, 1); i < work->path_count;
         i = atomic_fetch_add(&work->next, 1)) {
        if (!decode_photo(work->paths[i], work, &samples, &checksum)) {
            fprintf(stderr, "bench-floor: %s: cannot decode\n", work->paths[i]);
            atomic_store(&work->failed, true);
        }
    }
    atomic_fetch_add(&work->samples, samples);
    atomic_fetch_add(&work->checksum, checksum);
    return NULL;
}

static int default_threads(void)
{
    cpu_set_t set;
    return sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : 1;
}

/* Options come in pairs before the paths. */
static bool parse_arguments(int argc, char **argv, struct work *work, int *threads_out)
{
    int i = 1;
    for (; i + 1 < argc && strncmp(argv[i], "--", 2) == 0; i += 2) {
        if (strcmp(argv[i], "--denominator") == 0)
            work->denominator = (unsigned)strtoul(argv[i + 1], NULL, 10);
        else if (strcmp(argv[i], "--mode") == 0)
            work->raw = strcmp(argv[i + 1], "raw") == 0;
        else if (strcmp(argv[i], "--threads") == 0)
            *threads_out = (int)strtol(argv[i + 1], NULL, 10);
        else
            return false;
    }
    work->paths = argv + i;
    work->path_count = argc - i;
    return work->path_count > 0 && *threads_out >= 1 && *threads_out <= MAX_THREADS &&
           work->denominator >= 1 && work->denominator <= 8;
}

int main(int argc, char **argv)
{
    struct work work = {.denominator = 1, .raw = true};
    int threads = default_threads();
    if (!parse_arguments(argc, argv, &work, &threads)) {
        fputs("usage: bench-floor [--denominator 1|2|4|8] [--mode raw|rgb] [--threads N] PHOTO…\n", stderr);
        return 2;
    }
    pthread_t others[MAX_THREADS];
    int started = 0;
    while (started < threads - 1 && pthread_create(&others[started], NULL, decode_photos, &work) == 0)
        started++;
    decode_photos(&work);
    for (int i = 0; i < started; i++)
        pthread_join(others[i], NULL);
    printf("{\"photos\":%d,\"samples\":%llu,\"checksum\":%llu}\n", work.path_count,
           (unsigned long long)atomic_load(&work.samples), (unsigned long long)atomic_load(&work.checksum));
    return atomic_load(&work.failed) ? 1 : 0;
}
