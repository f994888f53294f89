// SPDX-License-Identifier: MIT
/* A computer as credentials see it: variables, the two files in a folder of the test's own, a clock that the
 * test sets, and servers that answer as they are told. */
#ifndef AWS_FIXTURE_H
#define AWS_FIXTURE_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "net/aws_settings.h"
#include "net/credentials.h"

enum { FIXTURE_ANSWERS = 32, FIXTURE_CALLS = 64, FIXTURE_NOW_S = 1795514400 /* 2026-11-24T10:00:00Z */ };

/* What is answered to a request whose method and whole URL are these. */
struct fixture_answer {
    const char *method, *url;
    int status;
    const char *body;
    enum http_failure failure; /* unless HTTP_DONE */
    unsigned times;            /* 0: always; else the next answer that fits is looked for after them */
    unsigned used;
};

/* A request that came: its headers as "Name: value\n…". Owned. */
struct fixture_call {
    char *method, *url, *headers, *body;
    uint32_t connect_timeout_ms;
    bool no_proxy;
};

struct fixture {
    struct http http;
    char folder[64];
    struct aws_settings settings;
    struct credentials_provider *provider;
    _Atomic int64_t now_s;
    _Atomic bool holding;     /* requests wait at the server until fixture_let_go() */
    _Atomic unsigned arrived; /* requests that came to the server, answered or not */

    pthread_mutex_t lock; /* guards what follows while threads run */
    struct fixture_answer answers[FIXTURE_ANSWERS];
    size_t answer_count;
    struct fixture_call calls[FIXTURE_CALLS];
    size_t call_count;
};

/*
 * `config` and `credentials` are the files' texts (NULL: there is no such file), `variables` is
 * "NAME=value\nNAME=value". The variables of the test's own process do not matter. The status is that of
 * aws_settings_load(); after TESS_OK there is a provider.
 */
enum tess_status fixture_begin(struct fixture *fixture, const char *variables, const char *config,
                               const char *credentials, const struct aws_options *options,
                               struct tess_error *error);
void fixture_end(struct fixture *fixture);

void fixture_answer(struct fixture *fixture, const char *method, const char *url, int status,
                    const char *body);
void fixture_answer_times(struct fixture *fixture, const char *method, const char *url, int status,
                          const char *body, unsigned times);
void fixture_failure(struct fixture *fixture, const char *method, const char *url, enum http_failure failure);
void fixture_forget_answers(struct fixture *fixture);

/* From now on the server answers nobody, until it lets them go. */
void fixture_hold(struct fixture *fixture);
void fixture_let_go(struct fixture *fixture);
/* Waits until so many requests in all have come to the server; a hang is ended by the test's time limit. */
void fixture_await_arrivals(struct fixture *fixture, unsigned requests);

/* The value of a request's header; NULL: it has none. In a buffer that the next call overwrites. */
const char *fixture_header(const struct fixture_call *call, const char *name);

#define FIXTURE_IMDS  "http://169.254.169.254"
#define FIXTURE_ROLES FIXTURE_IMDS "/latest/meta-data/iam/security-credentials/"
#define FIXTURE_STS   "https://sts.eu-north-1.amazonaws.com/"

/* Answers with keys. All their secrets have "hush" in them, which no message may have. */
extern const char fixture_json[];                            /* JSONKEY, until 16:00 */
const char *fixture_sts(const char *action, const char *id); /* until 11:00; valid for the next call too */
void fixture_add_instance(struct fixture *fixture, const char *answer); /* of a role "server" */

/* As above, and the test fails where that fails. */
void fixture_must_begin(struct fixture *fixture, const char *variables, const char *config,
                        const char *credentials, const struct aws_options *options);
/* Gets credentials with that id, or the test fails. */
void fixture_expect_key(struct fixture *fixture, const char *id);
/* Getting them fails so, with these words in the message (`more` may be NULL) and no "hush". */
void fixture_expect_failure(struct fixture *fixture, enum tess_status status, const char *words,
                            const char *more);

/* An environment as aws_environment_read() would give it. */
void fixture_environment(const char *variables, struct aws_environment *environment_out);

#endif
