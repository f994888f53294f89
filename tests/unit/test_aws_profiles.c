// SPDX-License-Identifier: MIT
/* The two files of profiles, as AWS's tools read them, and what is no such file. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/error.h"
#include "net/aws_profiles.h"
#include "net/credentials.h"
#include "scratch.h"
#include "torture.h"

static int64_t no_clock(void *context)
{
    (void)context;
    return 1;
}

static struct aws_profiles *parse(const char *credentials, const char *config)
{
    struct aws_profiles *profiles = NULL;
    struct tess_error error = {.message = ""};
    const struct aws_profiles_text texts[AWS_FILES] = {
        [AWS_FILE_CREDENTIALS] = {"~/.aws/credentials", credentials, credentials ? strlen(credentials) : 0},
        [AWS_FILE_CONFIG] = {"~/.aws/config", config, config ? strlen(config) : 0}};
    if (aws_profiles_parse(texts, &profiles, &error) != TESS_OK)
        fail_msg("%s", error.message);
    return profiles;
}

static void expect_text(const struct aws_profiles *profiles, const char *profile, const char *key,
                        const char *expected)
{
    const char *text = aws_profile_text(profiles, profile, key);
    if (!expected)
        assert_null(text);
    else {
        assert_non_null(text);
        assert_string_equal(text, expected);
    }
}

static void what_a_line_says(void **state)
{
    (void)state;
    struct aws_profiles *profiles = parse(NULL, "# a comment\n"
                                                "; another\n"
                                                "\n"
                                                "[default] # the usual\n"
                                                "region=eu-north-1\n"
                                                "Output =  json  \n"
                                                "a = b = c\n"
                                                "url = http://x/#y\n"
                                                "commented = value # not this\n"
                                                "semicolon = value ; not this\n"
                                                "glued = a#b;c\n"
                                                "empty =\n"
                                                "only = # nothing\n"
                                                "tabbed\t=\tx y\t\n"
                                                "twice = 1\n"
                                                "twice = 2\n"
                                                "umlaut = \xC3\xA4\n");
    expect_text(profiles, "default", "region", "eu-north-1");
    expect_text(profiles, "default", "output", "json");
    expect_text(profiles, "default", "a", "b = c");
    expect_text(profiles, "default", "url", "http://x/#y");
    expect_text(profiles, "default", "commented", "value");
    expect_text(profiles, "default", "semicolon", "value");
    expect_text(profiles, "default", "glued", "a#b;c");
    expect_text(profiles, "default", "empty", NULL);
    expect_text(profiles, "default", "only", NULL);
    expect_text(profiles, "default", "tabbed", "x y");
    expect_text(profiles, "default", "twice", "2");
    expect_text(profiles, "default", "umlaut", "\xC3\xA4");
    expect_text(profiles, "default", "none", NULL);
    expect_text(profiles, "other", "region", NULL);
    aws_profiles_destroy(profiles);
}

static void sections(void **state)
{
    (void)state;
    struct aws_profiles *profiles =
        parse("[work]\nk = credentials\n[profile odd]\nk = odd\n['a b']\nk = quoted\n",
              "[profile work]\nk = config\nonly = here\n"
              "[ profile \t \"x y\" ]\nk = xy\n"
              "[bare]\nk = not a profile\n"
              "[sso-session s]\nk = passed over\n"
              "[profile work]\nmore = too\n"
              "[profiles z]\nk = no\n");
    expect_text(profiles, "work", "k", "credentials"); /* they win */
    expect_text(profiles, "work", "only", "here");
    expect_text(profiles, "work", "more", "too");
    expect_text(profiles, "profile odd", "k", "odd");
    expect_text(profiles, "a b", "k", "quoted");
    expect_text(profiles, "x y", "k", "xy");
    assert_false(aws_profiles_has(profiles, AWS_SECTION_PROFILE, "bare"));
    assert_false(aws_profiles_has(profiles, AWS_SECTION_PROFILE, "s"));
    assert_false(aws_profiles_has(profiles, AWS_SECTION_PROFILE, "z"));
    assert_true(aws_profiles_has(profiles, AWS_SECTION_PROFILE, "work"));
    aws_profiles_destroy(profiles);

    profiles = parse(NULL, "[profile default]\nk = preferred\n[default]\nk = plain\nother = plain\n");
    expect_text(profiles, "default", "k", "preferred");
    expect_text(profiles, "default", "other", "plain");
    aws_profiles_destroy(profiles);
}

