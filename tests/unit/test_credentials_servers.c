// SPDX-License-Identifier: MIT
/* What is asked of STS, of a container's service and of an instance's, and answers that are none. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "aws_fixture.h"
#include "scratch.h"

static char folder[64]; /* for tokens */

static int make_folder(void **state)
{
    (void)state;
    scratch_make(folder);
    return 0;
}

static int remove_folder(void **state)
{
    (void)state;
    scratch_remove(folder);
    return 0;
}

/* "…_FILE=<folder>/token", with the token in it. */
static const char *with_token(const char *variable, const char *token, const char *more)
{
    static char text[1024];
    const char *path = scratch_path(folder, "token");
    scratch_write(path, token, strlen(token));
    (void)snprintf(text, sizeof text, "%s=%s\n%s", variable, path, more);
    return text;
}

static const char web_role[] = "AWS_ROLE_ARN=arn:aws:iam::1:role/web\nAWS_ROLE_SESSION_NAME=pod\n"
                               "AWS_REGION=eu-north-1\nAWS_EC2_METADATA_DISABLED=true";

static void a_web_identity(void **state)
{
    (void)state;
    struct fixture fixture;
    fixture_must_begin(&fixture, with_token("AWS_WEB_IDENTITY_TOKEN_FILE", "hush.a+b/c==\n", web_role), NULL,
                       NULL, NULL);
    fixture_answer_times(&fixture, "POST", FIXTURE_STS, 200,
                         fixture_sts("AssumeRoleWithWebIdentity", "WEBKEY"), 1);
    fixture_expect_key(&fixture, "WEBKEY");
    const struct fixture_call *call = &fixture.calls[0];
    assert_string_equal(call->body, "Action=AssumeRoleWithWebIdentity&Version=2011-06-15"
                                    "&RoleArn=arn%3Aaws%3Aiam%3A%3A1%3Arole%2Fweb&RoleSessionName=pod"
                                    "&WebIdentityToken=hush.a%2Bb%2Fc%3D%3D");
    assert_null(fixture_header(call, "Authorization"));
    assert_false(call->no_proxy);
    /* The token has been replaced when it is needed again. */
    scratch_write(scratch_path(folder, "token"), "hush2", 5);
    fixture_answer(&fixture, "POST", FIXTURE_STS, 500, "");
    fixture.now_s += 3601;
    fixture_expect_failure(&fixture, TESS_ERR_IO, "HTTP 500", NULL);
    assert_non_null(strstr(fixture.calls[1].body, "&WebIdentityToken=hush2"));
    fixture_end(&fixture);

    /* The same from a profile; without a region, STS has an address all the same. */
    char config[512];
    (void)snprintf(config, sizeof config,
                   "[default]\nrole_arn=arn:aws:iam::1:role/p\nweb_identity_token_file=%s\n",
                   scratch_path(folder, "token"));
    fixture_must_begin(&fixture, "", config, NULL, NULL);
    fixture_answer(&fixture, "POST", "https://sts.amazonaws.com/", 200,
                   fixture_sts("AssumeRoleWithWebIdentity", "PKEY"));
    fixture_expect_key(&fixture, "PKEY");
    fixture_end(&fixture);
}

static void web_identities_that_cannot_be(void **state)
{
    (void)state;
    struct fixture fixture;
    static const struct {
        const char *token, *more, *words;
        enum tess_status status;
    } bad[] = {
        {"", web_role, "token for AWS_ROLE_ARN is empty", TESS_ERR_INVALID},
        {"\n", web_role, "is empty", TESS_ERR_INVALID},
        {"hush", "", "but AWS_ROLE_ARN is not", TESS_ERR_INVALID},
        {"hush", "AWS_ROLE_ARN=hello", "is no role's ARN", TESS_ERR_INVALID},
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        fixture_must_begin(&fixture, with_token("AWS_WEB_IDENTITY_TOKEN_FILE", bad[i].token, bad[i].more),
                           NULL, NULL, NULL);
        fixture_expect_failure(&fixture, bad[i].status, bad[i].words, NULL);
        assert_int_equal(fixture.call_count, 0);
        fixture_end(&fixture);
    }
    fixture_must_begin(&fixture,
                       "AWS_WEB_IDENTITY_TOKEN_FILE=/nonexistent/token\nAWS_ROLE_ARN=arn:aws:iam::1:role/web",
                       NULL, NULL, NULL);
    fixture_expect_failure(&fixture, TESS_ERR_NOT_FOUND, "the web identity token for AWS_ROLE_ARN",
                           "/nonexistent/token");
    fixture_end(&fixture);
}

