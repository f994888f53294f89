// SPDX-License-Identifier: MIT
#include "net/aws_profiles.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/error.h"
#include "base/file.h"
#include "net/digest.h"
#include "net/shown.h"

enum { PATH_SHOWN_BYTES = 120 };

struct heading {
    enum aws_section section;
    bool known;     /* something that is looked up; else its properties are passed over */
    bool preferred; /* "[profile default]" */
    const char *name;
};

struct entry {
    size_t heading;                   /* index; sections that come twice have two */
    const char *parent, *key, *value; /* parent is NULL for what is not nested */
    uint32_t line;
};

struct parsed_file {
    struct shown path;
    enum aws_file_state state;
    char *text; /* owned; everything below points into it */
    size_t size;
    struct heading *headings; /* owned */
    struct entry *entries;    /* owned */
    size_t heading_count, heading_room, entry_count, entry_room;
};

struct aws_profiles {
    struct parsed_file files[AWS_FILES];
};

/* Where a parser stands. */
struct parser {
    struct parsed_file *file;
    bool config; /* sections are called "profile x" */
    uint32_t line;
    char *tail;    /* where the last property's value ends: continued lines are moved there */
    size_t indent; /* of that property: what stands further in continues it */
    bool can_continue, nested;
    struct tess_error *error;
};

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

static char *skip_blanks(char *text)
{
    while (is_blank(*text))
        text++;
    return text;
}

static char *trim_end(char *text)
{
    char *end = text + strlen(text);
    while (end > text && is_blank(end[-1]))
        end--;
    *end = '\0';
    return end;
}

static enum tess_status complain(const struct parser *parser, const char *what)
{
    return error_set(parser->error, TESS_ERR_INVALID, "%s, line %u: %s", parser->file->path.text,
                     (unsigned)parser->line, what);
}

/* Makes room for one more item; a limit or memory is an error. */
static enum tess_status grow(const struct parser *parser, void **items, size_t item_bytes, size_t count,
                             size_t *room)
{
    if (count >= AWS_PROFILES_MAX_PROPERTIES)
        return error_limit(parser->error, "properties", "%s, line %u: more than %d sections or properties",
                           parser->file->path.text, (unsigned)parser->line, AWS_PROFILES_MAX_PROPERTIES);
    if (count < *room)
        return TESS_OK;
    const size_t more = *room ? *room * 2 : 16;
    void *grown = realloc(*items, more * item_bytes);
    if (!grown)
        return error_set(parser->error, TESS_ERR_MEMORY, "no memory to read %s", parser->file->path.text);
    *items = grown;
    *room = more;
    return TESS_OK;
}

/* Cuts a pair of quotes off. */
static char *unquote(char *name)
{
    const size_t size = strlen(name);
    if (size < 2 || (name[0] != '"' && name[0] != '\'') || name[size - 1] != name[0])
        return name;
    name[size - 1] = '\0';
    return name + 1;
}

/* "profile work" → "work": the name behind the word, NULL where the heading does not begin with it. */
static char *behind_word(char *heading, const char *word)
{
    const size_t size = strlen(word);
    if (strncmp(heading, word, size) != 0 || !is_blank(heading[size]))
        return NULL;
    return unquote(skip_blanks(heading + size));
}

static struct heading heading_of(const struct parser *parser, char *text)
{
    struct heading heading = {.section = AWS_SECTION_PROFILE, .known = true, .name = text};
    char *name = NULL;
    if (!parser->config)
        heading.name = unquote(text);
    else if ((name = behind_word(text, "profile")) != NULL) {
        heading.name = name;
        heading.preferred = strcmp(name, "default") == 0;
    } else if ((name = behind_word(text, "services")) != NULL) {
        heading.name = name;
        heading.section = AWS_SECTION_SERVICES;
    } else
        heading.known = strcmp(text, "default") == 0; /* sso-session, plugins, a profile without its word */
    return heading;
}

static enum tess_status read_heading(struct parser *parser, char *text)
{
    struct parsed_file *file = parser->file;
    char *end = strchr(text, ']');
    if (!end)
        return complain(parser, "a section begins with [ but has no ]");
    const char *rest = skip_blanks(end + 1);
    if (*rest && *rest != '#' && *rest != ';')
        return complain(parser, "there is something behind the section's ]");
    *end = '\0';
    text = skip_blanks(text + 1);
    (void)trim_end(text);
    if (!*text)
        return complain(parser, "a section has no name");
    void *items = file->headings;
    enum tess_status status =
        grow(parser, &items, sizeof *file->headings, file->heading_count, &file->heading_room);
    file->headings = items;
    if (status == TESS_OK)
        file->headings[file->heading_count++] = heading_of(parser, text);
    parser->can_continue = false;
    return status;
}

