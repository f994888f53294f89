// SPDX-License-Identifier: MIT
#include "net/http_date.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "net/iso_time.h"

enum { DATE_BYTES = sizeof "Sun, 06 Nov 1994 08:49:37 GMT" - 1 };

static int read_name(const char *text, const char *names)
{
    for (int i = 0; names[3 * i]; i++)
        if (memcmp(text, names + (ptrdiff_t)3 * i, 3) == 0)
            return i;
    return -1;
}

bool http_date_read(const char *text, int64_t *unix_s_out)
{
    static const char shape[] = "???, ?? ??? ???? ??:??:?? GMT";
    if (strlen(text) != DATE_BYTES)
        return false;
    for (size_t i = 0; i < DATE_BYTES; i++)
        if (shape[i] != '?' && shape[i] != text[i])
            return false;
    const int month = read_name(text + 8, "JanFebMarAprMayJunJulAugSepOctNovDec");
    if (month < 0 || read_name(text, "MonTueWedThuFriSatSun") < 0)
        return false;
    char iso[32];
    (void)snprintf(iso, sizeof iso, "%.4s-%02u-%.2sT%.8sZ", text + 12, (unsigned)month + 1, text + 5,
                   text + 17);
    return iso_time_parse(iso, unix_s_out);
}
