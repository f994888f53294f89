// SPDX-License-Identifier: MIT
/*
 * The argument parser: options and operands in any order, "--name value", "--name=value", "-n value",
 * "-nvalue", "--" ends the options, "-" alone is an operand. Abbreviations are not taken: a script must not
 * change its meaning when an option is added.
 */
#ifndef FRONT_ARGUMENTS_H
#define FRONT_ARGUMENTS_H

#include "front/command.h"

/* Reads what follows the command's name. False after a message (wrong usage). */
bool arguments_parse(struct settings *settings, const struct command *command, int argc,
                     const char *const *argv);

#endif
