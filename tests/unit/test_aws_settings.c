// SPDX-License-Identifier: MIT
/* Which of option, variable and profile counts, and the addresses that come of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "aws_fixture.h"
#include "net/aws_endpoint.h"
#include "scratch.h"

static void begin(struct fixture *fixture, const char *variables, const char *config,
                  const struct aws_options *options)
{
    fixture_must_begin(fixture, variables, config, NULL, options);
}

/* Settings that cannot be: the message has these words. */
static void expect_refusal(const char *variables, const char *config, const struct aws_options *options,
                           const char *words)
{
    struct fixture fixture;
    struct tess_error error = {.message = ""};
    const enum tess_status status = fixture_begin(&fixture, variables, config, NULL, options, &error);
    if ((status != TESS_ERR_INVALID && status != TESS_ERR_LIMIT) || error.status != status ||
        !strstr(error.message, words) || strstr(error.message, "hush"))
        fail_msg("status %d: \"%s\"", (int)status, error.message);
    fixture_end(&fixture); /* nothing is left in the settings */
}

static void the_region(void **state)
{
    (void)state;
    static const char config[] = "[default]\nregion = eu-west-1\n[profile work]\nregion=eu-west-2\n";
    static const struct {
        const char *variables, *option, *profile, *region, *source;
    } cases[] = {
        {"AWS_REGION=eu-south-1\nAWS_DEFAULT_REGION=x-1", "eu-north-1", NULL, "eu-north-1", "--region"},
        {"AWS_REGION=eu-south-1\nAWS_DEFAULT_REGION=x-1", NULL, NULL, "eu-south-1", "AWS_REGION"},
        {"AWS_REGION=\nAWS_DEFAULT_REGION=x-1", NULL, NULL, "x-1", "AWS_DEFAULT_REGION"},
        {"", NULL, NULL, "eu-west-1", "region of profile default in "},
        {"AWS_PROFILE=work", NULL, NULL, "eu-west-2", "region of profile work in "},
        {"AWS_PROFILE=nobody", NULL, "work", "eu-west-2", "region of profile work in "},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct fixture fixture;
        const struct aws_options options = {.region = cases[i].option, .profile = cases[i].profile};
        begin(&fixture, cases[i].variables, config, &options);
        assert_string_equal(fixture.settings.region, cases[i].region);
        assert_memory_equal(fixture.settings.region_source, cases[i].source, strlen(cases[i].source));
        fixture_end(&fixture);
    }
    struct fixture fixture;
    char url[AWS_ENDPOINT_MAX_BYTES];
    struct tess_error error;
    begin(&fixture, "", NULL, NULL);
    assert_null(fixture.settings.region);
    assert_int_equal(aws_endpoint(&fixture.settings, AWS_S3, NULL, url, &error), TESS_ERR_SETUP);
    assert_non_null(strstr(error.message, "no AWS region is set"));
    assert_non_null(strstr(error.message, "AWS_REGION"));
    assert_int_equal(aws_endpoint(&fixture.settings, AWS_STS, NULL, url, &error), TESS_OK);
    assert_string_equal(url, "https://sts.amazonaws.com");
    assert_string_equal(aws_sts_region(&fixture.settings), "us-east-1");
    fixture_end(&fixture);
}

/* A region becomes a part of a host's name. */
static void regions_that_are_none(void **state)
{
    (void)state;
    static const char *const bad[] = {"evil.example/",
                                      "a b",
                                      "a#",
                                      "a@b",
                                      "../x",
                                      "eu\nnorth",
                                      "\xC3\xA4",
                                      "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        const struct aws_options options = {.region = bad[i]};
        expect_refusal("", NULL, &options, "--region: \"");
        struct fixture fixture;
        char url[AWS_ENDPOINT_MAX_BYTES];
        begin(&fixture, "AWS_REGION=eu-north-1", NULL, NULL);
        assert_int_equal(aws_endpoint(&fixture.settings, AWS_S3, bad[i], url, NULL), TESS_ERR_INVALID);
        fixture_end(&fixture);
    }
    expect_refusal("", "[default]\nregion = a.b\n", NULL, "config, line 2: \"a.b\" is no region's name");
}

