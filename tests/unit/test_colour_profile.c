// SPDX-License-Identifier: MIT
/* Embedded profiles, made here with lcms2 and checked against the colour spaces' own formulas in doubles. */
#include <lcms2.h>
#include <math.h>
#include <pthread.h>
#include <semaphore.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "icc_fixture.h"
#include "image/colour.h"

static const cmsCIExyYTRIPLE p3 = {{0.680, 0.320, 1}, {0.265, 0.690, 1}, {0.150, 0.060, 1}};
static const cmsCIExyYTRIPLE adobe = {{0.64, 0.33, 1}, {0.21, 0.71, 1}, {0.15, 0.06, 1}};
static const cmsCIExyYTRIPLE bt709 = {{0.64, 0.33, 1}, {0.30, 0.60, 1}, {0.15, 0.06, 1}};

static double to_linear(double value)
{
    return value <= 0.04045 ? value / 12.92 : pow((value + 0.055) / 1.055, 2.4);
}

static double from_linear(double value)
{
    value = fmin(fmax(value, 0), 1);
    return 255 * (value <= 0.0031308 ? 12.92 * value : 1.055 * pow(value, 1 / 2.4) - 0.055);
}

static void assert_near(const uint8_t *got, const double *expected, double tolerance)
{
    for (int i = 0; i < 3; i++)
        if (fabs(got[i] - expected[i]) > tolerance)
            fail_msg("%d, %d, %d instead of %.1f, %.1f, %.1f", got[0], got[1], got[2], expected[0],
                     expected[1], expected[2]);
}

static struct colour_transform *acquire(struct colour_profiles *profiles, const struct icc *icc,
                                        enum colour_kind kind)
{
    struct colour_transform *transform = NULL;
    assert_int_equal(colour_profiles_acquire(profiles, icc->data, icc->size, kind, NULL, &transform, NULL),
                     TESS_OK);
    return transform;
}

/* Linear light of wide spaces to linear sRGB, both at D65: the published matrices. */
static const double p3_to_srgb[9] = {1.2249401, -0.2249402, 0,          -0.0420569, 1.0420571,
                                     0,         -0.0196376, -0.0786361, 1.0982735};
static const double adobe_to_srgb[9] = {1.3982832, -0.3982831, 0, 0, 1, 0, 0, -0.0429383, 1.0429383};

static void check_wide(const struct icc *icc, const double *matrix, double gamma)
{
    struct colour_profiles *profiles = colour_profiles_create();
    struct colour_transform *transform = acquire(profiles, icc, COLOUR_RGB);
    assert_non_null(transform);
    for (int i = 0; i < 8 * 8 * 8; i++) {
        const uint8_t in[3] = {(uint8_t)(i % 8 * 36), (uint8_t)(i / 8 % 8 * 36), (uint8_t)(i / 64 * 36)};
        uint8_t out[3];
        double linear[3], expected[3];
        for (int c = 0; c < 3; c++)
            linear[c] = gamma > 0 ? pow(in[c] / 255.0, gamma) : to_linear(in[c] / 255.0);
        for (int c = 0; c < 3; c++)
            expected[c] = from_linear(matrix[3 * c] * linear[0] + matrix[3 * c + 1] * linear[1] +
                                      matrix[3 * c + 2] * linear[2]);
        colour_transform_apply(transform, in, out, 1);
        assert_near(out, expected, 3);
    }
    colour_profiles_release(profiles, transform);
    colour_profiles_destroy(profiles);
}

static void wide_spaces_become_srgb(void **state)
{
    (void)state;
    struct icc icc = make_rgb(&p3, 0);
    check_wide(&icc, p3_to_srgb, 0);
    free(icc.data);
    icc = make_rgb(&adobe, 2.19921875);
    check_wide(&icc, adobe_to_srgb, 2.19921875);
    free(icc.data);
}

