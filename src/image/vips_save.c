// SPDX-License-Identifier: MIT
#include "base/error.h"
#include "image/vips_inside.h"

enum tess_status save_rows(const struct vips_save_request *request, struct tess_error *error)
{
    (void)request;
    return error_set(error, TESS_ERR_UNSUPPORTED, "this format is not written yet");
}
