// SPDX-License-Identifier: MIT
/*
 * Days are counted in years that begin in March, so that the leap day is a year's last and the lengths of the
 * months before a given one follow from one formula.
 */
#include "net/iso_time.h"

#include <stddef.h>
#include <stdio.h>

enum {
    S_PER_DAY = 86400,
    DAYS_PER_ERA = 146097,
    YEARS_PER_ERA = 400,
    EPOCH_DAY = 719468 /* from 0000-03-01 */
};

static const int64_t last_second = 253402300799; /* 9999-12-31T23:59:59Z */

static int64_t day_of(int64_t year, int64_t month, int64_t day)
{
    year -= month <= 2;
    const int64_t era = year / YEARS_PER_ERA, of_era = year % YEARS_PER_ERA;
    const int64_t of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    return era * DAYS_PER_ERA + of_era * 365 + of_era / 4 - of_era / 100 + of_year - EPOCH_DAY;
}

static int64_t days_in(int64_t year, int64_t month)
{
    return month == 12 ? 31 : day_of(year, month + 1, 1) - day_of(year, month, 1);
}

/* Exactly `digits` of them; the text moves on. */
static bool read_number(const char **text, int digits, int64_t *value_out)
{
    int64_t value = 0;
    for (int i = 0; i < digits; i++, (*text)++) {
        if (**text < '0' || **text > '9')
            return false;
        value = value * 10 + (**text - '0');
    }
    *value_out = value;
    return true;
}

static bool read_mark(const char **text, char mark)
{
    if (**text != mark)
        return false;
    (*text)++;
    return true;
}

static bool read_offset(const char **text, int64_t *offset_s_out)
{
    int64_t hours = 0, minutes = 0;
    *offset_s_out = 0;
    if (read_mark(text, 'Z'))
        return true;
    const bool west = **text == '-';
    if (!west && **text != '+')
        return false;
    (*text)++;
    if (!read_number(text, 2, &hours) || !read_mark(text, ':') || !read_number(text, 2, &minutes) ||
        hours > 23 || minutes > 59)
        return false;
    *offset_s_out = (hours * 60 + minutes) * (west ? -60 : 60);
    return true;
}

bool iso_time_parse(const char *text, int64_t *unix_s_out)
{
    int64_t year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0, offset_s = 0, digit = 0;
    if (!read_number(&text, 4, &year) || !read_mark(&text, '-') || !read_number(&text, 2, &month) ||
        !read_mark(&text, '-') || !read_number(&text, 2, &day) || !read_mark(&text, 'T') ||
        !read_number(&text, 2, &hour) || !read_mark(&text, ':') || !read_number(&text, 2, &minute) ||
        !read_mark(&text, ':') || !read_number(&text, 2, &second))
        return false;
    if (read_mark(&text, '.')) {
        if (!read_number(&text, 1, &digit))
            return false;
        while (read_number(&text, 1, &digit))
            ;
    }
    if (!read_offset(&text, &offset_s) || *text)
        return false;
    if (year < 1970 || month < 1 || month > 12 || day < 1 || day > days_in(year, month) || hour > 23 ||
        minute > 59 || second > 60)
        return false;
    const int64_t unix_s =
        day_of(year, month, day) * S_PER_DAY + (hour * 60 + minute) * 60 + second - offset_s;
    if (unix_s < 0 || unix_s > last_second)
        return false;
    *unix_s_out = unix_s;
    return true;
}

void iso_time_format(int64_t unix_s, char text_out[ISO_TIME_BYTES])
{
    text_out[0] = '\0';
    if (unix_s < 0 || unix_s > last_second)
        return;
    const int64_t days = unix_s / S_PER_DAY + EPOCH_DAY, rest_s = unix_s % S_PER_DAY;
    const int64_t era = days / DAYS_PER_ERA, of_era = days % DAYS_PER_ERA;
    const int64_t year = (of_era - of_era / 1460 + of_era / 36524 - of_era / (DAYS_PER_ERA - 1)) / 365;
    const int64_t of_year = of_era - (365 * year + year / 4 - year / 100);
    const int64_t month = (5 * of_year + 2) / 153; /* from March */
    const int64_t day = of_year - (153 * month + 2) / 5 + 1;
    const int64_t calendar_month = month < 10 ? month + 3 : month - 9;
    const int64_t calendar_year = era * YEARS_PER_ERA + year + (calendar_month <= 2);
    (void)snprintf(text_out, ISO_TIME_BYTES, "%04u-%02u-%02uT%02u:%02u:%02uZ",
                   (unsigned)calendar_year % 10000, (unsigned)calendar_month % 100, (unsigned)day % 100,
                   (unsigned)(rest_s / 3600) % 100, (unsigned)(rest_s / 60 % 60), (unsigned)(rest_s % 60));
}
