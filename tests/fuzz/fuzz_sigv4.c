// SPDX-License-Identifier: MIT
/* Presigned links as a stranger sends them: path, '?', query. None verifies that we did not sign. */
#include "fuzz.h"

#include "net/sigv4.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct sigv4_credentials credentials = {"AKIDEXAMPLE",
                                                         "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", NULL};
    const struct sigv4_scope scope = sigv4_scope_s3("us-east-1");
    const struct sigv4_header host = {"host", "127.0.0.1:8080"};
    char *text = fuzz_text(data, size);
    char *query = strchr(text, '?');
    if (query)
        *query++ = '\0';
    const struct sigv4_request request = {
        .method = "GET",
        .path = text,
        .query = query,
        .headers = &host,
        .header_count = 1,
        .payload_hash = SIGV4_UNSIGNED_PAYLOAD,
    };
    struct tess_error error = {.status = TESS_OK};
    FUZZ_ASSERT(sigv4_verify(&request, &credentials, &scope, 1440938160, &error) != TESS_OK);
    FUZZ_ASSERT(error.message[0] != '\0');

    /* What we sign of it verifies until it expires and not after; unless it held X-Amz-… of its own, which
     * then stand twice. */
    struct sigv4_result result;
    if (sigv4_presign(&request, &credentials, &scope, 1440938160, 60, &result, &error) == TESS_OK) {
        struct sigv4_request link = request;
        link.query = bytes_text(&result.output);
        enum tess_status status = sigv4_verify(&link, &credentials, &scope, 1440938160, &error);
        FUZZ_ASSERT(status == TESS_OK || query);
        FUZZ_ASSERT(sigv4_verify(&link, &credentials, &scope, 1440938160 + 61, &error) != TESS_OK);
        link.method = "PUT";
        FUZZ_ASSERT(sigv4_verify(&link, &credentials, &scope, 1440938160, &error) != TESS_OK);
    }
    sigv4_result_clear(&result);
    free(text);
    return 0;
}
