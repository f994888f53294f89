// SPDX-License-Identifier: MIT
/* XML as a server might send it. Every text that is read comes back from what we write of it. */
#include "fuzz.h"

#include "base/bytes.h"
#include "net/xml.h"

enum { COPY_MAX_BYTES = 1 << 20 };

/* Only the texts matter in the copy: a flat list of them. */
static bool copy_text(void *context, const struct xml_element *element)
{
    struct bytes *copy = context;
    FUZZ_ASSERT(strlen(element->text) == element->text_size);
    FUZZ_ASSERT(element->path[0] != '\0' && element->path[0] != '/');
    FUZZ_ASSERT(bytes_append_text(copy, "<t>") == TESS_OK);
    FUZZ_ASSERT(xml_escape(copy, element->text) == TESS_OK);
    FUZZ_ASSERT(bytes_append_text(copy, "</t>") == TESS_OK);
    return true;
}

static bool add_text(void *context, const struct xml_element *element)
{
    if (strcmp(element->path, "r/t") == 0)
        FUZZ_ASSERT(bytes_append(context, element->text, element->text_size + 1) == TESS_OK);
    return true;
}

static bool add_any_text(void *context, const struct xml_element *element)
{
    FUZZ_ASSERT(bytes_append(context, element->text, element->text_size + 1) == TESS_OK);
    return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t *input = fuzz_copy(data, size);
    struct tess_error error = {.status = TESS_OK};
    struct bytes copy, texts, copied_texts;
    bytes_init(&copy, COPY_MAX_BYTES);
    bytes_init(&texts, COPY_MAX_BYTES);
    bytes_init(&copied_texts, COPY_MAX_BYTES);
    FUZZ_ASSERT(bytes_append_text(&copy, "<r>") == TESS_OK);
    if (xml_read(input, size, copy_text, &copy, &error) == TESS_OK) {
        FUZZ_ASSERT(bytes_append_text(&copy, "</r>") == TESS_OK);
        FUZZ_ASSERT(xml_read(input, size, add_any_text, &texts, NULL) == TESS_OK);
        FUZZ_ASSERT(xml_read(copy.data, copy.size, add_text, &copied_texts, NULL) == TESS_OK);
        FUZZ_ASSERT(texts.size == copied_texts.size);
        FUZZ_ASSERT(memcmp(texts.data, copied_texts.data, texts.size) == 0);
    } else {
        FUZZ_ASSERT(error.status == TESS_ERR_CORRUPT && error.message[0] != '\0');
    }
    bytes_clear(&copy);
    bytes_clear(&texts);
    bytes_clear(&copied_texts);
    free(input);
    return 0;
}
