// SPDX-License-Identifier: MIT
#include "front/multipart.h"

#include <string.h>
#include <strings.h>

#include "front/refuse.h"

enum state {
    PREAMBLE,  /* before the first boundary: dropped */
    BOUNDARY,  /* a boundary was read: "--", blanks or the line's end follow */
    LAST_DASH, /* the first of the "--" behind the last boundary was read */
    PADDING,   /* blanks behind a boundary */
    LINE_END,  /* the CR behind a boundary was read */
    HEADERS,   /* of a part */
    CONTENT,
    EPILOGUE /* behind the last boundary: dropped */
};

bool multipart_is_form(const char *content_type)
{
    static const char form[] = "multipart/form-data";
    return content_type && strncasecmp(content_type, form, sizeof form - 1) == 0 &&
           strchr("; \t", content_type[sizeof form - 1]);
}

/*
 * The value of one parameter of a header ("; name=\"a\"; filename=b"), in quotes or not. False: there is none
 * of that name. What does not fit is cut. *at is a ';' or the end.
 */
static bool find_parameter(const char *at, const char *wanted, char *value_out, size_t room)
{
    while (*at == ';') {
        at += 1 + strspn(at + 1, " \t");
        const size_t name_size = strcspn(at, "=; \t");
        const bool found = name_size == strlen(wanted) && strncasecmp(at, wanted, name_size) == 0;
        size_t size = 0;
        at += name_size;
        at += strspn(at, " \t");
        if (*at == '=') {
            at += 1 + strspn(at + 1, " \t");
            const bool quoted = *at == '"';
            for (at += quoted; *at && (quoted ? *at != '"' : !strchr("; \t", *at)); at++) {
                if (quoted && *at == '\\' && at[1])
                    at++;
                if (size + 1 < room)
                    value_out[size++] = *at;
            }
            at += quoted && *at == '"';
        }
        if (found) {
            value_out[size] = '\0';
            return true;
        }
        at += strcspn(at, ";");
    }
    return false;
}

enum tess_status multipart_begin(struct multipart *reader, const char *content_type, struct tess_error *error)
{
    static const char allowed[] =
        "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'()+_,-./:=? ";
    char boundary[MULTIPART_BOUNDARY_MAX_BYTES + 2];
    memset(reader, 0, sizeof *reader);
    if (!find_parameter(strchr(content_type, ';') ? strchr(content_type, ';') : "", "boundary", boundary,
                        sizeof boundary))
        return refuse_invalid(error,
                              "multipart/form-data without a boundary: let the client set Content-Type");
    const size_t size = strlen(boundary);
    if (size == 0 || size > MULTIPART_BOUNDARY_MAX_BYTES || strspn(boundary, allowed) != size ||
        boundary[size - 1] == ' ')
        return refuse_invalid(error,
                              "the boundary of multipart/form-data is not 1 to %d of the characters that "
                              "RFC 2046 allows",
                              MULTIPART_BOUNDARY_MAX_BYTES);
    memcpy(reader->delimiter, "\r\n--", 4);
    memcpy(reader->delimiter + 4, boundary, size);
    reader->delimiter_size = 4 + size;
    reader->state = PREAMBLE;
    reader->matched = 2; /* the first boundary may stand at the very beginning */
    return TESS_OK;
}

static enum tess_status read_disposition(struct multipart *reader, const char *value,
                                         struct tess_error *error)
{
    static const char form_data[] = "form-data";
    char file_name[8];
    value += strspn(value, " \t");
    const char *parameters = value + sizeof form_data - 1;
    if (strncasecmp(value, form_data, sizeof form_data - 1) != 0)
        return refuse_invalid(error, "part %u of the form: its Content-Disposition is not form-data",
                              reader->parts);
    parameters += strspn(parameters, " \t");
    if (reader->has_name || !find_parameter(parameters, "name", reader->part.name, sizeof reader->part.name))
        return refuse_invalid(error, "part %u of the form has no name, or two", reader->parts);
    reader->has_name = true;
    reader->part.is_file = (find_parameter(parameters, "filename", file_name, sizeof file_name) ||
                            find_parameter(parameters, "filename*", file_name, sizeof file_name)) &&
                           file_name[0] != '\0';
    return TESS_OK;
}

/* One line of a part's header, without its end. */
static enum tess_status read_header(struct multipart *reader, struct tess_error *error)
{
    static const char disposition[] = "content-disposition", encoding[] = "content-transfer-encoding";
    const char *line = reader->line, *colon = strchr(line, ':');
    if (!colon || line == colon || line[0] == ' ' || line[0] == '\t' || strlen(line) != reader->line_size)
        return refuse_invalid(error, "part %u of the form has a header that is none", reader->parts);
    const size_t size = (size_t)(colon - line);
    if (size == sizeof disposition - 1 && strncasecmp(line, disposition, size) == 0)
        return read_disposition(reader, colon + 1, error);
    if (size != sizeof encoding - 1 || strncasecmp(line, encoding, size) != 0)
        return TESS_OK;
    const char *value = colon + 1 + strspn(colon + 1, " \t");
    if (strcasecmp(value, "binary") == 0 || strcasecmp(value, "8bit") == 0 || strcasecmp(value, "7bit") == 0)
        return TESS_OK;
    return refuse_invalid(
        error, "part %u of the form is encoded (Content-Transfer-Encoding); send the file as it is",
        reader->parts);
}