/* A comment may follow white space behind a value. */
static void cut_comment(char *value)
{
    for (char *at = value; *at; at++)
        if ((*at == '#' || *at == ';') && (at == value || is_blank(at[-1]))) {
            *at = '\0';
            return;
        }
}

/* "key = value"; `parent` NULL: not nested. */
static enum tess_status read_property(struct parser *parser, char *text, size_t indent, const char *parent)
{
    struct parsed_file *file = parser->file;
    char *equals = strchr(text, '=');
    if (!equals || equals == text)
        return complain(parser, "neither [section], nor name = value, nor a comment (#)");
    if (file->heading_count == 0)
        return complain(parser, "a property stands before the first [section]");
    *equals = '\0';
    (void)trim_end(text);
    for (char *at = text; *at; at++)
        *at = (char)tolower((unsigned char)*at);
    char *value = skip_blanks(equals + 1);
    cut_comment(value);
    char *tail = trim_end(value);
    void *items = file->entries;
    enum tess_status status =
        grow(parser, &items, sizeof *file->entries, file->entry_count, &file->entry_room);
    file->entries = items;
    if (status != TESS_OK)
        return status;
    file->entries[file->entry_count++] = (struct entry){.heading = file->heading_count - 1,
                                                        .parent = parent,
                                                        .key = text,
                                                        .value = value,
                                                        .line = parser->line};
    if (!parent) {
        parser->tail = tail;
        parser->indent = indent;
        parser->can_continue = true;
        parser->nested = !*value;
    }
    return TESS_OK;
}

/* A line that stands further in than the property before it: part of that. */
static enum tess_status read_continuation(struct parser *parser, char *text, size_t indent)
{
    const struct parsed_file *file = parser->file;
    if (parser->nested) {
        const struct entry *last = &file->entries[file->entry_count - 1];
        return read_property(parser, text, indent, last->parent ? last->parent : last->key);
    }
    const size_t size = (size_t)(trim_end(text) - text);
    *parser->tail = '\n'; /* it was the NUL; the line's own text begins behind it */
    memmove(parser->tail + 1, text, size);
    parser->tail += 1 + size;
    *parser->tail = '\0';
    return TESS_OK;
}

static enum tess_status read_line(struct parser *parser, char *line)
{
    char *text = skip_blanks(line);
    if (!*text || *text == '#' || *text == ';')
        return TESS_OK;
    const size_t indent = (size_t)(text - line);
    if (parser->can_continue && indent > parser->indent)
        return read_continuation(parser, text, indent);
    return *text == '[' ? read_heading(parser, text) : read_property(parser, text, indent, NULL);
}

/* `data` is copied, with a NUL behind it. */
static enum tess_status parse_file(struct parsed_file *file, bool config, const void *data, size_t size,
                                   struct tess_error *error)
{
    struct parser parser = {.file = file, .config = config, .error = error};
    if (size > AWS_PROFILES_MAX_BYTES)
        return error_limit(error, "max-bytes", "%s has more than %d bytes", file->path.text,
                           AWS_PROFILES_MAX_BYTES);
    file->text = malloc(size + 1);
    if (!file->text)
        return error_set(error, TESS_ERR_MEMORY, "no memory to read %s", file->path.text);
    if (size > 0)
        memcpy(file->text, data, size);
    file->text[size] = '\0';
    file->size = size;
    file->state = AWS_FILE_READ;
    char *at = file->text, *const end = file->text + size;
    if (size >= 3 && memcmp(at, "\xEF\xBB\xBF", 3) == 0) /* a byte order mark */
        at += 3;
    enum tess_status status = TESS_OK;
    while (at < end && status == TESS_OK) {
        char *stop = memchr(at, '\n', (size_t)(end - at));
        char *next = stop ? stop + 1 : end;
        stop = stop ? stop : end;
        parser.line++;
        *stop = '\0';
        if (stop > at && stop[-1] == '\r')
            *--stop = '\0';
        if (stop - at > AWS_PROFILES_MAX_LINE_BYTES)
            status = error_limit(error, "line-bytes", "%s, line %u: longer than %d bytes", file->path.text,
                                 (unsigned)parser.line, AWS_PROFILES_MAX_LINE_BYTES);
        else if (strlen(at) != (size_t)(stop - at))
            status = complain(&parser, "a NUL byte: this is no text file");
        else
            status = read_line(&parser, at);
        at = next;
    }
    return status;
}

static enum tess_status create(struct aws_profiles **profiles_out, struct tess_error *error)
{
    *profiles_out = calloc(1, sizeof **profiles_out);
    return *profiles_out ? TESS_OK : error_set(error, TESS_ERR_MEMORY, "no memory to read the AWS profiles");
}

