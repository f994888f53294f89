// SPDX-License-Identifier: MIT
/*
 * make-photos: writes photo-like pictures, the same ones each time.
 *
 *     make-photos --out photos                              16 photos of 2 megapixels
 *     make-photos --out many --count 10000 --variants 24    many, quickly: 24 are rendered, the rest cut out
 *                                                           of them and toned differently
 *     make-photos --out kinds --kinds                       one file of each kind (formats, profiles, EXIF)
 *
 * Photo i of a seed does not depend on how many are asked for, nor on the number of jobs.
 */
#include <errno.h>
#include <getopt.h>
#include <math.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <vips/vips.h>

#include "photo_render.h"
#include "sample_jpeg.h"
#include "sample_kinds.h"

enum { MAX_JOBS = 64, MAX_COUNT = 1000000, KIND_SEED = 17 };

struct task {
    const char *folder;
    long count, seed, variants, jobs, quality;
    double megapixels;
    int across, down;
    bool kinds, keep;
    struct world world;
    struct photo *bases; /* `variants` of them */
    atomic_long next;    /* index of the next piece of work */
    atomic_bool failed;
};

/* Sizes of photo `index`: cameras' usual shapes in turn, every fifth one upright. */
static void shape_of(double megapixels, long index, uint32_t *width_out, uint32_t *height_out)
{
    static const double shapes[] = {3.0 / 2.0, 4.0 / 3.0, 16.0 / 9.0, 3.0 / 2.0, 3.0 / 4.0};
    const double shape = shapes[index % 5];
    *width_out = (uint32_t)(sqrt(megapixels * 1e6 * shape) + 0.5);
    *height_out = (uint32_t)(sqrt(megapixels * 1e6 / shape) + 0.5);
}

static uint32_t seed_of(const struct task *task, long index)
{
    return hash32((uint32_t)task->seed * 0x9e3779b9U + (uint32_t)index + 1U);
}

static bool is_there(const char *path)
{
    struct stat facts;
    return stat(path, &facts) == 0 && S_ISREG(facts.st_mode) && facts.st_size > 0;
}

static bool make_one(struct task *task, long index)
{
    char name[64];
    char path[4096];
    (void)snprintf(name, sizeof name, "photo-%05ld.jpg", index + 1);
    if (!kinds_path(task->folder, name, path, sizeof path))
        return false;
    if (task->keep && is_there(path))
        return true;
    struct photo photo = {0};
    const long like = task->variants > 0 ? index % task->variants : index;
    uint32_t width_px = 0;
    uint32_t height_px = 0;
    shape_of(task->megapixels, like, &width_px, &height_px);
    const bool made = task->variants > 0
                          ? photo_vary(&task->bases[like], seed_of(task, index), width_px, height_px, &photo)
                          : photo_render(&task->world, seed_of(task, index), width_px, height_px, &photo);
    const struct sample_style style = {
        .quality = (int)task->quality, .across = task->across, .down = task->down};
    const bool good = made && sample_jpeg_write(path, &style, photo.rgb, width_px, height_px);
    photo_clear(&photo);
    return good;
}

/* A quarter wider than a photo, so that there is something to cut out. */
static bool make_base(struct task *task, long index)
{
    uint32_t width_px = 0;
    uint32_t height_px = 0;
    shape_of(task->megapixels * 1.5, index, &width_px, &height_px);
    return photo_render(&task->world, seed_of(task, index), width_px, height_px, &task->bases[index]);
}

static void *work(void *argument)
{
    struct task *task = argument;
    for (;;) {
        const long index = atomic_fetch_add(&task->next, 1);
        if (index >= task->count || atomic_load(&task->failed))
            return NULL;
        if (!make_one(task, index))
            atomic_store(&task->failed, true);
    }
}

static void *work_bases(void *argument)
{
    struct task *task = argument;
    for (;;) {
        const long index = atomic_fetch_add(&task->next, 1);
        if (index >= task->variants || atomic_load(&task->failed))
            return NULL;
        if (!make_base(task, index))
            atomic_store(&task->failed, true);
    }
}

static bool in_parallel(struct task *task, void *(*function)(void *))
{
    pthread_t threads[MAX_JOBS];
    long started = 0;
    atomic_store(&task->next, 0);
    while (started < task->jobs - 1 && pthread_create(&threads[started], NULL, function, task) == 0)
        started++;
    (void)function(task);
    for (long i = 0; i < started; i++)
        (void)pthread_join(threads[i], NULL);
    return !atomic_load(&task->failed);
}

static bool make_photos(struct task *task)
{
    if (task->variants > 0) {
        task->variants = task->variants < task->count ? task->variants : task->count;
        task->bases = calloc((size_t)task->variants, sizeof *task->bases);
        if (task->bases == NULL)
            return false;
    }
    const bool good = (task->variants == 0 || in_parallel(task, work_bases)) && in_parallel(task, work);
    for (long i = 0; i < task->variants; i++)
        photo_clear(&task->bases[i]);
    free(task->bases);
    task->bases = NULL;
    return good;
}

