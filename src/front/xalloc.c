// SPDX-License-Identifier: MIT
#include "front/xalloc.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

_Noreturn void out_of_memory(void)
{
    (void)fputs("tessera: out of memory\n", stderr);
    exit(1);
}

void *xcalloc(size_t count, size_t size)
{
    void *memory = calloc(count ? count : 1, size ? size : 1);
    if (!memory)
        out_of_memory();
    return memory;
}

void *xgrow(void *array, size_t count, size_t size)
{
    /* Doubling at powers of two: the array itself tells when, no capacity is kept. */
    if (count != 0 && (count & (count - 1)) != 0)
        return array;
    void *grown = reallocarray(array, count ? count * 2 : 1, size);
    if (!grown)
        out_of_memory();
    return grown;
}

char *xstrdup(const char *text)
{
    char *copy = strdup(text);
    if (!copy)
        out_of_memory();
    return copy;
}

char *xprintf(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    char *text = NULL;
    int length = vasprintf(&text, format, args);
    va_end(args);
    if (length < 0)
        out_of_memory();
    return text;
}
