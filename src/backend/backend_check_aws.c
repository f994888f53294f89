// SPDX-License-Identifier: MIT
/*
 * Looking over S3 and DynamoDB for `tessera doctor`, in the order in which one thing needs the other:
 * settings, region, credentials, clock, buckets, tables. What one may do is found out by asking for it in a
 * way that must fail for another reason: reading an object that is not there, writing one with a wrong
 * checksum, a row under a condition that does not hold. So nothing is created or changed.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "backend/backend_aws.h"
#include "backend/backend_finding.h"
#include "backend/catalog_dynamo.h"
#include "backend/objects_s3.h"
#include "base/clock.h"
#include "base/error.h"
#include "net/random.h"

enum { SKEW_TOLERATED_MS = 60 * 1000, PROBE_RANDOM_BYTES = 8 };

struct examination {
    struct findings *findings;
    struct backend backend;
    struct backend_names names;
    char probe[sizeof "tessera-doctor-" + 2 * PROBE_RANDOM_BYTES]; /* a key that nobody uses */
};

/* What to do about a server that did not answer as hoped. */
static const char *advice_for(const struct tess_error *error, const char *when_missing,
                              const char *when_denied)
{
    switch (error->status) {
    case TESS_ERR_SETUP:
        if (strstr(error->message, "RequestTimeTooSkewed") || strstr(error->message, "RequestExpired"))
            return "set this machine's clock, for instance `timedatectl set-ntp true`";
        return strstr(error->message, "there is no ") ? when_missing : when_denied;
    case TESS_ERR_DENIED:
        return when_denied;
    case TESS_ERR_IO:
    case TESS_ERR_TIMEOUT:
        return "check the network and the region; with a server of your own, --endpoint-url or "
               "AWS_ENDPOINT_URL_… and AWS_CA_BUNDLE; behind a proxy, HTTPS_PROXY";
    case TESS_ERR_BUSY:
        return "wait a minute and look again";
    default:
        return "correct what the message names";
    }
}

/* Known, but not allowed; or not known at all. Bucket names are the whole world's: S3 says of somebody else's
 * what it says of one's own without permission. */
static const char *advice_when_denied(const struct tess_error *error, bool bucket)
{
    if (strstr(error->message, "access denied") || strstr(error->message, "the permission"))
        return bucket ? "allow what the message names in IAM (samples/aws-policy.json has all of it), or, if "
                        "the "
                        "bucket is not yours, choose a name that nobody has"
                      : "allow what the message names in IAM: samples/aws-policy.json has all of it";
    return "correct the credentials: access key, secret and session token belong together, and to this "
           "server";
}

static void check_region(struct examination *examination)
{
    static const char subject[] = "region";
    const struct aws_settings *settings = aws_settings_of(examination->backend.aws);
    if (settings->region)
        finding_tell(examination->findings, subject, NULL, "%s, from %s", settings->region,
                     settings->region_source);
    else if (settings->endpoints[AWS_S3] && settings->endpoints[AWS_DYNAMODB])
        finding_tell(examination->findings, subject, NULL, "none is named; us-east-1 is signed for");
    else
        finding_tell(
            examination->findings, subject,
            "set AWS_REGION to where your buckets and tables are (such as eu-north-1), or give --region",
            "none is named: looked for --region, AWS_REGION, AWS_DEFAULT_REGION and region in the profile %s",
            settings->profile);
}

static void check_endpoint(struct examination *examination, enum aws_service service, const char *subject)
{
    const char *endpoint = aws_settings_of(examination->backend.aws)->endpoints[service];
    if (endpoint)
        finding_tell(examination->findings, subject, NULL, "%s instead of AWS's", endpoint);
}

