// SPDX-License-Identifier: MIT
#include "backend/backend_finding.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/utf8.h"

enum { WORDS_BYTES = 8192, DETAIL_BYTES = 1024 };

void finding_tell(struct findings *findings, const char *subject, const char *advice, const char *format, ...)
{
    char words[WORDS_BYTES], detail[DETAIL_BYTES];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(words, sizeof words, format, args);
    va_end(args);
    (void)utf8_line(words, detail, sizeof detail);
    const struct tess_finding finding = {
        .good = !advice, .subject = subject, .detail = detail, .advice = advice ? advice : ""};
    findings->bad += advice ? 1 : 0;
    findings->report(findings->context, &finding);
}
