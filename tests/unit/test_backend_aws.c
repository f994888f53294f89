// SPDX-License-Identifier: MIT
/*
 * Which store a configuration means, and what opening S3 and DynamoDB refuses. Opening asks no server, and
 * none is there: the endpoints are a closed port, and HOME is an empty folder.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "backend/backend.h"
#include "net/aws.h"
#include "scratch.h"

#define NOWHERE "http://127.0.0.1:1"

/* What of the environment decides; the tests are run one after the other, each with all of it as here. */
static const struct {
    const char *name, *value;
} environment[] = {{"AWS_REGION", "eu-north-1"},
                   {"AWS_DEFAULT_REGION", NULL},
                   {"AWS_PROFILE", NULL},
                   {"AWS_DEFAULT_PROFILE", NULL},
                   {"AWS_CONFIG_FILE", NULL},
                   {"AWS_SHARED_CREDENTIALS_FILE", NULL},
                   {"AWS_ACCESS_KEY_ID", "AKID"},
                   {"AWS_SECRET_ACCESS_KEY", "secret"},
                   {"AWS_SESSION_TOKEN", NULL},
                   {"AWS_EC2_METADATA_DISABLED", "true"},
                   {"AWS_ENDPOINT_URL", NOWHERE},
                   {"AWS_ENDPOINT_URL_S3", NULL},
                   {"AWS_ENDPOINT_URL_DYNAMODB", NULL},
                   {"AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", NULL},
                   {"AWS_CA_BUNDLE", NULL},
                   {"AWS_MAX_ATTEMPTS", NULL},
                   {"AWS_USE_FIPS_ENDPOINT", NULL},
                   {"AWS_USE_DUALSTACK_ENDPOINT", NULL}};

static char *first_folder; /* where the program was started */

static int setup(void **state)
{
    char *folder = calloc(1, 64);
    assert_non_null(folder);
    scratch_make(folder);
    for (size_t i = 0; i < sizeof environment / sizeof *environment; i++)
        if (environment[i].value)
            assert_int_equal(setenv(environment[i].name, environment[i].value, 1), 0);
        else
            assert_int_equal(unsetenv(environment[i].name), 0);
    assert_int_equal(setenv("HOME", folder, 1), 0);
    assert_int_equal(chdir(folder), 0); /* a ./tessera-data that nobody wanted would be here */
    *state = folder;
    return 0;
}

static int teardown(void **state)
{
    assert_int_equal(chdir(first_folder), 0);
    scratch_remove(*state);
    free(*state);
    return 0;
}

static void test_which_store(void **state)
{
    static const struct {
        enum tess_store_kind kind;
        const char *source, *dest, *data;
        bool aws;
    } cases[] = {
        {TESS_STORE_AUTO, NULL, NULL, NULL, false},
        {TESS_STORE_AUTO, "", "", "", false},
        {TESS_STORE_AUTO, "photos", NULL, NULL, true},
        {TESS_STORE_AUTO, NULL, "grids", NULL, true},
        {TESS_STORE_AUTO, "photos", "grids", "", true},
        {TESS_STORE_AUTO, "", "grids", NULL, true},
        {TESS_STORE_AUTO, "photos", "grids", "data", false},
        {TESS_STORE_AUTO, NULL, NULL, "data", false},
        {TESS_STORE_EMBEDDED, "photos", "grids", NULL, false},
        {TESS_STORE_EMBEDDED, NULL, NULL, NULL, false},
        {TESS_STORE_AWS, NULL, NULL, NULL, true},
        {TESS_STORE_AWS, NULL, NULL, "data", true},
        {TESS_STORE_AWS, "photos", "grids", "data", true},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct tess_store_config config = {.kind = cases[i].kind,
                                                 .source_bucket = cases[i].source,
                                                 .dest_bucket = cases[i].dest,
                                                 .data_dir = cases[i].data};
        if (backend_is_aws(&config) != cases[i].aws)
            fail_msg("case %zu is not %s", i, cases[i].aws ? "AWS" : "embedded");
    }
}

/* Opens, says whether it is AWS and which buckets are used, closes. */
static void opens(const struct tess_store_config *config, bool aws, const char *source, const char *dest)
{
    struct backend backend;
    struct tess_error error = {.message = ""};
    if (backend_open(config, &backend, &error) != TESS_OK)
        fail_msg("%s", error.message);
    assert_non_null(backend.objects);
    assert_non_null(backend.catalog);
    assert_int_equal(backend.aws != NULL, aws);
    assert_int_equal(backend.objects->fetches, aws ? 32 : 2);
    assert_string_equal(backend.source_bucket, source);
    assert_string_equal(backend.dest_bucket, dest);
    backend_close(&backend);
}

