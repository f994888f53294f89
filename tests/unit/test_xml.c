// SPDX-License-Identifier: MIT
/* The XML reader: what a listing's elements look like, and everything that it must refuse. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/bytes.h"
#include "base/error.h"
#include "net/xml.h"
#include "torture.h"

/* Elements as "path=text;" in the order of their ends. */
static bool collect(void *context, const struct xml_element *element)
{
    assert_int_equal(strlen(element->text), element->text_size);
    return bytes_append_format(context, "%s=%s;", element->path, element->text) == TESS_OK;
}

static enum tess_status read_text(const char *xml, struct bytes *out, struct tess_error *error)
{
    out->size = 0;
    return xml_read(xml, strlen(xml), collect, out, error);
}

static void expect(const char *xml, const char *elements)
{
    struct bytes out;
    struct tess_error error = {.message = ""};
    bytes_init(&out, 100000);
    if (read_text(xml, &out, &error) != TESS_OK)
        fail_msg("%s: %s", xml, error.message);
    assert_string_equal(bytes_text(&out), elements);
    bytes_clear(&out);
}

static void expect_refused(const char *xml, const char *words)
{
    struct bytes out;
    struct tess_error error = {.message = ""};
    bytes_init(&out, 10000000);
    assert_int_equal(read_text(xml, &out, &error), TESS_ERR_CORRUPT);
    assert_int_equal(error.status, TESS_ERR_CORRUPT);
    if (!strstr(error.message, words))
        fail_msg("\"%s\" is not in \"%s\"", words, error.message);
    bytes_clear(&out);
}

static void test_elements(void **state)
{
    (void)state;
    expect("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<ListBucketResult "
           "xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Name>images</Name><Contents><Key>a</Key>"
           "<Size>12</Size></Contents>\n <Contents><Key>b</Key></Contents><Prefix/></ListBucketResult>\n",
           "ListBucketResult/Name=images;ListBucketResult/Contents/Key=a;ListBucketResult/Contents/Size=12;"
           "ListBucketResult/Contents=;ListBucketResult/Contents/Key=b;ListBucketResult/Contents=;"
           "ListBucketResult/Prefix=;ListBucketResult=;");
    expect("<a/>", "a=;");
    expect("<a>x<b>y</b>z</a>", "a/b=y;a=;");
    expect("<s:a xmlns:s='urn:s'><s:b>1</s:b></s:a>", "a/b=1;a=;");
    expect("<a><![CDATA[<&>]]>&amp;&#x20AC;&lt;</a>", "a=<&>&€<;");
    expect("<a><!-- no --> x <?pi no?></a>", "a= x ;");
    expect("<a b='c'>\xC3\xA9\r\n</a>", "a=\xC3\xA9\n;");
}

static void test_refused(void **state)
{
    (void)state;
    expect_refused("", "no element found");
    expect_refused("<a>", "no element found");
    expect_refused("<a><b></a>", "mismatched tag");
    expect_refused("<a/>x", "junk");
    expect_refused("<a/><b/>", "junk");
    expect_refused("<a>\xFF</a>", "line 1");
    expect_refused("<a>\xC3</a>", "line 1");
    expect_refused("<a>&#0;</a>", "line 1");
    expect_refused("<a>\x01</a>", "line 1");
    expect_refused("<a>&nbsp;</a>", "undefined entity");
    expect_refused("<a><s:/></a>", "no name");
    expect_refused("{\"a\":1}", "line 1");
    expect_refused("<!DOCTYPE a [<!ENTITY b \"c\">]><a>&b;</a>", "document type");
    expect_refused("<!DOCTYPE a SYSTEM \"file:///etc/passwd\"><a/>", "document type");
    expect_refused("\n<?xml version='1.0'?><a/>", "line 2");
}

static bool never(void *context, const struct xml_element *element)
{
    (void)element;
    ++*(int *)context;
    return false;
}

static void test_callback_refuses(void **state)
{
    (void)state;
    int calls = 0;
    struct tess_error error = {.message = ""};
    static const char xml[] = "<a><b/><c>x</c></a>";
    assert_int_equal(xml_read(xml, strlen(xml), never, &calls, &error), TESS_ERR_CORRUPT);
    assert_int_equal(calls, 1);
    assert_non_null(strstr(error.message, "does not hold"));
    assert_int_equal(xml_read(xml, strlen(xml), never, &calls, NULL), TESS_ERR_CORRUPT);
}