static enum tess_status read_file(struct parsed_file *file, bool config,
                                  const struct aws_profiles_source *source, struct tess_error *error)
{
    struct bytes bytes;
    if (!source->path)
        return TESS_OK;
    file->state = AWS_FILE_MISSING;
    if (strcmp(source->path, "/dev/null") == 0)
        return TESS_OK;
    enum tess_status status = file_read(source->path, AWS_PROFILES_MAX_BYTES, &bytes, error);
    if (status == TESS_ERR_NOT_FOUND)
        return TESS_OK;
    if (status == TESS_ERR_DENIED && !source->required) {
        file->state = AWS_FILE_UNREADABLE;
        return TESS_OK;
    }
    if (status != TESS_OK)
        return status;
    status = parse_file(file, config, bytes.data, bytes.size, error);
    if (bytes.data)
        digest_wipe(bytes.data, bytes.size);
    bytes_clear(&bytes);
    return status;
}

enum tess_status aws_profiles_read(const struct aws_profiles_source sources[AWS_FILES], const char *home,
                                   struct aws_profiles **profiles_out, struct tess_error *error)
{
    enum tess_status status = create(profiles_out, error);
    for (int i = 0; i < AWS_FILES && status == TESS_OK; i++) {
        struct parsed_file *file = &(*profiles_out)->files[i];
        file->path = shown_path(sources[i].path, home, PATH_SHOWN_BYTES);
        status = read_file(file, i == AWS_FILE_CONFIG, &sources[i], error);
    }
    if (status != TESS_OK) {
        aws_profiles_destroy(*profiles_out);
        *profiles_out = NULL;
    }
    return status;
}

enum tess_status aws_profiles_parse(const struct aws_profiles_text texts[AWS_FILES],
                                    struct aws_profiles **profiles_out, struct tess_error *error)
{
    enum tess_status status = create(profiles_out, error);
    for (int i = 0; i < AWS_FILES && status == TESS_OK; i++) {
        struct parsed_file *file = &(*profiles_out)->files[i];
        file->path = shown_path(texts[i].path, NULL, PATH_SHOWN_BYTES);
        if (texts[i].data)
            status = parse_file(file, i == AWS_FILE_CONFIG, texts[i].data, texts[i].size, error);
    }
    if (status != TESS_OK) {
        aws_profiles_destroy(*profiles_out);
        *profiles_out = NULL;
    }
    return status;
}

void aws_profiles_destroy(struct aws_profiles *profiles)
{
    if (!profiles)
        return;
    for (int i = 0; i < AWS_FILES; i++) {
        struct parsed_file *file = &profiles->files[i];
        if (file->text)
            digest_wipe(file->text, file->size);
        free(file->text);
        free(file->headings);
        free(file->entries);
    }
    free(profiles);
}

const char *aws_profiles_path(const struct aws_profiles *profiles, enum aws_file file)
{
    return profiles->files[file].path.text;
}

enum aws_file_state aws_profiles_state(const struct aws_profiles *profiles, enum aws_file file)
{
    return profiles->files[file].state;
}

static bool is_called(const struct heading *heading, enum aws_section section, const char *name)
{
    return heading->known && heading->section == section && strcmp(heading->name, name) == 0;
}

bool aws_profiles_has(const struct aws_profiles *profiles, enum aws_section section, const char *name)
{
    for (int i = 0; i < AWS_FILES; i++)
        for (size_t j = 0; j < profiles->files[i].heading_count; j++)
            if (is_called(&profiles->files[i].headings[j], section, name))
                return true;
    return false;
}

bool aws_profiles_find_in(const struct aws_profiles *profiles, enum aws_file which,
                          const struct aws_property_name *name, struct aws_property *property_out)
{
    const struct parsed_file *file = &profiles->files[which];
    const struct entry *best = NULL;
    for (size_t i = 0; i < file->entry_count; i++) {
        const struct entry *entry = &file->entries[i];
        const struct heading *heading = &file->headings[entry->heading];
        const bool same_parent =
            !name->parent ? !entry->parent : entry->parent && strcmp(entry->parent, name->parent) == 0;
        if (!same_parent || strcmp(entry->key, name->key) != 0 ||
            !is_called(heading, name->section, name->name))
            continue;
        if (!best || heading->preferred || !file->headings[best->heading].preferred)
            best = entry;
    }
    if (!best || !best->value[0])
        return false;
    *property_out = (struct aws_property){.value = best->value, .file = which, .line = best->line};
    return true;
}

bool aws_profiles_find(const struct aws_profiles *profiles, const struct aws_property_name *name,
                       struct aws_property *property_out)
{
    for (int i = 0; i < AWS_FILES; i++)
        if (aws_profiles_find_in(profiles, (enum aws_file)i, name, property_out))
            return true;
    return false;
}

const char *aws_profile_text(const struct aws_profiles *profiles, const char *profile, const char *key)
{
    struct aws_property property;
    const struct aws_property_name name = {.section = AWS_SECTION_PROFILE, .name = profile, .key = key};
    return aws_profiles_find(profiles, &name, &property) ? property.value : NULL;
}
