// SPDX-License-Identifier: MIT
#include "base/machine_limits.h"

#include <limits.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { VALUE_BYTES = 128, CORES_MAX = 1 << 20 };

/* The kinds of hierarchy that limits come from. Each is found by what its mount says of itself. */
enum hierarchy { UNIFIED, MEMORY_V1, CPU_V1, HIERARCHIES };

static const char *const controllers[HIERARCHIES] = {"", "memory", "cpu"};

struct search {
    const char *root;
    char groups[HIERARCHIES][PATH_MAX]; /* this process's; "": it has none there */
    struct machine *machine;            /* lowered by what is found */
};

static void lower_memory(struct machine *machine, uint64_t bytes)
{
    if (bytes > 0 && bytes < machine->memory_bytes)
        machine->memory_bytes = bytes;
}

/* A share of a core is rounded up: a worker that sleeps now and then does more than one that is not there. */
static void lower_cores(struct machine *machine, uint64_t quota_us, uint64_t period_us)
{
    if (quota_us == 0 || period_us == 0 || quota_us / period_us >= CORES_MAX)
        return;
    const uint32_t cores = (uint32_t)(quota_us / period_us + (quota_us % period_us != 0));
    if (cores < machine->cores)
        machine->cores = cores;
}

/* The first line of a small file. */
static bool read_value(const char *root, const char *folder, const char *name, char value_out[VALUE_BYTES])
{
    char path[PATH_MAX];
    const int size = snprintf(path, sizeof path, "%s%s/%s", root, folder, name);
    FILE *file = size > 0 && (size_t)size < sizeof path ? fopen(path, "re") : NULL;
    const bool good = file && fgets(value_out, VALUE_BYTES, file);
    if (file)
        (void)fclose(file);
    return good;
}

/* The number at *text, which it moves behind it; 0 for "max", "-1" and what is no number. */
static uint64_t take_number(const char **text)
{
    char *end;
    *text += strspn(*text, " ");
    if (**text < '0' || **text > '9')
        return 0;
    const uint64_t number = strtoull(*text, &end, 10);
    *text = end;
    return strchr(" \n", *end) && number < UINT64_MAX ? number : 0; /* strchr: also at the end */
}

/* Of a file that holds one number. */
static uint64_t read_number(const char *root, const char *folder, const char *name)
{
    char value[VALUE_BYTES] = "";
    const char *text = value;
    const uint64_t number = read_value(root, folder, name, value) ? take_number(&text) : 0;
    return *text == '\n' || *text == '\0' ? number : 0;
}

/* What one folder of a hierarchy says. */
static void read_group(const struct search *search, enum hierarchy hierarchy, const char *folder)
{
    const char *root = search->root;
    char value[VALUE_BYTES];
    const char *text = value;
    switch (hierarchy) {
    case UNIFIED:
        lower_memory(search->machine, read_number(root, folder, "memory.max"));
        lower_memory(search->machine, read_number(root, folder, "memory.high"));
        if (read_value(root, folder, "cpu.max", value)) {
            const uint64_t quota_us = take_number(&text);
            lower_cores(search->machine, quota_us, take_number(&text));
        }
        break;
    case MEMORY_V1:
        lower_memory(search->machine, read_number(root, folder, "memory.limit_in_bytes"));
        break;
    case CPU_V1:
        lower_cores(search->machine, read_number(root, folder, "cpu.cfs_quota_us"),
                    read_number(root, folder, "cpu.cfs_period_us"));
        break;
    default:
        break;
    }
}

/* Is `word` in the list, which commas separate? */
static bool lists(const char *list, const char *word)
{
    const size_t length = strlen(word);
    for (const char *at = list; *at; at += strcspn(at, ","), at += *at == ',')
        if (strcspn(at, ",\n") == length && strncmp(at, word, length) == 0)
            return true;
    return false;
}

/* "4:memory:/group", "0::/group": where this process is. */
static void read_own_groups(struct search *search)
{
    char path[PATH_MAX], *line = NULL;
    size_t capacity = 0;
    (void)snprintf(path, sizeof path, "%s/proc/self/cgroup", search->root);
    FILE *file = fopen(path, "re");
    while (file && getline(&line, &capacity, file) > 0) {
        char *names = strchr(line, ':'), *group = names ? strchr(names + 1, ':') : NULL;
        if (!group)
            continue;
        *names++ = *group++ = '\0';
        group[strcspn(group, "\n")] = '\0';
        for (int i = 0; i < HIERARCHIES; i++) {
            const bool own =
                i == UNIFIED ? strcmp(line, "0") == 0 && names[0] == '\0' : lists(names, controllers[i]);
            if (own && strlen(group) < sizeof search->groups[i])
                memcpy(search->groups[i], group, strlen(group) + 1);
        }
    }
    free(line);
    if (file)
        (void)fclose(file);
}

