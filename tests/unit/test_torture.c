// SPDX-License-Identifier: MIT
/*
 * A whole montage with every allocation and every I/O call failing in turn: it reports the failure, leaves no
 * file or half a file, and (under a sanitizer) no memory. Which thread meets the failing call is left to
 * chance; that each count has its turn is not. The engine is made and destroyed each time, so that its own
 * making is tortured too.
 */
#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include <tessera/tessera.h>

#include "torture.h"

enum { IMAGES = 5 };

struct job {
    const char *name; /* of the output: decides the encoder */
    uint32_t threads, tile_px;
    off_t whole_bytes; /* of the finished output; 0: not known yet */
    char folder[64];
    char output[128];
    char images[IMAGES][512];
    const char *paths[IMAGES];
};

static void job_init(struct job *job, const char *name, uint32_t threads, uint32_t tile_px)
{
    static const char *const names[IMAGES] = {"420.jpg", "oriented.jpg", "progressive.jpg", "grey.jpg",
                                              "422.jpg"};
    const char *source = getenv("TESSERA_SOURCE_DIR");
    assert_non_null(source);
    memset(job, 0, sizeof *job);
    job->name = name;
    job->threads = threads;
    job->tile_px = tile_px;
    (void)snprintf(job->folder, sizeof job->folder, "/tmp/tessera-torture-XXXXXX");
    assert_non_null(mkdtemp(job->folder));
    (void)snprintf(job->output, sizeof job->output, "%s/%s", job->folder, name);
    for (size_t i = 0; i < IMAGES; i++) {
        (void)snprintf(job->images[i], sizeof job->images[i], "%s/tests/fuzz/corpus/jpeg/%s", source,
                       names[i]);
        job->paths[i] = job->images[i];
    }
}

/* Nothing lies in the folder but, at most, the whole output: never a temporary file, never a part. */
static void check_folder(struct job *job, bool finished)
{
    DIR *dir = opendir(job->folder);
    assert_non_null(dir);
    bool there = false;
    for (const struct dirent *entry = readdir(dir); entry; entry = readdir(dir)) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        assert_string_equal(entry->d_name, job->name);
        there = true;
    }
    closedir(dir);
    assert_true(there || !finished);
    struct stat info;
    if (there && stat(job->output, &info) == 0) {
        if (job->whole_bytes == 0)
            job->whole_bytes = info.st_size;
        assert_int_equal(info.st_size, job->whole_bytes);
    }
}

static void job_clear(struct job *job)
{
    (void)unlink(job->output);
    assert_int_equal(rmdir(job->folder), 0);
}

static enum tess_status run_montage(void *context, struct tess_error *error)
{
    struct job *job = context;
    struct tess_engine_options engine_options;
    struct tess_engine *engine = NULL;
    struct tess_result *result = NULL;
    (void)unlink(job->output);
    tess_engine_options_defaults(&engine_options);
    engine_options.threads = job->threads;
    enum tess_status status = tess_engine_create(&engine_options, &engine, error);
    if (status != TESS_OK) {
        assert_null(engine);
        return status;
    }
    struct tess_montage montage;
    tess_montage_defaults(&montage);
    montage.paths = job->paths;
    montage.path_count = IMAGES;
    montage.output = job->output;
    montage.options.tile_width_px = montage.options.tile_height_px = job->tile_px;
    montage.options.strict = true; /* else a failure to decode is a placeholder, and no failure */
    status = tess_montage_run(engine, &montage, &result, error);
    if (status == TESS_OK)
        assert_int_equal(result->failed_count, 0);
    else if (status != TESS_ERR_TILE_FAILED)
        assert_null(result);
    tess_result_destroy(result);
    tess_engine_destroy(engine);
    check_folder(job, status == TESS_OK);
    return status;
}

static void torture_montage(const char *name, uint32_t threads, uint32_t tile_px)
{
    struct job job;
    job_init(&job, name, threads, tile_px);
    struct tess_error error = {.status = TESS_OK};
    assert_int_equal(run_montage(&job, &error), TESS_OK);
    size_t allocations = torture_loop(TORTURE_MEMORY, run_montage, &job);
    size_t calls = torture_loop(TORTURE_IO, run_montage, &job);
    print_message("%s, %u threads: %zu allocations, %zu I/O calls\n", name, threads, allocations, calls);
    assert_true(allocations > 10);
    assert_true(calls >= 3 * IMAGES + 3); /* open, fstat, read; then open, write, rename */
    job_clear(&job);
}

static void one_thread_survives(void **state)
{
    (void)state;
    torture_montage("grid.jpg", 1, 40);
}

static void several_threads_survive(void **state)
{
    (void)state;
    torture_montage("grid.jpg", 3, 300);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_thread_survives),
        cmocka_unit_test(several_threads_survive),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
