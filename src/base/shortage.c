// SPDX-License-Identifier: MIT
#include "base/shortage.h"

#include <pthread.h>
#include <stdbool.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/error.h"

enum { MOST_THREADS = 64, MOST_DESCRIPTORS = 64, STACK_BYTES = 256 * 1024 };

static pthread_mutex_t one_at_a_time = PTHREAD_MUTEX_INITIALIZER;

/* What all threads of one check wait for. */
struct gate {
    pthread_mutex_t lock;
    pthread_cond_t opened;
    bool open;
};

static void *wait_at(void *argument)
{
    struct gate *gate = argument;
    (void)pthread_mutex_lock(&gate->lock);
    while (!gate->open)
        (void)pthread_cond_wait(&gate->opened, &gate->lock);
    (void)pthread_mutex_unlock(&gate->lock);
    return NULL;
}

/* As many threads at once. Their stacks are small, which makes them cheap: what others' take is asked for as
 * memory. */
static bool try_threads(uint32_t count)
{
    struct gate gate = {.open = false};
    pthread_attr_t attributes;
    pthread_t threads[MOST_THREADS];
    uint32_t started = 0;
    bool good = true;
    (void)pthread_mutex_init(&gate.lock, NULL);
    (void)pthread_cond_init(&gate.opened, NULL);
    (void)pthread_attr_init(&attributes);
    (void)pthread_attr_setstacksize(&attributes, STACK_BYTES);
    while (good && started < count && started < MOST_THREADS) {
        good = pthread_create(&threads[started], &attributes, wait_at, &gate) == 0;
        started += good;
    }
    (void)pthread_attr_destroy(&attributes);
    (void)pthread_mutex_lock(&gate.lock);
    gate.open = true;
    (void)pthread_cond_broadcast(&gate.opened);
    (void)pthread_mutex_unlock(&gate.lock);
    for (uint32_t i = 0; i < started; i++)
        (void)pthread_join(threads[i], NULL);
    (void)pthread_cond_destroy(&gate.opened);
    (void)pthread_mutex_destroy(&gate.lock);
    return good;
}

/* The address space that a thread takes which is started without saying how much. */
static size_t usual_stack_bytes(void)
{
    pthread_attr_t attributes;
    size_t bytes = STACK_BYTES;
    if (pthread_getattr_default_np(&attributes) == 0) {
        (void)pthread_attr_getstacksize(&attributes, &bytes);
        (void)pthread_attr_destroy(&attributes);
    }
    return bytes;
}

static bool try_descriptors(uint32_t count)
{
    int descriptors[MOST_DESCRIPTORS];
    uint32_t opened = 0;
    bool good = true;
    while (good && opened < count && opened < MOST_DESCRIPTORS) {
        descriptors[opened] = eventfd(0, EFD_CLOEXEC);
        good = descriptors[opened] >= 0;
        opened += good;
    }
    for (uint32_t i = 0; i < opened; i++)
        (void)close(descriptors[i]);
    return good;
}

enum tess_status shortage_check(const struct shortage_need *need, struct tess_error *error)
{
    enum tess_status status = TESS_OK;
    (void)pthread_mutex_lock(&one_at_a_time);
    const size_t bytes = (size_t)need->memory_bytes + need->threads * usual_stack_bytes();
    void *memory = MAP_FAILED;
    if (bytes > 0)
        memory =
            mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (bytes > 0 && memory == MAP_FAILED)
        status = error_set(error, TESS_ERR_MEMORY,
                           "the machine gives this process no more memory (%llu MiB are needed): raise its "
                           "limit (ulimit -v), or use fewer --threads",
                           (unsigned long long)(bytes >> 20));
    else if (!try_descriptors(need->descriptors))
        status = error_set(error, TESS_ERR_MEMORY,
                           "this process has no more file descriptors: raise its limit (ulimit -n)");
    else if (!try_threads(need->threads))
        status = error_set(error, TESS_ERR_MEMORY,
                           "the machine gives this process no more threads (%u are needed): raise its limit "
                           "(ulimit -u, pids.max), or use fewer --threads",
                           need->threads);
    if (memory != MAP_FAILED)
        (void)munmap(memory, bytes);
    (void)pthread_mutex_unlock(&one_at_a_time);
    return status;
}

enum tess_status shortage_or(enum tess_status status, const struct shortage_need *need,
                             struct tess_error *error)
{
    struct tess_error shortage;
    if (shortage_check(need, &shortage) == TESS_OK)
        return status;
    if (error)
        *error = shortage;
    return shortage.status;
}
