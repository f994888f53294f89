// SPDX-License-Identifier: MIT
/* The whole public interface of libtessera. */
#ifndef TESSERA_TESSERA_H
#define TESSERA_TESSERA_H

#include <tessera/engine.h>
#include <tessera/lambda.h>
#include <tessera/link.h>
#include <tessera/options.h>
#include <tessera/status.h>
#include <tessera/store.h>
#include <tessera/upload.h>

/* "0.1.0". Static storage. */
TESS_API const char *tess_version(void);

#endif
