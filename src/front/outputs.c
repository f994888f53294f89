// SPDX-License-Identifier: MIT
#include "front/outputs.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "front/message.h"
#include "front/xalloc.h"

/* All files that are read: images, and the lists that named them. Strings are borrowed. For free(). */
static const char **files_read(const struct settings *settings, const struct inputs *inputs,
                               size_t *count_out)
{
    const char **paths = xcalloc(inputs->count + settings->operand_count, sizeof *paths);
    size_t count = 0;
    for (size_t i = 0; i < inputs->count; i++)
        paths[count++] = inputs->paths[i];
    for (size_t i = 0; i < settings->operand_count; i++) {
        const char *operand = settings->operands[i];
        if (operand[0] == '@' && strcmp(operand, "@-") != 0)
            paths[count++] = operand + 1;
        else if (strcmp(operand, "-") == 0 || strcmp(operand, "@-") == 0)
            paths[count++] = "/dev/stdin"; /* which may be a file */
    }
    *count_out = count;
    return paths;
}

static const char *last_part(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Bytes at the beginning and at the end that all names share. */
static void shared_ends(const char *const *names, size_t count, size_t *prefix_out, size_t *suffix_out)
{
    size_t prefix = strlen(names[0]), suffix = prefix;
    for (size_t i = 1; i < count; i++) {
        const size_t length = strlen(names[i]);
        size_t same = 0;
        while (same < prefix && names[i][same] == names[0][same])
            same++;
        prefix = same;
        for (same = 0; same < suffix && same < length &&
                       names[i][length - 1 - same] == names[0][strlen(names[0]) - 1 - same];)
            same++;
        suffix = same;
    }
    *prefix_out = prefix;
    *suffix_out = suffix;
}

/* Is there a pattern PREFIX*SUFFIX that stands for exactly these names of files in that folder? */
static bool is_all_of_a_pattern(const char *folder, const char **names, size_t count)
{
    size_t prefix, suffix, found = 0;
    shared_ends(names, count, &prefix, &suffix);
    const char *sample = names[0], *ending = sample + strlen(sample) - suffix;
    qsort(names, count, sizeof *names, compare_names);
    DIR *stream = opendir(folder[0] ? folder : ".");
    bool only = stream != NULL;
    const struct dirent *entry;
    while (only && (entry = readdir(stream))) {
        const char *name = entry->d_name;
        const size_t length = strlen(name);
        if ((name[0] == '.' && sample[0] != '.') || length < suffix || strncmp(name, sample, prefix) != 0 ||
            strcmp(name + length - suffix, ending) != 0)
            continue;
        only = bsearch(&name, names, count, sizeof *names, compare_names) != NULL;
        found++;
    }
    if (stream)
        (void)closedir(stream);
    return only && found == count;
}

/*
 * The shell makes of `-o *.jpg` the words -o a.jpg b.jpg c.jpg: the first photo would become the output. It
 * looks so when the output exists, comes before the operands behind it, and is with them all that a pattern
 * stands for.
 */
static bool looks_like_a_pattern(const struct settings *settings)
{
    const char *output = settings->output, *base = last_part(output);
    const char *const *operands = settings->operands + settings->output_operand;
    struct stat info;
    size_t count = 1;
    if (settings->output_followers == 0 || stat(output, &info) != 0 || !S_ISREG(info.st_mode) ||
        (strcmp(output, operands[0]) >= 0 && strcasecmp(output, operands[0]) >= 0))
        return false;
    const char **names = xcalloc(settings->output_followers + 1, sizeof *names);
    names[0] = base;
    while (count <= settings->output_followers) {
        const char *operand = operands[count - 1], *name = last_part(operand);
        if (name - operand != base - output || strncmp(operand, output, (size_t)(base - output)) != 0)
            break;
        names[count++] = name;
    }
    char *folder = xprintf("%.*s", (int)(base - output), output);
    const bool is = count > 1 && is_all_of_a_pattern(folder, names, count);
    free(folder);
    free(names);
    return is;
}

static bool check_map(const struct settings *settings, const char *const *read, size_t count, uint32_t pages)
{
    const char *const map[] = {settings->map};
    struct tess_error error;
    if (tess_output_check(settings->output, pages, map, 1, &error) != TESS_OK) {
        (void)message_usage(settings, "--map would overwrite the picture; name another file");
        return false;
    }
    if (tess_output_check(settings->map, 1, read, count, &error) == TESS_OK)
        return true;
    (void)message_usage(settings, "--map: %s", error.message);
    return false;
}

bool outputs_check(const struct settings *settings, const struct inputs *inputs, uint32_t pages)
{
    if (!settings->output)
        return true;
    struct tess_error error;
    size_t count = 0;
    const char **read = files_read(settings, inputs, &count);
    bool good = tess_output_check(settings->output, pages, read, count, &error) == TESS_OK;
    if (!good) {
        (void)message_usage(settings, "-o %s: %s", settings->output, error.message);
    } else if (looks_like_a_pattern(settings)) {
        (void)message_usage(settings,
                            "-o %s: it is there, and is with the images behind it all that a pattern such as "
                            "-o *.jpg stands for; name the output last: tessera montage IMAGE… -o %s",
                            settings->output, settings->output);
        good = false;
    }
    good = good && (!settings->map || check_map(settings, read, count, pages));
    free(read);
    return good;
}
