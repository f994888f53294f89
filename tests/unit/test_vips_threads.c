// SPDX-License-Identifier: MIT
/*
 * The module under eight threads at once, and finding the module at all. Run with an argument it is the child
 * of the latter: it prints what vips_module() says from where its copy stands.
 */
#include "vips_fixture.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { THREADS = 8, ROUNDS = 12 };

static const struct vips_ops *seen[THREADS];

static void *load_thread(void *slot)
{
    const struct vips_ops **mine = slot;
    *mine = vips_module(NULL);
    return NULL;
}

/* The first use of the module in this process, by all at once, beside a prefetch. */
static void first_use_by_all_at_once(void **state)
{
    (void)state;
    pthread_t threads[THREADS];
    vips_module_prefetch();
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, load_thread, &seen[i]), 0);
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    for (int i = 0; i < THREADS; i++) {
        assert_non_null(seen[i]);
        assert_ptr_equal(seen[i], seen[0]);
    }
    vips_module_prefetch(); /* nothing to do */
    assert_ptr_equal(vips_module(NULL), seen[0]);
}

enum { INPUTS = 7 };

struct work {
    const struct vips_ops *ops;
    struct blob inputs[INPUTS]; /* the last is cut */
    struct picture expected[INPUTS - 1];
    size_t png_bytes;
};

/* What one thread did, for the main thread to judge: cmocka's asserts are not for others. */
struct outcome {
    const struct work *work;
    unsigned number;
    char complaint[256];
};

struct counter {
    uint32_t next_row;
    size_t bytes;
};

static bool next_rows(void *context, uint8_t *rows, uint32_t row_count)
{
    struct counter *counter = context;
    for (uint32_t i = 0; i < row_count; i++, counter->next_row++)
        for (uint32_t x = 0; x < 300; x++)
            rows[i * 300 + x] = (uint8_t)(x * counter->next_row);
    return true;
}

static bool count_bytes(void *context, const void *data, size_t size)
{
    (void)data;
    ((struct counter *)context)->bytes += size;
    return true;
}

static struct vips_save_request png_request(struct counter *counter)
{
    return (struct vips_save_request){TESS_FORMAT_PNG, 80, 100, 200, counter, next_rows, count_bytes};
}

static bool same_pixels(const struct picture *a, const struct picture *b)
{
    return memcmp(a->planes[0].data, b->planes[0].data, a->planes[0].stride_bytes * a->height_px) == 0;
}

static void do_round(struct outcome *outcome, unsigned round)
{
    const struct work *work = outcome->work;
    struct tess_error error = {0};
    struct picture picture;
    struct counter counter = {0, 0};
    const unsigned which = (outcome->number + round) % INPUTS;
    const struct vips_load_request request = fixture_request(&work->inputs[which], 64, 64);
    enum tess_status status = work->ops->load_cell(&request, &picture, &error);
    if (which == INPUTS - 1 ? status != TESS_ERR_CORRUPT || strstr(error.message, "PNG") == NULL
                            : status != TESS_OK || !same_pixels(&picture, &work->expected[which]))
        (void)snprintf(outcome->complaint, sizeof outcome->complaint, "input %u: %d %.200s", which, status,
                       error.message);
    if (status == TESS_OK)
        picture_clear(&picture);
    const struct vips_save_request png = png_request(&counter);
    if (round % 3 == 0 && (work->ops->save(&png, &error) != TESS_OK || counter.bytes != work->png_bytes))
        (void)snprintf(outcome->complaint, sizeof outcome->complaint, "save: %zu bytes %.200s", counter.bytes,
                       error.message);
    const struct vips_text_request text = {"a text of some length", 120, 20, false};
    if (round % 3 == 1) {
        if (work->ops->text(&text, &picture, &error) != TESS_OK)
            (void)snprintf(outcome->complaint, sizeof outcome->complaint, "text: %.200s", error.message);
        else
            picture_clear(&picture);
    }
}

static void *work_thread(void *data)
{
    struct outcome *outcome = data;
    for (unsigned round = 0; round < ROUNDS; round++)
        do_round(outcome, round);
    return NULL;
}