static void profiles_that_are_named_must_be_there(void **state)
{
    (void)state;
    const struct aws_options options = {.profile = "wrok"};
    expect_refusal("", "[profile work]\nregion=x\n", &options, "--profile: there is no profile \"wrok\" in ");
    expect_refusal("AWS_PROFILE=wrok", "[profile work]\nregion=x\n", NULL,
                   "AWS_PROFILE: there is no profile \"wrok\"");
    expect_refusal("AWS_PROFILE=work", "[work]\nregion=x\n", NULL, "there is no profile \"work\"");
    struct fixture fixture;
    begin(&fixture, "", "[profile work]\nregion=x\n", NULL);
    assert_string_equal(fixture.settings.profile, "default");
    assert_false(fixture.settings.profile_named || fixture.settings.profile_by_option);
    fixture_end(&fixture);
    begin(&fixture, "AWS_PROFILE=work", "[profile work]\nregion=x\n", NULL);
    assert_true(fixture.settings.profile_named && !fixture.settings.profile_by_option);
    fixture_end(&fixture);
    char name[300];
    memset(name, 'a', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    expect_refusal("", NULL, &(struct aws_options){.profile = name}, "longer than 256 bytes");
}

static void expect_endpoint(const struct fixture *fixture, enum aws_service service, const char *expected)
{
    char url[AWS_ENDPOINT_MAX_BYTES];
    struct tess_error error = {.message = ""};
    if (aws_endpoint(&fixture->settings, service, NULL, url, &error) != TESS_OK)
        fail_msg("%s", error.message);
    assert_string_equal(url, expected);
}

static void configured_endpoints(void **state)
{
    (void)state;
    static const char config[] =
        "[default]\nregion = eu-north-1\nservices = local\nendpoint_url = http://all:1/\n"
        "[services local]\ns3 =\n  endpoint_url = http://s3:2/prefix\n"
        "dynamodb =\n  endpoint_url = http://ddb:3\n";
    struct fixture fixture;
    begin(&fixture, "", config, NULL);
    expect_endpoint(&fixture, AWS_S3, "http://s3:2/prefix");
    expect_endpoint(&fixture, AWS_DYNAMODB, "http://ddb:3");
    expect_endpoint(&fixture, AWS_SQS, "http://all:1");
    expect_endpoint(&fixture, AWS_STS, "http://all:1");
    fixture_end(&fixture);

    begin(&fixture, "AWS_ENDPOINT_URL_S3=https://var:4///\nAWS_ENDPOINT_URL=http://[::1]:5", config, NULL);
    expect_endpoint(&fixture, AWS_S3, "https://var:4");
    expect_endpoint(&fixture, AWS_DYNAMODB, "http://[::1]:5");
    expect_endpoint(&fixture, AWS_STS, "http://[::1]:5");
    fixture_end(&fixture);

    const struct aws_options options = {.endpoint_url = "http://opt:6/"};
    begin(&fixture, "AWS_ENDPOINT_URL_S3=https://var:4", NULL, &options);
    expect_endpoint(&fixture, AWS_S3, "http://opt:6");
    expect_endpoint(&fixture, AWS_DYNAMODB, "http://opt:6");
    expect_endpoint(&fixture, AWS_SQS, "http://opt:6");
    expect_endpoint(&fixture, AWS_STS,
                    "https://sts.amazonaws.com"); /* it gives out keys: not asked for there */
    fixture_end(&fixture);

    begin(&fixture, "AWS_ENDPOINT_URL_S3=https://var:4\nAWS_IGNORE_CONFIGURED_ENDPOINT_URLS=True", config,
          NULL);
    expect_endpoint(&fixture, AWS_S3, "https://s3.eu-north-1.amazonaws.com");
    expect_endpoint(&fixture, AWS_SQS, "https://sqs.eu-north-1.amazonaws.com");
    fixture_end(&fixture);
    begin(&fixture, "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS=true", config, &options);
    expect_endpoint(&fixture, AWS_S3, "http://opt:6");
    fixture_end(&fixture);
}

static void endpoints_that_are_none(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "localhost:9000",      "ftp://x",      "https://",     "https://:80",       "http://user:hush@x/",
        "http://x?token=hush", "http://x#y",   "http://x:0",   "http://x:65536",    "http://x:80a",
        "http://x y",          "http://x/a b", "http://x/%zz", "http://x/%4",       "http://[::1",
        "http://[x]",          "http://.x",    "http://x\\y",  "http://x:",         "http:///x",
        "http://x/\"",         "http://[]/",   "HTTP://x",     "http://x/\xC3\xA4",
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        const struct aws_options options = {.endpoint_url = bad[i]};
        expect_refusal("", NULL, &options, "is not the address of an endpoint");
    }
    char url[600] = "http://";
    memset(url + 7, 'a', sizeof url - 8);
    expect_refusal("", NULL, &(struct aws_options){.endpoint_url = url}, "longer than 400 bytes");
    expect_refusal("AWS_ENDPOINT_URL_SQS=nonsense", NULL, NULL, "AWS_ENDPOINT_URL_SQS: \"nonsense\"");
    expect_refusal("", "[default]\n\nendpoint_url = nonsense\n", NULL, "config, line 3: \"nonsense\"");
}

