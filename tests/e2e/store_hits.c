// SPDX-License-Identifier: MIT
/*
 * usage: store_hits NAME PROCESSES HITS
 *
 * Counts hits of one counter from several processes at once, each with a store of its own on the servers that
 * the environment names. Prints a line for each: its new value, or "failed: " and why. aws_counter.py
 * compares them with what is in the table. A program of its own because starting one for each hit would
 * mostly measure how programs start.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <tessera/tessera.h>

enum { LINE_BYTES = 1024 };

/* Waits until the gate is closed, so that all begin at once. A line is written whole: it is shorter than a
 * pipe's atom. */
static int count(const char *name, int hits, const int gate[2])
{
    const struct tess_store_config config = {.kind = TESS_STORE_AWS,
                                             .counter_table = getenv("COUNTER_TABLE")};
    struct tess_store *store = NULL;
    struct tess_error error = {0};
    char letter, line[LINE_BYTES];
    close(gate[1]);
    (void)!read(gate[0], &letter, 1);
    if (tess_store_open(&config, &store, &error) != TESS_OK) {
        (void)fprintf(stderr, "store_hits: %s\n", error.message);
        return 1;
    }
    for (int i = 0; i < hits; i++) {
        int64_t value = 0;
        const enum tess_status status = tess_counter_hit(store, name, &value, &error);
        const int size = status == TESS_OK ? snprintf(line, sizeof line, "%" PRId64 "\n", value)
                                           : snprintf(line, sizeof line, "failed: %.900s\n", error.message);
        if (write(STDOUT_FILENO, line, (size_t)size) != size)
            return 1;
    }
    tess_store_close(store);
    return 0;
}

int main(int argc, char **argv)
{
    const long processes = argc == 4 ? strtol(argv[2], NULL, 10) : 0,
               hits = argc == 4 ? strtol(argv[3], NULL, 10) : 0;
    int gate[2], failed = 0, status;
    if (processes < 1 || processes > 64 || hits < 1 || hits > 100000 || pipe(gate) != 0) {
        (void)fputs("usage: store_hits NAME PROCESSES HITS\n", stderr);
        return 2;
    }
    for (long i = 0; i < processes; i++) {
        const pid_t child = fork();
        if (child < 0)
            failed = 1;
        if (child == 0)
            exit(count(argv[1], (int)hits, gate));
    }
    close(gate[0]);
    close(gate[1]);
    while (wait(&status) > 0)
        if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
            failed = 1;
    return failed;
}