static void eight_threads_agree_with_one(void **state)
{
    (void)state;
    static const char *const suffixes[INPUTS] = {".png", ".webp", ".gif", ".tif", ".jpg", ".avif", ".png"};
    struct work work = {.ops = fixture_ops()};
    for (int i = 0; i < INPUTS; i++) {
        work.inputs[i] = fixture_encode(fixture_photo(200, 150), suffixes[i]);
        const struct vips_load_request request = fixture_request(&work.inputs[i], 64, 64);
        if (i < INPUTS - 1)
            work.expected[i] = fixture_load(&request);
    }
    work.inputs[INPUTS - 1].size /= 2;
    struct counter counter = {0, 0};
    const struct vips_save_request png = png_request(&counter);
    assert_int_equal(work.ops->save(&png, NULL), TESS_OK);
    work.png_bytes = counter.bytes;

    pthread_t threads[THREADS];
    struct outcome outcomes[THREADS];
    for (unsigned i = 0; i < THREADS; i++) {
        outcomes[i] = (struct outcome){.work = &work, .number = i};
        assert_int_equal(pthread_create(&threads[i], NULL, work_thread, &outcomes[i]), 0);
    }
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    for (int i = 0; i < THREADS; i++)
        if (outcomes[i].complaint[0])
            fail_msg("thread %d: %s", i, outcomes[i].complaint);
    for (int i = 0; i < INPUTS; i++) {
        blob_clear(&work.inputs[i]);
        if (i < INPUTS - 1)
            picture_clear(&work.expected[i]);
    }
}

/* The child: says on stdout whether the module was found. */
static int report_module(void)
{
    struct tess_error error = {0};
    bool found = vips_module(&error) != NULL;
    (void)printf("%s %s\n", found ? "found" : tess_status_name(error.status), error.message);
    return 0;
}

/* Runs `command` by the shell and returns what it prints. */
static char *output_of(char *command)
{
    char *argv[] = {"/bin/sh", "-c", command, NULL}, *out = NULL;
    int status = -1;
    assert_true(g_spawn_sync(NULL, argv, NULL, G_SPAWN_DEFAULT, NULL, NULL, &out, NULL, &status, NULL));
    assert_int_equal(status, 0);
    g_free(command);
    return out;
}

static void assert_output(char *command, const char *beginning)
{
    char *out = output_of(command);
    if (!g_str_has_prefix(out, beginning))
        fail_msg("'%s' and not '%s'", out, beginning);
    g_free(out);
}

static void the_module_is_found_by_place_only(void **state)
{
    (void)state;
    char *self = g_file_read_link("/proc/self/exe", NULL);
    char *bin = g_path_get_dirname(self), *dir = g_dir_make_tmp("tessera-module-XXXXXX", NULL);
    assert_non_null(dir);
    /* Beside the program, also when it is called by another name or from elsewhere. */
    assert_output(g_strdup_printf("cd / && exec %s child", self), "found");
    assert_output(g_strdup_printf("bash -c 'exec -a /nowhere/tessera %s child'", self), "found");
    /* A copy elsewhere has none beside it; $LD_LIBRARY_PATH, $PATH and the current folder do not count. */
    assert_output(g_strdup_printf("mkdir -p %s/bin && cp %s %s/bin/prog && exec %s/bin/prog child", dir, self,
                                  dir, dir),
                  "setup tessera-vips.so is needed");
    assert_output(g_strdup_printf("cd %s && LD_LIBRARY_PATH=%s PATH=%s:$PATH exec %s/bin/prog child", bin,
                                  bin, bin, dir),
                  "setup tessera-vips.so is needed");
    /* A relocated install. */
    assert_output(
        g_strdup_printf("mkdir -p %s/lib/tessera && cp %s/tessera-vips.so %s/lib/tessera && exec %s/bin/prog "
                        "child",
                        dir, bin, dir, dir),
        "found");
    /* What is no library says why, and what belongs to another version is refused. */
    assert_output(
        g_strdup_printf("echo x > %s/lib/tessera/tessera-vips.so && exec %s/bin/prog child", dir, dir),
        "io tessera-vips.so cannot be loaded: ");
    char *clean = g_strdup_printf("rm -rf %s", dir);
    assert_output(clean, "");
    g_free(dir);
    g_free(bin);
    g_free(self);
}

/* A process that ends while the module is still being loaded. */
static void exit_beside_a_prefetch(void **state)
{
    (void)state;
    for (int i = 0; i < 5; i++) {
        char *self = g_file_read_link("/proc/self/exe", NULL);
        assert_output(g_strdup_printf("exec %s prefetch %d", self, i), "");
        g_free(self);
    }
}

int main(int argc, char **argv)
{
    if (argc > 1 && strcmp(argv[1], "child") == 0)
        return report_module();
    if (argc > 2 && strcmp(argv[1], "prefetch") == 0) {
        vips_module_prefetch();
        (void)usleep((useconds_t)strtoul(argv[2], NULL, 10) * 7000);
        return 0;
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(first_use_by_all_at_once),
        cmocka_unit_test(eight_threads_agree_with_one),
        cmocka_unit_test(the_module_is_found_by_place_only),
        cmocka_unit_test(exit_beside_a_prefetch),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
