// SPDX-License-Identifier: MIT
/*
 * tessera: finds the command, reads its arguments, runs it. Nothing here or before the command's own function
 * starts a thread, opens a file or loads a library: `tessera --version` is as quick as a process can be.
 */
#include <stdio.h>
#include <string.h>

#include "front/arguments.h"
#include "front/help.h"
#include "front/message.h"
#include "front/suggest.h"

static enum exit_status unknown_command(const struct settings *settings, const char *name)
{
    struct suggestion suggestion;
    suggestion_begin(&suggestion, name);
    const struct command *command;
    for (size_t i = 0; (command = command_at(i)); i++)
        suggestion_offer(&suggestion, command->name);
    if (name[0] == '-')
        return message_usage(settings, "unknown option %s; options go behind the command", name);
    if (suggestion.nearest)
        return message_usage(settings, "unknown command %s, did you mean %s?", name, suggestion.nearest);
    return message_usage(settings, "unknown command %s", name);
}

static enum exit_status show_help(const struct settings *settings, const char *topic)
{
    const struct command *command = topic ? command_find(topic) : NULL;
    if (topic && !command)
        return unknown_command(settings, topic);
    if (command)
        help_command(stdout, settings, command);
    else
        help_overview(stdout, settings);
    return fflush(stdout) == 0 ? EXIT_GOOD : EXIT_FAILED;
}

static enum exit_status run(struct settings *settings, int argc, const char *const *argv)
{
    if (argc < 2) {
        help_overview(stderr, settings);
        return EXIT_USAGE;
    }
    const char *name = argv[1];
    if (strcmp(name, "--version") == 0 || strcmp(name, "-V") == 0)
        return printf("tessera %s\n", tess_version()) < 0 || fflush(stdout) != 0 ? EXIT_FAILED : EXIT_GOOD;
    if (strcmp(name, "help") == 0 || strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0)
        return show_help(settings, argc > 2 ? argv[2] : NULL);
    const struct command *command = command_find(name);
    if (!command)
        return unknown_command(settings, name);
    settings->command = command->name;
    if (!arguments_parse(settings, command, argc - 2, argv + 2))
        return EXIT_USAGE;
    return settings->help ? show_help(settings, command->name) : command->run(settings);
}

int main(int argc, char **argv)
{
    struct settings settings;
    settings_init(&settings);
    enum exit_status status = run(&settings, argc, (const char *const *)argv);
    settings_clear(&settings);
    return (int)status;
}