#define STS_ERROR(code, words)                                                      \
    "<ErrorResponse><Error><Type>Sender</Type><Code>" code "</Code><Message>" words \
    "</Message></Error></ErrorResponse>"

static void what_sts_says(void **state)
{
    (void)state;
    static const struct {
        int http_status;
        const char *answer, *words, *more;
        enum tess_status status;
        size_t calls;
    } cases[] = {
        {403, STS_ERROR("AccessDenied", "Not authorized to perform sts:AssumeRoleWithWebIdentity"),
         "STS refuses role arn:aws:iam::1:role/web (AWS_ROLE_ARN): HTTP 403 AccessDenied: Not authorized",
         NULL, TESS_ERR_DENIED, 1},
        {400, STS_ERROR("ExpiredTokenException", "Token expired: current date/time 1795514400"),
         "Token expired", NULL, TESS_ERR_DENIED, 1},
        {400, STS_ERROR("InvalidIdentityToken", "the token is hush-the-web-token"),
         "HTTP 400 InvalidIdentityToken", NULL, TESS_ERR_DENIED, 1},
        {400, STS_ERROR("IDPCommunicationError", "x"), "IDPCommunicationError", NULL, TESS_ERR_BUSY, 1},
        {400, STS_ERROR("Throttling", "Rate exceeded"), "Rate exceeded", NULL, TESS_ERR_BUSY, 1},
        {503, "down", "HTTP 503", NULL, TESS_ERR_IO, 3},
        {403, "<html>no</html>", "HTTP 403", NULL, TESS_ERR_DENIED, 1},
        {200, "", "the answer of STS", NULL, TESS_ERR_CORRUPT, 1},
        {200, "<a/>", "does not say when the keys end", NULL, TESS_ERR_CORRUPT, 1},
        {200,
         "<R><XResult><Credentials><AccessKeyId>A</AccessKeyId><SecretAccessKey>hush</SecretAccessKey>"
         "<Expiration>2026-11-24T11:00:00Z</Expiration><SessionToken>hush "
         "hush</SessionToken></Credentials></XResult></R>",
         "session token of STS", NULL, TESS_ERR_CORRUPT, 1},
        {200,
         "<R><XResult><Credentials><AccessKeyId>A</AccessKeyId><Expiration>2026-11-24T11:00:00Z</Expiration>"
         "</Credentials></XResult></R>",
         "gives no secret access key", NULL, TESS_ERR_CORRUPT, 1},
        {200,
         "<R><XResult><Credentials><AccessKeyId>A</AccessKeyId><AccessKeyId>B</AccessKeyId></Credentials></"
         "XResult></R>",
         "the answer of STS", NULL, TESS_ERR_CORRUPT, 1},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct fixture fixture;
        fixture_must_begin(&fixture,
                           with_token("AWS_WEB_IDENTITY_TOKEN_FILE", "hush-the-web-token", web_role), NULL,
                           NULL, NULL);
        fixture_answer(&fixture, "POST", FIXTURE_STS, cases[i].http_status, cases[i].answer);
        fixture_expect_failure(&fixture, cases[i].status, cases[i].words, cases[i].more);
        assert_int_equal(fixture.call_count, cases[i].calls);
        fixture_end(&fixture);
    }
    struct fixture fixture;
    fixture_must_begin(&fixture, with_token("AWS_WEB_IDENTITY_TOKEN_FILE", "hush", web_role), NULL, NULL,
                       NULL);
    fixture_expect_failure(&fixture, TESS_ERR_IO, "STS for AWS_ROLE_ARN: cannot connect", NULL);
    fixture_end(&fixture);
}

static void a_configured_sts(void **state)
{
    (void)state;
    struct fixture fixture;
    fixture_must_begin(
        &fixture, "AWS_ENDPOINT_URL_STS=http://LocalHost:80/sts/\nAWS_REGION=eu-north-1",
        "[default]\nrole_arn=arn:aws:iam::1:role/r\nsource_profile=me\n[profile me]\naws_access_key_id=A\n"
        "aws_secret_access_key=hush\n",
        NULL, NULL);
    fixture_answer(&fixture, "POST", "http://LocalHost:80/sts/", 200, fixture_sts("AssumeRole", "RKEY"));
    fixture_expect_key(&fixture, "RKEY");
    assert_string_equal(fixture_header(&fixture.calls[0], "Host"), "localhost");
    assert_non_null(
        strstr(fixture_header(&fixture.calls[0], "Authorization"), "/eu-north-1/sts/aws4_request"));
    fixture_end(&fixture);
}

