// SPDX-License-Identifier: MIT
/*
 * When to try again: the "standard" mode of the AWS SDKs (3 attempts, DynamoDB 4; full jitter; a token bucket
 * that stops retry storms). Pure, but for the bucket, which has a lock. Source: AWS SDKs and Tools Reference
 * Guide, "Retry behavior".
 */
#ifndef NET_RETRY_H
#define NET_RETRY_H

#include <stdbool.h>
#include <stdint.h>

#include "net/http.h"

enum retry_class { RETRY_NEVER, RETRY_TRANSIENT, RETRY_THROTTLING };

/* What an attempt's outcome calls for. `code` is the service's error code ("SlowDown"), NULL or "" where none
 * came. */
enum retry_class retry_classify(enum http_failure failure, int http_status, const char *code);

struct retry_policy {
    uint32_t attempts;          /* in all: 3, DynamoDB 4 */
    uint32_t transient_base_ms; /* 50, DynamoDB 25 */
    uint32_t throttle_base_ms;  /* 1000 */
    uint32_t most_ms;           /* 20,000 */
};
struct retry_policy retry_policy_of(const char *service, uint32_t attempts /* 0: the service's own */);

/*
 * The wait before the next attempt after `failed` (1, 2, …) attempts: random01 · min(base · 2^(failed - 1),
 * most_ms). `server_ms` (x-amz-retry-after; negative: not given) is honoured within most_ms.
 */
uint32_t retry_delay_ms(const struct retry_policy *policy, enum retry_class class_, uint32_t failed,
                        double random01, int64_t server_ms);

enum { RETRY_TOKENS = 500, RETRY_COST_TRANSIENT = 14, RETRY_COST_THROTTLING = 5 };

/* One bucket per server. Thread-safe. */
struct retry_bucket {
    _Atomic int32_t tokens;
};
void retry_bucket_init(struct retry_bucket *bucket);
bool retry_bucket_take(struct retry_bucket *bucket, enum retry_class class_); /* false: too few are left */
/* A success: what the retry before it cost is given back, 1 where there was none; never above RETRY_TOKENS.
 */
void retry_bucket_refund(struct retry_bucket *bucket, enum retry_class last_retry);

#endif
