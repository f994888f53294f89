// SPDX-License-Identifier: MIT
/* What `tessera doctor` finds, on its way to who asked; backend_check.c and backend_check_aws.c. */
#ifndef BACKEND_BACKEND_FINDING_H
#define BACKEND_BACKEND_FINDING_H

#include <tessera/store.h>

struct findings {
    void (*report)(void *context, const struct tess_finding *finding);
    void *context;
    size_t bad;
};

/* Reports one thing that was looked at. `advice` is what to do, NULL when all is good; the format is what was
 * found. */
void finding_tell(struct findings *findings, const char *subject, const char *advice, const char *format, ...)
    TESS_PRINTF(4, 5);

/* Examines S3 and DynamoDB as `config` says. Nothing is created or changed there. */
void backend_check_aws(struct findings *findings, const struct tess_store_config *config);

#endif
