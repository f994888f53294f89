// SPDX-License-Identifier: MIT
/*
 * AWS credentials by the usual chain: environment → web identity (STS) → profile (static keys, role_arn with
 * source_profile, web identity; credential_process and SSO are named as unsupported) → container → IMDSv2.
 * Temporary ones are fetched anew 15 minutes before they end (a failure is then forgiven), at the latest 10
 * minutes before. Nothing secret is ever put in a message. Source: AWS SDKs and Tools Reference Guide.
 */
#ifndef NET_CREDENTIALS_H
#define NET_CREDENTIALS_H

#include "net/aws_settings.h"
#include "net/http.h"
#include "net/sigv4.h"

struct credentials {
    struct sigv4_credentials keys; /* its strings are owned by this struct */
    int64_t expires_at_s;          /* Unix time; 0: they do not end */
    char source[96]; /* where from, for people: "the environment", "profile work in /home/a/.aws/config" */
};
void credentials_clear(struct credentials *credentials); /* wipes; safe on a zeroed struct */

struct credentials_provider;

/* `settings` and `http` are borrowed for the provider's life. `now_s` is the clock to use (tests choose it).
 */
enum tess_status credentials_provider_create(const struct aws_settings *settings, struct http *http,
                                             int64_t (*now_s)(void *context), void *context,
                                             struct credentials_provider **provider_out,
                                             struct tess_error *error);
void credentials_provider_destroy(struct credentials_provider *provider);

/*
 * A copy of the present ones, fetched or refreshed if need be (one thread does it, the others wait).
 * TESS_ERR_DENIED when there are none: the message names every place that was looked at and what was found
 * there. Thread-safe.
 */
enum tess_status credentials_get(struct credentials_provider *provider, const struct stop *stop,
                                 struct credentials *credentials_out, struct tess_error *error);

/* The server says that the ones with this access key and token have expired: the next get fetches new ones
 * (once per set). False when they cannot be renewed (static keys). Thread-safe. */
bool credentials_expired(struct credentials_provider *provider, const struct credentials *expired);

#endif
