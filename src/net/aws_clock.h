// SPDX-License-Identifier: MIT
/*
 * How far our clock is from the servers'. Signatures carry a time, and the servers' counts: a link signed by
 * a clock that is ten minutes behind has ended before anybody opens it.
 *
 * Every answer's Date is a sample, right to a second. The offset is the median of the last five, so that one
 * answer that lies (a proxy's, a cache's) moves nothing once there are two honest ones; of an even number it
 * is the one nearer to our clock. A clock that is set while we run (seen by the monotonic one) makes all that
 * was learned void.
 *
 * Thread-safe, all of it.
 */
#ifndef NET_AWS_CLOCK_H
#define NET_AWS_CLOCK_H

#include <pthread.h>
#include <stddef.h>
#include <stdint.h>

enum { AWS_CLOCK_SAMPLES = 5 };

/* Our two clocks at one moment. */
struct aws_instant {
    int64_t unix_ms, monotonic_ms;
};

struct aws_clock {
    pthread_mutex_t lock; /* over all that follows */
    int64_t samples_ms[AWS_CLOCK_SAMPLES];
    size_t count, next;
    int64_t skew_ms;  /* to be added to our clock */
    int64_t apart_ms; /* our two clocks, when the last sample was taken */
};

void aws_clock_init(struct aws_clock *clock);
void aws_clock_destroy(struct aws_clock *clock);

/* What is to be added to our clock to have the servers'. */
int64_t aws_clock_skew(struct aws_clock *clock, struct aws_instant now);

/*
 * The server's Date was `server_s`, in the answer to a request that was signed by a skew of `signed_skew_ms`
 * and was on its way between the two instants. A time that such a signature would not have passed is no
 * sample.
 */
void aws_clock_learn(struct aws_clock *clock, int64_t server_s, struct aws_instant sent,
                     struct aws_instant received, int64_t signed_skew_ms);

/* The skew is this, whatever was learned: a server said that our time is wrong. */
void aws_clock_force(struct aws_clock *clock, int64_t skew_ms, struct aws_instant now);

#endif
