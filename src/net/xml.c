// SPDX-License-Identifier: MIT
/*
 * One buffer for the path and one for the text are enough: only an element without others in it has a text,
 * so the text of whatever is open begins anew with each tag. expat is told that the document is UTF-8,
 * whatever it says itself (AWS writes nothing else), which leaves its other decoders unused.
 */
#include "net/xml.h"

#include <expat.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/error.h"

struct reading {
    XML_Parser parser;
    bool (*each)(void *context, const struct xml_element *element);
    void *context;
    struct bytes path, text;
    struct {
        size_t path_size;  /* of the path to the element around it */
        bool has_elements; /* in it */
    } open[XML_MAX_DEPTH];
    size_t depth, elements;
    enum tess_status status; /* why we stopped the parser */
    struct tess_error *error;
};

static void refuse(struct reading *reading, const char *why)
{
    if (reading->status == TESS_OK)
        reading->status = error_set(reading->error, TESS_ERR_CORRUPT, "the XML is refused at line %lu: %s",
                                    (unsigned long)XML_GetCurrentLineNumber(reading->parser), why);
    (void)XML_StopParser(reading->parser, XML_FALSE); /* fails only when it has been stopped before */
}

/* A limit that was passed (`what` names it), or no memory. */
static bool keeps(struct reading *reading, enum tess_status status, const char *what)
{
    if (status == TESS_OK)
        return true;
    if (status == TESS_ERR_MEMORY && reading->status == TESS_OK)
        reading->status = error_set(reading->error, TESS_ERR_MEMORY, "no memory to read XML");
    refuse(reading, what);
    return false;
}

static void XMLCALL start_element(void *context, const XML_Char *name, const XML_Char **attributes)
{
    struct reading *reading = context;
    (void)attributes;
    if (reading->depth == XML_MAX_DEPTH) {
        refuse(reading, "it is nested more than 32 elements deep");
        return;
    }
    if (++reading->elements > XML_MAX_ELEMENTS) {
        refuse(reading, "it has more than 200000 elements");
        return;
    }
    const char *colon = strrchr(name, ':');
    if (colon && colon[1] == '\0') {
        refuse(reading, "an element has a prefix and no name");
        return;
    }
    reading->open[reading->depth].path_size = reading->path.size;
    reading->open[reading->depth].has_elements = false;
    if (reading->depth > 0)
        reading->open[reading->depth - 1].has_elements = true;
    reading->depth++;
    reading->text.size = 0;
    enum tess_status status = TESS_OK;
    if (reading->depth > 1)
        status = bytes_append_text(&reading->path, "/");
    if (status == TESS_OK)
        status = bytes_append_text(&reading->path, colon ? colon + 1 : name);
    (void)keeps(reading, status, "names of elements make a path of more than 4096 bytes");
}

static void XMLCALL end_element(void *context, const XML_Char *name)
{
    struct reading *reading = context;
    (void)name;
    if (reading->status != TESS_OK) /* the end of an <empty/> one is still told after a stop */
        return;
    reading->depth--;
    if (reading->open[reading->depth].has_elements)
        reading->text.size = 0;
    const struct xml_element element = {
        .path = bytes_text(&reading->path),
        .text = bytes_text(&reading->text),
        .text_size = reading->text.size,
    };
    if (!keeps(reading, element.path && element.text ? TESS_OK : TESS_ERR_MEMORY, ""))
        return;
    if (!reading->each(reading->context, &element)) {
        refuse(reading, "it does not hold what it should");
        return;
    }
    reading->text.size = 0;
    reading->path.size = reading->open[reading->depth].path_size;
}

static void XMLCALL characters(void *context, const XML_Char *text, int length)
{
    struct reading *reading = context;
    if (reading->status != TESS_OK || reading->depth == 0 || reading->open[reading->depth - 1].has_elements)
        return;
    (void)keeps(reading, bytes_append(&reading->text, text, (size_t)length),
                "the text of an element is longer than 65536 bytes");
}

static void XMLCALL doctype(void *context, const XML_Char *name, const XML_Char *system_id,
                            const XML_Char *public_id, int has_internal_subset)
{
    (void)name;
    (void)system_id;
    (void)public_id;
    (void)has_internal_subset;
    refuse(context, "it has a document type declaration");
}

static enum tess_status parse(struct reading *reading, const void *data, size_t size)
{
    if (XML_Parse(reading->parser, data, (int)size, XML_TRUE) == XML_STATUS_OK && reading->status == TESS_OK)
        return TESS_OK;
    if (reading->status != TESS_OK)
        return reading->status;
    enum XML_Error code = XML_GetErrorCode(reading->parser);
    if (code == XML_ERROR_NO_MEMORY)
        return error_set(reading->error, TESS_ERR_MEMORY, "no memory to read XML");
    return error_set(reading->error, TESS_ERR_CORRUPT, "the XML is not well formed at line %lu: %s",
                     (unsigned long)XML_GetCurrentLineNumber(reading->parser), XML_ErrorString(code));
}

enum tess_status xml_read(const void *data, size_t size,
                          bool (*each)(void *context, const struct xml_element *element), void *context,
                          struct tess_error *error)
{
    static const XML_Memory_Handling_Suite memory = {malloc, realloc, free};
    if (size > XML_MAX_BYTES)
        return error_set(error, TESS_ERR_CORRUPT, "the XML is refused: it has %zu bytes, the limit is %d",
                         size, XML_MAX_BYTES);
    struct reading reading = {.each = each, .context = context, .error = error};
    bytes_init(&reading.path, XML_MAX_PATH_BYTES);
    bytes_init(&reading.text, XML_MAX_TEXT_BYTES);
    reading.parser = XML_ParserCreate_MM("UTF-8", &memory, NULL);
    if (!reading.parser)
        return error_set(error, TESS_ERR_MEMORY, "no memory to read XML");
    XML_SetUserData(reading.parser, &reading);
    XML_SetElementHandler(reading.parser, start_element, end_element);
    XML_SetCharacterDataHandler(reading.parser, characters);
    XML_SetStartDoctypeDeclHandler(reading.parser, doctype);
    enum tess_status status = parse(&reading, size > 0 ? data : "", size);
    XML_ParserFree(reading.parser);
    bytes_clear(&reading.path);
    bytes_clear(&reading.text);
    return status;
}

static const char *entity_of(char character)
{
    switch (character) {
    case '&':
        return "&amp;";
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '"':
        return "&quot;";
    case '\'':
        return "&apos;";
    default:
        return NULL;
    }
}

enum tess_status xml_escape(struct bytes *out, const char *text)
{
    enum tess_status status = TESS_OK;
    const char *plain = text; /* what has not been written yet begins here */
    for (const char *at = text; status == TESS_OK; at++) {
        const char *entity = entity_of(*at);
        const bool is_control = (unsigned char)*at < 0x20 || *at == 0x7F; /* the NUL at the end too */
        if (!entity && !is_control)
            continue;
        status = bytes_append(out, plain, (size_t)(at - plain));
        plain = at + 1;
        if (*at == '\0' || status != TESS_OK)
            break;
        status = entity ? bytes_append_text(out, entity)
                        : bytes_append_format(out, "&#x%X;", (unsigned)(unsigned char)*at);
    }
    return status;
}
