// SPDX-License-Identifier: MIT
/*
 * STS takes a form and answers in XML. It is asked directly, not through net/aws.h, which needs the
 * credentials that are fetched here. What STS says of a refusal is shown, unless the secret that was sent is
 * in it.
 */
#include "net/credentials_sts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/file.h"
#include "net/credentials_http.h"
#include "net/digest.h"
#include "net/iso_time.h"
#include "net/shown.h"
#include "net/uri.h"
#include "net/xml.h"

enum {
    FORM_MAX_BYTES = 128 * 1024,
    WEB_TOKEN_MAX_BYTES = 20000, /* as STS has it */
    ARN_MAX_BYTES = 2048,
    CONNECT_MS = 5000,
    TOTAL_MS = 15000,
    SIGNED_HEADERS = 2,
    HEADERS_MAX = 5,
    ROLE_SHOWN_BYTES = 90,
    CODE_BYTES = 64,
    WORDS_BYTES = 160
};

/* An answer of STS, read. */
struct sts_answer {
    char *id, *secret, *token; /* owned */
    char ends[40], code[CODE_BYTES], words[WORDS_BYTES + 1];
    bool no_memory;
};

static void answer_clear(struct sts_answer *answer)
{
    char *const secrets[] = {answer->id, answer->secret, answer->token};
    for (size_t i = 0; i < sizeof secrets / sizeof secrets[0]; i++) {
        if (secrets[i])
            digest_wipe(secrets[i], strlen(secrets[i]));
        free(secrets[i]);
    }
    memset(answer, 0, sizeof *answer);
}

/* False refuses the answer: a field twice is no answer of STS. */
static bool keep(struct sts_answer *answer, char **field, const char *text)
{
    if (*field)
        return false;
    *field = strdup(text);
    answer->no_memory = !*field;
    return *field != NULL;
}

static bool read_element(void *context, const struct xml_element *element)
{
    struct sts_answer *answer = context;
    const char *name = strrchr(element->path, '/');
    name = name ? name + 1 : element->path;
    if (strstr(element->path, "Result/Credentials/")) {
        if (strcmp(name, "AccessKeyId") == 0)
            return keep(answer, &answer->id, element->text);
        if (strcmp(name, "SecretAccessKey") == 0)
            return keep(answer, &answer->secret, element->text);
        if (strcmp(name, "SessionToken") == 0)
            return keep(answer, &answer->token, element->text);
        if (strcmp(name, "Expiration") == 0)
            credentials_say(answer->ends, sizeof answer->ends, "%s", element->text);
    } else if (strstr(element->path, "Error/")) {
        if (strcmp(name, "Code") == 0)
            credentials_say(answer->code, sizeof answer->code, "%s", element->text);
        if (strcmp(name, "Message") == 0)
            credentials_say(answer->words, sizeof answer->words, "%s", element->text);
    }
    return true;
}

/* HTTP says little: whether to try again later is in the code. */
static enum tess_status status_of(const struct http_response *response, const char *code)
{
    if (strstr(code, "Throttl") || strcmp(code, "IDPCommunicationError") == 0)
        return TESS_ERR_BUSY;
    return credentials_status_of(response->status);
}

/* Any piece of the secret counts: a message may hold a part of it. */
static bool tells(const char *words, const char *secret)
{
    enum { PIECE_BYTES = 12 };
    const size_t size = strlen(words), secret_size = secret ? strlen(secret) : 0;
    for (size_t i = 0; i + PIECE_BYTES <= secret_size; i++)
        if (memmem(words, size, secret + i, PIECE_BYTES))
            return true;
    return false;
}

static enum tess_status refused(const struct http_response *response, const struct sts_answer *answer,
                                const struct credentials_role *role, const char *secret,
                                struct tess_error *error)
{
    const char *code = tells(answer->code, secret) ? "" : answer->code;
    const char *words = tells(answer->words, secret) ? "" : answer->words;
    return error_set(error, status_of(response, answer->code), "STS refuses role %s (%s): HTTP %d%s%s%s%s",
                     shown_text(role->arn, ROLE_SHOWN_BYTES).text, role->name, response->status,
                     *code ? " " : "", shown_text(code, CODE_BYTES).text, *words ? ": " : "",
                     shown_text(words, WORDS_BYTES).text);
}

