// SPDX-License-Identifier: MIT
/* What every fuzz target needs: the entry point's declaration, and an assertion that no build leaves out. */
#ifndef FUZZ_H
#define FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Runs the code under test on one input; called by libFuzzer, or by replay.c for each file of the corpus. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define FUZZ_ASSERT(condition)                                                      \
    do {                                                                            \
        if (!(condition)) {                                                         \
            fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #condition); \
            abort();                                                                \
        }                                                                           \
    } while (0)

/* The input as a string: NUL-terminated copy, cut at its first NUL by whoever reads it. The caller frees. */
static inline char *fuzz_text(const uint8_t *data, size_t size)
{
    char *text = malloc(size + 1);
    FUZZ_ASSERT(text);
    if (size > 0)
        memcpy(text, data, size);
    text[size] = '\0';
    return text;
}

/* The input in a block of exactly its size, so that AddressSanitizer sees a read past its end. The caller
 * frees. */
static inline uint8_t *fuzz_copy(const uint8_t *data, size_t size)
{
    uint8_t *copy = calloc(1, size ? size : 1);
    FUZZ_ASSERT(copy);
    if (size > 0)
        memcpy(copy, data, size);
    return copy;
}

#endif
