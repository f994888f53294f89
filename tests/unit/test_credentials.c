// SPDX-License-Identifier: MIT
/*
 * Where credentials are looked for and in which order, and that no message holds a secret: every secret of
 * these tests has "hush" in it, and every message is searched for that.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "aws_fixture.h"
#include "net/digest.h"
#include "scratch.h"

static const char env_keys[] = "AWS_ACCESS_KEY_ID=ENVKEY\nAWS_SECRET_ACCESS_KEY=hushenv\n";
static const char config_start[] = "[default]\nregion = eu-north-1\n";

static void nowhere(void **state)
{
    (void)state;
    struct fixture fixture;
    fixture_must_begin(&fixture, "", NULL, NULL, NULL);
    static const char *const words[] = {
        "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or run `aws configure`",
        "environment (AWS_ACCESS_KEY_ID is not set)",
        "web identity (AWS_WEB_IDENTITY_TOKEN_FILE is not set)",
        "profile (default: ",
        "container (no AWS_CONTAINER_CREDENTIALS_… is set)",
        "instance metadata (169.254.169.254 does not answer)"};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        fixture_expect_failure(&fixture, TESS_ERR_DENIED, words[i], NULL);
    assert_int_equal(fixture.call_count,
                     3); /* three attempts, once: that there are none is kept for a while */
    assert_int_equal(fixture.calls[0].connect_timeout_ms, 1000);
    assert_true(fixture.calls[0].no_proxy);
    fixture.now_s += 60;
    fixture_expect_failure(&fixture, TESS_ERR_DENIED, "no AWS credentials", NULL);
    assert_int_equal(fixture.call_count, 6);
    fixture_end(&fixture);

    fixture_must_begin(&fixture, "AWS_EC2_METADATA_DISABLED=TRUE", config_start, NULL, NULL);
    fixture_expect_failure(&fixture, TESS_ERR_DENIED, "AWS_EC2_METADATA_DISABLED is set",
                           "default: has no keys and no role");
    assert_int_equal(fixture.call_count, 0);
    fixture_end(&fixture);
}

/* Each place hides those after it. */
static void the_order(void **state)
{
    (void)state;
    struct fixture fixture;
    char variables[1024];
    static const char files[] = "[default]\naws_access_key_id=FILEKEY\naws_secret_access_key=hushfile\n";
    char token_folder[64];
    scratch_make(token_folder);
    const char *token_path = scratch_path(token_folder, "token");
    scratch_write(token_path, "hushwebidentity\n", 16);
    char web[512];
    (void)snprintf(web, sizeof web, "AWS_WEB_IDENTITY_TOKEN_FILE=%s\nAWS_ROLE_ARN=arn:aws:iam::1:role/web\n",
                   token_path);
    static const char container[] = "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI=/v2/x\n";
    static const char *const expected[] = {"ENVKEY", "WEBKEY", "FILEKEY", "BOXKEY", "JSONKEY"};
    for (size_t i = 0; i < 5; i++) {
        (void)snprintf(variables, sizeof variables, "%s%s%s", i < 1 ? env_keys : "", i < 2 ? web : "",
                       i < 4 ? container : "");
        fixture_must_begin(&fixture, variables, config_start, i < 3 ? files : NULL, NULL);
        fixture_answer(&fixture, "POST", FIXTURE_STS, 200,
                       fixture_sts("AssumeRoleWithWebIdentity", "WEBKEY"));
        fixture_answer(&fixture, "GET", "http://169.254.170.2/v2/x", 200,
                       "{\"AccessKeyId\":\"BOXKEY\",\"SecretAccessKey\":\"hush\",\"Token\":\"t\","
                       "\"Expiration\":\"2026-11-24T16:00:00Z\"}");
        fixture_add_instance(&fixture, fixture_json);
        fixture_expect_key(&fixture, expected[i]);
        fixture_end(&fixture);
    }
    scratch_remove(token_folder);
}

