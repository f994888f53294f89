// SPDX-License-Identifier: MIT
/*
 * A remote object's size is not known before it is asked for, and asking for it alone would cost a round trip
 * for each cell. So the first reservation is a guess. It is generous where the budget is: a guess that is too
 * small costs a second request, one that is too large only stands in the way of others for one round trip.
 */
#include "engine/fetch.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/shortage.h"

enum { ATTEMPTS = 3, UNKNOWN_GROWS_BY = 8 };

static uint64_t least_of(uint64_t left, uint64_t right)
{
    return left < right ? left : right;
}

static enum tess_status too_large(const struct fetch *fetch, uint64_t size, struct tess_error *error)
{
    return error_limit(error, "max-bytes", "%llu bytes are more than the limit max-bytes of %llu",
                       (unsigned long long)size, (unsigned long long)fetch->most_bytes);
}

/* The first ticket. */
static enum tess_status choose_size(const struct fetch *fetch, uint64_t *size_out, struct tess_error *error)
{
    const struct source *source = fetch->source;
    enum tess_status status = source->size(source, fetch->index, size_out, error);
    if (status != TESS_OK)
        return status;
    if (!source->size_is_guess)
        return *size_out > fetch->most_bytes ? too_large(fetch, *size_out, error) : TESS_OK;
    const uint64_t share = budget_share_bytes(fetch->budget, fetch->share);
    const uint64_t ample = share / 2 / (fetch->fetches ? fetch->fetches : 1);
    if (*size_out < ample)
        *size_out = ample;
    *size_out = least_of(*size_out, least_of(fetch->most_bytes, share));
    return TESS_OK;
}

static enum tess_status reserve(const struct fetch *fetch, uint64_t size, struct tess_error *error)
{
    if (fetch->wait)
        return budget_reserve_until(fetch->budget, fetch->share, size, "the compressed image", fetch->stop,
                                    error);
    return budget_try_reserve(fetch->budget, fetch->share, size)
               ? TESS_OK
               : error_set(error, TESS_ERR_BUSY, "no memory to spare");
}

/* After an attempt with `*size` that found more: what the next one takes. `real` is 0 where that is not
 * known.
 */
static enum tess_status correct_size(const struct fetch *fetch, int attempt, uint64_t real, uint64_t *size,
                                     struct tess_error *error)
{
    if (real > fetch->most_bytes || (real == 0 && *size >= fetch->most_bytes))
        return real ? too_large(fetch, real, error)
                    : error_limit(error, "max-bytes", "it has more bytes than the limit max-bytes of %llu",
                                  (unsigned long long)fetch->most_bytes);
    if (!fetch->source->size_is_guess || attempt == ATTEMPTS)
        return error_set(error, TESS_ERR_IO, "it grew while it was read");
    *size = real > *size ? real : least_of(*size * UNKNOWN_GROWS_BY + 1, fetch->most_bytes);
    return TESS_OK;
}

enum tess_status fetch_item(struct fetch *fetch, struct bytes *out, uint64_t *ticket_out,
                            struct tess_error *error)
{
    static const struct shortage_need need = {.threads = 1, .descriptors = 2};
    uint64_t size = 0;
    fetch->read_ns = 0;
    bytes_init(out, 0);
    *ticket_out = 0;
    enum tess_status status = choose_size(fetch, &size, error);
    for (int attempt = 1; status == TESS_OK; attempt++) {
        status = reserve(fetch, size, error);
        if (status != TESS_OK)
            break;
        uint64_t real = 0;
        const int64_t begun_ns = clock_monotonic_ns();
        status = fetch->source->read(fetch->source, fetch->index, size, fetch->stop, out, &real,
                                     error); /* no more than was reserved */
        fetch->read_ns += clock_monotonic_ns() - begun_ns;
        if (status == TESS_OK) {
            *ticket_out = least_of(out->capacity, size);
            budget_release(fetch->budget, fetch->share, size - *ticket_out);
            break;
        }
        budget_release(fetch->budget, fetch->share, size);
        if (status == TESS_ERR_LIMIT)
            status = correct_size(fetch, attempt, real, &size, error);
    }
    /* A name may not be found, nor a connection be made, for want of a thread or a socket. */
    return status == TESS_ERR_IO ? shortage_or(status, &need, error) : status;
}
