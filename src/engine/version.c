// SPDX-License-Identifier: MIT
#include <tessera/tessera.h>

const char *tess_version(void)
{
    return TESSERA_VERSION; /* the project's version, handed in by CMake */
}
