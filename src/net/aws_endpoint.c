// SPDX-License-Identifier: MIT
#include "net/aws_endpoint.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "net/aws_settings.h"
#include "net/shown.h"

enum { URL_MAX_BYTES = 400, HOST_MAX_BYTES = 253, REGION_MAX_BYTES = 63, SHOWN_BYTES = 80 };

static const char letters_and_digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

/* Regions that are not of the partition "aws" are known by how they begin. Source: botocore's partitions. */
struct partition {
    const char *prefix;
    const char *suffix, *dualstack_suffix;
    bool fips;
    bool plain_names_are_fips; /* dynamodb, sqs and sts need no "-fips" there */
};

static const struct partition *partition_of(const char *region)
{
    static const struct partition partitions[] = {
        {"cn-", "amazonaws.com.cn", "api.amazonwebservices.com.cn", false, false},
        {"us-gov-", "amazonaws.com", "api.aws", true, true},
        {"us-iso-", "c2s.ic.gov", "c2s.ic.gov", true, false},
        {"us-isob-", "sc2s.sgov.gov", "sc2s.sgov.gov", true, false},
        {"", "amazonaws.com", "api.aws", true, false},
    };
    const struct partition *partition = partitions;
    while (strncmp(region, partition->prefix, strlen(partition->prefix)) != 0)
        partition++;
    return partition;
}

const char *aws_service_name(enum aws_service service)
{
    static const char *const names[AWS_SERVICES] = {"s3", "dynamodb", "sqs", "sts"};
    return names[service];
}

static bool consists_of(const char *text, size_t size, const char *more)
{
    for (size_t i = 0; i < size; i++)
        if (!text[i] || (!strchr(letters_and_digits, text[i]) && !strchr(more, text[i])))
            return false;
    return size > 0;
}

enum tess_status aws_region_check(const char *region, const char *from, struct tess_error *error)
{
    const size_t size = strlen(region);
    if (size <= REGION_MAX_BYTES && consists_of(region, size, "-_"))
        return TESS_OK;
    return error_set(error, TESS_ERR_INVALID, "%s: \"%s\" is no region's name; they look like eu-north-1",
                     from, shown_text(region, SHOWN_BYTES).text);
}

/* ":8080" or nothing. */
static bool port_is_good(const char *text, size_t size)
{
    uint32_t port = 0;
    if (size == 0)
        return true;
    if (text[0] != ':' || size < 2 || size > 6)
        return false;
    for (size_t i = 1; i < size; i++) {
        if (text[i] < '0' || text[i] > '9')
            return false;
        port = port * 10 + (uint32_t)(text[i] - '0');
    }
    return port >= 1 && port <= 65535;
}

/* Only what needs no further encoding, and escapes that are whole. */
static bool path_is_good(const char *path)
{
    static const char hex[] = "0123456789abcdefABCDEF";
    for (; *path; path++) {
        if (*path == '%' && (!path[1] || !strchr(hex, path[1]) || !path[2] || !strchr(hex, path[2])))
            return false;
        if (*path != '%' && !consists_of(path, 1, "/-._~"))
            return false;
    }
    return true;
}

/* What is wrong with it; NULL: nothing. */
static const char *split(const char *url, struct aws_url *parts)
{
    memset(parts, 0, sizeof *parts);
    parts->secure = strncmp(url, "https://", 8) == 0;
    if (!parts->secure && strncmp(url, "http://", 7) != 0)
        return "it does not begin with http:// or https://";
    if (strlen(url) > URL_MAX_BYTES)
        return "it is longer than 400 bytes";
    parts->authority = url + (parts->secure ? 8 : 7);
    parts->authority_size = strcspn(parts->authority, "/?#");
    parts->path = parts->authority + parts->authority_size;
    if (memchr(parts->authority, '@', parts->authority_size))
        return "it has a user name or password in it";
    const char *end = parts->authority + parts->authority_size, *host_end = NULL;
    if (parts->authority[0] == '[') {
        parts->host = parts->authority + 1;
        host_end = memchr(parts->host, ']', (size_t)(end - parts->host));
        if (!host_end || strspn(parts->host, "0123456789abcdefABCDEF:.") != (size_t)(host_end - parts->host))
            return "its host is no IPv6 address";
        parts->host_size = (size_t)(host_end - parts->host);
        host_end++;
    } else {
        parts->host = parts->authority;
        parts->host_size = strcspn(parts->host, ":/?#");
        host_end = parts->host + parts->host_size;
        if (!consists_of(parts->host, parts->host_size, "-._") || parts->host[0] == '.')
            return "it has no host name, or one with characters that do not belong there";
    }
    if (parts->host_size == 0 || parts->host_size > HOST_MAX_BYTES)
        return "its host name is too short or too long";
    if (!port_is_good(host_end, (size_t)(end - host_end)))
        return "its port is not a number from 1 to 65535";
    if (strpbrk(parts->path, "?#"))
        return "it has a query or fragment (? or #)";
    return path_is_good(parts->path) ? NULL : "its path has characters that do not belong there";
}

