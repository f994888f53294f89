// SPDX-License-Identifier: MIT
/*
 * Whether a transfer gets on: its bytes within a window that slides over the last seconds, in steps of a
 * tenth. Libcurl's own measure knows whole seconds only, and one window after the other would let a stall
 * last for nearly two. Pure: times are given.
 */
#ifndef NET_HTTP_PACE_H
#define NET_HTTP_PACE_H

#include <stdbool.h>
#include <stdint.h>

enum { HTTP_PACE_STEPS = 10, HTTP_PACE_SLOWEST = 1024 /* bytes a second */ };

struct http_pace {
    int64_t step_ns;
    int64_t step_begun_ns;               /* of the present step */
    uint64_t bytes[HTTP_PACE_STEPS + 1]; /* a ring: the window's whole steps and the present one */
    uint32_t present, whole_steps;
    uint64_t enough_bytes; /* for one window */
};

/* The window is empty, and nothing is slow before it has passed once. `window_ms` is at least 1. */
void http_pace_begin(struct http_pace *pace, int64_t now_ns, uint32_t window_ms);

/* True when the window before `now_ns`, with `bytes` more that have come since the last call, holds less than
 * HTTP_PACE_SLOWEST bytes a second. */
bool http_pace_is_slow(struct http_pace *pace, int64_t now_ns, uint64_t bytes);

#endif