static bool check_credentials(struct examination *examination)
{
    static const char subject[] = "credentials";
    struct credentials credentials = {0};
    struct tess_error error = {0};
    enum tess_status status =
        credentials_get(aws_credentials_of(examination->backend.aws), NULL, &credentials, &error);
    if (status != TESS_OK) {
        finding_tell(examination->findings, subject,
                     status == TESS_ERR_UNSUPPORTED /* there are some, of a kind that is not for tessera */
                         ? "do what the message says"
                         : "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or run `aws configure`; "
                           "README.md says where to get them",
                     "%s", error.message);
        return false;
    }
    const int64_t left_s = credentials.expires_at_s - clock_unix_ms() / 1000;
    if (credentials.expires_at_s)
        finding_tell(examination->findings, subject, NULL, "from %s, for another %" PRId64 " minutes",
                     credentials.source, left_s / 60);
    else
        finding_tell(examination->findings, subject, NULL, "from %s", credentials.source);
    credentials_clear(&credentials);
    return true;
}

static bool ignore_object(void *context, const char *key, const struct object_info *info)
{
    (void)context;
    (void)key;
    (void)info;
    return false;
}

/* One thing that a bucket must allow. */
static enum tess_status try_list(struct examination *examination, const char *bucket,
                                 struct tess_error *error)
{
    struct objects *objects = examination->backend.objects;
    const struct object_list request = {.bucket = bucket, .prefix = examination->probe};
    return objects->ops->list(objects, &request, ignore_object, NULL, error);
}

static enum tess_status try_get(struct examination *examination, const char *bucket, struct tess_error *error)
{
    struct objects *objects = examination->backend.objects;
    const struct object_get request = {.bucket = bucket, .key = examination->probe, .max_bytes = 1};
    struct bytes bytes;
    enum tess_status status = objects->ops->get(objects, &request, &bytes, NULL, error);
    bytes_clear(&bytes);
    return status == TESS_ERR_NOT_FOUND ? TESS_OK : status; /* of a bucket that is there: try_list() saw it */
}

static enum tess_status try_put(struct examination *examination, const char *bucket, struct tess_error *error)
{
    return objects_s3_try_put(examination->backend.objects, bucket, examination->probe, error);
}

/* The wrong region works, since S3 says where a bucket is, but each program that begins has to be told. */
static void tell_good_bucket(struct examination *examination, const char *bucket, const char *subject)
{
    const char *wanted = aws_settings_of(examination->backend.aws)->region;
    char region[S3_REGION_BYTES];
    objects_s3_bucket_region(examination->backend.objects, bucket, region);
    if (wanted && strcmp(region, wanted) != 0)
        finding_tell(
            examination->findings, subject, "set AWS_REGION to the bucket's region, or use a bucket in yours",
            "may be listed, read and written, but is in region %s, not in %s: every run loses time by asking "
            "there first",
            region, wanted);
    else
        finding_tell(examination->findings, subject, NULL, "is there, and may be listed, read and written");
}

static void check_bucket(struct examination *examination, const char *bucket, const char *variable)
{
    static enum tess_status (*const tries[])(struct examination *, const char *,
                                             struct tess_error *) = {try_list, try_get, try_put};
    char subject[BUCKET_NAME_MAX_BYTES + 32], advice[160];
    struct tess_error error = {0};
    (void)snprintf(subject, sizeof subject, "bucket %s", bucket[0] ? bucket : variable);
    if (!bucket[0]) {
        (void)snprintf(advice, sizeof advice, "set %s to the bucket's name, or give %s BUCKET", variable,
                       strcmp(variable, "SOURCE_BUCKET") == 0 ? "--source" : "--dest");
        finding_tell(examination->findings, subject, advice, "no bucket is named for %s",
                     strcmp(variable, "SOURCE_BUCKET") == 0 ? "the images" : "the grids");
        return;
    }
    enum tess_status status = TESS_OK;
    for (size_t i = 0; i < sizeof tries / sizeof *tries && status == TESS_OK; i++)
        status = tries[i](examination, bucket, &error);
    if (status == TESS_OK) {
        tell_good_bucket(examination, bucket, subject);
        return;
    }
    (void)snprintf(advice, sizeof advice, "run `tessera init` to create it, or correct %s", variable);
    finding_tell(examination->findings, subject, advice_for(&error, advice, advice_when_denied(&error, true)),
                 "%s", error.message);
}

