// SPDX-License-Identifier: MIT
/* The codecs where the system has no thread to give, and the sizes that they go by. */
#include <errno.h>
#include <grp.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "heif_fixture.h"
#include "image/heif_codec.h"
#include "image/hevc_size.h"

enum { WIDTH = 640, HEIGHT = 480, COULD_NOT_LIMIT = 77 };

/* What a container with pids.max, or `prlimit --nproc`, does. Root is exempt, so it becomes nobody in
 * particular. */
static bool give_up_threads(void)
{
    const struct rlimit none = {0, 0};
    const uid_t uid = 60000 + (uid_t)getpid() % 4000;
    pthread_t thread;
    if (setrlimit(RLIMIT_NPROC, &none) != 0 ||
        (geteuid() == 0 && (setgroups(0, NULL) != 0 || setresuid(uid, uid, uid) != 0)))
        return false;
    return pthread_create(&thread, NULL, (void *(*)(void *))(void (*)(void))abort, NULL) == EAGAIN;
}

static struct heif_error decode(const struct blob *blob, struct heif_task *task,
                                struct heif_image **image_out)
{
    struct heif_context *context = heif_context_alloc();
    struct heif_image_handle *handle = NULL;
    struct heif_decoding_options *options = heif_decoding_options_alloc();
    options->decoder_id = HEIF_CODEC_ID;
    heif_context_set_max_decoding_threads(context, 0);
    struct heif_error error =
        heif_context_read_from_memory_without_copy(context, blob->data, blob->size, NULL);
    if (error.code == heif_error_Ok)
        error = heif_context_get_primary_image_handle(context, &handle);
    heif_codec_begin(task);
    if (error.code == heif_error_Ok)
        error =
            heif_decode_image(handle, image_out, heif_colorspace_RGB, heif_chroma_interleaved_RGB, options);
    heif_codec_begin(NULL);
    heif_decoding_options_free(options);
    heif_image_handle_release(handle);
    heif_context_free(context);
    return error;
}

/* What a file is made of: a picture of WIDTH × HEIGHT, or a grid of such tiles. */
struct sample {
    enum heif_compression_format format;
    int bands;
    bool is_grid;
};

enum { COLUMNS = 2, ROWS = 2 };

static int in_child(const struct blob *blob, const struct sample *sample, const uint8_t *expected)
{
    struct heif_task task = {.max_pixels = 1000000};
    struct heif_image *image = NULL;
    int stride_bytes = 0;
    if (!give_up_threads())
        return COULD_NOT_LIMIT;
    if (decode(blob, &task, &image).code != heif_error_Ok || !task.is_known ||
        task.is_grey != (sample->bands == 1))
        return 1;
    const uint8_t *rows = heif_image_get_plane_readonly(image, heif_channel_interleaved, &stride_bytes);
    const int columns = sample->is_grid ? COLUMNS : 1, lines = sample->is_grid ? ROWS : 1;
    if (heif_image_get_width(image, heif_channel_interleaved) != columns * WIDTH ||
        heif_image_get_height(image, heif_channel_interleaved) != lines * HEIGHT)
        return 2;
    for (int y = 0; y < lines * HEIGHT; y++)
        for (int i = 0; i < 3 * columns * WIDTH; i++) {
            const int band = sample->bands == 1 ? 0 : i % 3, x = i / 3 % WIDTH;
            if (abs(rows[y * stride_bytes + i] - expected[(y % HEIGHT * WIDTH + x) * sample->bands + band]) >
                3)
                return 3;
        }
    heif_image_release(image);
    return 0;
}

static uint8_t *rows_of(int bands)
{
    VipsImage *photo = fixture_photo(WIDTH, HEIGHT), *kept = NULL, *with_alpha = NULL;
    size_t size = 0;
    assert_int_equal(vips_extract_band(photo, &kept, 0, "n", bands < 3 ? bands : 3, NULL), 0);
    if (bands == 4)
        assert_int_equal(vips_bandjoin_const1(kept, &with_alpha, 255, NULL), 0);
    uint8_t *rows = vips_image_write_to_memory(with_alpha ? with_alpha : kept, &size);
    assert_int_equal(size, (size_t)WIDTH * HEIGHT * (size_t)bands);
    g_clear_object(&with_alpha);
    g_object_unref(kept);
    g_object_unref(photo);
    return rows;
}

