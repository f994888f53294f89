// SPDX-License-Identifier: MIT
#include "base/error.h"
#include "image/vips_inside.h"

enum tess_status text_mask(const struct vips_text_request *request, struct picture *mask_out,
                           struct tess_error *error)
{
    (void)request;
    (void)mask_out;
    return error_set(error, TESS_ERR_UNSUPPORTED, "text is not drawn yet");
}