/* One byte of a part's header. */
static enum tess_status take_header(struct multipart *reader, char byte, const struct multipart_parts *parts,
                                    struct tess_error *error)
{
    if (++reader->header_bytes > MULTIPART_HEADERS_MAX_BYTES ||
        (byte != '\n' && reader->line_size == MULTIPART_LINE_MAX_BYTES))
        return refuse_invalid(error,
                              "part %u of the form: its header is longer than %d bytes, or a line of it "
                              "than %d",
                              reader->parts, MULTIPART_HEADERS_MAX_BYTES, MULTIPART_LINE_MAX_BYTES);
    if (byte != '\n') {
        reader->line[reader->line_size++] = byte;
        return TESS_OK;
    }
    if (reader->line_size == 0 || reader->line[reader->line_size - 1] != '\r')
        return refuse_invalid(error, "part %u of the form: a line of its header does not end with CR LF",
                              reader->parts);
    reader->line[--reader->line_size] = '\0';
    enum tess_status status = TESS_OK;
    if (reader->line_size > 0) {
        status = read_header(reader, error);
    } else if (!reader->has_name) {
        return refuse_invalid(error, "part %u of the form has no Content-Disposition", reader->parts);
    } else {
        reader->state = CONTENT;
        status = parts->begin(parts->context, &reader->part, error);
    }
    reader->line_size = 0;
    return status;
}

static void begin_part(struct multipart *reader)
{
    reader->part = (struct multipart_part){.is_file = false};
    reader->has_name = false;
    reader->line_size = reader->header_bytes = 0;
    reader->parts++;
    reader->state = HEADERS;
}

/* One byte behind a boundary. */
static enum tess_status take_behind(struct multipart *reader, char byte, struct tess_error *error)
{
    const unsigned state = reader->state;
    if (state == BOUNDARY && byte == '-')
        reader->state = LAST_DASH;
    else if (state == LAST_DASH && byte == '-')
        reader->state = EPILOGUE;
    else if ((state == BOUNDARY || state == PADDING) && (byte == ' ' || byte == '\t'))
        reader->state = PADDING;
    else if ((state == BOUNDARY || state == PADDING) && byte == '\r')
        reader->state = LINE_END;
    else if (state == LINE_END && byte == '\n' && reader->parts < MULTIPART_MAX_PARTS)
        begin_part(reader);
    else if (state == LINE_END && byte == '\n')
        return refuse_invalid(error, "the form has more than %d parts", MULTIPART_MAX_PARTS);
    else
        return refuse_invalid(error, "a boundary of the form has something behind it");
    return TESS_OK;
}

static enum tess_status give(const struct multipart *reader, const char *bytes, size_t size,
                             const struct multipart_parts *parts, struct tess_error *error)
{
    return reader->state == CONTENT && size > 0 ? parts->data(parts->context, bytes, size, error) : TESS_OK;
}

/*
 * Content (or preamble) up to the next boundary; *used_out is how much of it. CR is the delimiter's first
 * byte and no other's, so that what turns out not to be one is content up to where it failed.
 */
static enum tess_status take_content(struct multipart *reader, const char *bytes, size_t size,
                                     size_t *used_out, const struct multipart_parts *parts,
                                     struct tess_error *error)
{
    if (reader->matched == 0) {
        const char *cr = memchr(bytes, '\r', size);
        *used_out = cr ? (size_t)(cr - bytes) + 1 : size;
        reader->matched = cr ? 1 : 0;
        return give(reader, bytes, cr ? (size_t)(cr - bytes) : size, parts, error);
    }
    *used_out = 0;
    while (*used_out < size && reader->matched < reader->delimiter_size &&
           bytes[*used_out] == reader->delimiter[reader->matched]) {
        reader->matched++;
        ++*used_out;
    }
    if (*used_out == size && reader->matched < reader->delimiter_size)
        return TESS_OK;
    const size_t matched = reader->matched;
    reader->matched = 0;
    if (matched < reader->delimiter_size)
        return give(reader, reader->delimiter, matched, parts, error);
    const bool in_part = reader->state == CONTENT;
    reader->state = BOUNDARY;
    return in_part ? parts->end(parts->context, error) : TESS_OK;
}

enum tess_status multipart_feed(struct multipart *reader, const char *bytes, size_t size,
                                const struct multipart_parts *parts, struct tess_error *error)
{
    enum tess_status status = TESS_OK;
    for (size_t at = 0, used = 1; status == TESS_OK && at < size && reader->state != EPILOGUE; at += used) {
        used = 1;
        if (reader->state == PREAMBLE || reader->state == CONTENT)
            status = take_content(reader, bytes + at, size - at, &used, parts, error);
        else if (reader->state == HEADERS)
            status = take_header(reader, bytes[at], parts, error);
        else
            status = take_behind(reader, bytes[at], error);
    }
    return status;
}

enum tess_status multipart_end(const struct multipart *reader, struct tess_error *error)
{
    if (reader->state == EPILOGUE)
        return TESS_OK;
    return reader->parts == 0
               ? refuse_invalid(error, "the form has none of the boundaries that its Content-Type names")
               : refuse_invalid(error, "the form ends before its last boundary");
}
