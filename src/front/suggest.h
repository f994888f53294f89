// SPDX-License-Identifier: MIT
/* "Did you mean …?" */
#ifndef FRONT_SUGGEST_H
#define FRONT_SUGGEST_H

#include <stddef.h>

struct suggestion {
    const char *wrong;   /* what was written */
    const char *nearest; /* the best offer so far, NULL: none is near enough */
    size_t distance;
};

void suggestion_begin(struct suggestion *suggestion, const char *wrong);
void suggestion_offer(struct suggestion *suggestion, const char *name); /* `name` is borrowed */

#endif