/* Servers tell their time with every answer; aws_now_ms() has it. */
static void check_clock(struct examination *examination)
{
    const int64_t behind_ms = aws_now_ms(examination->backend.aws) - clock_unix_ms();
    const int64_t off_ms = behind_ms < 0 ? -behind_ms : behind_ms;
    if (off_ms >= SKEW_TOLERATED_MS)
        finding_tell(examination->findings, "clock",
                     "set this machine's clock, for instance `timedatectl set-ntp true`",
                     "it is %" PRId64 " min %" PRId64
                     " s %s the servers', which refuse what is signed by a clock "
                     "15 minutes off; tessera signs by theirs as far as it has seen it",
                     off_ms / 60000, off_ms / 1000 % 60, behind_ms > 0 ? "behind" : "ahead of");
}

static void check_table(struct examination *examination, const char *table, bool counters)
{
    char subject[300];
    struct tess_error error = {0};
    struct catalog *catalog = examination->backend.catalog;
    (void)snprintf(subject, sizeof subject, "table %s", table);
    enum tess_status status =
        catalog_dynamo_try(catalog, counters ? DYNAMO_COUNTERS : DYNAMO_GRIDS, examination->probe, &error);
    if (status == TESS_OK)
        finding_tell(examination->findings, subject, NULL,
                     "is there with the right keys, and may be read and written");
    else
        finding_tell(
            examination->findings, subject,
            status == TESS_ERR_INVALID
                ? "name another table (GRID_TABLE, COUNTER_TABLE), or delete it and run `tessera init`"
                : advice_for(&error, "run `tessera init` to create it, or correct the region",
                             advice_when_denied(&error, false)),
            "%s", error.message);
}

/* Of what is whole so far. */
static void check_rows(struct examination *examination)
{
    struct backend *backend = &examination->backend;
    struct tess_error error = {0};
    struct rows rows;
    if (examination->findings->bad > 0)
        return;
    rows_begin(&rows, examination->findings, backend->objects, examination->names.source_bucket);
    const enum tess_status status = catalog_dynamo_scan(backend->catalog, rows_add, &rows, &error);
    rows_end(&rows, status, &error);
}

static void check_servers(struct examination *examination)
{
    const struct backend_names *names = &examination->names;
    check_bucket(examination, names->source_bucket, "SOURCE_BUCKET");
    if (strcmp(names->source_bucket, names->dest_bucket) != 0 || !names->dest_bucket[0])
        check_bucket(examination, names->dest_bucket, "DESTINATION_BUCKET");
    check_table(examination, names->grid_table, false);
    check_table(examination, names->counter_table, true);
    check_clock(examination);
    check_rows(examination);
}

void backend_check_aws(struct findings *findings, const struct tess_store_config *config)
{
    struct examination examination = {.findings = findings};
    struct tess_error error = {0};
    char random[2 * PROBE_RANDOM_BYTES + 1];
    enum tess_status status = backend_names_init(&examination.names, config, &error);
    if (status == TESS_OK)
        status = random_hex(PROBE_RANDOM_BYTES, random, &error);
    if (status == TESS_OK)
        status = backend_open(config, &examination.backend, &error);
    if (status != TESS_OK) {
        finding_tell(findings, "settings", "correct what the message names", "%s", error.message);
    } else {
        (void)snprintf(examination.probe, sizeof examination.probe, "tessera-doctor-%s", random);
        check_region(&examination);
        check_endpoint(&examination, AWS_S3, "S3");
        check_endpoint(&examination, AWS_DYNAMODB, "DynamoDB");
        if (check_credentials(&examination))
            check_servers(&examination);
        backend_close(&examination.backend);
    }
    backend_names_clear(&examination.names);
}
