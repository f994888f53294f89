// SPDX-License-Identifier: MIT
#include "backend/backend_finding.h"

#include <stdarg.h>
#include <stdio.h>

enum { DETAIL_BYTES = 1024 };

void finding_tell(struct findings *findings, const char *subject, const char *advice, const char *format, ...)
{
    char detail[DETAIL_BYTES];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(detail, sizeof detail, format, args);
    va_end(args);
    const struct tess_finding finding = {
        .good = !advice, .subject = subject, .detail = detail, .advice = advice ? advice : ""};
    findings->bad += advice ? 1 : 0;
    findings->report(findings->context, &finding);
}
