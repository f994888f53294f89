// SPDX-License-Identifier: MIT
/* That what a montage writes is not what it is made of. */
#ifndef FRONT_OUTPUTS_H
#define FRONT_OUTPUTS_H

#include "front/inputs.h"

/*
 * Before any image is read: may the picture (of that many pages) and the map be written where the command
 * line says? Not over an image, a list of images, each other, or a store's files; and not where the shell
 * seems to have made `-o *.jpg` the name of the first image. False after a message; exit with EXIT_USAGE.
 */
bool outputs_check(const struct settings *settings, const struct inputs *inputs, uint32_t pages);

#endif
