// SPDX-License-Identifier: MIT
/* A call: attempts until one succeeds, nothing more can be hoped for, or the caller wants no more. */
#include "net/aws.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "net/aws_attempt.h"
#include "net/aws_clock.h"
#include "net/aws_explain.h"
#include "net/http_date.h"
#include "net/random.h"

enum { SERVERS = 16, SERVER_BYTES = 256, SKEW_TOLERATED_MS = 4 * 60 * 1000, NOT_IMPLEMENTED = 501 };

/* One server's tokens. */
struct server {
    char endpoint[SERVER_BYTES];
    struct retry_bucket bucket;
};

struct aws {
    struct aws_settings settings;
    struct aws_surroundings surroundings;
    struct credentials_provider *credentials;
    struct aws_clock *clock; /* the servers' against ours */
    _Atomic uint64_t calls, retries, throttled, failures;

    pthread_mutex_t lock; /* of the table; entries stay where they are */
    struct server servers[SERVERS];
    size_t server_count;
};

static int64_t real_unix_ms(void *context)
{
    (void)context;
    return clock_unix_ms();
}

static int64_t real_monotonic_ms(void *context)
{
    (void)context;
    return clock_monotonic_ns() / 1000000;
}

static double real_random01(void *context)
{
    (void)context;
    return random_unit();
}

static enum tess_status real_sleep_ms(void *context, const struct stop *stop, int64_t duration_ms,
                                      struct tess_error *error)
{
    (void)context;
    return stop_sleep(stop, duration_ms, error);
}

static int64_t now_s(void *context)
{
    return aws_now_ms(context) / 1000;
}

enum tess_status aws_create(struct aws_settings *settings, const struct aws_surroundings *surroundings,
                            struct aws **aws_out, struct tess_error *error)
{
    const struct http_config config = {.ca_bundle = settings->ca_bundle};
    struct http *http = surroundings ? surroundings->http : NULL;
    enum tess_status status = http ? TESS_OK : http_curl_create(&config, &http, error);
    struct aws *aws = status == TESS_OK ? calloc(1, sizeof *aws) : NULL;
    struct aws_clock *clock = aws ? calloc(1, sizeof *clock) : NULL;
    *aws_out = NULL;
    if (status == TESS_OK && !clock)
        status = error_set(error, TESS_ERR_MEMORY, "no memory for AWS");
    if (status != TESS_OK) {
        if (http)
            http->ops->destroy(http);
        aws_settings_clear(settings);
        free(aws);
        return status;
    }
    if (surroundings)
        aws->surroundings = *surroundings;
    aws->surroundings.http = http;
    aws->clock = clock;
    aws_clock_init(clock);
    if (!aws->surroundings.unix_ms) {
        aws->surroundings.unix_ms = real_unix_ms;
        aws->surroundings.monotonic_ms = real_monotonic_ms;
    }
    if (!aws->surroundings.monotonic_ms) /* a clock that is never set */
        aws->surroundings.monotonic_ms = aws->surroundings.unix_ms;
    if (!aws->surroundings.random01)
        aws->surroundings.random01 = real_random01;
    if (!aws->surroundings.sleep_ms)
        aws->surroundings.sleep_ms = real_sleep_ms;
    aws->settings = *settings;
    *settings = (struct aws_settings){0};
    (void)pthread_mutex_init(&aws->lock, NULL);
    status = credentials_provider_create(&aws->settings, http, now_s, aws, &aws->credentials, error);
    if (status == TESS_OK)
        *aws_out = aws;
    else
        aws_destroy(aws);
    return status;
}

void aws_destroy(struct aws *aws)
{
    if (!aws)
        return;
    if (aws->credentials)
        credentials_provider_destroy(aws->credentials);
    aws->surroundings.http->ops->destroy(aws->surroundings.http);
    aws_settings_clear(&aws->settings);
    aws_clock_destroy(aws->clock);
    free(aws->clock);
    (void)pthread_mutex_destroy(&aws->lock);
    free(aws);
}

const struct aws_settings *aws_settings_of(const struct aws *aws)
{
    return &aws->settings;
}

struct credentials_provider *aws_credentials_of(struct aws *aws)
{
    return aws->credentials;
}

static struct aws_instant instant_of(const struct aws *aws)
{
    const struct aws_surroundings *surroundings = &aws->surroundings;
    return (struct aws_instant){surroundings->unix_ms(surroundings->context),
                                surroundings->monotonic_ms(surroundings->context)};
}

int64_t aws_now_ms(const struct aws *aws)
{
    const struct aws_instant now = instant_of(aws);
    return now.unix_ms + aws_clock_skew(aws->clock, now);
}

struct aws_counts aws_counts_of(const struct aws *aws)
{
    return (struct aws_counts){.calls = atomic_load(&aws->calls),
                               .retries = atomic_load(&aws->retries),
                               .throttled = atomic_load(&aws->throttled),
                               .failures = atomic_load(&aws->failures)};
}