static void a_containers_service(void **state)
{
    (void)state;
    static const struct {
        const char *variables, *url, *authorization;
        bool no_proxy;
    } cases[] = {
        {"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI=/v2/credentials/1?id=2",
         "http://169.254.170.2/v2/credentials/1?id=2", NULL, true},
        /* The relative one counts when both are there. */
        {"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI=/r\nAWS_CONTAINER_CREDENTIALS_FULL_URI=http://localhost/",
         "http://169.254.170.2/r", NULL, true},
        {"AWS_CONTAINER_CREDENTIALS_FULL_URI=http://169.254.170.23/v1/credentials\n"
         "AWS_CONTAINER_AUTHORIZATION_TOKEN=Bearer hush",
         "http://169.254.170.23/v1/credentials", "Bearer hush", true},
        {"AWS_CONTAINER_CREDENTIALS_FULL_URI=http://[fd00:ec2::23]/v1/credentials",
         "http://[fd00:ec2::23]/v1/credentials", NULL, true},
        {"AWS_CONTAINER_CREDENTIALS_FULL_URI=http://127.8.9.1:8080/", "http://127.8.9.1:8080/", NULL, true},
        {"AWS_CONTAINER_CREDENTIALS_FULL_URI=http://[::1]:8080/x", "http://[::1]:8080/x", NULL, true},
        {"AWS_CONTAINER_CREDENTIALS_FULL_URI=http://localhost:9/x", "http://localhost:9/x", NULL, true},
        {"AWS_CONTAINER_CREDENTIALS_FULL_URI=https://keys.example/x", "https://keys.example/x", NULL, false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct fixture fixture;
        fixture_must_begin(&fixture, cases[i].variables, NULL, NULL, NULL);
        fixture_answer(&fixture, "GET", cases[i].url, 200, fixture_json);
        fixture_expect_key(&fixture, "JSONKEY");
        assert_int_equal(fixture.call_count, 1);
        const char *sent = fixture_header(&fixture.calls[0], "Authorization");
        assert_string_equal(sent ? sent : "none", cases[i].authorization ? cases[i].authorization : "none");
        assert_int_equal(fixture.calls[0].no_proxy, cases[i].no_proxy);
        fixture_end(&fixture);
    }
}

static void a_containers_token_is_read_anew(void **state)
{
    (void)state;
    struct fixture fixture;
    fixture_must_begin(
        &fixture,
        with_token(
            "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", "hush1",
            "AWS_CONTAINER_AUTHORIZATION_TOKEN=hush0\nAWS_CONTAINER_CREDENTIALS_FULL_URI=http://localhost/"),
        NULL, NULL, NULL);
    fixture_answer(&fixture, "GET", "http://localhost/", 200, fixture_json);
    fixture_expect_key(&fixture, "JSONKEY");
    assert_string_equal(fixture_header(&fixture.calls[0], "Authorization"), "hush1");
    scratch_write(scratch_path(folder, "token"), "hush2", 5);
    fixture.now_s += 6 * 3600 - 60;
    fixture_expect_key(&fixture, "JSONKEY");
    assert_string_equal(fixture_header(&fixture.calls[1], "Authorization"), "hush2");
    fixture_end(&fixture);
}

static void containers_that_must_not_be_asked(void **state)
{
    (void)state;
    static const struct {
        const char *variables, *words;
    } bad[] = {
        {"AWS_CONTAINER_CREDENTIALS_FULL_URI=http://keys.example/x", "http to keys.example is not allowed"},
        {"AWS_CONTAINER_CREDENTIALS_FULL_URI=http://169.253.0.1/x", "is not allowed"},
        {"AWS_CONTAINER_CREDENTIALS_FULL_URI=http://127.1/x", "is not allowed"},
        {"AWS_CONTAINER_CREDENTIALS_FULL_URI=http://localhost.evil.example/x", "is not allowed"},
        {"AWS_CONTAINER_CREDENTIALS_FULL_URI=http://[fd00:ec3::23]/x", "is not allowed"},
        {"AWS_CONTAINER_CREDENTIALS_FULL_URI=http://localhost@evil.example/x", "user name"},
        {"AWS_CONTAINER_CREDENTIALS_FULL_URI=ftp://localhost/x", "does not begin with http"},
        {"AWS_CONTAINER_CREDENTIALS_FULL_URI=http://localhost/x?a b", "its query has characters"},
        {"AWS_CONTAINER_CREDENTIALS_FULL_URI=http://localhost/x#a", "fragment"},
        {"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI=v2", "does not begin with /"},
        {"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI=/a b", "characters that do not belong there"},
        {"AWS_CONTAINER_CREDENTIALS_FULL_URI=http://localhost/\nAWS_CONTAINER_AUTHORIZATION_TOKEN=hush\rX: y",
         "AWS_CONTAINER_AUTHORIZATION_TOKEN: the token has a line break"},
    };
    struct fixture fixture;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        fixture_must_begin(&fixture, bad[i].variables, NULL, NULL, NULL);
        fixture_expect_failure(&fixture, TESS_ERR_INVALID, bad[i].words, "AWS_CONTAINER_");
        assert_int_equal(fixture.call_count, 0);
        fixture_end(&fixture);
    }
    fixture_must_begin(&fixture,
                       with_token("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", "hush\r\nX: y",
                                  "AWS_CONTAINER_CREDENTIALS_FULL_URI=http://localhost/"),
                       NULL, NULL, NULL);
    fixture_expect_failure(&fixture, TESS_ERR_INVALID,
                           "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: the token has a line break", NULL);
    fixture_end(&fixture);
}