static void grey_gets_srgbs_curve(void **state)
{
    (void)state;
    struct colour_profiles *profiles = colour_profiles_create();
    static const double gammas[] = {1.8, 2.2};
    for (size_t i = 0; i < 2; i++) {
        struct icc icc = make_grey(gammas[i]);
        struct colour_transform *transform = acquire(profiles, &icc, COLOUR_GREY);
        assert_non_null(transform);
        for (int grey = 0; grey < 256; grey += 5) {
            const uint8_t in = (uint8_t)grey;
            uint8_t out[3];
            const double value = from_linear(pow(grey / 255.0, gammas[i])),
                         expected[3] = {value, value, value};
            colour_transform_apply(transform, &in, out, 1);
            assert_near(out, expected, 3);
        }
        colour_profiles_release(profiles, transform);
        free(icc.data);
    }
    colour_profiles_destroy(profiles);
}

static double lab_inverse(double t)
{
    return t > 6.0 / 29 ? t * t * t : 3 * 36.0 / 841 * (t - 4.0 / 29);
}

/* CIE Lab at D50 to sRGB, by the definitions and Bradford's adaptation. */
static void lab_to_srgb(double lightness, double a, double b, double rgb[3])
{
    double y = (lightness + 16) / 116;
    double xyz[3] = {0.9642 * lab_inverse(y + a / 500), lab_inverse(y), 0.8249 * lab_inverse(y - b / 200)};
    static const double matrix[9] = {3.1338561, -1.6168667, -0.4906146, -0.9787684, 1.9161415,
                                     0.0334540, 0.0719453,  -0.2289914, 1.4052427};
    for (int c = 0; c < 3; c++)
        rgb[c] =
            from_linear(matrix[3 * c] * xyz[0] + matrix[3 * c + 1] * xyz[1] + matrix[3 * c + 2] * xyz[2]);
}

static void inks_become_srgb(void **state)
{
    (void)state;
    static const struct {
        uint8_t cmyk[4];
        double lab[3];
    } cases[] = {{{0, 0, 0, 0}, {100, 0, 0}},      {{0, 0, 0, 255}, {0, 0, 0}},
                 {{255, 0, 0, 0}, {75, -20, -25}}, {{0, 255, 0, 0}, {70, 40, 0}},
                 {{0, 0, 255, 0}, {95, 0, 60}},    {{255, 255, 0, 0}, {45, 20, -25}},
                 {{255, 255, 255, 255}, {0, 0, 0}}};
    struct colour_profiles *profiles = colour_profiles_create();
    struct icc icc = make_cmyk();
    struct colour_transform *transform = acquire(profiles, &icc, COLOUR_CMYK);
    assert_non_null(transform);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        uint8_t out[3];
        double expected[3];
        lab_to_srgb(cases[i].lab[0], cases[i].lab[1], cases[i].lab[2], expected);
        colour_transform_apply(transform, cases[i].cmyk, out, 1);
        assert_near(out, expected, 4);
    }
    colour_profiles_release(profiles, transform);
    free(icc.data);
    colour_profiles_destroy(profiles);
}

/* What changes nothing, and what cannot be used, is no transform; asked twice, too. */
static void useless_profiles_are_null(void **state)
{
    (void)state;
    struct colour_profiles *profiles = colour_profiles_create();
    struct icc srgb = make_rgb(&bt709, 0), wide = make_rgb(&p3, 0), grey = make_grey(2.2), cmyk = make_cmyk();
    for (int twice = 0; twice < 2; twice++) {
        assert_null(acquire(profiles, &srgb, COLOUR_RGB));
        assert_null(acquire(profiles, &wide, COLOUR_GREY));
        assert_null(acquire(profiles, &wide, COLOUR_CMYK));
        assert_null(acquire(profiles, &grey, COLOUR_RGB));
        assert_null(acquire(profiles, &cmyk, COLOUR_RGB));
        const struct icc none = {NULL, 0}, empty = {wide.data, 0};
        assert_null(acquire(profiles, &none, COLOUR_RGB));
        assert_null(acquire(profiles, &empty, COLOUR_RGB));
    }
    for (size_t cut = 1; cut < wide.size; cut += wide.size / 20 + 1) { /* cut, in a block of its own */
        uint8_t *copy = malloc(cut);
        assert_non_null(copy);
        memcpy(copy, wide.data, cut);
        const struct icc part = {copy, cut};
        struct colour_transform *transform = acquire(profiles, &part, COLOUR_RGB);
        colour_profiles_release(profiles, transform); /* the last tags may be ones that nobody needs */
        assert_true(!transform || cut > wide.size / 2);
        free(copy);
    }
    free(srgb.data);
    free(wide.data);
    free(grey.data);
    free(cmyk.data);
    colour_profiles_destroy(profiles);
    colour_profiles_destroy(NULL);
}

