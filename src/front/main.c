// SPDX-License-Identifier: MIT
/*
 * tessera: finds the command, reads its arguments, runs it. Nothing here or before the command's own function
 * starts a thread, opens a file or loads a library: `tessera --version` is as quick as a process can be.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "front/arguments.h"
#include "front/help.h"
#include "front/message.h"
#include "front/suggest.h"

/*
 * A standard stream that the caller closed would be the next file that is opened, and answers and messages
 * would go into a picture. It becomes one that refuses: what reads stdin or writes stdout sees an error.
 * stderr is silent.
 */
static bool keep_standard_streams(void)
{
    static const int modes[] = {O_WRONLY, O_RDONLY, O_WRONLY};
    for (int i = 0; i < 3; i++) {
        /* The lowest free number is the one that was found closed. */
        if (fcntl(i, F_GETFD) < 0 && errno == EBADF && open("/dev/null", modes[i]) != i)
            return false;
    }
    return true;
}

/* A file that outgrows the user's limit is an error like a full disk, which is cleaned up after; not the end.
 */
static void refuse_file_size_signal(void)
{
    struct sigaction action = {.sa_handler = SIG_IGN};
    (void)sigemptyset(&action.sa_mask);
    (void)sigaction(SIGXFSZ, &action, NULL);
}

/* What was printed on stdout has arrived, or a message. */
static enum exit_status finish_text(const struct settings *settings)
{
    if (fflush(stdout) == 0 && !ferror(stdout))
        return EXIT_GOOD;
    message_error(settings, "cannot write to standard output: %s", strerror(errno));
    return EXIT_FAILED;
}

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
    return finish_text(settings);
}

/* What AWS Lambda calls a runtime that is brought along. */
static bool is_bootstrap(const char *program)
{
    const char *slash = strrchr(program, '/');
    return strcmp(slash ? slash + 1 : program, "bootstrap") == 0;
}

static enum exit_status run(struct settings *settings, int argc, const char *const *argv)
{
    if (argc < 2 && is_bootstrap(argc > 0 ? argv[0] : "")) {
        settings->command = "lambda";
        return command_lambda(settings);
    }
    if (argc < 2) {
        help_overview(stderr, settings);
        return EXIT_USAGE;
    }
    const char *name = argv[1];
    if (strcmp(name, "--version") == 0 || strcmp(name, "-V") == 0) {
        (void)printf("tessera %s\n", tess_version());
        return finish_text(settings);
    }
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
    if (!keep_standard_streams())
        return EXIT_FAILED;
    refuse_file_size_signal();
    struct settings settings;
    settings_init(&settings);
    enum exit_status status = run(&settings, argc, (const char *const *)argv);
    settings_clear(&settings);
    return (int)status;
}
