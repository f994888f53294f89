// SPDX-License-Identifier: MIT
#include "front/serve_range.h"

#include <string.h>
#include <strings.h>

/* Digits up to `end`; what is too large for 64 bits is the largest number. */
static bool read_number(const char *text, const char *end, uint64_t *number_out)
{
    uint64_t number = 0;
    if (text == end)
        return false;
    for (; text < end; text++) {
        if (*text < '0' || *text > '9')
            return false;
        const uint64_t digit = (uint64_t)(*text - '0');
        number = number > (UINT64_MAX - digit) / 10 ? UINT64_MAX : number * 10 + digit;
    }
    *number_out = number;
    return true;
}

enum serve_range_kind serve_range_read(const char *header, uint64_t total, struct serve_range *range_out)
{
    static const char unit[] = "bytes=";
    *range_out = (struct serve_range){0, total};
    if (!header || strncasecmp(header, unit, sizeof unit - 1) != 0)
        return SERVE_RANGE_ALL;
    const char *first_text = header + sizeof unit - 1;
    first_text += strspn(first_text, " \t");
    const char *dash = strchr(first_text, '-');
    const char *end = first_text + strlen(first_text);
    while (end > first_text && (end[-1] == ' ' || end[-1] == '\t'))
        end--;
    uint64_t first = 0, last = 0;
    if (!dash || dash >= end || strchr(first_text, ','))
        return SERVE_RANGE_ALL;
    const bool has_first = read_number(first_text, dash, &first),
               has_last = read_number(dash + 1, end, &last);
    if ((!has_first && dash != first_text) || (!has_last && dash + 1 != end) || (!has_first && !has_last) ||
        (has_first && has_last && last < first))
        return SERVE_RANGE_ALL;
    if (!has_first) { /* the last so many */
        if (last == 0)
            return SERVE_RANGE_NONE;
        if (total == 0) /* all of nothing, which no Content-Range can say */
            return SERVE_RANGE_ALL;
        range_out->size = last < total ? last : total;
        range_out->first = total - range_out->size;
        return SERVE_RANGE_PART;
    }
    if (first >= total)
        return SERVE_RANGE_NONE;
    range_out->first = first;
    range_out->size = (has_last && last < total - 1 ? last : total - 1) - first + 1;
    return SERVE_RANGE_PART;
}

static bool is_blank(const char *text)
{
    return text[strspn(text, " \t")] == '\0';
}

bool serve_etag_is(const char *header, const char *etag)
{
    const size_t size = strlen(etag);
    header += strspn(header, " \t");
    return header[0] == '"' && strncmp(header + 1, etag, size) == 0 && header[size + 1] == '"' &&
           is_blank(header + size + 2);
}

static bool is_listed(const char *header, const char *etag, bool weak_too)
{
    const size_t size = strlen(etag);
    header += strspn(header, " \t");
    if (header[0] == '*' && is_blank(header + 1))
        return true;
    while (*header) {
        header += strspn(header, " \t,");
        const bool weak = strncmp(header, "W/", 2) == 0;
        header += weak ? 2 : 0;
        if (header[0] != '"')
            return false;
        const char *end = strchr(header + 1, '"');
        if (!end)
            return false;
        if ((weak_too || !weak) && (size_t)(end - header - 1) == size && memcmp(header + 1, etag, size) == 0)
            return true;
        header = end + 1;
    }
    return false;
}

bool serve_etag_matches(const char *header, const char *etag)
{
    return is_listed(header, etag, true);
}

bool serve_etag_matches_strongly(const char *header, const char *etag)
{
    return is_listed(header, etag, false);
}
