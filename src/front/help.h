// SPDX-License-Identifier: MIT
/* Help texts, made from the tables of commands and options. */
#ifndef FRONT_HELP_H
#define FRONT_HELP_H

#include <stdio.h>

#include "front/command.h"

void help_overview(FILE *stream, const struct settings *settings);
void help_command(FILE *stream, const struct settings *settings, const struct command *command);

#endif