/* lcms' builder, which the linker leads here: it can be held, and its calls are counted. */
cmsHTRANSFORM __real_cmsCreateTransformTHR(cmsContext context, cmsHPROFILE from, cmsUInt32Number from_format,
                                           cmsHPROFILE to, cmsUInt32Number to_format, cmsUInt32Number intent,
                                           cmsUInt32Number flags);
cmsHTRANSFORM __wrap_cmsCreateTransformTHR(cmsContext context, cmsHPROFILE from, cmsUInt32Number from_format,
                                           cmsHPROFILE to, cmsUInt32Number to_format, cmsUInt32Number intent,
                                           cmsUInt32Number flags);

static struct {
    atomic_int built;   /* transforms, since the start */
    atomic_bool closed; /* the next RGB profile is held */
    sem_t entered, go;
} gate;

cmsHTRANSFORM __wrap_cmsCreateTransformTHR(cmsContext context, cmsHPROFILE from, cmsUInt32Number from_format,
                                           cmsHPROFILE to, cmsUInt32Number to_format, cmsUInt32Number intent,
                                           cmsUInt32Number flags)
{
    atomic_fetch_add(&gate.built, 1);
    if (from_format == TYPE_RGB_8 && atomic_exchange(&gate.closed, false)) {
        (void)sem_post(&gate.entered);
        (void)sem_wait(&gate.go);
    }
    return __real_cmsCreateTransformTHR(context, from, from_format, to, to_format, intent, flags);
}

/* Only what hangs reaches this limit. */
static void wait_for(sem_t *event, const char *what)
{
    struct timespec until;
    (void)clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += 40;
    if (sem_timedwait(event, &until) != 0)
        fail_msg("%s did not happen", what);
}

struct asker {
    struct colour_profiles *profiles;
    const struct icc *icc;
    enum colour_kind kind;
    const struct stop *stop;
    struct colour_transform *transform;
    enum tess_status status;
    sem_t done;
    pthread_t thread;
};

static void *ask(void *argument)
{
    struct asker *asker = argument;
    asker->status = colour_profiles_acquire(asker->profiles, asker->icc->data, asker->icc->size, asker->kind,
                                            asker->stop, &asker->transform, NULL);
    (void)sem_post(&asker->done);
    return NULL;
}

static void start_asking(struct asker *asker)
{
    assert_int_equal(sem_init(&asker->done, 0, 0), 0);
    assert_int_equal(pthread_create(&asker->thread, NULL, ask, asker), 0);
}

static void end_asking(struct asker *asker, const char *what)
{
    wait_for(&asker->done, what);
    assert_int_equal(pthread_join(asker->thread, NULL), 0);
    colour_profiles_release(asker->profiles, asker->transform);
    (void)sem_destroy(&asker->done);
}

static enum tess_status at_once(const void *context, struct tess_error *error)
{
    (void)context;
    (void)error;
    return TESS_ERR_TIMEOUT;
}