static void lines_that_continue(void **state)
{
    (void)state;
    struct aws_profiles *profiles = parse(NULL, "[default]\n"
                                                "long = one\n"
                                                "  two # kept\n"
                                                "\n"
                                                "\tthree\n"
                                                "after = x\n"
                                                "services = local\n"
                                                "s3 =\n"
                                                "  max = 10\n"
                                                "  Endpoint_URL = http://a # b\n"
                                                "next = y\n"
                                                "[services local]\n"
                                                "dynamodb =\n"
                                                "  endpoint_url = http://ddb\n"
                                                "sqs =\n"
                                                "  endpoint_url = http://sqs\n");
    expect_text(profiles, "default", "long", "one\ntwo # kept\nthree");
    expect_text(profiles, "default", "after", "x");
    expect_text(profiles, "default", "max", NULL);
    expect_text(profiles, "default", "next", "y");
    struct aws_property property;
    struct aws_property_name name = {AWS_SECTION_PROFILE, "default", "s3", "endpoint_url"};
    assert_true(aws_profiles_find(profiles, &name, &property));
    assert_string_equal(property.value, "http://a");
    assert_int_equal(property.line, 10);
    assert_int_equal(property.file, AWS_FILE_CONFIG);
    name = (struct aws_property_name){AWS_SECTION_SERVICES, "local", "sqs", "endpoint_url"};
    assert_true(aws_profiles_find(profiles, &name, &property));
    assert_string_equal(property.value, "http://sqs");
    assert_false(aws_profiles_find_in(profiles, AWS_FILE_CREDENTIALS, &name, &property));
    aws_profiles_destroy(profiles);
}

static void foreign_line_ends(void **state)
{
    (void)state;
    struct aws_profiles *profiles =
        parse("\xEF\xBB\xBF[default]\r\nk = v\r\nlong = a\r\n  b\r\nlast = x", NULL);
    expect_text(profiles, "default", "k", "v");
    expect_text(profiles, "default", "long", "a\nb");
    expect_text(profiles, "default", "last", "x");
    aws_profiles_destroy(profiles);
}

static void refused(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        size_t size; /* 0: as long as it is */
        const char *message;
    } bad[] = {
        {"region = x\n", 0, "~/.aws/config, line 1: a property stands before the first [section]"},
        {"[default\n", 0, "~/.aws/config, line 1: a section begins with [ but has no ]"},
        {"[default] x\n", 0, "~/.aws/config, line 1: there is something behind the section's ]"},
        {"[]\n", 0, "~/.aws/config, line 1: a section has no name"},
        {"[  ]\n", 0, "~/.aws/config, line 1: a section has no name"},
        {"[a]\n\nhush\n", 0, "~/.aws/config, line 3: neither [section], nor name = value, nor a comment (#)"},
        {"[a]\n = hush\n", 0,
         "~/.aws/config, line 2: neither [section], nor name = value, nor a comment (#)"},
        {"[a]\ns3 =\n  hush\n", 0,
         "~/.aws/config, line 3: neither [section], nor name = value, nor a comment (#)"},
        {"[a]\nk = hu\0sh\n", 13, "~/.aws/config, line 2: a NUL byte: this is no text file"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct aws_profiles *profiles = NULL;
        struct tess_error error;
        const struct aws_profiles_text texts[AWS_FILES] = {
            [AWS_FILE_CONFIG] = {"~/.aws/config", bad[i].text,
                                 bad[i].size ? bad[i].size : strlen(bad[i].text)}};
        assert_int_equal(aws_profiles_parse(texts, &profiles, &error), TESS_ERR_INVALID);
        assert_string_equal(error.message, bad[i].message);
        assert_null(profiles);
    }
}

static void expect_limit(const char *text, size_t size, const char *limit)
{
    struct aws_profiles *profiles = NULL;
    struct tess_error error;
    const struct aws_profiles_text texts[AWS_FILES] = {[AWS_FILE_CONFIG] = {"config", text, size}};
    assert_int_equal(aws_profiles_parse(texts, &profiles, &error), TESS_ERR_LIMIT);
    assert_string_equal(error.limit, limit);
    assert_null(profiles);
}

static void limits(void **state)
{
    (void)state;
    static char text[AWS_PROFILES_MAX_BYTES + 2];
    memset(text, '\n', sizeof text);
    expect_limit(text, AWS_PROFILES_MAX_BYTES + 1, "max-bytes");
    memset(text, 'a', AWS_PROFILES_MAX_LINE_BYTES + 1);
    expect_limit(text, AWS_PROFILES_MAX_LINE_BYTES + 2, "line-bytes");
    size_t size = 0;
    for (int i = 0; i <= AWS_PROFILES_MAX_PROPERTIES; i++, size += 4)
        memcpy(text + size, "[a]\n", 4);
    expect_limit(text, size, "properties");
    memcpy(text, "[a]\n", 4);
    for (size = 4; size < 4 * (AWS_PROFILES_MAX_PROPERTIES + 2); size += 4)
        memcpy(text + size, "b=c\n", 4);
    expect_limit(text, size, "properties");
}

