// SPDX-License-Identifier: MIT
/* Temporary credentials of a role, from AWS STS. Thread-safe. */
#ifndef NET_CREDENTIALS_STS_H
#define NET_CREDENTIALS_STS_H

#include "net/credentials_source.h"

/* Which role, and who asks for it. All borrowed; NULL: not given. */
struct credentials_role {
    const char *arn;
    const char *session_name; /* shows in AWS's logs; NULL: one with the time in it */
    const char *external_id, *duration_s;
    const char *name; /* for messages: "profile work", "AWS_ROLE_ARN" */
};

/* AssumeRole, signed with `by`. As below. */
enum tess_status credentials_assume_role(const struct credentials_search *search,
                                         const struct credentials_role *role, const struct credentials *by,
                                         struct credentials *credentials_out, struct tess_error *error);

/*
 * AssumeRoleWithWebIdentity; the token is read from its file anew each time. TESS_ERR_INVALID (the role, the
 * file), TESS_ERR_DENIED with STS's words, TESS_ERR_CORRUPT (its answer), and what HTTP says.
 */
enum tess_status credentials_assume_role_by_web_identity(const struct credentials_search *search,
                                                         const struct credentials_role *role,
                                                         const char *token_path,
                                                         struct credentials *credentials_out,
                                                         struct tess_error *error);

#endif
