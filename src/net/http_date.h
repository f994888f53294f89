// SPDX-License-Identifier: MIT
/*
 * The Date of an answer, by which a wrong clock shows. Source: RFC 9110, 5.6.7: the form that servers must
 * send, and the two obsolete ones that must still be understood.
 */
#ifndef NET_HTTP_DATE_H
#define NET_HTTP_DATE_H

#include <stdbool.h>
#include <stdint.h>

/*
 * To Unix seconds; false for anything else, also for days that do not exist or were another day of the week.
 *
 *     Sun, 06 Nov 1994 08:49:37 GMT
 *     Sunday, 06-Nov-94 08:49:37 GMT     years 70 to 99 are of the 20th century, others of the 21st
 *     Sun Nov  6 08:49:37 1994
 *
 * Pure.
 */
bool http_date_read(const char *text, int64_t *unix_s_out);

#endif
