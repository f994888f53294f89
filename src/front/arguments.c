// SPDX-License-Identifier: MIT
#include "front/arguments.h"

#include <stdio.h>
#include <string.h>

#include "front/flags.h"
#include "front/message.h"
#include "front/suggest.h"
#include "front/xalloc.h"

struct parser {
    struct settings *settings;
    unsigned groups;
    int count, next; /* arguments, and the one to read next */
    const char *const *arguments;
};

static void unknown_option(const struct parser *parser, const char *name)
{
    struct suggestion suggestion;
    struct flag flag;
    suggestion_begin(&suggestion, name);
    for (size_t i = 0; flag_at(parser->groups, i, &flag); i++)
        suggestion_offer(&suggestion, flag.name);
    if (suggestion.nearest)
        (void)message_usage(parser->settings, "unknown option --%s, did you mean --%s?", name,
                            suggestion.nearest);
    else if (flag_find(~0u, name, &flag))
        (void)message_usage(parser->settings, "%s has no option --%s", parser->settings->command, name);
    else
        (void)message_usage(parser->settings, "unknown option --%s", name);
}

/* `attached` is the value behind "=" or the letter, NULL when there is none. */
static bool take_option(struct parser *parser, const struct flag *flag, const char *attached)
{
    const char *value = attached;
    if (!value && !flag->argument)
        value = "";
    if (!value && parser->next < parser->count)
        value = parser->arguments[parser->next++];
    if (!value) {
        (void)message_usage(parser->settings, "--%s needs a value: --%s %s", flag->name, flag->name,
                            flag->argument);
        return false;
    }
    struct tess_error error = {0};
    if (flag_set(parser->settings, flag, value, &error) == TESS_OK)
        return true;
    (void)message_usage(parser->settings, "--%s", error.message); /* begins with the option's name */
    return false;
}

static bool take_long(struct parser *parser, const char *text)
{
    char name[64];
    size_t length = strcspn(text, "=");
    (void)snprintf(name, sizeof name, "%.*s", (int)(length < sizeof name ? length : sizeof name - 1), text);
    struct flag flag;
    if (!flag_find(parser->groups, name, &flag)) {
        unknown_option(parser, name);
        return false;
    }
    return take_option(parser, &flag, text[length] == '=' ? text + length + 1 : NULL);
}

/* "-o FILE", "-oFILE", "-q", "-qo FILE". */
static bool take_letters(struct parser *parser, const char *letters)
{
    for (; *letters; letters++) {
        struct flag flag;
        if (!flag_find_letter(parser->groups, *letters, &flag)) {
            (void)message_usage(parser->settings, "unknown option -%.1s", letters);
            return false;
        }
        if (flag.argument)
            return take_option(parser, &flag, letters[1] ? letters + 1 : NULL);
        if (!take_option(parser, &flag, NULL))
            return false;
    }
    return true;
}

/* `before` is the argument that came before it. */
static void take_operand(struct settings *settings, const char *operand, const char *before)
{
    const size_t index = settings->operand_count;
    if (before && before == settings->output) { /* the argument itself, not one that reads the same */
        settings->output_operand = index;
        settings->output_followers = 1;
    } else if (index > 0 && before == settings->operands[index - 1] &&
               index == settings->output_operand + settings->output_followers &&
               settings->output_followers > 0) {
        settings->output_followers++;
    }
    settings->operands = xgrow(settings->operands, settings->operand_count, sizeof *settings->operands);
    settings->operands[settings->operand_count++] = operand;
}

static bool check_operands(const struct settings *settings, const struct command *command)
{
    if (settings->operand_count < command->min_operands) {
        (void)message_usage(settings, "%s missing", command->operand);
        return false;
    }
    if (settings->operand_count > command->max_operands) {
        (void)message_usage(settings, "one argument too many: %s", settings->operands[command->max_operands]);
        return false;
    }
    return true;
}

bool arguments_parse(struct settings *settings, const struct command *command, int argc,
                     const char *const *argv)
{
    struct parser parser = {settings, command->groups | GROUP_COMMON, argc, 0, argv};
    bool options_ended = false;
    while (parser.next < parser.count) {
        const char *argument = parser.arguments[parser.next++];
        bool good = true;
        if (options_ended || argument[0] != '-' || argument[1] == '\0')
            take_operand(settings, argument, parser.next > 1 ? parser.arguments[parser.next - 2] : NULL);
        else if (strcmp(argument, "--") == 0)
            options_ended = true;
        else if (argument[1] == '-')
            good = take_long(&parser, argument + 2);
        else
            good = take_letters(&parser, argument + 1);
        if (!good)
            return false;
    }
    return settings->help || check_operands(settings, command);
}
