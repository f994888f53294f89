// SPDX-License-Identifier: MIT
#include "image/vips_inside.h"

uint64_t input_peak_bytes(const struct vips_input *input)
{
    return (uint64_t)input->stored_width_px * input->stored_height_px * 8 + input->filtered.size;
}
