// SPDX-License-Identifier: MIT
/*
 * Credentials of the role of an EC2 instance, from its metadata service (IMDSv2): a token is fetched by PUT,
 * then the role's name, then its keys. Most computers are no EC2 instance: no answer to the PUT means so, and
 * is no error; after it the service is known to be there, and its failures count.
 */
#include "net/credentials_http.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/error.h"
#include "net/aws_profiles.h"
#include "net/digest.h"
#include "net/shown.h"
#include "net/uri.h"

enum {
    CONNECT_MS = 1000,
    TOTAL_MS = 2000,
    TOKEN_MAX_BYTES = 1024,
    ROLE_MAX_BYTES = 64,
    BASE_MAX_BYTES = 400,
    URL_BYTES = BASE_MAX_BYTES + 3 * ROLE_MAX_BYTES + 64
};

#define TOKEN_SECONDS "21600"
static const char usual_endpoint[] = "http://169.254.169.254";
static const char roles_path[] = "/latest/meta-data/iam/security-credentials/";
static const char source_name[] = "the instance's metadata service";

static enum tess_status ask(const struct credentials_search *search, const char *method, const char *url,
                            const struct http_header *header, struct http_response *response_out,
                            struct tess_error *error)
{
    static const struct http_body nothing = {.data = ""}; /* so that a PUT says "Content-Length: 0" */
    const struct credentials_call call = {
        .method = method,
        .url = url,
        .headers = header,
        .header_count = 1,
        .body = strcmp(method, "PUT") == 0 ? &nothing : NULL,
        .connect_timeout_ms = CONNECT_MS,
        .total_timeout_ms = TOTAL_MS,
        .no_proxy = true,
    };
    return credentials_ask(search, &call, response_out, error);
}

/* The answer's first line, when it is nothing but visible ASCII of at most `most` bytes; false otherwise. */
static bool first_line(const struct http_response *response, size_t most, char *line_out)
{
    const char *text = (const char *)response->body.data;
    size_t size = 0;
    while (size < response->body.size && text[size] != '\n' && text[size] != '\r') {
        if (size == most || text[size] <= ' ' || text[size] > '~')
            return false;
        size++;
    }
    if (size > 0)
        memcpy(line_out, text, size);
    line_out[size] = '\0';
    return size > 0;
}

/* Empty token: there is no such service, and the note says why we think so. */
static enum tess_status fetch_token(const struct credentials_search *search, const char *base,
                                    char token_out[TOKEN_MAX_BYTES + 1], struct credentials_found *found_out,
                                    struct tess_error *error)
{
    const struct http_header header = {"X-aws-ec2-metadata-token-ttl-seconds", TOKEN_SECONDS};
    char url[URL_BYTES];
    struct http_response response;
    token_out[0] = '\0';
    (void)snprintf(url, sizeof url, "%s/latest/api/token", base);
    enum tess_status status = ask(search, "PUT", url, &header, &response, error);
    if (status == TESS_ERR_IO || (status == TESS_ERR_TIMEOUT && stop_check(search->stop, NULL) == TESS_OK)) {
        credentials_say(found_out->note, sizeof found_out->note, "%s does not answer",
                        shown_text(strstr(base, "//") + 2, 48).text);
        status = TESS_OK;
    } else if (status != TESS_OK)
        error_prefix(error, "%s", source_name);
    else if (response.status != 200)
        credentials_say(found_out->note, sizeof found_out->note, "gives no token: HTTP %d", response.status);
    else if (!first_line(&response, TOKEN_MAX_BYTES, token_out))
        status = error_set(error, TESS_ERR_CORRUPT, "%s gives a token that is none", source_name);
    credentials_response_clear(&response);
    return status;
}

/* Empty role: the instance has none. */
static enum tess_status fetch_role(const struct credentials_search *search, const char *base,
                                   const struct http_header *header, char role_out[ROLE_MAX_BYTES + 1],
                                   struct credentials_found *found_out, struct tess_error *error)
{
    char url[URL_BYTES];
    struct http_response response;
    role_out[0] = '\0';
    (void)snprintf(url, sizeof url, "%s%s", base, roles_path);
    enum tess_status status = ask(search, "GET", url, header, &response, error);
    if (status != TESS_OK)
        error_prefix(error, "%s", source_name);
    else if (response.status == 404)
        credentials_say(found_out->note, sizeof found_out->note, "the instance has no IAM role");
    else if (response.status != 200)
        status = error_set(error, credentials_status_of(response.status),
                           "%s does not name the instance's role: HTTP %d", source_name, response.status);
    else if (!first_line(&response, ROLE_MAX_BYTES, role_out))
        status = error_set(error, TESS_ERR_CORRUPT, "%s names no role in its answer", source_name);
    credentials_response_clear(&response);
    return status;
}