static enum tess_status read_answer(const struct http_response *response, const struct credentials_role *role,
                                    const char *secret, struct credentials *credentials_out,
                                    struct tess_error *error)
{
    struct sts_answer answer = {.id = NULL};
    char source[sizeof credentials_out->source];
    struct credentials_parts parts = {NULL, NULL, NULL, 0};
    enum tess_status status =
        xml_read(response->body.data, response->body.size, read_element, &answer, error);
    credentials_say(source, sizeof source, "STS for %s", role->name);
    if (response->status != 200)
        status = refused(response, &answer, role, secret, error);
    else if (answer.no_memory)
        status = error_set(error, TESS_ERR_MEMORY, "no memory for AWS credentials");
    else if (status == TESS_ERR_CORRUPT)
        error_prefix(error, "the answer of STS for role %s", shown_text(role->arn, ROLE_SHOWN_BYTES).text);
    else if (status == TESS_OK && !iso_time_parse(answer.ends, &parts.expires_at_s))
        status = error_set(error, TESS_ERR_CORRUPT, "the answer of STS for %s does not say when the keys end",
                           role->name);
    if (status == TESS_OK) {
        parts.access_key_id = answer.id;
        parts.secret_access_key = answer.secret;
        parts.session_token = answer.token;
        status = credentials_make_answered(&parts, source, credentials_out, error);
    }
    answer_clear(&answer);
    return status;
}

static enum tess_status add_field(struct bytes *form, const char *name, const char *value)
{
    if (!value)
        return TESS_OK;
    enum tess_status status = bytes_append_format(form, "&%s=", name);
    return status == TESS_OK ? uri_encode(form, value, strlen(value), false) : status;
}

static enum tess_status write_form(const struct credentials_search *search, const char *action,
                                   const struct credentials_role *role, const char *web_token,
                                   struct bytes *form, struct tess_error *error)
{
    char session[48];
    credentials_say(session, sizeof session, "tessera-%lld", (long long)search->now_s);
    /* Room for all at once, so that no copy of the token is left behind by growing. */
    enum tess_status status = bytes_reserve(form, FORM_MAX_BYTES);
    if (status == TESS_OK)
        status = bytes_append_format(form, "Action=%s&Version=2011-06-15", action);
    if (status == TESS_OK)
        status = add_field(form, "RoleArn", role->arn);
    if (status == TESS_OK)
        status = add_field(form, "RoleSessionName", role->session_name ? role->session_name : session);
    if (status == TESS_OK)
        status = add_field(form, "ExternalId", role->external_id);
    if (status == TESS_OK)
        status = add_field(form, "DurationSeconds", role->duration_s);
    if (status == TESS_OK)
        status = add_field(form, "WebIdentityToken", web_token);
    if (status == TESS_ERR_LIMIT)
        return error_set(error, TESS_ERR_INVALID, "%s: what is to be sent to STS is longer than %d bytes",
                         role->name, FORM_MAX_BYTES);
    return status == TESS_OK ? status : error_set(error, status, "no memory for AWS credentials");
}

/* Signs it, when there are keys to sign with, and sends it. `path` is the endpoint's, with a slash behind. */
static enum tess_status send_form(const struct credentials_search *search, const char *endpoint,
                                  const struct bytes *form, const struct credentials *by,
                                  struct http_response *response_out, struct tess_error *error)
{
    char url[AWS_ENDPOINT_MAX_BYTES + 1], host[CREDENTIALS_HOST_BYTES], hash[DIGEST_SHA256_HEX_BYTES];
    uint8_t digest[DIGEST_SHA256_BYTES];
    struct sigv4_result signature = {.date = ""};
    struct aws_url parts;
    memset(response_out, 0, sizeof *response_out);
    (void)snprintf(url, sizeof url, "%s/", endpoint);
    enum tess_status status = aws_url_check(url, "the address of STS", &parts, error);
    if (status != TESS_OK)
        return status;
    credentials_host(&parts, host);
    struct http_header headers[HEADERS_MAX] = {{"Content-Type", "application/x-www-form-urlencoded"},
                                               {"Host", host}};
    size_t count = SIGNED_HEADERS;
    if (by) {
        const struct sigv4_header signed_headers[SIGNED_HEADERS] = {{headers[0].name, headers[0].value},
                                                                    {headers[1].name, headers[1].value}};
        const struct sigv4_scope scope = sigv4_scope_service(aws_sts_region(search->settings), "sts");
        digest_sha256(form->data, form->size, digest);
        digest_hex(digest, sizeof digest, hash);
        const struct sigv4_request request = {.method = "POST",
                                              .path = parts.path,
                                              .headers = signed_headers,
                                              .header_count = SIGNED_HEADERS,
                                              .payload_hash = hash};
        status = sigv4_sign(&request, &by->keys, &scope, search->now_s, &signature, error);
        const char *authorization = status == TESS_OK ? bytes_text(&signature.output) : NULL;
        headers[count++] = (struct http_header){"Authorization", authorization ? authorization : ""};
        headers[count++] = (struct http_header){"X-Amz-Date", signature.date};
        if (by->keys.session_token)
            headers[count++] = (struct http_header){"X-Amz-Security-Token", by->keys.session_token};
    }
    const struct http_body body = {.size_bytes = form->size, .data = form->data};
    const struct credentials_call call = {.method = "POST",
                                          .url = url,
                                          .headers = headers,
                                          .header_count = count,
                                          .body = &body,
                                          .connect_timeout_ms = CONNECT_MS,
                                          .total_timeout_ms = TOTAL_MS};
    if (status == TESS_OK)
        status = credentials_ask(search, &call, response_out, error);
    sigv4_result_clear(&signature);
    return status;
}

