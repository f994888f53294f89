// SPDX-License-Identifier: MIT
#include "net/aws_explain.h"

#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "net/shown.h"

enum { CODE_BYTES = 64, WORDS_BYTES = 160, ID_BYTES = 48 };

/* `codes` end with NULL. */
static bool is_among(const struct aws_complaint *complaint, const char *const *codes)
{
    for (; *codes; codes++)
        if (strcmp(complaint->code, *codes) == 0)
            return true;
    return false;
}

bool aws_complains_of_clock(const struct aws_complaint *complaint)
{
    static const char *const codes[] = {"RequestTimeTooSkewed", "RequestExpired", "RequestInTheFuture", NULL};
    return is_among(complaint, codes);
}

bool aws_complains_of_request(const struct aws_response *response)
{
    static const char *const codes[] = {"SignatureDoesNotMatch",
                                        "InvalidSignatureException",
                                        "IncompleteSignatureException",
                                        "AuthFailure",
                                        "AccessDenied",
                                        NULL};
    return response->http.failure == HTTP_DONE && response->http.status >= 400 &&
           (response->http.status == 403 || aws_complains_of_clock(&response->complaint) ||
            is_among(&response->complaint, codes));
}

bool aws_complains_of_token(const struct aws_complaint *complaint)
{
    static const char *const codes[] = {"ExpiredToken", "ExpiredTokenException", "InvalidToken",
                                        "TokenRefreshRequired", NULL};
    return is_among(complaint, codes);
}

/* What stands in the way of every request to this service, whoever asked for what. */
static bool complains_of_setup(const struct aws_response *response)
{
    static const char *const codes[] = {"NoSuchBucket",
                                        "ResourceNotFoundException",
                                        "SignatureDoesNotMatch",
                                        "InvalidSignatureException",
                                        "IncompleteSignatureException",
                                        "InvalidAccessKeyId",
                                        "InvalidClientTokenId",
                                        "UnrecognizedClientException",
                                        "MissingAuthenticationTokenException",
                                        "AuthorizationHeaderMalformed",
                                        NULL};
    const struct aws_complaint *complaint = &response->complaint;
    return is_among(complaint, codes) || aws_complains_of_token(complaint) ||
           aws_complains_of_clock(complaint);
}

enum tess_status aws_explain_status(const struct aws_response *response, enum tess_status transport)
{
    static const char *const missing[] = {"NoSuchKey", "NotFound", NULL};
    static const char *const denied[] = {"AccessDenied", "AccessDeniedException", NULL};
    static const char *const damaged[] = {"BadDigest", "XAmzContentSHA256Mismatch", NULL};
    const struct aws_complaint *complaint = &response->complaint;
    const int status = response->http.status;
    if (response->http.failure != HTTP_DONE)
        return transport != TESS_OK ? transport : TESS_ERR_IO;
    if (complains_of_setup(response))
        return TESS_ERR_SETUP;
    if (status == 404 || is_among(complaint, missing))
        return TESS_ERR_NOT_FOUND;
    const enum retry_class class_ = retry_classify(HTTP_DONE, status, complaint->code);
    if (class_ == RETRY_THROTTLING)
        return TESS_ERR_BUSY;
    if (status == 401 || status == 403 || is_among(complaint, denied))
        return TESS_ERR_DENIED;
    if (status == 409 || status == 412)
        return TESS_ERR_EXISTS;
    /* What callers say was checked before it came here: what is refused of it is how we are set up. */
    return status >= 300 && status < 500 && class_ == RETRY_NEVER && !is_among(complaint, damaged)
               ? TESS_ERR_SETUP
               : TESS_ERR_IO;
}

enum tess_status aws_explain_no_credentials(enum tess_status status, struct tess_error *error)
{
    if (status == TESS_ERR_CORRUPT)
        status = TESS_ERR_IO;
    else if (status == TESS_ERR_NOT_FOUND || status == TESS_ERR_UNSUPPORTED || status == TESS_ERR_LIMIT ||
             status == TESS_ERR_INVALID || status == TESS_ERR_DENIED)
        status = TESS_ERR_SETUP;
    else
        return status;
    if (error) {
        error->status = status;
        error->limit[0] = '\0';
    }
    return status;
}

/* The number by which the service's operators find the request; of use where it is they who must look. */
static struct shown request_id(const struct http_response *http)
{
    const char *id = NULL;
    if (http->status == 403 || http->status >= 500) {
        id = http_response_header(http, "x-amz-request-id");
        if (!id)
            id = http_response_header(http, "x-amzn-requestid");
    }
    return shown_text(id, ID_BYTES);
}

static const char *words_for(int status)
{
    if (status < 300)
        return "the answer is damaged, or not what was asked for";
    return status < 400 ? "the server points elsewhere" : "the server says no more";
}

static void explain_silence(const struct aws_response *response, enum tess_status status,
                            const char *attempts, const char *why, struct tess_error *error)
{
    struct tess_error words = *error;
    if (attempts[0] || why[0])
        (void)error_set(error, status, "%s (%s%s%s)", words.message, attempts,
                        attempts[0] && why[0] ? "; " : "", why);
    if (response->http.failure == HTTP_TOO_LARGE)
        memcpy(error->limit, words.limit, sizeof error->limit);
    error->status = status;
}

enum tess_status aws_explain(const struct aws_response *response, const char *what,
                             enum tess_status transport, bool no_tokens, struct tess_error *error)
{
    const enum tess_status status = no_tokens ? TESS_ERR_BUSY : aws_explain_status(response, transport);
    const char *why = no_tokens ? "not tried again: too many calls to this server fail" : "";
    char attempts[32] = "";
    if (response->http.failure == HTTP_STOPPED || !error)
        return status; /* who stopped it knows why */
    if (response->attempts > 1)
        (void)snprintf(attempts, sizeof attempts, "%u attempts", response->attempts);
    if (response->http.failure != HTTP_DONE) {
        explain_silence(response, status, attempts, why, error);
    } else {
        const struct shown code = shown_text(response->complaint.code, CODE_BYTES);
        const struct shown message = shown_text(response->complaint.message, WORDS_BYTES);
        const struct shown id = request_id(&response->http);
        const char *words = message.text[0] || code.text[0] ? message.text : words_for(response->http.status);
        (void)error_set(error, status, "%s%s%s (HTTP %d%s%s%s%s%s%s)", code.text,
                        code.text[0] && words[0] ? ": " : "", words, response->http.status,
                        attempts[0] ? ", " : "", attempts, id.text[0] ? ", request " : "", id.text,
                        why[0] ? "; " : "", why);
    }
    error_prefix(error, "cannot %s", what);
    return status;
}
