// SPDX-License-Identifier: MIT
/* What link.c needs of upload.c. */
#ifndef ENGINE_UPLOAD_PARTS_H
#define ENGINE_UPLOAD_PARTS_H

#include <tessera/upload.h>

/* An upload to this very key of the source bucket, that maps nothing. As tess_upload_open() otherwise. */
enum tess_status upload_open_key(struct tess_store *store, const char *key, uint64_t max_bytes,
                                 struct tess_upload **upload_out, struct tess_error *error);

#endif