/* "\040" and the like, as mountinfo writes blanks; in place. */
static void unescape(char *text)
{
    char *out = text;
    for (const char *at = text; *at; out++) {
        if (at[0] == '\\' && strspn(at + 1, "01234567") >= 3) {
            *out = (char)((at[1] - '0') * 64 + (at[2] - '0') * 8 + (at[3] - '0'));
            at += 4;
        } else {
            *out = *at++;
        }
    }
    *out = '\0';
}

/*
 * The group and those above it, as far as they show below the mount: in a container the mount's root is often
 * the container's own group, and a group that does not lie below it (another namespace's view) is the mount
 * itself.
 */
static void read_mount(const struct search *search, enum hierarchy hierarchy, const char *mount_root,
                       const char *mount_point)
{
    const char *group = search->groups[hierarchy];
    const size_t above = strcmp(mount_root, "/") == 0 ? 0 : strlen(mount_root);
    const bool below = strncmp(group, mount_root, above) == 0 &&
                       (group[above] == '/' || group[above] == '\0') && !strstr(group, "/..");
    char folder[PATH_MAX];
    const int size = snprintf(folder, sizeof folder, "%s%s", mount_point, below ? group + above : "");
    if (size <= 0 || (size_t)size >= sizeof folder)
        return;
    for (size_t length = strlen(folder); length > 0 && length >= strlen(mount_point);) {
        folder[length] = '\0';
        read_group(search, hierarchy, folder);
        const char *slash = strrchr(folder, '/');
        length = slash ? (size_t)(slash - folder) : 0;
    }
}

/* "31 30 0:28 ROOT POINT OPTIONS … - TYPE SOURCE SUPER-OPTIONS" */
static void read_mount_line(const struct search *search, char *line)
{
    char *fields[6] = {0}, *type = strstr(line, " - "), *super, *save = NULL;
    if (!type)
        return;
    *type = '\0';
    type += 3;
    for (int i = 0; i < 6; i++)
        fields[i] = strtok_r(i == 0 ? line : NULL, " ", &save);
    type = strtok_r(type, " ", &save);
    super = strtok_r(NULL, " ", &save) ? strtok_r(NULL, " \n", &save) : NULL;
    if (!fields[4] || !type || !super)
        return;
    unescape(fields[3]);
    unescape(fields[4]);
    for (int i = 0; i < HIERARCHIES; i++) {
        const bool is = i == UNIFIED ? strcmp(type, "cgroup2") == 0
                                     : strcmp(type, "cgroup") == 0 && lists(super, controllers[i]);
        if (is && search->groups[i][0] != '\0')
            read_mount(search, (enum hierarchy)i, fields[3], fields[4]);
    }
}

static void read_mounts(const struct search *search)
{
    char path[PATH_MAX], *line = NULL;
    size_t capacity = 0;
    (void)snprintf(path, sizeof path, "%s/proc/self/mountinfo", search->root);
    FILE *file = fopen(path, "re");
    while (file && getline(&line, &capacity, file) > 0)
        read_mount_line(search, line);
    free(line);
    if (file)
        (void)fclose(file);
}

static uint32_t scheduled_cores(void)
{
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set) == 0)
        return (uint32_t)CPU_COUNT(&set);
    const long count = sysconf(_SC_NPROCESSORS_ONLN);
    return count > 0 ? (uint32_t)count : 1;
}

static uint64_t ram_bytes(void)
{
    const long pages = sysconf(_SC_PHYS_PAGES), page_bytes = sysconf(_SC_PAGESIZE);
    return pages > 0 && page_bytes > 0 ? (uint64_t)pages * (uint64_t)page_bytes : UINT64_C(2) << 30;
}

void machine_read(const char *root, struct machine *machine_out)
{
    *machine_out = (struct machine){.cores = scheduled_cores(), .memory_bytes = ram_bytes()};
    struct search search = {.root = root, .machine = machine_out};
    read_own_groups(&search);
    read_mounts(&search);
}
