// SPDX-License-Identifier: MIT
#include "net/sigv4.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/error.h"
#include "net/digest.h"
#include "net/sigv4_canonical.h"

#define ALGORITHM "AWS4-HMAC-SHA256"

enum { SECRET_MAX_BYTES = 1024 };

struct sigv4_scope sigv4_scope_s3(const char *region)
{
    return (struct sigv4_scope){
        .region = region, .service = "s3", .path_encoded_once = true, .content_sha256_header = true};
}

struct sigv4_scope sigv4_scope_service(const char *region, const char *service)
{
    return (struct sigv4_scope){.region = region, .service = service, .path_normalised = true};
}

void sigv4_result_init(struct sigv4_result *result)
{
    memset(result, 0, sizeof *result);
    bytes_init(&result->signed_names, SIGV4_MAX_BYTES);
    bytes_init(&result->canonical, SIGV4_MAX_BYTES);
    bytes_init(&result->string_to_sign, SIGV4_MAX_BYTES);
    bytes_init(&result->output, SIGV4_MAX_BYTES);
}

void sigv4_result_clear(struct sigv4_result *result)
{
    bytes_clear(&result->signed_names);
    bytes_clear(&result->canonical);
    bytes_clear(&result->string_to_sign);
    bytes_clear(&result->output);
}

enum tess_status sigv4_explain(enum tess_status status, struct tess_error *error)
{
    switch (status) {
    case TESS_OK:
        return TESS_OK;
    case TESS_ERR_LIMIT:
        return error_limit(error, "signed-bytes",
                           "the request to sign is too large: its path, query and headers may have %d bytes "
                           "in all",
                           SIGV4_MAX_BYTES);
    case TESS_ERR_MEMORY:
        return error_set(error, status, "no memory to sign a request");
    case TESS_ERR_INVALID:
        return error_set(error, status,
                         "the request cannot be signed: its method, path, query, a header, or the time is "
                         "not well formed");
    default:
        return error_set(error, status, "cannot sign the request");
    }
}

enum tess_status sigv4_date_write(int64_t time_s, char date_out[17])
{
    static const int64_t year_10000_s = 253402300800;
    struct tm parts;
    time_t time = (time_t)time_s;
    if (time_s < 0 || time_s >= year_10000_s || !gmtime_r(&time, &parts) ||
        strftime(date_out, 17, "%Y%m%dT%H%M%SZ", &parts) != 16)
        return TESS_ERR_INVALID;
    return TESS_OK;
}

enum tess_status sigv4_date_read(const char *date, int64_t *time_s_out)
{
    static const char pattern[] = "ddddddddTddddddZ";
    struct tm parts = {0};
    char again[17];
    if (strlen(date) != sizeof pattern - 1)
        return TESS_ERR_INVALID;
    for (size_t i = 0; i < sizeof pattern - 1; i++) {
        bool fits = pattern[i] == 'd' ? date[i] >= '0' && date[i] <= '9' : date[i] == pattern[i];
        if (!fits)
            return TESS_ERR_INVALID;
    }
    if (sscanf(date, "%4d%2d%2dT%2d%2d%2dZ", &parts.tm_year, &parts.tm_mon, &parts.tm_mday, &parts.tm_hour,
               &parts.tm_min, &parts.tm_sec) != 6)
        return TESS_ERR_INVALID;
    parts.tm_year -= 1900;
    parts.tm_mon -= 1;
    *time_s_out = (int64_t)timegm(&parts);
    /* timegm accepts the 31st of February; writing it back tells. */
    if (sigv4_date_write(*time_s_out, again) != TESS_OK || strcmp(again, date) != 0)
        return TESS_ERR_INVALID;
    return TESS_OK;
}

enum tess_status sigv4_scope_write(const struct sigv4_scope *scope, const char *date, struct bytes *out)
{
    return bytes_append_format(out, "%.8s/%s/%s/aws4_request", date, scope->region, scope->service);
}

static void hmac_text(const uint8_t *key, size_t key_size, const char *text, size_t size,
                      uint8_t mac_out[DIGEST_SHA256_BYTES])
{
    uint8_t mac[DIGEST_SHA256_BYTES]; /* key and mac_out may be the same */
    digest_hmac_sha256(key, key_size, text, size, mac);
    memcpy(mac_out, mac, sizeof mac);
    digest_wipe(mac, sizeof mac);
}

