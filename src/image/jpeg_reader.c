// SPDX-License-Identifier: MIT
#include "image/jpeg_reader.h"

#include <stdlib.h>
#include <string.h>

#include "image/jpeg_fast.h"

static const struct jpeg_reader *const readers[] = {&jpeg_fast_reader, &jpeg_turbo_reader};

const struct jpeg_reader *jpeg_reader_for(const struct jpeg_request *request)
{
    const size_t count = sizeof readers / sizeof *readers;
    for (size_t i = 0; i + 1 < count; i++) {
        if (readers[i]->accepts(request))
            return readers[i];
    }
    return readers[count - 1];
}

void jpeg_planes_clear(struct jpeg_planes *planes)
{
    free(planes->memory);
    memset(planes, 0, sizeof *planes);
}
