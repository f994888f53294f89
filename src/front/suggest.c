// SPDX-License-Identifier: MIT
/*
 * The nearest name by optimal string alignment: insertions, deletions, substitutions and swaps of neighbours
 * count one each. "Near" is at most a third of the name's length, so that "xyz" is no slip for "add".
 */
#include "front/suggest.h"

#include <string.h>

enum { MAX_LENGTH = 32 };

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

static size_t distance_between(const char *a, const char *b)
{
    size_t a_length = strlen(a), b_length = strlen(b);
    if (a_length > MAX_LENGTH || b_length > MAX_LENGTH)
        return MAX_LENGTH;
    size_t rows[3][MAX_LENGTH + 1]; /* the last two rows of the matrix and the one being made */
    for (size_t j = 0; j <= b_length; j++)
        rows[0][j] = j;
    for (size_t i = 1; i <= a_length; i++) {
        size_t *row = rows[i % 3];
        const size_t *above = rows[(i + 2) % 3], *two_above = rows[(i + 1) % 3];
        row[0] = i;
        for (size_t j = 1; j <= b_length; j++) {
            row[j] = smaller(above[j - 1] + (a[i - 1] != b[j - 1]), smaller(above[j], row[j - 1]) + 1);
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                row[j] = smaller(row[j], two_above[j - 2] + 1);
        }
    }
    return rows[a_length % 3][b_length];
}

void suggestion_begin(struct suggestion *suggestion, const char *wrong)
{
    *suggestion = (struct suggestion){.wrong = wrong, .distance = MAX_LENGTH};
}

void suggestion_offer(struct suggestion *suggestion, const char *name)
{
    size_t length = strlen(name), wrong_length = strlen(suggestion->wrong);
    size_t distance = distance_between(suggestion->wrong, name);
    /* A name's beginning is as good as a slip: "--back" for "--background". */
    if (wrong_length >= 3 && strncmp(suggestion->wrong, name, wrong_length) == 0)
        distance = 1;
    if (distance <= (length + 2) / 3 && distance < suggestion->distance) {
        suggestion->distance = distance;
        suggestion->nearest = name;
    }
}
