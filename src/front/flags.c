// SPDX-License-Identifier: MIT
#include "front/flags.h"
#include "front/refuse.h"
#include "front/xalloc.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    MAX_CONNECTIONS = 60000,
    MAX_QUEUE = 100000,
    MAX_DRAIN_S = 3600,
    MAX_JOBS = 256,
    MAX_THREADS = 1024,
    MAX_FETCHES = 4096
};

/* A list may be given in parts: they are joined with commas. */
enum value_kind { VALUE_TEXT, VALUE_LIST, VALUE_FLAG, VALUE_NUMBER, VALUE_SIZE };

struct own_flag {
    struct flag flag;
    enum value_kind kind;
    size_t offset;    /* in struct settings: const char *, bool, uint32_t or uint64_t */
    uint32_t maximum; /* of a number; of a list its index in settings.lists */
};

#define FIELD(member) offsetof(struct settings, member)

static const struct own_flag own_flags[] = {
    {{"listen", "HOST:PORT", NULL, "address to listen on, default 127.0.0.1:8080; port 0 takes a free one", 0,
      GROUP_SERVE},
     VALUE_TEXT,
     FIELD(listen),
     0},
    {{"public-url", "URL", NULL,
      "how clients reach the service, where links begin; default as each client asked", 0, GROUP_SERVE},
     VALUE_TEXT,
     FIELD(public_url),
     0},
    {{"token-file", "FILE", NULL, "ask callers for the token in this file; default $TESSERA_TOKEN, or none",
      0, GROUP_SERVE},
     VALUE_TEXT,
     FIELD(token_file),
     0},
    {{"connections", "N", NULL,
      "connections at once, default 1024; fewer where the limit of open files is low", 0, GROUP_SERVE},
     VALUE_NUMBER,
     FIELD(connections),
     MAX_CONNECTIONS},
    {{"queue", "N", NULL, "grids that may wait for their turn, default 64; more are answered 503", 0,
      GROUP_SERVE},
     VALUE_NUMBER,
     FIELD(queue),
     MAX_QUEUE},
    {{"drain", "SECONDS", NULL, "time for requests to come to their end on SIGTERM, default 25", 0,
      GROUP_SERVE},
     VALUE_NUMBER,
     FIELD(drain_s),
     MAX_DRAIN_S},
    {{"allow-host-header", "NAMES", NULL,
      "further names that clients may reach the service by, with commas between; default "
      "$TESSERA_ALLOW_HOST_HEADER, or none",
      0, GROUP_SERVE},
     VALUE_LIST,
     FIELD(allow_host_header),
     LIST_ALLOW_HOST_HEADER},
    {{"cors-origin", "ORIGINS", NULL,
      "whose pages may call: origins with commas between, * or none; default $TESSERA_CORS_ORIGIN, or *, "
      "but none for a service without a token",
      0, GROUP_CORS},
     VALUE_LIST,
     FIELD(cors_origin),
     LIST_CORS_ORIGIN},
    {{"base-path", "PATH", NULL,
      "what the gateway has before the API's paths, such as /photos; default $TESSERA_BASE_PATH", 0,
      GROUP_BASE_PATH},
     VALUE_TEXT,
     FIELD(base_path),
     0},
    {{"grid", "ID", NULL, "the grid id", 0, GROUP_GRID_ID}, VALUE_TEXT, FIELD(grid_id), 0},
    {{"output", "FILE", NULL, "write the picture here", 'o', GROUP_OUTPUT}, VALUE_TEXT, FIELD(output), 0},
    {{"map", "FILE", NULL, "write which cell shows which image, as JSON", 0, GROUP_MAP},
     VALUE_TEXT,
     FIELD(map),
     0},
    {{"dry-run", NULL, NULL, "print size and memory of the grid, build nothing", 0, GROUP_DRY_RUN},
     VALUE_FLAG,
     FIELD(dry_run),
     0},
    {{"get", NULL, NULL, "read without counting", 0, GROUP_COUNTER}, VALUE_FLAG, FIELD(counter_get), 0},
    {{"set", "N", NULL, "set to this value", 0, GROUP_COUNTER}, VALUE_TEXT, FIELD(counter_set), 0},
    {{"jobs", "N", NULL, "grids at once, default two for each core", 'j', GROUP_BATCH | GROUP_SERVE},
     VALUE_NUMBER,
     FIELD(jobs),
     MAX_JOBS},
    {{"ordered", NULL, NULL, "answer in the order of the input, not of completion", 0, GROUP_BATCH},
     VALUE_FLAG,
     FIELD(ordered),
     0},
    {{"threads", "N", NULL, "threads that decode and encode, default one for each core", 0, GROUP_ENGINE},
     VALUE_NUMBER,
     FIELD(engine.threads),
     MAX_THREADS},
    {{"fetches", "N", NULL, "images read at once, default 2 for files, 32 for S3 and https://", 0,
      GROUP_ENGINE},
     VALUE_NUMBER,
     FIELD(engine.fetches),
     MAX_FETCHES},
    {{"memory", "N[K|M|G]", NULL,
      "memory for images in work, default half of what the machine or container has", 0, GROUP_ENGINE},
     VALUE_SIZE,
     FIELD(engine.memory_bytes),
     0},
    {{"source", "BUCKET", NULL,
      "bucket of the images, default $SOURCE_BUCKET, or images in the embedded store", 0, GROUP_STORE},
     VALUE_TEXT,
     FIELD(store.source_bucket),
     0},
    {{"dest", "BUCKET", NULL,
      "bucket of the grids, default $DESTINATION_BUCKET, or grids in the embedded store", 0, GROUP_STORE},
     VALUE_TEXT,
     FIELD(store.dest_bucket),
     0},
    {{"data", "DIR", NULL, "folder of the embedded store, default $TESSERA_DATA or ./tessera-data", 0,
      GROUP_STORE},
     VALUE_TEXT,
     FIELD(store.data_dir),
     0},
    {{"store", "KIND", "auto, embedded, aws",
      "where images, grids and counters are; auto: aws when a bucket and no --data is named, else embedded",
      0, GROUP_STORE},
     VALUE_TEXT,
     FIELD(store_kind),
     0},
    {{"region", "REGION", NULL, "AWS region, default $AWS_REGION or the profile's", 0, GROUP_STORE},
     VALUE_TEXT,
     FIELD(store.region),
     0},
    {{"profile", "NAME", NULL, "AWS profile, default $AWS_PROFILE or default", 0, GROUP_STORE},
     VALUE_TEXT,
     FIELD(store.profile),
     0},
    {{"endpoint-url", "URL", NULL, "server to use instead of AWS, default $AWS_ENDPOINT_URL_S3, … or AWS", 0,
      GROUP_STORE},
     VALUE_TEXT,
     FIELD(store.endpoint_url),
     0},
    {{"connect-timeout", "SECONDS", NULL, "longest wait for a connection, default 5", 0, GROUP_STORE},
     VALUE_TEXT,
     FIELD(connect_timeout),
     0},
    {{"read-timeout", "SECONDS", NULL, "longest wait without progress of a transfer, default 10", 0,
      GROUP_STORE},
     VALUE_TEXT,
     FIELD(read_timeout),
     0},
    {{"allow-host", "HOSTS", NULL,
      "hosts that https:// images may come from, with commas between: a.example,*.b.example; default all", 0,
      GROUP_WEB},
     VALUE_LIST,
     FIELD(web.allowed_hosts),
     LIST_ALLOW_HOST},
    {{"allow-private", NULL, NULL, "https:// images may come from loopback and private addresses, too", 0,
      GROUP_WEB},
     VALUE_FLAG,
     FIELD(web.private_addresses),
     0},
    {{"ca-bundle", "FILE", NULL, "PEM file of who to trust for https:// images, default the system's", 0,
      GROUP_WEB},
     VALUE_TEXT,
     FIELD(web.ca_bundle),
     0},
    {{"quiet", NULL, NULL, "no progress, only errors", 'q', GROUP_COMMON}, VALUE_FLAG, FIELD(quiet), 0},
    {{"json", NULL, NULL, "messages as JSON lines", 0, GROUP_COMMON}, VALUE_FLAG, FIELD(json_log), 0},
    {{"help", NULL, NULL, "this text", 'h', GROUP_COMMON}, VALUE_FLAG, FIELD(help), 0},
};