static void files(void **state)
{
    (void)state;
    char folder[64];
    struct aws_profiles *profiles = NULL;
    struct tess_error error;
    scratch_make(folder);
    const char *path = scratch_path(folder, "config");
    struct aws_profiles_source sources[AWS_FILES] = {
        [AWS_FILE_CREDENTIALS] = {"/dev/null", true}, [AWS_FILE_CONFIG] = {path, true}};
    assert_int_equal(aws_profiles_read(sources, folder, &profiles, &error), TESS_OK);
    assert_int_equal(aws_profiles_state(profiles, AWS_FILE_CONFIG), AWS_FILE_MISSING);
    assert_string_equal(aws_profiles_path(profiles, AWS_FILE_CONFIG), "~/config");
    aws_profiles_destroy(profiles);

    scratch_write(path, "[default]\nk = v\n", 16);
    assert_int_equal(aws_profiles_read(sources, folder, &profiles, &error), TESS_OK);
    assert_int_equal(aws_profiles_state(profiles, AWS_FILE_CONFIG), AWS_FILE_READ);
    expect_text(profiles, "default", "k", "v");
    aws_profiles_destroy(profiles);

    scratch_write(path, "[default]\nhush\n", 15);
    assert_int_equal(aws_profiles_read(sources, folder, &profiles, &error), TESS_ERR_INVALID);
    assert_non_null(strstr(error.message, "~/config, line 2: "));
    assert_null(strstr(error.message, "hush"));
    assert_null(profiles);

    assert_int_equal(truncate(path, AWS_PROFILES_MAX_BYTES + 1), 0);
    assert_int_equal(aws_profiles_read(sources, folder, &profiles, &error), TESS_ERR_LIMIT);

    sources[AWS_FILE_CONFIG].path = folder; /* not a file */
    assert_int_equal(aws_profiles_read(sources, NULL, &profiles, &error), TESS_ERR_INVALID);

    sources[AWS_FILE_CONFIG].path = path;
    assert_int_equal(chmod(path, 0), 0);
    if (access(path, R_OK) != 0) { /* not for root */
        assert_int_equal(aws_profiles_read(sources, NULL, &profiles, &error), TESS_ERR_DENIED);
        sources[AWS_FILE_CONFIG].required = false;
        assert_int_equal(aws_profiles_read(sources, NULL, &profiles, &error), TESS_OK);
        assert_int_equal(aws_profiles_state(profiles, AWS_FILE_CONFIG), AWS_FILE_UNREADABLE);
        aws_profiles_destroy(profiles);
    }
    scratch_remove(folder);
    aws_profiles_destroy(NULL);
}

/* From files to keys: no memory and no disk, anywhere on the way. */
static enum tess_status from_files_to_keys(void *context, struct tess_error *error)
{
    const char *const *paths = context;
    struct aws_environment environment = {{NULL}};
    struct aws_settings settings = {.profiles = NULL};
    struct credentials_provider *provider = NULL;
    struct credentials credentials = {.expires_at_s = 0};
    const struct aws_options options = {.region = "eu-north-1", .endpoint_url = "http://x/"};
    environment.values[AWS_VAR_CONFIG_FILE] = strdup(paths[0]);
    environment.values[AWS_VAR_SHARED_CREDENTIALS_FILE] = strdup(paths[1]);
    if (!environment.values[AWS_VAR_CONFIG_FILE] || !environment.values[AWS_VAR_SHARED_CREDENTIALS_FILE]) {
        aws_environment_clear(&environment);
        return error_set(error, TESS_ERR_MEMORY, "no memory for the test");
    }
    enum tess_status status = aws_settings_load(&environment, &options, &settings, error);
    if (status == TESS_OK)
        status = credentials_provider_create(&settings, NULL, no_clock, NULL, &provider, error);
    if (status == TESS_OK)
        status = credentials_get(provider, NULL, &credentials, error);
    if (status == TESS_OK)
        assert_string_equal(credentials.keys.access_key_id, "A");
    credentials_clear(&credentials);
    credentials_provider_destroy(provider);
    aws_settings_clear(&settings);
    return status;
}

static void torture(void **state)
{
    (void)state;
    char folder[64], config[128], credentials[128];
    static const char config_text[] =
        "[default]\nca_bundle = /x\n[services a]\ns3 =\n  endpoint_url = http://y\n";
    static const char keys[] = "[default]\naws_access_key_id = A\naws_secret_access_key = hush\n";
    scratch_make(folder);
    (void)snprintf(config, sizeof config, "%s/config", folder);
    (void)snprintf(credentials, sizeof credentials, "%s/credentials", folder);
    scratch_write(config, config_text, sizeof config_text - 1);
    scratch_write(credentials, keys, sizeof keys - 1);
    const char *paths[] = {config, credentials};
    assert_true(torture_loop(TORTURE_MEMORY, from_files_to_keys, paths) > 10);
    assert_true(torture_loop(TORTURE_IO, from_files_to_keys, paths) > 2);
    scratch_remove(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_a_line_says),
        cmocka_unit_test(sections),
        cmocka_unit_test(lines_that_continue),
        cmocka_unit_test(foreign_line_ends),
        cmocka_unit_test(refused),
        cmocka_unit_test(limits),
        cmocka_unit_test(files),
        cmocka_unit_test(torture),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
