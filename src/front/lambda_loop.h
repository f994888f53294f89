// SPDX-License-Identifier: MIT
/*
 * Event after event, each answered before its deadline.
 *
 * The main thread talks to the Runtime API and looks at the clock; the event runs on a worker. The job is
 * told a time that ends a margin before Lambda's deadline (a tenth of what is left, at most 300 ms), so that
 * an error of our own leaves in time. If the worker does not come back even half a margin later, as in a call
 * that cannot be stopped, the answer is given without it; before the next event it is waited for.
 */
#ifndef FRONT_LAMBDA_LOOP_H
#define FRONT_LAMBDA_LOOP_H

#include "front/lambda_site.h"

/* Runs until SIGTERM (interrupt_install() has been called), which is EXIT_GOOD, or until the Runtime API can
 * no longer be talked to, or the site could not be opened: EXIT_FAILED after a message. */
enum exit_status lambda_loop_run(struct lambda_site *site, struct tess_lambda *lambda);

/* How an invocation's time is divided. */
struct lambda_times {
    bool limited;      /* there is a deadline */
    int64_t job_ms;    /* from now on: what the job is told; not above 0: there is no time at all */
    int64_t answer_ms; /* from now on: when the answer is given, whatever the job does */
};

/* `deadline_ms` and `now_ms` are Unix times; a deadline of 0 or below is none. Pure. */
struct lambda_times lambda_times_of(int64_t deadline_ms, int64_t now_ms);

#endif