enum { OWN_COUNT = sizeof own_flags / sizeof *own_flags };

/* The library's tables do not know commands; here is which of its options belong where. */
static unsigned group_of_grid_option(const char *name)
{
    if (strcmp(name, "order") == 0)
        return GROUP_ORDER;
    if (strcmp(name, "fresh") == 0 || strcmp(name, "expires") == 0)
        return GROUP_STORED;
    return GROUP_PICTURE;
}

static unsigned group_of_limit(const char *name)
{
    return strcmp(name, "max-bytes") == 0 ? GROUP_LIMITS | GROUP_MAX_BYTES : GROUP_LIMITS;
}

/* All options of all commands in the order of help: the front end's first part, grid, limits, the rest. */
static bool any_flag_at(size_t index, struct flag *flag_out)
{
    size_t first_part = 0;
    while (own_flags[first_part].flag.group != GROUP_ENGINE)
        first_part++;
    if (index < first_part) {
        *flag_out = own_flags[index].flag;
        return true;
    }
    index -= first_part;
    const struct tess_option_info *info;
    unsigned (*group_of)(const char *name) = group_of_grid_option;
    size_t grid_count = 0;
    while (tess_grid_option_info(grid_count))
        grid_count++;
    if (index < grid_count) {
        info = tess_grid_option_info(index);
    } else {
        size_t limit_count = 0;
        while (tess_limit_info(limit_count))
            limit_count++;
        index -= grid_count;
        if (index >= limit_count) {
            index = index - limit_count + first_part;
            if (index < OWN_COUNT)
                *flag_out = own_flags[index].flag;
            return index < OWN_COUNT;
        }
        info = tess_limit_info(index);
        group_of = group_of_limit;
    }
    *flag_out =
        (struct flag){info->name, info->argument, info->choices, info->summary, '\0', group_of(info->name)};
    return true;
}