/* `count` times `piece`, between `before` and `after`. */
static char *repeated(const char *before, const char *piece, size_t count, const char *after)
{
    const size_t length = strlen(piece), head = strlen(before);
    char *text = malloc(head + length * count + strlen(after) + 1);
    assert_non_null(text);
    memcpy(text, before, head);
    for (size_t i = 0; i < count; i++)
        memcpy(text + head + i * length, piece, length);
    memcpy(text + head + length * count, after, strlen(after) + 1);
    return text;
}

static void expect_repeated(const char *before, const char *piece, size_t count, const char *after,
                            const char *words)
{
    char *xml = repeated(before, piece, count, after);
    if (words) {
        expect_refused(xml, words);
    } else {
        struct bytes out;
        bytes_init(&out, 10000000);
        assert_int_equal(read_text(xml, &out, NULL), TESS_OK);
        bytes_clear(&out);
    }
    free(xml);
}

static void test_limits(void **state)
{
    (void)state;
    expect_repeated("<a>", "x", XML_MAX_TEXT_BYTES, "</a>", NULL);
    expect_repeated("<a>", "x", XML_MAX_TEXT_BYTES + 1, "</a>", "65536 bytes");
    expect_repeated("<a>", "&amp;", XML_MAX_TEXT_BYTES + 1, "</a>", "65536 bytes");
    expect_repeated("<a>", "<b/>", XML_MAX_ELEMENTS - 1, "</a>", NULL);
    expect_repeated("<a>", "<b/>", XML_MAX_ELEMENTS, "</a>", "200000 elements");
    expect_repeated("", "<a>", XML_MAX_DEPTH + 1, "", "32 elements deep");
    expect_repeated("<", "n", XML_MAX_PATH_BYTES, "/>", NULL);
    expect_repeated("<", "n", XML_MAX_PATH_BYTES + 1, "/>", "4096 bytes");
    expect_repeated("<a>", " ", XML_MAX_BYTES, "</a>", "the limit is 16777216");
    /* text between elements is not kept, so it may be of any length */
    expect_repeated("<a><b/>", " ", XML_MAX_TEXT_BYTES + 1, "</a>", NULL);
    char *deepest = repeated("", "<a>", XML_MAX_DEPTH, "");
    char *whole = repeated(deepest, "</a>", XML_MAX_DEPTH, "");
    struct bytes out;
    bytes_init(&out, 100000);
    assert_int_equal(read_text(whole, &out, NULL), TESS_OK);
    bytes_clear(&out);
    free(deepest);
    free(whole);
}

static void test_escape(void **state)
{
    (void)state;
    struct bytes out;
    bytes_init(&out, 1000);
    assert_int_equal(xml_escape(&out, "a&b<c>d\"e'f\x01\n\x7Fg€"), TESS_OK);
    assert_string_equal(bytes_text(&out), "a&amp;b&lt;c&gt;d&quot;e&apos;f&#x1;&#xA;&#x7F;g€");
    out.size = 0;
    assert_int_equal(xml_escape(&out, ""), TESS_OK);
    assert_int_equal(out.size, 0);
    bytes_clear(&out);
    bytes_init(&out, 7);
    assert_int_equal(xml_escape(&out, "aaaa<"), TESS_ERR_LIMIT);
    bytes_clear(&out);
}

static enum tess_status tortured(void *context, struct tess_error *error)
{
    size_t *count = context;
    struct bytes out;
    bytes_init(&out, 1000);
    enum tess_status status = xml_read("<a><b>x</b><c/></a>", 19, collect, &out, error);
    if (status == TESS_OK)
        ++*count;
    else if (status == TESS_ERR_CORRUPT) /* the callback's own allocation */
        status = error_set(error, TESS_ERR_MEMORY, "no memory to collect");
    bytes_clear(&out);
    return status;
}

static void test_torture(void **state)
{
    (void)state;
    size_t count = 0;
    assert_true(torture_loop(TORTURE_MEMORY, tortured, &count) > 3);
    assert_true(count > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_elements),         cmocka_unit_test(test_refused),
        cmocka_unit_test(test_callback_refuses), cmocka_unit_test(test_limits),
        cmocka_unit_test(test_escape),           cmocka_unit_test(test_torture),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