static enum tess_status derive_key(const char *secret, const struct sigv4_scope *scope, const char *date,
                                   uint8_t key_out[DIGEST_SHA256_BYTES])
{
    char start[SECRET_MAX_BYTES + 8];
    int length = snprintf(start, sizeof start, "AWS4%s", secret);
    if (length < 0 || (size_t)length >= sizeof start) {
        digest_wipe(start, sizeof start);
        return TESS_ERR_INVALID;
    }
    hmac_text((const uint8_t *)start, (size_t)length, date, 8, key_out);
    digest_wipe(start, sizeof start);
    hmac_text(key_out, DIGEST_SHA256_BYTES, scope->region, strlen(scope->region), key_out);
    hmac_text(key_out, DIGEST_SHA256_BYTES, scope->service, strlen(scope->service), key_out);
    hmac_text(key_out, DIGEST_SHA256_BYTES, "aws4_request", strlen("aws4_request"), key_out);
    return TESS_OK;
}

enum tess_status sigv4_finish(const struct sigv4_credentials *credentials, const struct sigv4_scope *scope,
                              struct sigv4_result *result)
{
    uint8_t key[DIGEST_SHA256_BYTES], hash[DIGEST_SHA256_BYTES];
    char hex[DIGEST_SHA256_HEX_BYTES];
    digest_sha256(result->canonical.data, result->canonical.size, hash);
    digest_hex(hash, sizeof hash, hex);
    enum tess_status status = bytes_append_format(&result->string_to_sign, ALGORITHM "\n%s\n", result->date);
    if (status == TESS_OK)
        status = sigv4_scope_write(scope, result->date, &result->string_to_sign);
    if (status == TESS_OK)
        status = bytes_append_format(&result->string_to_sign, "\n%s", hex);
    if (status == TESS_OK)
        status = derive_key(credentials->secret_access_key, scope, result->date, key);
    if (status != TESS_OK)
        return status;
    hmac_text(key, sizeof key, (const char *)result->string_to_sign.data, result->string_to_sign.size, hash);
    digest_hex(hash, sizeof hash, result->signature);
    digest_wipe(key, sizeof key);
    return TESS_OK;
}

static bool has_token(const struct sigv4_credentials *credentials)
{
    return credentials->session_token && credentials->session_token[0];
}

static enum tess_status sign_header_form(const struct sigv4_request *request,
                                         const struct sigv4_credentials *credentials,
                                         const struct sigv4_scope *scope, struct sigv4_query *query,
                                         struct sigv4_headers *headers, struct sigv4_result *result)
{
    enum tess_status status = sigv4_query_parse(query, request->query);
    if (status == TESS_OK)
        status = sigv4_headers_init(headers, request);
    if (status != TESS_OK)
        return status;
    sigv4_headers_add(headers, "x-amz-date", result->date);
    if (has_token(credentials) && !scope->session_token_unsigned)
        sigv4_headers_add(headers, "x-amz-security-token", credentials->session_token);
    if (scope->content_sha256_header)
        sigv4_headers_add(headers, "x-amz-content-sha256",
                          request->payload_hash ? request->payload_hash : SIGV4_EMPTY_PAYLOAD);
    status = sigv4_headers_write_names(headers, &result->signed_names);
    if (status == TESS_OK)
        status =
            sigv4_canonical_write(request, scope, query, headers, &result->signed_names, &result->canonical);
    if (status == TESS_OK)
        status = sigv4_finish(credentials, scope, result);
    if (status == TESS_OK)
        status =
            bytes_append_format(&result->output, ALGORITHM " Credential=%s/", credentials->access_key_id);
    if (status == TESS_OK)
        status = sigv4_scope_write(scope, result->date, &result->output);
    const char *names = status == TESS_OK ? bytes_text(&result->signed_names) : NULL;
    if (status == TESS_OK && !names)
        status = TESS_ERR_MEMORY;
    if (status == TESS_OK)
        status = bytes_append_format(&result->output, ", SignedHeaders=%s, Signature=%s", names,
                                     result->signature);
    return status;
}