/* While one thread is building a profile, others get theirs; who wants that one waits, or is stopped. */
static void building_holds_up_nobody_else(void **state)
{
    (void)state;
    struct colour_profiles *profiles = colour_profiles_create();
    struct icc slow = make_rgb(&p3, 0), other = make_grey(1.8);
    const struct stop stop = {at_once, NULL};
    struct asker builder = {.profiles = profiles, .icc = &slow, .kind = COLOUR_RGB};
    struct asker same = builder, stopped = builder, different = builder;
    stopped.stop = &stop;
    different.icc = &other;
    different.kind = COLOUR_GREY;
    assert_int_equal(sem_init(&gate.entered, 0, 0), 0);
    assert_int_equal(sem_init(&gate.go, 0, 0), 0);
    atomic_store(&gate.closed, true);
    start_asking(&builder);
    wait_for(&gate.entered, "building");
    const int built = atomic_load(&gate.built);
    start_asking(&different);
    end_asking(&different, "another profile's transform");
    assert_int_equal(different.status, TESS_OK);
    assert_non_null(different.transform);
    start_asking(&same);
    start_asking(&stopped);
    end_asking(&stopped, "the end of waiting for a build");
    assert_int_equal(stopped.status, TESS_ERR_TIMEOUT);
    assert_null(stopped.transform);
    (void)sem_post(&gate.go);
    end_asking(&builder, "the build");
    end_asking(&same, "the waiter's transform");
    assert_non_null(builder.transform);
    assert_ptr_equal(same.transform, builder.transform);
    assert_int_equal(atomic_load(&gate.built), built + 1); /* the grey one; the slow one was counted before */
    free(slow.data);
    free(other.data);
    colour_profiles_destroy(profiles);
}

/* Where lcms gets its memory, which the linker leads here too: it can be held, and fail. */
cmsContext __real_cmsCreateContext(void *plugin, void *user_data);
cmsContext __wrap_cmsCreateContext(void *plugin, void *user_data);

static atomic_bool no_memory; /* the next one is held, and fails then */

cmsContext __wrap_cmsCreateContext(void *plugin, void *user_data)
{
    if (!atomic_exchange(&no_memory, false))
        return __real_cmsCreateContext(plugin, user_data);
    (void)sem_post(&gate.entered);
    (void)sem_wait(&gate.go);
    return NULL;
}

static enum tess_status tell_of_waiting(const void *context, struct tess_error *error)
{
    sem_t *waiting = *(sem_t *const *)context;
    (void)error;
    (void)sem_post(waiting);
    return TESS_OK;
}

/* Who builds and who waits is told, and nothing is remembered: the colours would be wrong from then on. */
static void lack_of_memory_is_told_and_forgotten(void **state)
{
    (void)state;
    struct colour_profiles *profiles = colour_profiles_create();
    struct icc icc = make_rgb(&p3, 0);
    sem_t waiting, *const where = &waiting;
    const struct stop stop = {tell_of_waiting, &where};
    struct asker builder = {.profiles = profiles, .icc = &icc, .kind = COLOUR_RGB}, waiter = builder;
    waiter.stop = &stop;
    assert_int_equal(sem_init(&waiting, 0, 0), 0);
    assert_int_equal(sem_init(&gate.entered, 0, 0), 0);
    assert_int_equal(sem_init(&gate.go, 0, 0), 0);
    atomic_store(&no_memory, true);
    start_asking(&builder);
    wait_for(&gate.entered, "building");
    start_asking(&waiter);
    wait_for(&waiting, "waiting");
    (void)sem_post(&gate.go);
    end_asking(&builder, "the build");
    end_asking(&waiter, "the end of waiting for a build");
    assert_int_equal(builder.status, TESS_ERR_MEMORY);
    assert_int_equal(waiter.status, TESS_ERR_MEMORY);
    assert_null(builder.transform);
    assert_null(waiter.transform);
    struct colour_transform *transform = acquire(profiles, &icc, COLOUR_RGB);
    assert_non_null(transform);
    colour_profiles_release(profiles, transform);
    (void)sem_destroy(&waiting);
    free(icc.data);
    colour_profiles_destroy(profiles);
}

