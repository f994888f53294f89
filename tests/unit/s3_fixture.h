// SPDX-License-Identifier: MIT
/* Objects in S3 on a fake AWS (fake_aws.h), and what their tests ask again and again. */
#ifndef S3_FIXTURE_H
#define S3_FIXTURE_H

#include "backend/objects_s3.h"
#include "fake_aws.h"

struct s3_fixture {
    struct fake_aws aws;
    struct fake_http *http; /* of it */
    struct objects *objects;
    struct tess_error error; /* of the last call */
};

/* On AWS in eu-north-1. */
void s3_begin(struct s3_fixture *fixture);
/* On "http://localhost:9000", with `region` (NULL: none is set). */
void s3_begin_endpoint(struct s3_fixture *fixture, const char *endpoint, const char *region);
void s3_end(struct s3_fixture *fixture);

/* An answer with an error's XML. */
void s3_answer_error(struct s3_fixture *fixture, int status, const char *headers, const char *code,
                     const char *more);

/* One operation; the bytes read are in `out`. */
enum tess_status s3_get(struct s3_fixture *fixture, const char *key, uint64_t max_bytes, struct bytes *out,
                        struct object_info *info_out);
/* Writes in one go to bucket images. */
enum tess_status s3_put(struct s3_fixture *fixture, const char *key, bool only_new, const void *data,
                        size_t size);

/* The number of requests that came must be `count`; the last was this. */
void s3_expect_request(const struct s3_fixture *fixture, size_t count, const char *method, const char *url);
/* A header of request `index`; "" where it has none. In a buffer that the next call overwrites. */
const char *s3_header(const struct s3_fixture *fixture, size_t index, const char *name);
/* The last error's words hold these. */
void s3_expect_words(const struct s3_fixture *fixture, const char *words);

#endif
