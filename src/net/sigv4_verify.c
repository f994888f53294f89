// SPDX-License-Identifier: MIT
/*
 * Verifying presigned requests.
 *
 * The verifier builds the canonical request from what arrived and signs it again. It takes from the link only
 * what the signature then covers: date, life, and the names of the signed headers. Whatever is wrong before
 * the signature has been found good is reported in the same words, so that trying teaches nothing.
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/error.h"
#include "net/digest.h"
#include "net/sigv4.h"
#include "net/sigv4_canonical.h"

/* What a link says of itself. */
struct claim {
    char algorithm[32], credential[512], date[17], expires[8], signed_names[1024], signature[65];
    int64_t date_s;
    uint32_t expires_s;
};

/* 1..604800 in plain digits, else 0. */
static uint32_t parse_expires(const char *text)
{
    uint32_t value = 0;
    for (; *text; text++) {
        if (*text < '0' || *text > '9')
            return 0;
        value = value * 10 + (uint32_t)(*text - '0'); /* at most 7 digits fit in claim.expires */
    }
    return value <= SIGV4_EXPIRES_MAX_S ? value : 0;
}

static enum tess_status read_claim(const struct sigv4_query *query, struct claim *claim)
{
    const struct {
        const char *name;
        char *value;
        size_t capacity;
    } fields[] = {{"X-Amz-Algorithm", claim->algorithm, sizeof claim->algorithm},
                  {"X-Amz-Credential", claim->credential, sizeof claim->credential},
                  {"X-Amz-Date", claim->date, sizeof claim->date},
                  {"X-Amz-Expires", claim->expires, sizeof claim->expires},
                  {"X-Amz-SignedHeaders", claim->signed_names, sizeof claim->signed_names},
                  {"X-Amz-Signature", claim->signature, sizeof claim->signature}};
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
        enum tess_status status = sigv4_query_get(query, fields[i].name, fields[i].value, fields[i].capacity);
        if (status != TESS_OK)
            return status == TESS_ERR_NOT_FOUND ? TESS_ERR_DENIED : status;
    }
    claim->expires_s = parse_expires(claim->expires);
    if (claim->expires_s == 0 || strlen(claim->signature) != sizeof claim->signature - 1)
        return TESS_ERR_DENIED;
    return sigv4_date_read(claim->date, &claim->date_s);
}

/* Was it signed with this key id for this region and service, on the day of its date? */
static enum tess_status check_credential(const struct claim *claim,
                                         const struct sigv4_credentials *credentials,
                                         const struct sigv4_scope *scope)
{
    struct bytes expected;
    bytes_init(&expected, SIGV4_MAX_BYTES);
    enum tess_status status = bytes_append_format(&expected, "%s/", credentials->access_key_id);
    if (status == TESS_OK)
        status = sigv4_scope_write(scope, claim->date, &expected);
    if (status == TESS_OK && (strcmp(claim->algorithm, "AWS4-HMAC-SHA256") != 0 ||
                              strcmp(claim->credential, (const char *)expected.data) != 0))
        status = TESS_ERR_DENIED;
    bytes_clear(&expected);
    return status;
}

/* Is `name` one of the ';'-separated names? */
static bool is_listed(const char *names, const char *name)
{
    size_t size = strlen(name);
    while (*names) {
        size_t word = strcspn(names, ";");
        if (word == size && strncasecmp(names, name, size) == 0)
            return true;
        names += word;
        names += *names == ';';
    }
    return false;
}

/* Keeps the listed headers. Names that are unsorted, repeated or did not come with the request are refused.
 */
static enum tess_status keep_signed_headers(const struct claim *claim, struct sigv4_headers *headers,
                                            struct sigv4_result *result)
{
    size_t kept = 0;
    for (size_t i = 0; i < headers->count; i++) {
        if (is_listed(claim->signed_names, headers->items[i].name))
            headers->items[kept++] = headers->items[i];
    }
    headers->count = kept;
    enum tess_status status = sigv4_headers_write_names(headers, &result->signed_names);
    if (status != TESS_OK)
        return status;
    const char *names = bytes_text(&result->signed_names);
    if (!names)
        return TESS_ERR_MEMORY;
    return is_listed(names, "host") && strcmp(names, claim->signed_names) == 0 ? TESS_OK : TESS_ERR_DENIED;
}

static enum tess_status compare_signatures(const struct sigv4_request *request,
                                           const struct sigv4_credentials *credentials,
                                           const struct sigv4_scope *scope, struct sigv4_query *query,
                                           struct claim *claim, struct sigv4_result *result)
{
    struct sigv4_headers headers = {0};
    enum tess_status status = sigv4_query_parse(query, request->query);
    if (status == TESS_OK)
        status = read_claim(query, claim);
    if (status == TESS_OK)
        status = check_credential(claim, credentials, scope);
    if (status == TESS_OK)
        status = sigv4_headers_init(&headers, request);
    if (status == TESS_OK)
        status = keep_signed_headers(claim, &headers, result);
    if (status == TESS_OK) {
        sigv4_query_remove(query, "X-Amz-Signature");
        if (scope->session_token_unsigned)
            sigv4_query_remove(query, "X-Amz-Security-Token");
        memcpy(result->date, claim->date, sizeof result->date);
        status =
            sigv4_canonical_write(request, scope, query, &headers, &result->signed_names, &result->canonical);
    }
    if (status == TESS_OK)
        status = sigv4_finish(credentials, scope, result);
    if (status == TESS_OK && !digest_equal(result->signature, claim->signature, sizeof result->signature))
        status = TESS_ERR_DENIED;
    sigv4_headers_clear(&headers);
    return status;
}

enum tess_status sigv4_verify_signature(const struct sigv4_request *request,
                                        const struct sigv4_credentials *credentials,
                                        const struct sigv4_scope *scope, struct sigv4_life *life_out,
                                        struct tess_error *error)
{
    struct sigv4_query query;
    struct sigv4_result result;
    struct claim claim = {0};
    sigv4_query_init(&query);
    sigv4_result_init(&result);
    enum tess_status status = compare_signatures(request, credentials, scope, &query, &claim, &result);
    sigv4_result_clear(&result);
    sigv4_query_clear(&query);
    if (status == TESS_ERR_LIMIT || status == TESS_ERR_MEMORY)
        return sigv4_explain(status, error);
    if (status != TESS_OK)
        return error_set(error, TESS_ERR_DENIED,
                         "the link's signature does not verify: use the link as it was given, whole and "
                         "unchanged, with the method it is for");
    *life_out = (struct sigv4_life){claim.date_s, claim.expires_s};
    return TESS_OK;
}

enum tess_status sigv4_verify_life(const struct sigv4_life *life, int64_t now_s, struct tess_error *error)
{
    if (now_s < life->begin_s - SIGV4_CLOCK_SKEW_S)
        return error_set(error, TESS_ERR_DENIED, "the link is not valid yet: compare the machines' clocks");
    if (now_s >= life->begin_s + (int64_t)life->expires_s)
        return error_set(error, TESS_ERR_DENIED, "the link has expired: ask for a new one");
    return TESS_OK;
}

enum tess_status sigv4_verify(const struct sigv4_request *request,
                              const struct sigv4_credentials *credentials, const struct sigv4_scope *scope,
                              int64_t now_s, struct tess_error *error)
{
    struct sigv4_life life = {0};
    const enum tess_status status = sigv4_verify_signature(request, credentials, scope, &life, error);
    return status == TESS_OK ? sigv4_verify_life(&life, now_s, error) : status;
}