static void test_open_aws(void **state)
{
    struct tess_store_config config = {.source_bucket = "photos", .dest_bucket = "grids"};
    opens(&config, true, "photos", "grids");
    config.dest_bucket = NULL;
    opens(&config, true, "photos", ""); /* nobody's bucket is guessed */
    config = (struct tess_store_config){.kind = TESS_STORE_AWS, .data_dir = "data"};
    opens(&config, true, "", "");
    assert_int_equal(scratch_count(*state), 0); /* nothing on the disk */
}

static void test_open_embedded(void **state)
{
    const char *data = scratch_path(*state, "here");
    struct tess_store_config config = {.data_dir = data, .source_bucket = "photos"};
    opens(&config, false, "photos", "grids");
    assert_int_equal(access(scratch_path(data, "objects/photos"), F_OK), 0);
    config = (struct tess_store_config){.kind = TESS_STORE_EMBEDDED, .source_bucket = "photos"};
    opens(&config, false, "photos", "grids");
    assert_int_equal(access(scratch_path(*state, "tessera-data/objects/photos"), F_OK), 0);
}

static void test_open_is_public(void **state)
{
    (void)state;
    const struct tess_store_config config = {.source_bucket = "photos", .dest_bucket = "grids"};
    struct tess_store *store = NULL;
    struct tess_error error = {.message = ""};
    assert_int_equal(tess_store_open(&config, &store, &error), TESS_OK);
    assert_non_null(store);
    tess_store_close(store);
    assert_int_equal(tess_store_open(NULL, &store, &error), TESS_OK); /* embedded, whatever AWS_… says */
    tess_store_close(store);
    assert_int_equal(access("tessera-data/catalog.db", F_OK), 0);
}

/* Opening fails, in words that name `part`, with nothing left open and nothing on the disk. */
static void refused(const char *folder, const struct tess_store_config *config, const char *part)
{
    struct tess_store *store = (void *)1;
    struct tess_error error = {.message = ""};
    const int before = scratch_count(folder);
    const enum tess_status status = tess_store_open(config, &store, &error);
    assert_true(status == (strcmp(part, "AWS_REGION") == 0 ? TESS_ERR_SETUP : TESS_ERR_INVALID));
    assert_null(store);
    if (!strstr(error.message, part))
        fail_msg("\"%s\" is not in: %s", part, error.message);
    assert_int_equal(scratch_count(folder), before);
}

static void test_wrong_settings(void **state)
{
    const struct tess_store_config good = {.source_bucket = "photos", .dest_bucket = "grids"};
    struct tess_store_config config = good;
    config.source_bucket = "My_Photos";
    refused(*state, &config, "\"My_Photos\"");
    config = good;
    config.dest_bucket = "s3://grids";
    refused(*state, &config, "\"s3://grids\"");
    config = good;
    config.grid_table = "no table";
    refused(*state, &config, "no table");
    config.grid_table = "arn:aws:dynamodb:eu-north-1:123:table/no table";
    refused(*state, &config, "no table");
    config = good; /* a name that only SQLite keeps to itself */
    config.grid_table = "sqlite_grids";
    config.counter_table = "arn:aws:dynamodb:eu-north-1:123456789012:table/hit-counters";
    config.region = "eu-north-1";
    struct tess_store *store = NULL;
    assert_int_equal(tess_store_open(&config, &store, NULL), TESS_OK);
    tess_store_close(store);
    config = good;
    config.region = "eu north";
    refused(*state, &config, "eu north");
    config = good;
    config.endpoint_url = "s3.example.net";
    refused(*state, &config, "s3.example.net");
    config = good;
    config.profile = "nobody";
    refused(*state, &config, "\"nobody\"");
}

/* On AWS one has to say where; a server of one's own need not be told. */
static void test_region(void **state)
{
    const struct tess_store_config config = {.source_bucket = "photos", .dest_bucket = "grids"};
    assert_int_equal(unsetenv("AWS_REGION"), 0);
    opens(&config, true, "photos", "grids");
    assert_int_equal(unsetenv("AWS_ENDPOINT_URL"), 0);
    refused(*state, &config, "AWS_REGION");
    assert_int_equal(setenv("AWS_ENDPOINT_URL_S3", NOWHERE, 1), 0);
    refused(*state, &config, "AWS_REGION"); /* DynamoDB is still AWS's */
    assert_int_equal(setenv("AWS_DEFAULT_REGION", "eu-north-1", 1), 0);
    opens(&config, true, "photos", "grids");
}