static void addresses_of_regions(void **state)
{
    (void)state;
    static const struct {
        const char *region;
        bool fips, dualstack;
        const char *urls[AWS_SERVICES];
    } cases[] = {
        {"eu-north-1",
         false,
         false,
         {"https://s3.eu-north-1.amazonaws.com", "https://dynamodb.eu-north-1.amazonaws.com",
          "https://sqs.eu-north-1.amazonaws.com", "https://sts.eu-north-1.amazonaws.com"}},
        {"us-east-1",
         true,
         false,
         {"https://s3-fips.us-east-1.amazonaws.com", "https://dynamodb-fips.us-east-1.amazonaws.com",
          "https://sqs-fips.us-east-1.amazonaws.com", "https://sts-fips.us-east-1.amazonaws.com"}},
        {"us-east-1",
         false,
         true,
         {"https://s3.dualstack.us-east-1.amazonaws.com", "https://dynamodb.us-east-1.api.aws",
          "https://sqs.us-east-1.api.aws", "https://sts.us-east-1.api.aws"}},
        {"us-east-1",
         true,
         true,
         {"https://s3-fips.dualstack.us-east-1.amazonaws.com", "https://dynamodb-fips.us-east-1.api.aws",
          "https://sqs-fips.us-east-1.api.aws", "https://sts-fips.us-east-1.api.aws"}},
        {"cn-north-1",
         false,
         false,
         {"https://s3.cn-north-1.amazonaws.com.cn", "https://dynamodb.cn-north-1.amazonaws.com.cn",
          "https://sqs.cn-north-1.amazonaws.com.cn", "https://sts.cn-north-1.amazonaws.com.cn"}},
        {"us-gov-west-1",
         true,
         false,
         {"https://s3-fips.us-gov-west-1.amazonaws.com", "https://dynamodb.us-gov-west-1.amazonaws.com",
          "https://sqs.us-gov-west-1.amazonaws.com", "https://sts.us-gov-west-1.amazonaws.com"}},
        {"us-iso-east-1",
         false,
         false,
         {"https://s3.us-iso-east-1.c2s.ic.gov", "https://dynamodb.us-iso-east-1.c2s.ic.gov",
          "https://sqs.us-iso-east-1.c2s.ic.gov", "https://sts.us-iso-east-1.c2s.ic.gov"}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct fixture fixture;
        char variables[200];
        (void)snprintf(variables, sizeof variables,
                       "AWS_REGION=%s\nAWS_USE_FIPS_ENDPOINT=%s\nAWS_USE_DUALSTACK_ENDPOINT=%s",
                       cases[i].region, cases[i].fips ? "true" : "false",
                       cases[i].dualstack ? "true" : "false");
        begin(&fixture, variables, NULL, NULL);
        for (int j = 0; j < AWS_SERVICES; j++)
            expect_endpoint(&fixture, (enum aws_service)j, cases[i].urls[j]);
        fixture_end(&fixture);
    }
    struct fixture fixture;
    char url[AWS_ENDPOINT_MAX_BYTES];
    begin(&fixture, "AWS_REGION=cn-north-1\nAWS_USE_FIPS_ENDPOINT=true", NULL, NULL);
    assert_int_equal(aws_endpoint(&fixture.settings, AWS_S3, NULL, url, NULL), TESS_ERR_SETUP);
    assert_int_equal(aws_endpoint(&fixture.settings, AWS_S3, "eu-west-1", url, NULL), TESS_OK);
    assert_string_equal(url, "https://s3-fips.eu-west-1.amazonaws.com");
    fixture_end(&fixture);
}

static void the_rest(void **state)
{
    (void)state;
    struct fixture fixture;
    const struct aws_options options = {.connect_timeout_ms = 7, .stall_timeout_ms = 8};
    begin(&fixture, "AWS_CA_BUNDLE=/var/bundle",
          "[default]\nmax_attempts=5\nuse_fips_endpoint = TRUE\nca_bundle=/x\n", &options);
    assert_int_equal(fixture.settings.attempts, 5);
    assert_true(fixture.settings.fips && !fixture.settings.dualstack);
    assert_string_equal(fixture.settings.ca_bundle, "/var/bundle");
    assert_int_equal(fixture.settings.connect_timeout_ms, 7);
    assert_int_equal(fixture.settings.stall_timeout_ms, 8);
    fixture_end(&fixture);
    static const char *const attempts[] = {"0", "101", "-1", "3x", " 3", "+3", "99999999999999999999999"};
    for (size_t i = 0; i < sizeof attempts / sizeof attempts[0]; i++) {
        char variables[100];
        (void)snprintf(variables, sizeof variables, "AWS_MAX_ATTEMPTS=%s", attempts[i]);
        expect_refusal(variables, NULL, NULL, "is not a number from 1 to 100");
    }
    expect_refusal("AWS_USE_FIPS_ENDPOINT=yes", NULL, NULL,
                   "AWS_USE_FIPS_ENDPOINT: \"yes\" is neither true nor false");
}

/* Below HOME, and "~/" in the variables. */
static void where_the_files_are(void **state)
{
    (void)state;
    char folder[64], variables[300];
    scratch_make(folder);
    scratch_write(scratch_path(folder, "my"), "[default]\nregion=my-1\n", 22);
    for (size_t i = 0; i < 2; i++) {
        struct fixture fixture;
        (void)snprintf(variables, sizeof variables,
                       i ? "HOME=%s\nAWS_CONFIG_FILE=~/my" : "AWS_CONFIG_FILE=%s/my", folder);
        begin(&fixture, variables, NULL, NULL);
        assert_string_equal(fixture.settings.region, "my-1");
        assert_string_equal(fixture.settings.region_source + strlen(fixture.settings.region_source) - 9,
                            "y, line 2");
        fixture_end(&fixture);
    }
    scratch_remove(folder);
}

static void the_environment_itself(void **state)
{
    (void)state;
    struct aws_environment environment;
    struct tess_error error;
    for (int i = 0; i < AWS_VARIABLES; i++)
        assert_int_equal(unsetenv(aws_variable_name((enum aws_variable)i)), 0);
    (void)unsetenv("AWS_DEFAULT_PROFILE");
    (void)setenv("AWS_REGION", "eu-north-1", 1);
    (void)setenv("AWS_SECRET_ACCESS_KEY", "", 1);
    (void)setenv("AWS_DEFAULT_PROFILE", "old", 1);
    assert_int_equal(aws_environment_read(&environment, &error), TESS_OK);
    assert_string_equal(environment.values[AWS_VAR_REGION], "eu-north-1");
    assert_null(environment.values[AWS_VAR_SECRET_ACCESS_KEY]);
    assert_string_equal(environment.values[AWS_VAR_PROFILE], "old");
    aws_environment_clear(&environment);
    assert_null(environment.values[AWS_VAR_REGION]);
    aws_environment_clear(&environment);
    (void)setenv("AWS_PROFILE", "new", 1);
    assert_int_equal(aws_environment_read(&environment, &error), TESS_OK);
    assert_string_equal(environment.values[AWS_VAR_PROFILE], "new");
    aws_environment_clear(&environment);
    char *huge = malloc(20001);
    assert_non_null(huge);
    memset(huge, 'h', 20000);
    huge[20000] = '\0';
    (void)setenv("AWS_SESSION_TOKEN", huge, 1);
    assert_int_equal(aws_environment_read(&environment, &error), TESS_ERR_LIMIT);
    assert_string_equal(error.message, "AWS_SESSION_TOKEN is longer than 16384 bytes");
    (void)unsetenv("AWS_SESSION_TOKEN");
    free(huge);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_region),
        cmocka_unit_test(regions_that_are_none),
        cmocka_unit_test(profiles_that_are_named_must_be_there),
        cmocka_unit_test(configured_endpoints),
        cmocka_unit_test(endpoints_that_are_none),
        cmocka_unit_test(addresses_of_regions),
        cmocka_unit_test(the_rest),
        cmocka_unit_test(where_the_files_are),
        cmocka_unit_test(the_environment_itself),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