static void what_a_container_says(void **state)
{
    (void)state;
    static const struct {
        int http_status;
        const char *answer, *words;
        enum tess_status status;
    } cases[] = {
        {200, "hush", "that is not JSON", TESS_ERR_CORRUPT},
        {200, "[]", "gives no access key id", TESS_ERR_CORRUPT},
        {200, "{\"AccessKeyId\":\"A\",\"SecretAccessKey\":7}", "gives no secret access key",
         TESS_ERR_CORRUPT},
        {200, "{\"AccessKeyId\":\"A\",\"SecretAccessKey\":\"hush\\r\\nX: y\"}", "has a blank, a line break",
         TESS_ERR_CORRUPT},
        {200, "{\"AccessKeyId\":\"A\",\"SecretAccessKey\":\"hush\",\"Expiration\":\"soon\"}",
         "Expiration is no time", TESS_ERR_CORRUPT},
        {200, "{\"AccessKeyId\":\"A\",\"SecretAccessKey\":\"hush\",\"Expiration\":\"2026-11-24T09:59:59Z\"}",
         "ended at 2026-11-24T09:59:59Z; this computer's clock says 2026-11-24T10:00:00Z", TESS_ERR_DENIED},
        {200, "{\"Code\":\"AssumeRoleUnauthorizedAccess\"}", "AssumeRoleUnauthorizedAccess", TESS_ERR_DENIED},
        {401, "hush", "refuses: HTTP 401", TESS_ERR_DENIED},
        {429, "", "refuses: HTTP 429", TESS_ERR_BUSY},
        {500, "", "refuses: HTTP 500", TESS_ERR_IO},
        {302, "", "refuses: HTTP 302", TESS_ERR_IO},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct fixture fixture;
        fixture_must_begin(&fixture, "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI=/v2", NULL, NULL, NULL);
        fixture_answer(&fixture, "GET", "http://169.254.170.2/v2", cases[i].http_status, cases[i].answer);
        fixture_expect_failure(&fixture, cases[i].status, cases[i].words, NULL);
        fixture_end(&fixture);
    }
}

static void an_instances_service(void **state)
{
    (void)state;
    struct fixture fixture;
    fixture_must_begin(&fixture, "", NULL, NULL, NULL);
    fixture_add_instance(&fixture, fixture_json);
    fixture_expect_key(&fixture, "JSONKEY");
    assert_int_equal(fixture.call_count, 3);
    assert_string_equal(fixture_header(&fixture.calls[0], "X-aws-ec2-metadata-token-ttl-seconds"), "21600");
    assert_string_equal(fixture.calls[0].body, "");
    for (size_t i = 1; i < 3; i++)
        assert_string_equal(fixture_header(&fixture.calls[i], "X-aws-ec2-metadata-token"), "hush-imds-token");
    for (size_t i = 0; i < 3; i++)
        assert_true(fixture.calls[i].no_proxy && fixture.calls[i].connect_timeout_ms == 1000);
    fixture_end(&fixture);

    fixture_must_begin(&fixture, "AWS_EC2_METADATA_SERVICE_ENDPOINT=http://[fd00:ec2::254]/", NULL, NULL,
                       NULL);
    fixture_answer(&fixture, "PUT", "http://[fd00:ec2::254]/latest/api/token", 200, "t");
    fixture_answer(&fixture, "GET", "http://[fd00:ec2::254]/latest/meta-data/iam/security-credentials/", 200,
                   "a+b");
    fixture_answer(&fixture, "GET", "http://[fd00:ec2::254]/latest/meta-data/iam/security-credentials/a%2Bb",
                   200, fixture_json);
    fixture_expect_key(&fixture, "JSONKEY");
    fixture_end(&fixture);
}

