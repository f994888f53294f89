// SPDX-License-Identifier: MIT
/* A form, read whole and in pieces: both read the same, and parts begin and end in turn. The first line is
 * the Content-Type, the second one byte: the size of the pieces. */
#include "fuzz.h"

#include "front/multipart.h"

struct transcript {
    uint64_t hash, bytes;
    unsigned parts;
    bool inside;
};

static void note(struct transcript *transcript, const char *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++)
        transcript->hash = (transcript->hash ^ (uint8_t)bytes[i]) * UINT64_C(0x100000001b3);
    transcript->bytes += size;
}

static enum tess_status begin(void *context, const struct multipart_part *part, struct tess_error *error)
{
    struct transcript *transcript = context;
    (void)error;
    FUZZ_ASSERT(!transcript->inside && ++transcript->parts <= MULTIPART_MAX_PARTS);
    transcript->inside = true;
    note(transcript, part->name, strlen(part->name) + 1);
    note(transcript, part->is_file ? "f" : "-", 1);
    return TESS_OK;
}

static enum tess_status data(void *context, const char *bytes, size_t size, struct tess_error *error)
{
    (void)error;
    FUZZ_ASSERT(((struct transcript *)context)->inside && size > 0);
    note(context, bytes, size);
    return TESS_OK;
}

static enum tess_status end(void *context, struct tess_error *error)
{
    struct transcript *transcript = context;
    (void)error;
    FUZZ_ASSERT(transcript->inside);
    transcript->inside = false;
    note(transcript, ">", 1);
    return TESS_OK;
}

static enum tess_status feed(const char *type, const uint8_t *bytes, size_t size, size_t piece,
                             struct transcript *transcript)
{
    struct multipart reader;
    struct tess_error error = {.status = TESS_OK};
    const struct multipart_parts parts = {transcript, begin, data, end};
    *transcript = (struct transcript){.hash = 1};
    enum tess_status status = multipart_begin(&reader, type, &error);
    for (size_t at = 0; status == TESS_OK && at < size; at += piece) {
        const size_t now = piece < size - at ? piece : size - at;
        uint8_t *copy = fuzz_copy(bytes + at, now);
        status = multipart_feed(&reader, (const char *)copy, now, &parts, &error);
        free(copy);
    }
    if (status == TESS_OK)
        status = multipart_end(&reader, &error);
    FUZZ_ASSERT(status == TESS_OK || (error.status == status && error.message[0] != '\0'));
    FUZZ_ASSERT(status != TESS_OK || !transcript->inside);
    return status;
}

int LLVMFuzzerTestOneInput(const uint8_t *data_, size_t size)
{
    const uint8_t *line = size > 0 ? memchr(data_, '\n', size) : NULL;
    const size_t type_size = line ? (size_t)(line - data_) : 0;
    if (!line || size - type_size < 2)
        return 0;
    char *type = fuzz_text(data_, type_size);
    const size_t piece = line[1] ? line[1] : 1;
    struct transcript whole, pieces;
    if (multipart_is_form(type)) {
        const size_t rest = size - type_size - 2;
        const enum tess_status status = feed(type, line + 2, rest, rest ? rest : 1, &whole);
        FUZZ_ASSERT(feed(type, line + 2, rest, piece, &pieces) == status);
        FUZZ_ASSERT(pieces.hash == whole.hash && pieces.bytes == whole.bytes && pieces.parts == whole.parts);
    }
    free(type);
    return 0;
}
