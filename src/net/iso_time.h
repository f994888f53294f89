// SPDX-License-Identifier: MIT
/* Times as services write them: "2026-11-24T10:00:00Z". Pure, by the Gregorian calendar alone: no time zones.
 */
#ifndef NET_ISO_TIME_H
#define NET_ISO_TIME_H

#include <stdbool.h>
#include <stdint.h>

enum { ISO_TIME_BYTES = 21 };

/* A whole date and time of the years 1970 to 9999, perhaps with a fraction of a second (which is dropped),
 * and "Z" or an offset ("+02:00"). False for anything else. A leap second counts as the second after it. */
bool iso_time_parse(const char *text, int64_t *unix_s_out);

/* "2026-11-24T10:00:00Z"; "" for times outside those years. */
void iso_time_format(int64_t unix_s, char text_out[ISO_TIME_BYTES]);

#endif
