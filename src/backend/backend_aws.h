// SPDX-License-Identifier: MIT
/* Opening the backends on S3 and DynamoDB. */
#ifndef BACKEND_BACKEND_AWS_H
#define BACKEND_BACKEND_AWS_H

#include "backend/backend.h"
#include "backend/backend_names.h"
#include "net/aws.h"

/* Settings from `config`, the environment and the profile files, and a client on top of them; nothing is
 * asked of a server. *aws_out is the caller's, for aws_destroy(). Errors as tess_store_open(). */
enum tess_status backend_aws_client(const struct tess_store_config *config, struct aws **aws_out,
                                    struct tess_error *error);

/* Fills backend->aws, ->objects and ->catalog; what has been opened when it fails, backend_close() closes. */
enum tess_status backend_aws_open(const struct tess_store_config *config, const struct backend_names *names,
                                  struct backend *backend, struct tess_error *error);

#endif