static void keys_in_variables(void **state)
{
    (void)state;
    struct fixture fixture;
    fixture_must_begin(
        &fixture, "AWS_ACCESS_KEY_ID=ENVKEY\nAWS_SECRET_ACCESS_KEY=hushenv\nAWS_SESSION_TOKEN=hushsession",
        NULL, NULL, NULL);
    struct credentials credentials;
    assert_int_equal(credentials_get(fixture.provider, NULL, &credentials, NULL), TESS_OK);
    assert_string_equal(credentials.keys.session_token, "hushsession");
    assert_int_equal(credentials.expires_at_s, 0);
    assert_string_equal(credentials.source, "the environment");
    assert_false(credentials_expired(fixture.provider, &credentials));
    credentials_clear(&credentials);
    fixture_end(&fixture);

    static const struct {
        const char *variables, *words;
    } bad[] = {
        {"AWS_ACCESS_KEY_ID=ENVKEY", "AWS_ACCESS_KEY_ID is set, but AWS_SECRET_ACCESS_KEY is not"},
        {"AWS_SECRET_ACCESS_KEY=hush", "AWS_SECRET_ACCESS_KEY is set, but AWS_ACCESS_KEY_ID is not"},
        {"AWS_ACCESS_KEY_ID=A\nAWS_SECRET_ACCESS_KEY=hush hush", "the secret access key of the environment"},
        {"AWS_ACCESS_KEY_ID=A\nAWS_SECRET_ACCESS_KEY=hush\r", "the secret access key of the environment"},
        {"AWS_ACCESS_KEY_ID=A\xC3\xA4\nAWS_SECRET_ACCESS_KEY=hush", "the access key id of the environment"},
        {"AWS_ACCESS_KEY_ID=A\nAWS_SECRET_ACCESS_KEY=hush\nAWS_SESSION_TOKEN=hush\tx",
         "the session token of"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        fixture_must_begin(&fixture, bad[i].variables, NULL, NULL, NULL);
        fixture_expect_failure(&fixture, TESS_ERR_INVALID, bad[i].words, NULL);
        assert_int_equal(fixture.call_count, 0);
        fixture_end(&fixture);
    }
}

static void a_profile_asked_for_by_option_comes_first(void **state)
{
    (void)state;
    struct fixture fixture;
    static const char files[] = "[work]\naws_access_key_id = WORKKEY\naws_secret_access_key = hushwork\n";
    const struct aws_options options = {.profile = "work"};
    fixture_must_begin(&fixture, env_keys, NULL, files, &options);
    fixture_expect_key(&fixture, "WORKKEY");
    fixture_end(&fixture);
    fixture_must_begin(&fixture, "AWS_ACCESS_KEY_ID=ENVKEY\nAWS_SECRET_ACCESS_KEY=hushenv\nAWS_PROFILE=work",
                       NULL, files, NULL);
    fixture_expect_key(&fixture, "ENVKEY");
    fixture_end(&fixture);
    fixture_must_begin(
        &fixture, "AWS_ACCESS_KEY_ID=ENVKEY\nAWS_SECRET_ACCESS_KEY=hushenv\nAWS_EC2_METADATA_DISABLED=true",
        "[profile work]\nregion=eu-west-1\n", NULL, &options);
    fixture_expect_failure(&fixture, TESS_ERR_DENIED, "passed over for --profile",
                           "work: has no keys and no role");
    fixture_end(&fixture);
}

static void keys_in_files(void **state)
{
    (void)state;
    struct fixture fixture;
    /* A key and its secret are never put together from two files. */
    fixture_must_begin(&fixture, "", "[default]\naws_access_key_id=A\naws_secret_access_key=hush1\n",
                       "[default]\naws_access_key_id=B\n", NULL);
    fixture_expect_failure(&fixture, TESS_ERR_INVALID, "profile default in ", "gives no secret access key");
    fixture_end(&fixture);
    fixture_must_begin(&fixture, "", "[default]\naws_access_key_id=A\naws_secret_access_key=hush1\n",
                       "[other]\nx=1\n", NULL);
    fixture_expect_key(&fixture, "A");
    fixture_end(&fixture);
    static const struct {
        const char *config, *words;
    } unsupported[] = {
        {"[default]\nsso_session = x\nsso_account_id = 1\n", "sso_session"},
        {"[default]\nsso_start_url = https://x\n", "sso_start_url"},
        {"[default]\ncredential_process = /bin/give --secret hush\n", "credential_process"},
        {"[default]\nrole_arn=arn:aws:iam::1:role/x\nsource_profile=default\nmfa_serial=arn\n", "mfa_serial"},
    };
    for (size_t i = 0; i < sizeof unsupported / sizeof unsupported[0]; i++) {
        fixture_must_begin(&fixture, "", unsupported[i].config, NULL, NULL);
        fixture_expect_failure(&fixture, TESS_ERR_UNSUPPORTED, unsupported[i].words,
                               "`aws configure export-credentials --profile default --format env`");
        fixture_end(&fixture);
    }
}

/* Is it signed with that key, for FIXTURE_STS in eu-north-1, over what was sent? */
static void check_signature(const struct fixture_call *call, const char *id, const char *secret,
                            const char *token)
{
    char host[256], type[256], hash[DIGEST_SHA256_HEX_BYTES];
    uint8_t digest[DIGEST_SHA256_BYTES];
    (void)snprintf(host, sizeof host, "%s", fixture_header(call, "Host"));
    (void)snprintf(type, sizeof type, "%s", fixture_header(call, "Content-Type"));
    const struct sigv4_header headers[] = {{"host", host}, {"content-type", type}};
    const struct sigv4_credentials keys = {id, secret, token};
    const struct sigv4_scope scope = sigv4_scope_service("eu-north-1", "sts");
    digest_sha256(call->body, strlen(call->body), digest);
    digest_hex(digest, sizeof digest, hash);
    const struct sigv4_request request = {
        .method = "POST", .path = "/", .headers = headers, .header_count = 2, .payload_hash = hash};
    struct sigv4_result result;
    assert_int_equal(sigv4_sign(&request, &keys, &scope, FIXTURE_NOW_S, &result, NULL), TESS_OK);
    assert_string_equal(fixture_header(call, "Authorization"), bytes_text(&result.output));
    assert_string_equal(fixture_header(call, "X-Amz-Date"), "20261124T100000Z");
    if (token)
        assert_string_equal(fixture_header(call, "X-Amz-Security-Token"), token);
    else
        assert_null(fixture_header(call, "X-Amz-Security-Token"));
    sigv4_result_clear(&result);
}

static void roles_by_other_profiles(void **state)
{
    (void)state;
    struct fixture fixture;
    fixture_must_begin(
        &fixture, "AWS_PROFILE=build",
        "[default]\nregion = eu-west-1\n"
        "[profile build]\nregion = eu-north-1\nrole_arn = arn:aws:iam::1:role/build\nsource_profile = "
        "deploy\n"
        "role_session_name = me@home\nexternal_id = a b&c\nduration_seconds = 1800\n"
        "[profile deploy]\nrole_arn = arn:aws:iam::1:role/deploy\nsource_profile = me\n",
        "[me]\naws_access_key_id = MEKEY\naws_secret_access_key = hushme\n", NULL);
    fixture_answer_times(&fixture, "POST", FIXTURE_STS, 200, fixture_sts("AssumeRole", "DEPLOYKEY"), 1);
    fixture_answer_times(&fixture, "POST", FIXTURE_STS, 503, "", 1);
    fixture_answer_times(&fixture, "POST", FIXTURE_STS, 200, fixture_sts("AssumeRole", "BUILDKEY"), 1);
    fixture_expect_key(&fixture, "BUILDKEY");
    assert_int_equal(fixture.call_count, 3);
    assert_string_equal(fixture.calls[0].body,
                        "Action=AssumeRole&Version=2011-06-15&RoleArn=arn%3Aaws%3Aiam%3A%3A1%3Arole%2Fdeploy"
                        "&RoleSessionName=tessera-1795514400");
    assert_string_equal(fixture.calls[2].body,
                        "Action=AssumeRole&Version=2011-06-15&RoleArn=arn%3Aaws%3Aiam%3A%3A1%3Arole%2Fbuild"
                        "&RoleSessionName=me%40home&ExternalId=a%20b%26c&DurationSeconds=1800");
    check_signature(&fixture.calls[0], "MEKEY", "hushme", NULL);
    check_signature(&fixture.calls[2], "DEPLOYKEY", "hushDEPLOYKEY", "hushtokenDEPLOYKEY");
    assert_string_equal(fixture_header(&fixture.calls[0], "Host"), "sts.eu-north-1.amazonaws.com");
    fixture_end(&fixture);

    /* A profile whose own keys take on its role. */
    fixture_must_begin(&fixture, "AWS_REGION=eu-north-1",
                       "[default]\nrole_arn = arn:aws:iam::1:role/self\nsource_profile = default\n",
                       "[default]\naws_access_key_id = MEKEY\naws_secret_access_key = hushme\n", NULL);
    fixture_answer(&fixture, "POST", FIXTURE_STS, 200, fixture_sts("AssumeRole", "SELFKEY"));
    fixture_expect_key(&fixture, "SELFKEY");
    check_signature(&fixture.calls[0], "MEKEY", "hushme", NULL);
    fixture_end(&fixture);
}

static void roles_by_places(void **state)
{
    (void)state;
    struct fixture fixture;
    fixture_must_begin(&fixture,
                       "AWS_ACCESS_KEY_ID=ENVKEY\nAWS_SECRET_ACCESS_KEY=hushenv\nAWS_REGION=eu-north-1",
                       "[profile r]\nrole_arn=arn:aws:iam::1:role/r\ncredential_source=Environment\n", NULL,
                       &(struct aws_options){.profile = "r"});
    fixture_answer(&fixture, "POST", FIXTURE_STS, 200, fixture_sts("AssumeRole", "RKEY"));
    fixture_expect_key(&fixture, "RKEY");
    check_signature(&fixture.calls[0], "ENVKEY", "hushenv", NULL);
    fixture_end(&fixture);

    fixture_must_begin(&fixture, "AWS_REGION=eu-north-1",
                       "[default]\nrole_arn=arn:aws:iam::1:role/r\ncredential_source=Ec2InstanceMetadata\n",
                       NULL, NULL);
    fixture_add_instance(&fixture, fixture_json);
    fixture_answer(&fixture, "POST", FIXTURE_STS, 200, fixture_sts("AssumeRole", "RKEY"));
    fixture_expect_key(&fixture, "RKEY");
    check_signature(&fixture.calls[3], "JSONKEY", "hushjson", "hushtoken");
    fixture_end(&fixture);

    fixture_must_begin(&fixture, "AWS_REGION=eu-north-1",
                       "[default]\nrole_arn=arn:aws:iam::1:role/r\ncredential_source=EcsContainer\n", NULL,
                       NULL);
    fixture_expect_failure(&fixture, TESS_ERR_DENIED, "credential_source = EcsContainer",
                           "no AWS_CONTAINER_CREDENTIALS_… is set");
    fixture_end(&fixture);
}

static void roles_that_make_no_sense(void **state)
{
    (void)state;
    static const struct {
        const char *config, *words;
        enum tess_status status;
    } bad[] = {
        {"[default]\nrole_arn=arn:aws:iam::1:role/r\n", "none of source_profile", TESS_ERR_INVALID},
        {"[default]\nrole_arn=arn:aws:iam::1:role/r\nsource_profile=x\ncredential_source=Environment\n",
         "more than one of source_profile", TESS_ERR_INVALID},
        {"[default]\nrole_arn=arn:aws:iam::1:role/r\nsource_profile=x\n", "source_profile x does not exist",
         TESS_ERR_INVALID},
        {"[default]\nrole_arn=arn:aws:iam::1:role/r\ncredential_source=Heaven\n",
         "it may be Environment, EcsContainer or", TESS_ERR_INVALID},
        {"[default]\nweb_identity_token_file=/x\n", "but no role_arn", TESS_ERR_INVALID},
        {"[default]\nrole_arn=arn:aws:iam::1:role/r\nsource_profile=a\n"
         "[profile a]\nrole_arn=arn:aws:iam::1:role/r\nsource_profile=b\n"
         "[profile b]\nrole_arn=arn:aws:iam::1:role/r\nsource_profile=a\n",
         "in a circle: from b back to a", TESS_ERR_INVALID},
        {"[default]\nrole_arn=arn:aws:iam::1:role/r\nsource_profile=a\n[profile a]\nregion=x\n",
         "profile a, the source_profile of default, has no keys", TESS_ERR_INVALID},
        {"[default]\nrole_arn=role/r\nsource_profile=a\n"
         "[profile a]\naws_access_key_id=A\naws_secret_access_key=hush\n",
         "is no role's ARN", TESS_ERR_INVALID},
        {"[default]\nrole_arn=arn:r\nsource_profile=a\n[profile a]\nrole_arn=arn:r\nsource_profile=b\n"
         "[profile b]\nrole_arn=arn:r\nsource_profile=c\n[profile c]\nrole_arn=arn:r\nsource_profile=d\n"
         "[profile d]\nrole_arn=arn:r\nsource_profile=e\n[profile e]\nrole_arn=arn:r\nsource_profile=e\n"
         "aws_access_key_id=A\naws_secret_access_key=hush\n",
         "more than 5 roles", TESS_ERR_LIMIT},
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct fixture fixture;
        fixture_must_begin(&fixture, "AWS_REGION=eu-north-1", bad[i].config, NULL, NULL);
        fixture_expect_failure(&fixture, bad[i].status, bad[i].words, NULL);
        assert_int_equal(fixture.call_count, 0);
        fixture_end(&fixture);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nowhere),           cmocka_unit_test(the_order),
        cmocka_unit_test(keys_in_variables), cmocka_unit_test(a_profile_asked_for_by_option_comes_first),
        cmocka_unit_test(keys_in_files),     cmocka_unit_test(roles_by_other_profiles),
        cmocka_unit_test(roles_by_places),   cmocka_unit_test(roles_that_make_no_sense),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