/* Settings of the configuration go before those of the environment. */
static void test_config_goes_first(void **state)
{
    const char *const elsewhere = "http://127.0.0.1:2";
    const struct tess_store_config config = {
        .source_bucket = "photos", .region = "ap-south-1", .endpoint_url = elsewhere};
    struct backend backend;
    struct tess_error error = {.message = ""};
    (void)state;
    assert_int_equal(setenv("AWS_ENDPOINT_URL_S3", NOWHERE, 1), 0);
    assert_int_equal(backend_open(&config, &backend, &error), TESS_OK);
    const struct aws_settings *settings = aws_settings_of(backend.aws);
    assert_string_equal(settings->region, "ap-south-1");
    assert_string_equal(settings->endpoints[AWS_S3], elsewhere);
    assert_string_equal(settings->endpoints[AWS_DYNAMODB], elsewhere);
    backend_close(&backend);
}

struct findings {
    size_t count;
    char text[8192]; /* "subject: detail [advice]\n" */
};

static void note(void *context, const struct tess_finding *finding)
{
    struct findings *findings = context;
    const size_t used = strlen(findings->text);
    assert_int_equal(finding->good, finding->advice[0] == '\0');
    findings->count++;
    (void)snprintf(findings->text + used, sizeof findings->text - used, "%s: %s [%s]\n", finding->subject,
                   finding->detail, finding->advice);
}

static void finds(const struct tess_store_config *config, size_t bad, const char *part)
{
    struct findings findings = {0};
    assert_int_equal(tess_store_check(config, note, NULL, &findings), bad);
    if (!strstr(findings.text, part))
        fail_msg("\"%s\" is not in: %s", part, findings.text);
    assert_null(strstr(findings.text, "secret-word"));
}

/* The doctor as far as it gets before it asks a server. */
static void test_doctor(void **state)
{
    struct tess_store_config config = {.source_bucket = "photos", .dest_bucket = "grids"};
    assert_int_equal(unsetenv("AWS_ACCESS_KEY_ID"), 0);
    finds(&config, 1, "credentials: ");
    assert_int_equal(setenv("AWS_SECRET_ACCESS_KEY", "secret-word", 1), 0);
    finds(&config, 1, "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY");
    assert_int_equal(unsetenv("AWS_REGION"), 0);
    finds(&config, 1, "region: none is named; us-east-1 is signed for []");
    assert_int_equal(unsetenv("AWS_ENDPOINT_URL"), 0);
    finds(&config, 1, "set AWS_REGION");
    config.source_bucket = "My_Photos";
    finds(&config, 1, "\"My_Photos\"");
    assert_int_equal(scratch_count(*state), 0);
}

/* Who signs on in a browser is sent where that helps, and nowhere else. */
static void test_doctor_browser(void **state)
{
    const struct tess_store_config config = {.source_bucket = "photos", .dest_bucket = "grids"};
    static const char profile[] = "[default]\nsso_session = work\n";
    const char *file = scratch_path(*state, "config");
    scratch_write(file, profile, sizeof profile - 1);
    assert_int_equal(setenv("AWS_CONFIG_FILE", file, 1), 0);
    assert_int_equal(unsetenv("AWS_ACCESS_KEY_ID"), 0);
    assert_int_equal(unsetenv("AWS_SECRET_ACCESS_KEY"), 0);
    finds(&config, 1, "aws configure export-credentials");
    finds(&config, 1, "[do what the message says]");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_which_store, setup, teardown),
        cmocka_unit_test_setup_teardown(test_open_aws, setup, teardown),
        cmocka_unit_test_setup_teardown(test_open_embedded, setup, teardown),
        cmocka_unit_test_setup_teardown(test_open_is_public, setup, teardown),
        cmocka_unit_test_setup_teardown(test_wrong_settings, setup, teardown),
        cmocka_unit_test_setup_teardown(test_region, setup, teardown),
        cmocka_unit_test_setup_teardown(test_config_goes_first, setup, teardown),
        cmocka_unit_test_setup_teardown(test_doctor, setup, teardown),
        cmocka_unit_test_setup_teardown(test_doctor_browser, setup, teardown),
    };
    first_folder = getcwd(NULL, 0);
    int failed = first_folder ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
    free(first_folder);
    return failed;
}