enum tess_status aws_url_check(const char *url, const char *from, struct aws_url *parts_out,
                               struct tess_error *error)
{
    struct aws_url parts;
    const char *wrong = split(url, &parts);
    if (parts_out)
        *parts_out = parts;
    if (!wrong)
        return TESS_OK;
    if (strpbrk(url, "@?")) /* may hold a password */
        return error_set(error, TESS_ERR_INVALID, "%s is not the address of an endpoint: %s", from, wrong);
    return error_set(error, TESS_ERR_INVALID, "%s: \"%s\" is not the address of an endpoint: %s", from,
                     shown_text(url, SHOWN_BYTES).text, wrong);
}

const char *aws_sts_region(const struct aws_settings *settings)
{
    return settings->region ? settings->region : "us-east-1";
}

static enum tess_status no_region(const struct aws_settings *settings, enum aws_service service,
                                  struct tess_error *error)
{
    return error_set(
        error, TESS_ERR_SETUP,
        "no AWS region is set, so there is no address for %s: set AWS_REGION (such as eu-north-1), or "
        "`region` in profile %s of %s; looked at --region, AWS_REGION, AWS_DEFAULT_REGION and that profile",
        aws_service_name(service), shown_text(settings->profile, SHOWN_BYTES).text,
        settings->environment.values[AWS_VAR_CONFIG_FILE] ? "the file in AWS_CONFIG_FILE" : "~/.aws/config");
}

/* The host of a service in a region; false when it does not fit. */
static bool write_host(const struct aws_settings *settings, enum aws_service service, const char *region,
                       char url_out[AWS_ENDPOINT_MAX_BYTES])
{
    const struct partition *partition = partition_of(region);
    const char *name = aws_service_name(service);
    const char *suffix = partition->suffix;
    const char *fips = settings->fips ? "-fips" : "", *dualstack = "";
    if (service == AWS_S3)
        dualstack = settings->dualstack ? ".dualstack" : "";
    else if (settings->dualstack)
        suffix = partition->dualstack_suffix;
    else if (partition->plain_names_are_fips)
        fips = "";
    int length = snprintf(url_out, AWS_ENDPOINT_MAX_BYTES, "https://%s%s%s.%s.%s", name, fips, dualstack,
                          region, suffix);
    return length > 0 && length < AWS_ENDPOINT_MAX_BYTES;
}

enum tess_status aws_endpoint(const struct aws_settings *settings, enum aws_service service,
                              const char *region, char url_out[AWS_ENDPOINT_MAX_BYTES],
                              struct tess_error *error)
{
    url_out[0] = '\0';
    if (settings->endpoints[service]) {
        (void)snprintf(url_out, AWS_ENDPOINT_MAX_BYTES, "%s", settings->endpoints[service]);
        return TESS_OK;
    }
    const char *wanted = region ? region : settings->region;
    if (!wanted && service == AWS_STS && !settings->fips && !settings->dualstack) {
        (void)snprintf(url_out, AWS_ENDPOINT_MAX_BYTES,
                       "https://sts.amazonaws.com"); /* the one that has no region */
        return TESS_OK;
    }
    if (!wanted)
        return no_region(settings, service, error);
    /* A region may come from a server's answer too: it must not be able to name another host. */
    enum tess_status status = aws_region_check(wanted, "region", error);
    if (status != TESS_OK)
        return status;
    if (settings->fips && !partition_of(wanted)->fips)
        return error_set(
            error, TESS_ERR_SETUP,
            "AWS has no FIPS endpoints in region %s: unset AWS_USE_FIPS_ENDPOINT and use_fips_endpoint",
            wanted);
    if (!write_host(settings, service, wanted, url_out))
        return error_set(error, TESS_ERR_INVALID, "the address of %s is too long", aws_service_name(service));
    return TESS_OK;
}
