// SPDX-License-Identifier: MIT
#include "net/http_pace.h"

#include <string.h>

enum { SLOTS = HTTP_PACE_STEPS + 1 };

void http_pace_begin(struct http_pace *pace, int64_t now_ns, uint32_t window_ms)
{
    memset(pace, 0, sizeof *pace);
    pace->step_ns = (int64_t)window_ms * 1000000 / HTTP_PACE_STEPS;
    pace->step_begun_ns = now_ns;
    pace->enough_bytes = (uint64_t)window_ms * HTTP_PACE_SLOWEST / 1000;
}

static void slide(struct http_pace *pace, int64_t now_ns)
{
    int64_t steps = (now_ns - pace->step_begun_ns) / pace->step_ns;
    if (steps > 0)
        pace->step_begun_ns += steps * pace->step_ns;
    if (steps > SLOTS) /* nobody looked for long: all is forgotten */
        steps = SLOTS;
    for (; steps > 0; steps--) {
        pace->present = (pace->present + 1) % SLOTS;
        pace->bytes[pace->present] = 0;
        if (pace->whole_steps < HTTP_PACE_STEPS)
            pace->whole_steps++;
    }
}

bool http_pace_is_slow(struct http_pace *pace, int64_t now_ns, uint64_t bytes)
{
    /* Slid first: when the whole process has slept, what just came belongs to now, not to before. */
    slide(pace, now_ns);
    pace->bytes[pace->present] += bytes;
    if (pace->whole_steps < HTTP_PACE_STEPS)
        return false;
    uint64_t sum = 0;
    for (unsigned i = 0; i < SLOTS; i++)
        sum += pace->bytes[i];
    return sum < pace->enough_bytes;
}
