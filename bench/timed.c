// SPDX-License-Identifier: MIT
/*
 * Runs one command and prints what it took as one line of JSON: wall, user and system time, peak memory.
 *
 *     bench-timed [-c CPU,CPU…] [-t SECONDS] [-o STDOUT_FILE] [-e STDERR_FILE] -- COMMAND ARGUMENT…
 *     {"wall_s":0.184213,"user_s":0.301200,"sys_s":0.021100,"peak_kib":38012,"status":0,"signal":0,"timed_out":false}
 *
 * A program of its own for two reasons. The kernel counts the memory of the process that forks into the peak
 * of the command it starts, and a Python with numpy loaded would hide everything below 100 MB. And a fork of
 * such a process costs a millisecond or two, which is a lot when a start-up of 10 ms is measured.
 *
 * User and system time are those of the command and all descendants it waited for; the peak is that of the
 * largest single process among them.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

struct arguments {
    const char *cpus; /* NULL: all that we may use */
    const char *stdout_path;
    const char *stderr_path;
    long timeout_s;
    char **command;
};

struct outcome {
    double wall_s;
    struct rusage usage;
    int wait_status;
    bool timed_out;
};

static double now_s(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* Options come in pairs, "--" ends them. */
static bool parse_arguments(int argc, char **argv, struct arguments *arguments_out)
{
    *arguments_out = (struct arguments){.stdout_path = "/dev/null", .timeout_s = 3600};
    int i = 1;
    for (; i + 1 < argc && strcmp(argv[i], "--") != 0; i += 2) {
        if (strcmp(argv[i], "-c") == 0)
            arguments_out->cpus = argv[i + 1];
        else if (strcmp(argv[i], "-t") == 0)
            arguments_out->timeout_s = strtol(argv[i + 1], NULL, 10);
        else if (strcmp(argv[i], "-o") == 0)
            arguments_out->stdout_path = argv[i + 1];
        else if (strcmp(argv[i], "-e") == 0)
            arguments_out->stderr_path = argv[i + 1];
        else
            return false;
    }
    arguments_out->command = argv + i + 1;
    return i + 1 < argc && arguments_out->timeout_s > 0;
}

/* Restricts this process, and with it the command, to the CPUs of "0,2,5". */
static bool pin_to(const char *cpus)
{
    cpu_set_t set;
    CPU_ZERO(&set);
    const char *rest = cpus;
    while (*rest != '\0') {
        char *end = NULL;
        long cpu = strtol(rest, &end, 10);
        if (end == rest || cpu < 0 || cpu >= CPU_SETSIZE)
            return false;
        CPU_SET((size_t)cpu, &set);
        rest = *end == ',' ? end + 1 : end;
    }
    return sched_setaffinity(0, sizeof set, &set) == 0;
}

/* The command in a process group of its own, so that a time-out ends its children too. */
static int start(const struct arguments *arguments, pid_t *pid_out)
{
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t none;
    sigemptyset(&none);
    posix_spawn_file_actions_init(&actions);
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setpgroup(&attributes, 0);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK);
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, arguments->stdout_path,
                                     O_WRONLY | O_CREAT | O_TRUNC, 0644);
    if (arguments->stderr_path != NULL)
        posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, arguments->stderr_path,
                                         O_WRONLY | O_CREAT | O_TRUNC, 0644);
    int failure =
        posix_spawnp(pid_out, arguments->command[0], &actions, &attributes, arguments->command, environ);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    return failure;
}

static int run(const struct arguments *arguments, struct outcome *outcome_out)
{
    sigset_t awaited;
    sigemptyset(&awaited);
    sigaddset(&awaited, SIGCHLD);
    sigaddset(&awaited, SIGINT);
    sigaddset(&awaited, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &awaited, NULL);
    (void)prctl(PR_SET_PDEATHSIG, (unsigned long)SIGTERM, 0UL, 0UL,
                0UL); /* without the harness nothing goes on */

    pid_t pid = 0;
    *outcome_out = (struct outcome){0};
    const double start_s = now_s();
    int failure = start(arguments, &pid);
    if (failure != 0)
        return failure;
    const struct timespec timeout = {.tv_sec = arguments->timeout_s};
    int number = sigtimedwait(&awaited, NULL, &timeout);
    outcome_out->timed_out = number < 0 && errno == EAGAIN;
    if (outcome_out->timed_out || number == SIGINT || number == SIGTERM)
        kill(-pid, SIGKILL);
    while (wait4(pid, &outcome_out->wait_status, 0, &outcome_out->usage) < 0 && errno == EINTR)
        continue;
    outcome_out->wall_s = now_s() - start_s;
    return 0;
}

static double seconds(struct timeval time)
{
    return (double)time.tv_sec + (double)time.tv_usec / 1e6;
}

int main(int argc, char **argv)
{
    struct arguments arguments;
    if (!parse_arguments(argc, argv, &arguments)) {
        fputs("usage: bench-timed [-c CPUS] [-t SECONDS] [-o STDOUT_FILE] [-e STDERR_FILE] -- COMMAND …\n",
              stderr);
        return 2;
    }
    if (arguments.cpus != NULL && !pin_to(arguments.cpus)) {
        fprintf(stderr, "bench-timed: cannot use CPUs %s\n", arguments.cpus);
        return 2;
    }
    struct outcome outcome;
    int failure = run(&arguments, &outcome);
    if (failure != 0) {
        errno = failure;
        perror(arguments.command[0]);
        return 127;
    }
    const int status = WIFEXITED(outcome.wait_status) ? WEXITSTATUS(outcome.wait_status) : -1;
    const int fatal_signal = WIFSIGNALED(outcome.wait_status) ? WTERMSIG(outcome.wait_status) : 0;
    printf("{\"wall_s\":%.6f,\"user_s\":%.6f,\"sys_s\":%.6f,\"peak_kib\":%ld,\"status\":%d,\"signal\":%d,"
           "\"timed_out\":%s}\n",
           outcome.wall_s, seconds(outcome.usage.ru_utime), seconds(outcome.usage.ru_stime),
           outcome.usage.ru_maxrss, status, fatal_signal, outcome.timed_out ? "true" : "false");
    return 0;
}
