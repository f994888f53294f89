// SPDX-License-Identifier: MIT
#include "net/http_date.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "net/iso_time.h"

enum { S_PER_DAY = 86400, EPOCH_WEEKDAY = 4 /* 1970-01-01 was a Thursday; Sunday is 0 */ };

/* Where a form has what. In its shape '0' stands for a digit, '_' for a digit or a blank, 'a' for a letter of
 * a name. */
struct form {
    const char *shape;
    unsigned char day, month, year, time;
};

static bool fits(const char *text, const char *shape)
{
    for (; *shape; shape++, text++) {
        const bool digit = *text >= '0' && *text <= '9';
        const bool letter = (*text >= 'A' && *text <= 'Z') || (*text >= 'a' && *text <= 'z');
        if (*shape == '0'   ? !digit
            : *shape == '_' ? !digit && *text != ' '
            : *shape == 'a' ? !letter
                            : *text != *shape)
            return false;
    }
    return *text == '\0';
}

/* The index of the three letters among `names`; -1: they are not there. */
static int read_name(const char *text, const char *names)
{
    for (int i = 0; names[3 * i]; i++)
        if (memcmp(text, names + (ptrdiff_t)3 * i, 3) == 0)
            return i;
    return -1;
}

static bool read_form(const char *text, const struct form *form, int weekday, int64_t *unix_s_out)
{
    char iso[32];
    const int month = read_name(text + form->month, "JanFebMarAprMayJunJulAugSepOctNovDec");
    const char *day = text + form->day, *year = text + form->year;
    const bool short_year = form->shape[form->year + 2] != '0';
    if (month < 0)
        return false;
    (void)snprintf(iso, sizeof iso, "%s%.*s-%02u-%c%cT%.8sZ",
                   !short_year      ? ""
                   : year[0] >= '7' ? "19"
                                    : "20",
                   short_year ? 2 : 4, year, (unsigned)month + 1, day[0] == ' ' ? '0' : day[0], day[1],
                   text + form->time);
    return iso_time_parse(iso, unix_s_out) && (*unix_s_out / S_PER_DAY + EPOCH_WEEKDAY) % 7 == weekday;
}

bool http_date_read(const char *text, int64_t *unix_s_out)
{
    static const char *const days[] = {"Sunday",   "Monday", "Tuesday", "Wednesday",
                                       "Thursday", "Friday", "Saturday"};
    static const struct form fixed = {"aaa, 00 aaa 0000 00:00:00 GMT", 5, 8, 12, 17};
    static const struct form asctime_form = {"aaa aaa _0 00:00:00 0000", 8, 4, 20, 11};
    static const struct form rfc850 = {", 00-aaa-00 00:00:00 GMT", 2, 5, 9, 12};
    if (strnlen(text, 4) < 4)
        return false;
    const int weekday = read_name(text, "SunMonTueWedThuFriSat");
    if (weekday < 0)
        return false;
    if (fits(text, fixed.shape))
        return read_form(text, &fixed, weekday, unix_s_out);
    if (fits(text, asctime_form.shape))
        return read_form(text, &asctime_form, weekday, unix_s_out);
    const size_t name = strlen(days[weekday]);
    return strncmp(text, days[weekday], name) == 0 && fits(text + name, rfc850.shape) &&
           read_form(text + name, &rfc850, weekday, unix_s_out);
}