/* One photo in every kind, and photos of 1 to 24 megapixels. */
static bool make_kinds(struct task *task, const char *program)
{
    static const double sizes[] = {1, 4, 8, 12, 24};
    struct photo photo = {0};
    if (VIPS_INIT(program) != 0) {
        (void)fprintf(stderr, "make-photos: libvips does not start: %s", vips_error_buffer());
        return false;
    }
    bool good = photo_render(&task->world, KIND_SEED, 1200, 800, &photo);
    good = good && kinds_write_jpeg(task->folder, &photo);
    good = good && kinds_write_others(task->folder, &photo);
    photo_clear(&photo);
    vips_shutdown();
    const struct sample_style style = {.quality = (int)task->quality, .across = 2, .down = 1};
    for (long i = 0; good && i < (long)(sizeof sizes / sizeof sizes[0]); i++) {
        char name[64];
        char path[4096];
        uint32_t width_px = 0;
        uint32_t height_px = 0;
        shape_of(sizes[i], i, &width_px, &height_px);
        (void)snprintf(name, sizeof name, "size-%02.0f-megapixels.jpg", sizes[i]);
        good = kinds_path(task->folder, name, path, sizeof path) &&
               photo_render(&task->world, seed_of(task, i), width_px, height_px, &photo) &&
               sample_jpeg_write(path, &style, photo.rgb, width_px, height_px);
        photo_clear(&photo);
    }
    return good;
}

static void print_usage(FILE *where)
{
    (void)fputs("usage: make-photos --out DIR [options]\n"
                "  --count N        photos to make (16)\n"
                "  --megapixels M   of each, 0.01 to 60 (2)\n"
                "  --variants N     render N photos and cut the others out of them: much faster\n"
                "  --quality Q      of JPEG, 1 to 100 (90)\n"
                "  --sampling S     420, 422 (as cameras write it) or 444 (422)\n"
                "  --seed N         another seed, other photos (1)\n"
                "  --jobs N         at once (one for each core)\n"
                "  --keep           leave photos that are there already\n"
                "  --kinds          instead: one file of each kind of image\n",
                where);
}

static bool parse_number(const char *text, double low, double high, double *value_out)
{
    char *end = NULL;
    errno = 0;
    const double value = strtod(text, &end);
    if (errno != 0 || end == text || *end != '\0' || !(value >= low && value <= high))
        return false;
    *value_out = value;
    return true;
}

static bool parse_whole(const char *text, long low, long high, long *value_out)
{
    double value = 0;
    if (!parse_number(text, (double)low, (double)high, &value) || value != floor(value))
        return false;
    *value_out = (long)value;
    return true;
}

static bool parse_sampling(const char *text, struct task *task)
{
    task->across = strcmp(text, "444") == 0 ? 1 : 2;
    task->down = strcmp(text, "420") == 0 ? 2 : 1;
    return strcmp(text, "420") == 0 || strcmp(text, "422") == 0 || strcmp(text, "444") == 0;
}

static bool parse_option(struct task *task, int option, const char *value)
{
    switch (option) {
    case 'o':
        task->folder = value;
        return *value != '\0';
    case 'c':
        return parse_whole(value, 1, MAX_COUNT, &task->count);
    case 'm':
        return parse_number(value, 0.01, 60, &task->megapixels);
    case 'v':
        return parse_whole(value, 1, 1000, &task->variants);
    case 'q':
        return parse_whole(value, 1, 100, &task->quality);
    case 's':
        return parse_sampling(value, task);
    case 'r':
        return parse_whole(value, 0, 1000000000, &task->seed);
    case 'j':
        return parse_whole(value, 1, MAX_JOBS, &task->jobs);
    case 'k':
        task->kinds = true;
        return true;
    case 'e':
        task->keep = true;
        return true;
    default:
        return false;
    }
}

/* 0: go on; otherwise the exit status plus one. */
static int parse_arguments(int argc, char **argv, struct task *task)
{
    static const struct option options[] = {{"out", required_argument, NULL, 'o'},
                                            {"count", required_argument, NULL, 'c'},
                                            {"megapixels", required_argument, NULL, 'm'},
                                            {"variants", required_argument, NULL, 'v'},
                                            {"quality", required_argument, NULL, 'q'},
                                            {"sampling", required_argument, NULL, 's'},
                                            {"seed", required_argument, NULL, 'r'},
                                            {"jobs", required_argument, NULL, 'j'},
                                            {"kinds", no_argument, NULL, 'k'},
                                            {"keep", no_argument, NULL, 'e'},
                                            {"help", no_argument, NULL, 'h'},
                                            {NULL, 0, NULL, 0}};
    int option = 0;
    int index = 0;
    while ((option = getopt_long(argc, argv, "", options, &index)) != -1) {
        if (option == 'h') {
            print_usage(stdout);
            return 1;
        }
        if (!parse_option(task, option, optarg)) {
            if (option != '?')
                (void)fprintf(stderr, "make-photos: --%s cannot be '%s'\n", options[index].name, optarg);
            print_usage(stderr);
            return 3;
        }
    }
    if (optind < argc || task->folder == NULL) {
        print_usage(stderr);
        return 3;
    }
    return 0;
}

int main(int argc, char **argv)
{
    const long cores = sysconf(_SC_NPROCESSORS_ONLN);
    struct task task = {.count = 16,
                        .seed = 1,
                        .quality = 90,
                        .megapixels = 2,
                        .across = 2,
                        .down = 1,
                        .jobs = cores < 1          ? 1
                                : cores > MAX_JOBS ? MAX_JOBS
                                                   : cores};
    const int verdict = parse_arguments(argc, argv, &task);
    if (verdict != 0)
        return verdict - 1;
    if (mkdir(task.folder, 0777) != 0 && errno != EEXIST) {
        (void)fprintf(stderr, "make-photos: cannot create the folder %s: %s\n", task.folder, strerror(errno));
        return 1;
    }
    if (!world_init(&task.world)) {
        (void)fputs("make-photos: out of memory\n", stderr);
        return 1;
    }
    const bool good = task.kinds ? make_kinds(&task, argv[0]) : make_photos(&task);
    world_clear(&task.world);
    if (!good)
        (void)fputs("make-photos: stopped\n", stderr);
    return good ? 0 : 1;
}