void aws_response_clear(struct aws_response *response)
{
    http_response_clear(&response->http);
    *response = (struct aws_response){0};
}

/* With more servers than the table holds, the last ones share their tokens. */
static struct retry_bucket *bucket_of(struct aws *aws, const char *endpoint)
{
    size_t index = 0;
    (void)pthread_mutex_lock(&aws->lock);
    while (index < aws->server_count &&
           strncmp(aws->servers[index].endpoint, endpoint, SERVER_BYTES - 1) != 0)
        index++;
    if (index == aws->server_count && index < SERVERS) {
        (void)snprintf(aws->servers[index].endpoint, SERVER_BYTES, "%s", endpoint);
        retry_bucket_init(&aws->servers[index].bucket);
        aws->server_count++;
    }
    (void)pthread_mutex_unlock(&aws->lock);
    return &aws->servers[index < SERVERS ? index : SERVERS - 1].bucket;
}

/* One call on its way. */
struct call {
    struct aws *aws;
    const struct aws_request *request;
    struct aws_response *response;
    struct credentials credentials; /* of the last attempt */
    int64_t skew_ms;                /* of the clock in the last attempt */
    bool renewed;
    bool corrected, suspected; /* the clock was put right; without the server having said that it is wrong */
    int64_t first_skew_ms, correction_ms;
    bool no_tokens;
    enum retry_class last_retry;
};

/*
 * The server's clock counts: it is the one that refuses. True when ours was put right by it. The comparison
 * is with the correction that this attempt was signed with, as another call may have put the clock right
 * meanwhile.
 */
static bool correct_clock(struct call *call)
{
    struct aws *aws = call->aws;
    const char *date = http_response_header(&call->response->http, "date");
    int64_t server_s;
    if (call->corrected || !aws_complains_of_request(call->response) || !date ||
        !http_date_read(date, &server_s))
        return false;
    const struct aws_instant now = instant_of(aws);
    const int64_t correction_ms = server_s * 1000 - now.unix_ms;
    const int64_t wrong_ms = correction_ms - call->skew_ms;
    if (wrong_ms <= SKEW_TOLERATED_MS && wrong_ms >= -SKEW_TOLERATED_MS)
        return false;
    call->suspected = !aws_complains_of_clock(&call->response->complaint);
    call->correction_ms = correction_ms;
    aws_clock_force(aws->clock, correction_ms, now);
    return call->corrected = true;
}

/* It was not the clock after all: a Date that is wrong (a cache's, perhaps) must not mislead later calls. */
static void restore_clock(struct call *call)
{
    struct aws_clock *clock = call->aws->clock;
    const struct aws_instant now = instant_of(call->aws);
    if (call->corrected && call->suspected && aws_complains_of_request(call->response) &&
        aws_clock_skew(clock, now) == call->correction_ms)
        aws_clock_force(clock, call->first_skew_ms, now);
}

/* A cache's answer has the Date of long ago; a proxy that answers in the service's place gives no number. */
static void learn_clock(const struct call *call, enum aws_attempt_outcome outcome, struct aws_instant sent)
{
    const struct http_response *http = &call->response->http;
    const char *date = http_response_header(http, "date");
    int64_t server_s;
    const bool numbered =
        http_response_header(http, "x-amz-request-id") || http_response_header(http, "x-amzn-requestid");
    if (http->failure == HTTP_DONE && (outcome == AWS_ATTEMPT_GOOD || numbered) && date &&
        !http_response_header(http, "age") && http_date_read(date, &server_s))
        aws_clock_learn(call->aws->clock, server_s, sent, instant_of(call->aws), call->skew_ms);
}

static bool renew_credentials(struct call *call)
{
    if (call->renewed || !aws_complains_of_token(&call->response->complaint))
        return false;
    call->renewed = true;
    return credentials_expired(call->aws->credentials, &call->credentials);
}

static enum retry_class class_of(const struct aws_response *response, bool answer_is_bad)
{
    const enum retry_class class_ =
        retry_classify(response->http.failure, response->http.status, response->complaint.code);
    return class_ == RETRY_NEVER && answer_is_bad ? RETRY_TRANSIENT : class_;
}

/* The server may have done what was asked, although it did not say so. */
static bool is_ambiguous(const struct aws_response *response, bool answer_is_bad)
{
    const struct http_response *http = &response->http;
    return http->request_sent && (http->failure != HTTP_DONE ||
                                  (http->status >= 500 && http->status != NOT_IMPLEMENTED) || answer_is_bad);
}

static int64_t server_pause_ms(const struct http_response *http)
{
    const char *text = http_response_header(http, "x-amz-retry-after");
    const size_t digits = text ? strspn(text, "0123456789") : 0;
    return digits > 0 && digits < 10 && text[digits] == '\0' ? strtoll(text, NULL, 10) : -1;
}