/* It cannot renew them: AWS takes them longer than they say. */
static void an_instances_ended_keys_are_used(void **state)
{
    (void)state;
    struct fixture fixture;
    fixture_must_begin(&fixture, "", NULL, NULL, NULL);
    fixture_add_instance(&fixture,
                         "{\"Code\":\"Success\",\"AccessKeyId\":\"OLDKEY\",\"SecretAccessKey\":\"hush\","
                         "\"Token\":\"hush\",\"Expiration\":\"2026-11-24T09:00:00Z\"}");
    fixture_expect_key(&fixture, "OLDKEY");
    fixture_expect_key(&fixture, "OLDKEY");
    assert_int_equal(fixture.call_count, 3);
    fixture.now_s += 60;
    fixture_expect_key(&fixture, "OLDKEY");
    assert_int_equal(fixture.call_count, 6);
    fixture_end(&fixture);
}

static void what_an_instance_says(void **state)
{
    (void)state;
    static const struct {
        int token_status, role_status, keys_status;
        const char *token, *role, *keys, *words;
        enum tess_status status;
    } cases[] = {
        {403, 0, 0, "", "", "", "instance metadata (gives no token: HTTP 403)", TESS_ERR_DENIED},
        {200, 404, 0, "t", "", "", "instance metadata (the instance has no IAM role)", TESS_ERR_DENIED},
        {200, 401, 0, "t", "", "", "does not name the instance's role: HTTP 401", TESS_ERR_DENIED},
        {200, 200, 0, "t", "", "", "names no role", TESS_ERR_CORRUPT},
        {200, 200, 0, "t", "a role", "", "names no role", TESS_ERR_CORRUPT},
        {200, 200, 0, "to ken", "", "", "a token that is none", TESS_ERR_CORRUPT},
        {200, 200, 404, "t", "server", "", "gives no keys for role server of the instance: HTTP 404",
         TESS_ERR_DENIED},
        {200, 200, 200, "t", "server", "<html>", "that is not JSON", TESS_ERR_CORRUPT},
        {200, 200, 200, "t", "server", "{\"Code\":\"Failed\"}", "gives no credentials: Failed",
         TESS_ERR_DENIED},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct fixture fixture;
        fixture_must_begin(&fixture, "", NULL, NULL, NULL);
        fixture_answer(&fixture, "PUT", FIXTURE_IMDS "/latest/api/token", cases[i].token_status,
                       cases[i].token);
        fixture_answer(&fixture, "GET", FIXTURE_ROLES, cases[i].role_status, cases[i].role);
        fixture_answer(&fixture, "GET", FIXTURE_ROLES "server", cases[i].keys_status, cases[i].keys);
        fixture_expect_failure(&fixture, cases[i].status, cases[i].words, NULL);
        fixture_end(&fixture);
    }
}

/* Endless answers end at a limit, whoever gives them. */
static void answers_without_end(void **state)
{
    (void)state;
    static char text[300 * 1024];
    memset(text, 'x', sizeof text - 1);
    struct fixture fixture;
    fixture_must_begin(&fixture, "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI=/v2", NULL, NULL, NULL);
    fixture_answer(&fixture, "GET", "http://169.254.170.2/v2", 200, text);
    fixture_expect_failure(&fixture, TESS_ERR_LIMIT, "too large", "the container's credentials service");
    fixture_end(&fixture);
    fixture_must_begin(&fixture, "", NULL, NULL, NULL);
    fixture_answer(&fixture, "PUT", FIXTURE_IMDS "/latest/api/token", 200, text);
    fixture_expect_failure(&fixture, TESS_ERR_LIMIT, "too large", "the instance's metadata service");
    fixture_end(&fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_web_identity),
        cmocka_unit_test(web_identities_that_cannot_be),
        cmocka_unit_test(what_sts_says),
        cmocka_unit_test(a_configured_sts),
        cmocka_unit_test(a_containers_service),
        cmocka_unit_test(a_containers_token_is_read_anew),
        cmocka_unit_test(containers_that_must_not_be_asked),
        cmocka_unit_test(what_a_container_says),
        cmocka_unit_test(an_instances_service),
        cmocka_unit_test(an_instances_ended_keys_are_used),
        cmocka_unit_test(what_an_instance_says),
        cmocka_unit_test(answers_without_end),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