static enum tess_status assume(const struct credentials_search *search, const char *action,
                               const struct credentials_role *role, const char *web_token,
                               const struct credentials *by, struct credentials *credentials_out,
                               struct tess_error *error)
{
    char endpoint[AWS_ENDPOINT_MAX_BYTES];
    struct http_response response = {.status = 0};
    struct bytes form;
    bytes_init(&form, FORM_MAX_BYTES);
    memset(credentials_out, 0, sizeof *credentials_out);
    enum tess_status status = TESS_OK;
    if (strncmp(role->arn, "arn:", 4) != 0 || strnlen(role->arn, ARN_MAX_BYTES + 1) > ARN_MAX_BYTES)
        status = error_set(error, TESS_ERR_INVALID, "%s: \"%s\" is no role's ARN (arn:aws:iam::…:role/…)",
                           role->name, shown_text(role->arn, ROLE_SHOWN_BYTES).text);
    if (status == TESS_OK)
        status = aws_endpoint(search->settings, AWS_STS, NULL, endpoint, error);
    if (status == TESS_OK)
        status = write_form(search, action, role, web_token, &form, error);
    if (status == TESS_OK) {
        status = send_form(search, endpoint, &form, by, &response, error);
        if (status != TESS_OK)
            error_prefix(error, "STS for %s", role->name);
    }
    if (status == TESS_OK)
        status = read_answer(&response, role, web_token ? web_token : by->keys.session_token, credentials_out,
                             error);
    credentials_response_clear(&response);
    if (form.data)
        digest_wipe(form.data, form.size);
    bytes_clear(&form);
    return status;
}

enum tess_status credentials_assume_role(const struct credentials_search *search,
                                         const struct credentials_role *role, const struct credentials *by,
                                         struct credentials *credentials_out, struct tess_error *error)
{
    return assume(search, "AssumeRole", role, NULL, by, credentials_out, error);
}

/* White space around it is the editor's. */
static const char *trimmed(struct bytes *text)
{
    while (text->size > 0 && strchr(" \t\r\n", text->data[text->size - 1]))
        text->data[--text->size] = '\0';
    const char *token = bytes_text(text);
    return token ? token + strspn(token, " \t\r\n") : NULL;
}

enum tess_status credentials_assume_role_by_web_identity(const struct credentials_search *search,
                                                         const struct credentials_role *role,
                                                         const char *token_path,
                                                         struct credentials *credentials_out,
                                                         struct tess_error *error)
{
    struct bytes text;
    enum tess_status status = file_read(token_path, WEB_TOKEN_MAX_BYTES, &text, error);
    if (status != TESS_OK) {
        error_prefix(error, "the web identity token for %s", role->name);
        return status;
    }
    const size_t size = text.size;
    const char *token = trimmed(&text);
    if (!token)
        status = error_set(error, TESS_ERR_MEMORY, "no memory for AWS credentials");
    else if (!*token || strlen(token) != text.size - (size_t)(token - (const char *)text.data))
        status = error_set(error, TESS_ERR_INVALID, "the file of the web identity token for %s %s",
                           role->name, *token ? "has NUL bytes in it" : "is empty");
    else
        status = assume(search, "AssumeRoleWithWebIdentity", role, token, NULL, credentials_out, error);
    if (text.data)
        digest_wipe(text.data, size);
    bytes_clear(&text);
    return status;
}