/* A set that has ended is what the service gives while it cannot renew it; AWS goes on taking it then, so it
 * is used, and asked for again soon. */
static void extend(struct credentials *credentials, int64_t now_s)
{
    enum { SOON_S = 15 * 60 };
    if (credentials->expires_at_s <= now_s)
        credentials->expires_at_s = now_s + SOON_S;
}

static enum tess_status fetch_keys(const struct credentials_search *search, const char *base,
                                   const struct http_header *header, const char *role,
                                   struct credentials_found *found_out, struct tess_error *error)
{
    struct bytes url;
    struct http_response response;
    char source[sizeof found_out->credentials.source];
    bytes_init(&url, URL_BYTES);
    credentials_say(source, sizeof source, "role %s of the instance", shown_text(role, ROLE_MAX_BYTES).text);
    enum tess_status status = bytes_append_format(&url, "%s%s", base, roles_path);
    if (status == TESS_OK)
        status = uri_encode(&url, role, strlen(role), false);
    const char *text = status == TESS_OK ? bytes_text(&url) : NULL;
    if (!text) {
        bytes_clear(&url);
        return error_set(error, TESS_ERR_MEMORY, "no memory for AWS credentials");
    }
    status = ask(search, "GET", text, header, &response, error);
    bytes_clear(&url);
    if (status != TESS_OK)
        error_prefix(error, "%s", source_name);
    else if (response.status != 200)
        status = error_set(error, credentials_status_of(response.status), "%s gives no keys for %s: HTTP %d",
                           source_name, source, response.status);
    else
        status = credentials_from_json(&response, source, &found_out->credentials, error);
    credentials_response_clear(&response);
    if (status == TESS_OK)
        extend(&found_out->credentials, search->now_s);
    found_out->found = found_out->renewable = status == TESS_OK;
    return status;
}

/* Without a slash at the end. */
static enum tess_status choose_base(const struct aws_settings *settings, char base_out[BASE_MAX_BYTES + 1],
                                    struct tess_error *error)
{
    const char *from = aws_variable_name(AWS_VAR_EC2_METADATA_SERVICE_ENDPOINT);
    const char *base = settings->environment.values[AWS_VAR_EC2_METADATA_SERVICE_ENDPOINT];
    if (!base) {
        from = "ec2_metadata_service_endpoint of the profile";
        base = aws_profile_text(settings->profiles, settings->profile, "ec2_metadata_service_endpoint");
    }
    enum tess_status status = base ? aws_url_check(base, from, NULL, error) : TESS_OK;
    if (status != TESS_OK)
        return status;
    (void)snprintf(base_out, BASE_MAX_BYTES + 1, "%s", base ? base : usual_endpoint);
    for (size_t size = strlen(base_out); size > 0 && base_out[size - 1] == '/'; size--)
        base_out[size - 1] = '\0';
    return TESS_OK;
}

enum tess_status credentials_from_instance(const struct credentials_search *search,
                                           struct credentials_found *found_out, struct tess_error *error)
{
    const struct aws_settings *settings = search->settings;
    const char *disabled = settings->environment.values[AWS_VAR_EC2_METADATA_DISABLED];
    char base[BASE_MAX_BYTES + 1], token[TOKEN_MAX_BYTES + 1] = "", role[ROLE_MAX_BYTES + 1] = "";
    if (disabled && strcasecmp(disabled, "true") == 0) {
        credentials_say(found_out->note, sizeof found_out->note, "AWS_EC2_METADATA_DISABLED is set");
        return TESS_OK;
    }
    enum tess_status status = choose_base(settings, base, error);
    if (status == TESS_OK)
        status = fetch_token(search, base, token, found_out, error);
    const struct http_header header = {"X-aws-ec2-metadata-token", token};
    if (status == TESS_OK && token[0])
        status = fetch_role(search, base, &header, role, found_out, error);
    if (status == TESS_OK && role[0])
        status = fetch_keys(search, base, &header, role, found_out, error);
    digest_wipe(token, sizeof token);
    return status;
}