/* Takes the tokens for one more attempt, if there is any use in it and no harm. */
static bool may_retry(struct call *call, const struct retry_policy *policy, struct retry_bucket *bucket,
                      enum retry_class class_)
{
    const struct aws_response *response = call->response;
    if (class_ == RETRY_NEVER || response->attempts >= policy->attempts ||
        (call->request->not_repeatable && response->ambiguous))
        return false;
    if (!retry_bucket_take(bucket, class_)) {
        call->no_tokens = true;
        return false;
    }
    call->last_retry = class_;
    atomic_fetch_add(&call->aws->retries, 1);
    return true;
}

static enum tess_status wait_before_retry(struct call *call, const struct retry_policy *policy,
                                          struct tess_error *error)
{
    const struct aws_surroundings *surroundings = &call->aws->surroundings;
    const uint32_t pause_ms =
        retry_delay_ms(policy, call->last_retry, call->response->attempts,
                       surroundings->random01(surroundings->context), server_pause_ms(&call->response->http));
    return surroundings->sleep_ms(surroundings->context, call->request->stop, pause_ms, error);
}

/* One attempt; *again when the next may follow at once, as what was wrong is put right. */
static enum tess_status attempt_once(struct call *call, struct aws_attempt *attempt, bool *again_out,
                                     struct tess_error *error)
{
    struct aws_response *response = call->response;
    *again_out = false;
    const struct aws_instant sent = instant_of(call->aws);
    call->skew_ms = aws_clock_skew(call->aws->clock, sent);
    enum tess_status status = aws_attempt(attempt, &call->credentials, response, error);
    if (attempt->outcome == AWS_ATTEMPT_UNSENT) {
        if (stop_check(call->request->stop, NULL) == TESS_OK) /* else who stopped it knows why */
            error_prefix(error, "cannot %s", call->request->what);
        return status;
    }
    *again_out = attempt->outcome != AWS_ATTEMPT_GOOD && (correct_clock(call) || renew_credentials(call));
    if (!*again_out) {
        learn_clock(call, attempt->outcome, sent);
        response->attempts++;
    }
    return status;
}

static enum tess_status try_until_done(struct call *call, struct tess_error *error)
{
    struct aws *aws = call->aws;
    struct aws_response *response = call->response;
    const struct retry_policy policy =
        retry_policy_of(aws_service_name(call->request->service->service), aws->settings.attempts);
    struct retry_bucket *bucket = bucket_of(aws, call->request->endpoint);
    for (;;) {
        struct aws_attempt attempt = {.aws = aws, .request = call->request, .http = aws->surroundings.http};
        bool again;
        enum tess_status status = attempt_once(call, &attempt, &again, error);
        if (again)
            continue;
        response->ambiguous = false;
        if (attempt.outcome == AWS_ATTEMPT_GOOD)
            retry_bucket_refund(bucket, call->last_retry);
        if (attempt.outcome == AWS_ATTEMPT_GOOD || attempt.outcome == AWS_ATTEMPT_UNSENT)
            return status;
        restore_clock(call);
        const bool answer_is_bad = attempt.outcome == AWS_ATTEMPT_BAD_ANSWER;
        const enum retry_class class_ = class_of(response, answer_is_bad);
        response->ambiguous = class_ != RETRY_THROTTLING && is_ambiguous(response, answer_is_bad);
        if (class_ == RETRY_THROTTLING)
            atomic_fetch_add(&aws->throttled, 1);
        if (!may_retry(call, &policy, bucket, class_))
            return aws_explain(response, call->request->what, status, call->no_tokens, error);
        response->may_have_acted_before |= response->ambiguous;
        status = wait_before_retry(call, &policy, error);
        if (status != TESS_OK)
            return status;
    }
}

enum tess_status aws_call(struct aws *aws, const struct aws_request *request,
                          struct aws_response *response_out, struct tess_error *error)
{
    struct tess_error words = {0};
    struct stop_flag state;
    struct stop stop;
    struct aws_request heeding = *request;
    if (!request->stop && aws->surroundings.cancel) {
        stop = stop_on_flag(&state, aws->surroundings.cancel);
        heeding.stop = &stop;
    }
    struct call call = {.aws = aws, .request = &heeding, .response = response_out};
    *response_out = (struct aws_response){0};
    call.first_skew_ms = aws_clock_skew(aws->clock, instant_of(aws));
    atomic_fetch_add(&aws->calls, 1);
    enum tess_status status = try_until_done(&call, &words);
    if (status != TESS_OK) {
        atomic_fetch_add(&aws->failures, 1);
        response_out->ambiguous |= response_out->may_have_acted_before;
    }
    if (status != TESS_OK && error)
        *error = words;
    credentials_clear(&call.credentials);
    return status;
}
