// SPDX-License-Identifier: MIT
#include "net/retry.h"

#include <stdatomic.h>
#include <stddef.h>
#include <string.h>

static bool is_among(const char *code, const char *const *codes, size_t count)
{
    for (size_t i = 0; code && i < count; i++)
        if (strcmp(code, codes[i]) == 0)
            return true;
    return false;
}

enum retry_class retry_classify(enum http_failure failure, int http_status, const char *code)
{
    static const char *const throttling[] = {"Throttling",
                                             "ThrottlingException",
                                             "ThrottledException",
                                             "RequestThrottled",
                                             "RequestThrottledException",
                                             "TooManyRequestsException",
                                             "ProvisionedThroughputExceededException",
                                             "RequestLimitExceeded",
                                             "BandwidthLimitExceeded",
                                             "LimitExceededException",
                                             "SlowDown",
                                             "PriorRequestNotComplete",
                                             "TransactionInProgressException"};
    static const char *const transient[] = {"RequestTimeout", "RequestTimeoutException", "InternalError"};
    switch (failure) {
    case HTTP_UNREACHABLE:
    case HTTP_BROKEN:
    case HTTP_STALLED:
        return RETRY_TRANSIENT;
    case HTTP_UNTRUSTED:
    case HTTP_OUT_OF_TIME:
    case HTTP_TOO_LARGE:
    case HTTP_FORBIDDEN:
    case HTTP_STOPPED:
    case HTTP_LOCAL:
        return RETRY_NEVER;
    case HTTP_DONE:
        break;
    }
    if (is_among(code, throttling, sizeof throttling / sizeof *throttling) || http_status == 429)
        return RETRY_THROTTLING;
    if (http_status == 500 || http_status == 502 || http_status == 503 || http_status == 504 ||
        is_among(code, transient, sizeof transient / sizeof *transient))
        return RETRY_TRANSIENT;
    return RETRY_NEVER;
}

struct retry_policy retry_policy_of(const char *service, uint32_t attempts)
{
    const bool dynamodb = strcmp(service, "dynamodb") == 0;
    return (struct retry_policy){.attempts = attempts   ? attempts
                                             : dynamodb ? 4
                                                        : 3,
                                 .transient_base_ms = dynamodb ? 25 : 50,
                                 .throttle_base_ms = 1000,
                                 .most_ms = 20000};
}

uint32_t retry_delay_ms(const struct retry_policy *policy, enum retry_class class_, uint32_t failed,
                        double random01, int64_t server_ms)
{
    if (server_ms >= 0)
        return server_ms < policy->most_ms ? (uint32_t)server_ms : policy->most_ms;
    uint64_t most_ms = class_ == RETRY_THROTTLING ? policy->throttle_base_ms : policy->transient_base_ms;
    for (uint32_t i = 1; i < failed && most_ms < policy->most_ms; i++)
        most_ms *= 2;
    if (most_ms > policy->most_ms)
        most_ms = policy->most_ms;
    return (uint32_t)(random01 * (double)most_ms);
}

static int32_t cost_of(enum retry_class class_)
{
    return class_ == RETRY_THROTTLING ? RETRY_COST_THROTTLING : RETRY_COST_TRANSIENT;
}

void retry_bucket_init(struct retry_bucket *bucket)
{
    bucket->tokens = RETRY_TOKENS;
}

bool retry_bucket_take(struct retry_bucket *bucket, enum retry_class class_)
{
    int32_t tokens = bucket->tokens;
    do {
        if (tokens < cost_of(class_))
            return false;
    } while (!atomic_compare_exchange_weak(&bucket->tokens, &tokens, tokens - cost_of(class_)));
    return true;
}

void retry_bucket_refund(struct retry_bucket *bucket, enum retry_class last_retry)
{
    const int32_t refund = last_retry == RETRY_NEVER ? 1 : cost_of(last_retry);
    int32_t tokens = bucket->tokens, more;
    do {
        more = tokens + refund < RETRY_TOKENS ? tokens + refund : RETRY_TOKENS;
    } while (!atomic_compare_exchange_weak(&bucket->tokens, &tokens, more));
}
