// SPDX-License-Identifier: MIT
#include "front/interrupt.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

/* Written by the handler and interrupt_ask() only. */
static volatile int seen;
static int pipe_ends[2] = {-1, -1};
static const int numbers[] = {SIGINT, SIGTERM};

static void on_signal(int number)
{
    (void)number;
    int saved_errno = errno;
    __atomic_store_n(&seen, 1, __ATOMIC_RELAXED);
    if (pipe_ends[1] >= 0)
        (void)!write(pipe_ends[1], "!", 1);
    for (int i = 0; i < 2; i++) {
        struct sigaction action;
        if (sigaction(numbers[i], NULL, &action) != 0 || action.sa_handler != on_signal)
            continue;
        action.sa_handler = SIG_DFL;
        (void)sigaction(numbers[i], &action, NULL);
    }
    errno = saved_errno;
}

void interrupt_install(void)
{
    static bool installed;
    if (installed) /* to arm the handler again would take the second signal its effect */
        return;
    installed = true;
    if (pipe2(pipe_ends, O_CLOEXEC | O_NONBLOCK) != 0)
        pipe_ends[0] = pipe_ends[1] = -1;
    struct sigaction action = {.sa_handler = on_signal};
    (void)sigemptyset(&action.sa_mask);
    for (int i = 0; i < 2; i++) {
        struct sigaction before;
        /* What a shell's nohup or & set to "ignore" stays ignored. */
        if (sigaction(numbers[i], NULL, &before) == 0 && before.sa_handler != SIG_IGN)
            (void)sigaction(numbers[i], &action, NULL);
    }
}

void interrupt_ask(void)
{
    __atomic_store_n(&seen, 1, __ATOMIC_RELAXED);
    if (pipe_ends[1] >= 0)
        (void)!write(pipe_ends[1], "!", 1);
}

bool interrupt_seen(void)
{
    return __atomic_load_n(&seen, __ATOMIC_RELAXED) != 0;
}

const volatile int *interrupt_flag(void)
{
    return &seen;
}

int interrupt_descriptor(void)
{
    return pipe_ends[0];
}
