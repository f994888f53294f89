// SPDX-License-Identifier: MIT
#include "front/help.h"

#include <string.h>
#include <unistd.h>

#include "front/flags.h"

enum { NAME_WIDTH = 28, LINE_WIDTH = 80 };

static void heading(FILE *stream, const struct settings *settings, const char *text)
{
    bool bold = isatty(fileno(stream)) && !settings->plain_terminal && !settings->no_colour;
    (void)fprintf(stream, "\n%s%s%s\n", bold ? "\x1b[1m" : "", text, bold ? "\x1b[0m" : "");
}

static void indent_lines(FILE *stream, const char *text)
{
    while (*text) {
        size_t length = strcspn(text, "\n");
        (void)fprintf(stream, "%s%.*s\n", length ? "  " : "", (int)length, text);
        text += length + (text[length] == '\n');
    }
}

/* The text in words, broken at LINE_WIDTH, each line behind NAME_WIDTH blanks but the first. */
static void wrap(FILE *stream, const char *text)
{
    size_t column = NAME_WIDTH;
    while (*text) {
        size_t length = strcspn(text, " ");
        if (column > NAME_WIDTH && column + 1 + length > LINE_WIDTH) {
            (void)fprintf(stream, "\n%*s", NAME_WIDTH, "");
            column = NAME_WIDTH;
        } else if (column > NAME_WIDTH) {
            (void)fputc(' ', stream);
            column++;
        }
        (void)fprintf(stream, "%.*s", (int)length, text);
        column += length;
        text += length + (text[length] == ' ');
    }
    (void)fputc('\n', stream);
}

static void show_flag(FILE *stream, const struct flag *flag)
{
    char name[64];
    int length = snprintf(name, sizeof name, "%c%c%s--%s%s%s", flag->letter ? '-' : ' ',
                          flag->letter ? flag->letter : ' ', flag->letter ? ", " : "  ", flag->name,
                          flag->argument ? " " : "", flag->argument ? flag->argument : "");
    (void)fprintf(stream, "  %s", name);
    if (length > NAME_WIDTH - 3) /* two blanks before the name, at least one behind it */
        (void)fprintf(stream, "\n%*s", NAME_WIDTH, "");
    else
        (void)fprintf(stream, "%*s", NAME_WIDTH - 2 - length, "");
    char text[512];
    (void)snprintf(text, sizeof text, "%s%s%s", flag->summary, flag->choices ? ": " : "",
                   flag->choices ? flag->choices : "");
    wrap(stream, text);
}

static void show_flags(FILE *stream, const struct settings *settings, const struct command *command,
                       const char *title, unsigned groups)
{
    struct flag flag;
    groups &= command->groups | GROUP_COMMON;
    if (!flag_at(groups, 0, &flag))
        return;
    heading(stream, settings, title);
    for (size_t i = 0; flag_at(groups, i, &flag); i++)
        show_flag(stream, &flag);
}

void help_overview(FILE *stream, const struct settings *settings)
{
    (void)fprintf(stream,
                  "tessera %s: turns images into one grid picture, fast\n\nusage: tessera COMMAND …\n",
                  tess_version());
    heading(stream, settings, "Commands");
    const struct command *command;
    for (size_t i = 0; (command = command_at(i)); i++)
        (void)fprintf(stream, "  %-12s %s\n", command->name, command->summary);
    heading(stream, settings, "Examples");
    indent_lines(stream, "tessera montage photos -o grid.jpg --tile 256\n"
                         "tessera add --grid holiday photos/*.jpg\n"
                         "tessera create-grid holiday -o holiday.jpg\n");
    (void)fputs("\ntessera help COMMAND explains one command; tessera --version tells the version.\n"
                "Answers are JSON on standard output, everything else goes to standard error.\n"
                "Exit status: 0 good, 1 failed, 2 wrong usage, 3 finished with placeholders.\n",
                stream);
}

void help_command(FILE *stream, const struct settings *settings, const struct command *command)
{
    (void)fprintf(stream, "usage: tessera %s%s%s [OPTION…]\n\n", command->name,
                  command->operands[0] ? " " : "", command->operands);
    (void)fprintf(stream, "%s\n", command->summary);
    heading(stream, settings, "Examples");
    indent_lines(stream, command->examples);
    if (command->notes) {
        (void)fputc('\n', stream);
        (void)fputs(command->notes, stream);
    }
    show_flags(stream, settings, command, "Options",
               GROUP_OUTPUT | GROUP_MAP | GROUP_DRY_RUN | GROUP_GRID_ID | GROUP_COUNTER | GROUP_BATCH |
                   GROUP_SERVE | GROUP_CORS | GROUP_BASE_PATH);
    show_flags(stream, settings, command, "Grid", GROUP_PICTURE | GROUP_ORDER | GROUP_STORED);
    show_flags(stream, settings, command, "Limits", GROUP_LIMITS | GROUP_MAX_BYTES);
    show_flags(stream, settings, command, "Engine", GROUP_ENGINE);
    show_flags(stream, settings, command, "Store", GROUP_STORE);
    show_flags(stream, settings, command, "https:// images", GROUP_WEB);
    show_flags(stream, settings, command, "Common", GROUP_COMMON);
}