/* A decoder that waits for a thread waits for ever: ctest ends it then. */
static void pictures_are_decoded_without_any_thread(void **state)
{
    (void)state;
#ifdef __SANITIZE_THREAD__
    print_message("skipped here: ThreadSanitizer ends a child that tries to start a thread\n");
    skip();
#endif
    static const struct sample samples[] = {
        {heif_compression_AV1, 3, false}, {heif_compression_HEVC, 3, false},
        {heif_compression_AV1, 4, false}, {heif_compression_HEVC, 4, false},
        {heif_compression_AV1, 3, true},  {heif_compression_HEVC, 3, true},
        {heif_compression_AV1, 1, true}};
    for (size_t i = 0; i < sizeof samples / sizeof *samples; i++) {
        const struct sample *sample = &samples[i];
        uint8_t *rows = rows_of(sample->bands);
        struct heif_recipe recipe = {.format = sample->format,
                                     .bands = sample->bands,
                                     .width_px = WIDTH,
                                     .height_px = HEIGHT,
                                     .rows = rows};
        struct blob blob = sample->is_grid ? heif_make_grid(&recipe, COLUMNS, ROWS) : heif_make(&recipe);
        int status = 0;
        pid_t child = fork();
        if (child == 0)
            _exit(in_child(&blob, sample, rows));
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_true(WIFEXITED(status));
        if (WEXITSTATUS(status) == COULD_NOT_LIMIT) {
            print_message("skipped here: threads of a user cannot be limited\n");
            skip();
        }
        if (WEXITSTATUS(status) != 0)
            fail_msg("sample %zu: failed at %d", i, WEXITSTATUS(status));
        blob_clear(&blob);
        g_free(rows);
    }
}

/* By x265, of 2048 × 2048, whose unit has bytes that keep start codes out of it. */
static const uint8_t sps[] = {0x42, 0x01, 0x01, 0x04, 0x08, 0x00, 0x00, 0x03, 0x00, 0x9E,
                              0x38, 0x00, 0x00, 0x03, 0x00, 0x00, 0xFF, 0x90, 0x00, 0x20,
                              0x04, 0x00, 0x40, 0x0B, 0x2D, 0xD4, 0x92, 0x53, 0x5C, 0xDC,
                              0x08, 0x08, 0x00, 0x10, 0x00, 0x00, 0x03, 0x00, 0x10, 0x00};

static void sizes_are_those_of_the_parameter_set(void **state)
{
    (void)state;
    uint32_t width_px = 0, height_px = 0;
    assert_true(hevc_is_sps(sps, sizeof sps));
    assert_true(hevc_sps_size(sps, sizeof sps, &width_px, &height_px));
    assert_int_equal(width_px, 2048);
    assert_int_equal(height_px, 2048);
    assert_false(hevc_is_sps(sps, 2));
    for (size_t size = 3; size <= 18; size++)
        assert_false(hevc_sps_size(sps, size, &width_px, &height_px));
}

/* What a parameter set of 2048 × 2048, whole or cut, does in front of a picture of WIDTH × HEIGHT. */
static struct heif_error decode_behind(uint8_t layer, size_t sps_bytes, const uint8_t *rows)
{
    uint8_t units[4 + sizeof sps] = {0, 0, 0, (uint8_t)sps_bytes};
    struct heif_recipe recipe = {.format = heif_compression_HEVC,
                                 .bands = 3,
                                 .width_px = WIDTH,
                                 .height_px = HEIGHT,
                                 .rows = rows,
                                 .units = units,
                                 .units_size = 4 + sps_bytes};
    memcpy(units + 4, sps, sps_bytes);
    units[4] = (uint8_t)(units[4] | layer >> 5);
    units[5] = (uint8_t)(units[5] | layer << 3);
    struct blob blob = heif_make_grid(&recipe, 1, 1);
    struct heif_task task = {.max_pixels = 1000000};
    struct heif_image *image = NULL;
    const struct heif_error error = decode(&blob, &task, &image);
    heif_image_release(image);
    blob_clear(&blob);
    return error;
}

/* A second eye's or a depth's parameter sets are none of the picture's. */
static void units_of_other_layers_are_passed_over(void **state)
{
    (void)state;
    static const uint8_t layers[] = {1, 31, 32, 63};
    uint8_t *rows = rows_of(3);
    for (size_t i = 0; i < sizeof layers; i++) {
        assert_int_equal(decode_behind(layers[i], sizeof sps, rows).code, heif_error_Ok);
        assert_int_equal(decode_behind(layers[i], 10, rows).code, heif_error_Ok);
    }
    assert_int_equal(decode_behind(0, sizeof sps, rows).code, heif_error_Invalid_input);
    assert_int_equal(decode_behind(0, 10, rows).code, heif_error_Decoder_plugin_error);
    g_free(rows);
}

static int setup(void **state)
{
    return fixture_setup(state) == 0 && heif_codec_register().code == heif_error_Ok ? 0 : -1;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pictures_are_decoded_without_any_thread),
        cmocka_unit_test(units_of_other_layers_are_passed_over),
        cmocka_unit_test(sizes_are_those_of_the_parameter_set),
    };
    return cmocka_run_group_tests(tests, setup, NULL);
}
