// SPDX-License-Identifier: MIT
/* Uses only what is installed, as plain C11 with no feature macros; prints the version. */
#include <tessera/tessera.h>

#include <stdio.h>
#include <string.h>

int main(void)
{
    struct tess_grid_options options;
    struct tess_error error;
    tess_grid_options_defaults(&options);
    if (tess_grid_options_set(&options, "tile", "64x48", &error) != TESS_OK || options.tile_width_px != 64 ||
        options.tile_height_px != 48)
        return 1;
    if (tess_grid_options_set(&options, "tile", "0", &error) == TESS_OK || error.message[0] == '\0')
        return 1;
    printf("%s\n", tess_version());
    return 0;
}
