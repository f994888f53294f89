// SPDX-License-Identifier: MIT
#include "net/random.h"

#include <errno.h>
#include <stdint.h>
#include <sys/random.h>
#include <sys/types.h>

#include "base/error.h"
#include "net/digest.h"

enum tess_status random_hex(size_t size, char *text_out, struct tess_error *error)
{
    uint8_t noise[RANDOM_MAX_BYTES];
    size_t done = 0;
    if (size > sizeof noise)
        return error_set(error, TESS_ERR_INTERNAL, "more random bytes asked for than there is room");
    while (done < size) {
        ssize_t count = getrandom(noise + done, size - done, 0);
        if (count < 0 && errno != EINTR)
            return error_errno(error, errno, "cannot get random bytes");
        done += count > 0 ? (size_t)count : 0;
    }
    digest_hex(noise, size, text_out);
    digest_wipe(noise, sizeof noise);
    return TESS_OK;
}

double random_unit(void)
{
    uint32_t noise;
    if (getrandom(&noise, sizeof noise, 0) != (ssize_t)sizeof noise)
        return 0.5;
    return (double)noise / 4294967296.0;
}