/* What follows the tags is part of a profile's bytes, and of nothing else. */
static struct icc padded(const struct icc *icc, size_t size)
{
    struct icc larger = {calloc(1, size), size};
    assert_non_null(larger.data);
    memcpy(larger.data, icc->data, icc->size);
    return larger;
}

static bool is_built_anew(struct colour_profiles *profiles, const struct icc *icc)
{
    const int before = atomic_load(&gate.built);
    struct colour_transform *transform = acquire(profiles, icc, COLOUR_GREY);
    assert_non_null(transform);
    colour_profiles_release(profiles, transform);
    return atomic_load(&gate.built) > before;
}

static void large_profiles_do_not_pile_up(void **state)
{
    (void)state;
    struct colour_profiles *profiles = colour_profiles_create();
    struct icc small = make_grey(1.8), other = make_grey(2.6);
    const size_t most = COLOUR_PROFILE_MAX_BYTES;
    struct icc first = padded(&small, most / 2), second = padded(&other, most / 2);
    struct icc third = padded(&other, most / 2 - 1), largest = padded(&small, most),
               larger = padded(&small, most + 1);
    assert_true(is_built_anew(profiles, &first));
    assert_true(is_built_anew(profiles, &second));
    assert_false(is_built_anew(profiles, &first));
    assert_true(is_built_anew(profiles, &third)); /* in the place of the second */
    assert_false(is_built_anew(profiles, &first));
    assert_true(is_built_anew(profiles, &second));
    assert_true(is_built_anew(profiles, &largest));
    assert_false(is_built_anew(profiles, &largest));
    assert_null(acquire(profiles, &larger, COLOUR_GREY));
    struct icc *all[] = {&small, &other, &first, &second, &third, &largest, &larger};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        free(all[i]->data);
    colour_profiles_destroy(profiles);
}

/* Thousands of elements in DToB, which lcms would prefer and evaluate for each node: AToB or the curves
 * count. */
static void processing_elements_are_passed_over(void **state)
{
    (void)state;
    struct icc plain = make_rgb(&p3, 0);
    cmsHPROFILE profile = cmsOpenProfileFromMem(plain.data, (cmsUInt32Number)plain.size);
    const cmsFloat64Number to_black[9] = {0};
    cmsPipeline *elements = cmsPipelineAlloc(NULL, 3, 3);
    for (int i = 0; i < 3000; i++)
        assert_true(
            cmsPipelineInsertStage(elements, cmsAT_END, cmsStageAllocMatrix(NULL, 3, 3, to_black, NULL)));
    assert_true(cmsWriteTag(profile, cmsSigDToB0Tag, elements));
    assert_true(cmsWriteTag(profile, cmsSigDToB1Tag, elements));
    cmsPipelineFree(elements);
    struct icc hostile = icc_of(profile);
    assert_true(hostile.size > plain.size + 100000);
    check_wide(&hostile, p3_to_srgb, 0);
    free(plain.data);
    free(hostile.data);
}

/* 16 bits a sample keep what 8 would round away: a profile of linear light needs them in the dark. */
static void sixteen_bits_are_kept(void **state)
{
    (void)state;
    struct colour_profiles *profiles = colour_profiles_create();
    struct icc grey = make_grey(1), rgb = make_rgb(&bt709, 1);
    struct colour_transform *wide_grey = acquire(profiles, &grey, COLOUR_GREY16),
                            *wide_rgb = acquire(profiles, &rgb, COLOUR_RGB16);
    assert_non_null(wide_grey);
    assert_non_null(wide_rgb);
    for (uint32_t value = 0; value < 65536; value += 97) {
        const uint16_t in[3] = {(uint16_t)value, (uint16_t)value, (uint16_t)value};
        const double light = from_linear(value / 65535.0), expected[3] = {light, light, light};
        uint8_t out[3];
        colour_transform_apply(wide_grey, in, out, 1);
        assert_near(out, expected, 2);
        colour_transform_apply(wide_rgb, in, out, 1);
        assert_near(out, expected, 2);
    }
    colour_profiles_release(profiles, wide_grey);
    colour_profiles_release(profiles, wide_rgb);
    free(grey.data);
    free(rgb.data);
    colour_profiles_destroy(profiles);
}