enum tess_status sigv4_sign(const struct sigv4_request *request, const struct sigv4_credentials *credentials,
                            const struct sigv4_scope *scope, int64_t now_s, struct sigv4_result *result_out,
                            struct tess_error *error)
{
    struct sigv4_query query;
    struct sigv4_headers headers = {0};
    sigv4_query_init(&query);
    sigv4_result_init(result_out);
    enum tess_status status = sigv4_date_write(now_s, result_out->date);
    if (status == TESS_OK)
        status = sign_header_form(request, credentials, scope, &query, &headers, result_out);
    sigv4_headers_clear(&headers);
    sigv4_query_clear(&query);
    return sigv4_explain(status, error);
}

/* The parameters that are signed, beside the caller's own. */
static enum tess_status add_query_fields(const struct sigv4_credentials *credentials,
                                         const struct sigv4_scope *scope, uint32_t expires_s,
                                         struct sigv4_result *result, struct sigv4_query *query)
{
    char expires[16];
    struct bytes credential;
    bytes_init(&credential, SIGV4_MAX_BYTES);
    (void)snprintf(expires, sizeof expires, "%" PRIu32, expires_s);
    enum tess_status status = bytes_append_format(&credential, "%s/", credentials->access_key_id);
    if (status == TESS_OK)
        status = sigv4_scope_write(scope, result->date, &credential);
    if (status == TESS_OK)
        status = sigv4_query_add(query, "X-Amz-Algorithm", ALGORITHM);
    if (status == TESS_OK)
        status = sigv4_query_add(query, "X-Amz-Credential", (const char *)credential.data);
    if (status == TESS_OK)
        status = sigv4_query_add(query, "X-Amz-Date", result->date);
    if (status == TESS_OK)
        status = sigv4_query_add(query, "X-Amz-Expires", expires);
    if (status == TESS_OK && has_token(credentials) && !scope->session_token_unsigned)
        status = sigv4_query_add(query, "X-Amz-Security-Token", credentials->session_token);
    const char *names = status == TESS_OK ? bytes_text(&result->signed_names) : NULL;
    if (status == TESS_OK)
        status = names ? sigv4_query_add(query, "X-Amz-SignedHeaders", names) : TESS_ERR_MEMORY;
    bytes_clear(&credential);
    return status;
}

static enum tess_status sign_query_form(const struct sigv4_request *request,
                                        const struct sigv4_credentials *credentials,
                                        const struct sigv4_scope *scope, uint32_t expires_s,
                                        struct sigv4_query *query, struct sigv4_headers *headers,
                                        struct sigv4_result *result)
{
    enum tess_status status = sigv4_query_parse(query, request->query);
    if (status == TESS_OK)
        status = sigv4_headers_init(headers, request);
    if (status == TESS_OK)
        status = sigv4_headers_write_names(headers, &result->signed_names);
    if (status == TESS_OK)
        status = add_query_fields(credentials, scope, expires_s, result, query);
    if (status == TESS_OK)
        status =
            sigv4_canonical_write(request, scope, query, headers, &result->signed_names, &result->canonical);
    if (status == TESS_OK)
        status = sigv4_finish(credentials, scope, result);
    if (status == TESS_OK && has_token(credentials) && scope->session_token_unsigned)
        status = sigv4_query_add(query, "X-Amz-Security-Token", credentials->session_token);
    if (status == TESS_OK)
        status = sigv4_query_write(query, &result->output);
    if (status == TESS_OK)
        status = bytes_append_format(&result->output, "&X-Amz-Signature=%s", result->signature);
    return status;
}

enum tess_status sigv4_presign(const struct sigv4_request *request,
                               const struct sigv4_credentials *credentials, const struct sigv4_scope *scope,
                               int64_t now_s, uint32_t expires_s, struct sigv4_result *result_out,
                               struct tess_error *error)
{
    struct sigv4_query query;
    struct sigv4_headers headers = {0};
    sigv4_query_init(&query);
    sigv4_result_init(result_out);
    if (expires_s < 1 || expires_s > SIGV4_EXPIRES_MAX_S)
        return error_limit(error, "expires", "a link can live for 1 to %d seconds, not %" PRIu32,
                           SIGV4_EXPIRES_MAX_S, expires_s);
    enum tess_status status = sigv4_date_write(now_s, result_out->date);
    if (status == TESS_OK)
        status = sign_query_form(request, credentials, scope, expires_s, &query, &headers, result_out);
    sigv4_headers_clear(&headers);
    sigv4_query_clear(&query);
    return sigv4_explain(status, error);
}