bool flag_at(unsigned groups, size_t index, struct flag *flag_out)
{
    struct flag flag;
    for (size_t i = 0; any_flag_at(i, &flag); i++) {
        if ((flag.group & groups) == 0 || index-- != 0)
            continue;
        *flag_out = flag;
        return true;
    }
    return false;
}

bool flag_find(unsigned groups, const char *name, struct flag *flag_out)
{
    for (size_t i = 0; flag_at(groups, i, flag_out); i++) {
        if (strcmp(flag_out->name, name) == 0)
            return true;
    }
    return false;
}

bool flag_find_letter(unsigned groups, char letter, struct flag *flag_out)
{
    for (size_t i = 0; flag_at(groups, i, flag_out); i++) {
        if (letter != '\0' && flag_out->letter == letter)
            return true;
    }
    return false;
}

static enum tess_status set_number(const struct own_flag *own, const char *value, uint32_t *field,
                                   struct tess_error *error)
{
    size_t digits = strspn(value, "0123456789");
    if (digits == 0 || digits > 9 || value[digits] != '\0')
        return refuse_invalid(error, "%s: \"%.40s\" is not a number, give one from 1 to %u", own->flag.name,
                              value, own->maximum);
    unsigned long number = strtoul(value, NULL, 10);
    if (number < 1 || number > own->maximum)
        return refuse_invalid(error, "%s: %lu is out of range, give 1 to %u", own->flag.name, number,
                              own->maximum);
    *field = (uint32_t)number;
    return TESS_OK;
}

static enum tess_status set_size(const struct own_flag *own, const char *value, uint64_t *field,
                                 struct tess_error *error)
{
    uint64_t bytes;
    if (tess_parse_size(value, &bytes, NULL) != TESS_OK || bytes == 0)
        return refuse_invalid(error, "%s: \"%.40s\" is not a size, give bytes or a number such as 256M or 2G",
                              own->flag.name, value);
    *field = bytes;
    return TESS_OK;
}

/* The first part takes the place of what the environment says. */
static void add_to_list(struct settings *settings, enum settings_list index, const char *value,
                        const char **field)
{
    char **list = &settings->lists[index];
    char *joined = *list ? xprintf("%s,%s", *list, value) : xstrdup(value);
    free(*list);
    *field = *list = joined;
}

static enum tess_status set_own(struct settings *settings, const struct own_flag *own, const char *value,
                                struct tess_error *error)
{
    void *field = (char *)settings + own->offset;
    if ((own->kind == VALUE_TEXT || own->kind == VALUE_LIST) && value[0] == '\0')
        return refuse_invalid(error, "%s: the value is empty, give %s", own->flag.name, own->flag.argument);
    switch (own->kind) {
    case VALUE_TEXT:
        *(const char **)field = value;
        return TESS_OK;
    case VALUE_LIST:
        add_to_list(settings, (enum settings_list)own->maximum, value, field);
        return TESS_OK;
    case VALUE_FLAG:
        if (value[0] != '\0')
            return refuse_invalid(error, "%s: takes no value", own->flag.name);
        *(bool *)field = true;
        return TESS_OK;
    case VALUE_NUMBER:
        return set_number(own, value, field, error);
    case VALUE_SIZE:
        return set_size(own, value, field, error);
    }
    return TESS_ERR_INTERNAL;
}

enum tess_status flag_set(struct settings *settings, const struct flag *flag, const char *value,
                          struct tess_error *error)
{
    for (size_t i = 0; i < OWN_COUNT; i++) {
        if (strcmp(own_flags[i].flag.name, flag->name) == 0)
            return set_own(settings, &own_flags[i], value, error);
    }
    if (flag->group & GROUP_LIMITS)
        return tess_limits_set(&settings->engine.limits, flag->name, value, error);
    return tess_grid_options_set(&settings->grid, flag->name, value, error);
}