/* The profile at hand is the one in use, also when more are in hands than the cache holds. */
static void full_cache_goes_on(void **state)
{
    (void)state;
    enum { MANY = 20 };
    struct colour_profiles *profiles = colour_profiles_create();
    struct icc icc[MANY];
    struct colour_transform *held[MANY];
    for (int i = 0; i < MANY; i++) {
        icc[i] = make_grey(1.0 + 0.05 * i);
        held[i] = acquire(profiles, &icc[i], COLOUR_GREY);
        assert_non_null(held[i]);
    }
    assert_ptr_equal(acquire(profiles, &icc[0], COLOUR_GREY), held[0]); /* cached while in use */
    colour_profiles_release(profiles, held[0]);
    for (int i = 0; i < MANY; i++) {
        const uint8_t in = 100;
        const double value = from_linear(pow(in / 255.0, 1.0 + 0.05 * i)),
                     expected[3] = {value, value, value};
        uint8_t out[3];
        colour_transform_apply(held[i], &in, out, 1);
        assert_near(out, expected, 3);
        colour_profiles_release(profiles, held[i]);
        free(icc[i].data);
    }
    colour_profiles_destroy(profiles);
}

enum { THREADS = 8, KINDS = 12, TURNS = 150 };

struct crowd {
    struct colour_profiles *profiles;
    struct icc icc[KINDS];
    unsigned seed;
};

static void *use_profiles(void *argument)
{
    const struct crowd *crowd = argument;
    unsigned seed = crowd->seed;
    for (int turn = 0; turn < TURNS; turn++) {
        seed = seed * 1664525U + 1013904223U;
        int kind = (int)(seed >> 8) % KINDS;
        struct colour_transform *transform = acquire(crowd->profiles, &crowd->icc[kind], COLOUR_GREY);
        const uint8_t in = 100;
        uint8_t out[3] = {0};
        if (!transform)
            return "no transform";
        colour_transform_apply(transform, &in, out, 1);
        if (fabs(out[1] - from_linear(pow(in / 255.0, 1.0 + 0.05 * kind))) > 3)
            return "another profile's colour";
        colour_profiles_release(crowd->profiles, transform);
    }
    return NULL;
}

static void threads_share_the_cache(void **state)
{
    (void)state;
    struct crowd crowds[THREADS] = {{.profiles = colour_profiles_create()}};
    pthread_t threads[THREADS];
    for (int i = 0; i < KINDS; i++)
        crowds[0].icc[i] = make_grey(1.0 + 0.05 * i);
    for (unsigned i = 0; i < THREADS; i++) {
        crowds[i] = crowds[0];
        crowds[i].seed = i;
        assert_int_equal(pthread_create(&threads[i], NULL, use_profiles, &crowds[i]), 0);
    }
    for (int i = 0; i < THREADS; i++) {
        void *complaint = NULL;
        assert_int_equal(pthread_join(threads[i], &complaint), 0);
        if (complaint)
            fail_msg("%s", (const char *)complaint);
    }
    for (int i = 0; i < KINDS; i++)
        free(crowds[0].icc[i].data);
    colour_profiles_destroy(crowds[0].profiles);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(wide_spaces_become_srgb),
        cmocka_unit_test(grey_gets_srgbs_curve),
        cmocka_unit_test(inks_become_srgb),
        cmocka_unit_test(useless_profiles_are_null),
        cmocka_unit_test(full_cache_goes_on),
        cmocka_unit_test(threads_share_the_cache),
        cmocka_unit_test(building_holds_up_nobody_else),
        cmocka_unit_test(lack_of_memory_is_told_and_forgotten),
        cmocka_unit_test(large_profiles_do_not_pile_up),
        cmocka_unit_test(processing_elements_are_passed_over),
        cmocka_unit_test(sixteen_bits_are_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
