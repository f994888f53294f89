// SPDX-License-Identifier: MIT
/* The Date of an answer, by which a wrong clock shows. Source: RFC 9110, 5.6.7 (IMF-fixdate, the form that
 * servers must send). */
#ifndef NET_HTTP_DATE_H
#define NET_HTTP_DATE_H

#include <stdbool.h>
#include <stdint.h>

/* "Sun, 06 Nov 1994 08:49:37 GMT" to Unix seconds; false for anything else. Pure. */
bool http_date_read(const char *text, int64_t *unix_s_out);

#endif
