// SPDX-License-Identifier: MIT
/* Listings, by a server that has any number of objects, and by one that lies; and without memory. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "backend/s3_page.h"
#include "s3_fixture.h"
#include "torture.h"

#define ON_AWS "https://images.s3.eu-north-1.amazonaws.com"

enum { KEYS_BYTES = 1 << 16 };

/* What a listing gave: "key\nkey\n…". */
struct seen {
    char keys[KEYS_BYTES];
    size_t count, most; /* 0: all are wanted */
    struct object_info last;
};

static bool see(void *context, const char *key, const struct object_info *info)
{
    struct seen *seen = context;
    const size_t used = strlen(seen->keys);
    (void)snprintf(seen->keys + used, sizeof seen->keys - used, "%s\n", key);
    seen->last = *info;
    return ++seen->count != seen->most;
}

static enum tess_status list(struct s3_fixture *fixture, const char *prefix, size_t most, struct seen *seen)
{
    const struct object_list request = {.bucket = "images", .prefix = prefix};
    memset(seen, 0, sizeof *seen);
    seen->most = most;
    return fixture->objects->ops->list(fixture->objects, &request, see, seen, &fixture->error);
}

#define ENTRY(key)  "<Contents><Key>" key "</Key><Size>1</Size></Contents>"
#define LIST(more)  "<ListBucketResult><EncodingType>url</EncodingType>" more "</ListBucketResult>"
#define MORE(token) "<IsTruncated>true</IsTruncated><NextContinuationToken>" token "</NextContinuationToken>"

static struct seen all; /* large */

/* A server with 2,345 objects, whose tokens say where it was. */
enum { OBJECTS = 2345, PAGE = 1000 };

struct store {
    char page[PAGE * 200];
    unsigned pages;
};

static bool answer_page(void *context, const struct fake_request *request, struct fake_answer *answer_out)
{
    struct store *store = context;
    static const char token[] = "continuation-token=at%2F";
    const char *found = strstr(request->url, token);
    const int first = found ? (int)strtol(found + strlen(token), NULL, 10) : 0;
    size_t used = 0;
    store->pages++;
    used += (size_t)snprintf(store->page, sizeof store->page,
                             "<ListBucketResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">"
                             "<Name>images</Name><IsTruncated>%s</IsTruncated>",
                             first + PAGE < OBJECTS ? "true" : "false");
    for (int i = first; i < first + PAGE && i < OBJECTS; i++)
        used +=
            (size_t)snprintf(store->page + used, sizeof store->page - used,
                             "<Contents><Key>photo+%05d.jpg</Key><ETag>&quot;%d&quot;</ETag><Size>%d</Size>"
                             "<StorageClass>STANDARD</StorageClass></Contents>",
                             i, i, i + 1000000);
    if (first + PAGE < OBJECTS)
        used += (size_t)snprintf(store->page + used, sizeof store->page - used,
                                 "<NextContinuationToken>at/%d</NextContinuationToken>", first + PAGE);
    (void)snprintf(store->page + used, sizeof store->page - used,
                   "<EncodingType>url</EncodingType></ListBucketResult>");
    *answer_out = (struct fake_answer){.status = 200, .body = store->page};
    return true;
}

static void page_after_page(void **state)
{
    (void)state;
    struct s3_fixture fixture;
    struct store store = {.pages = 0};
    s3_begin(&fixture);
    fixture.http->handler = answer_page;
    fixture.http->context = &store;
    assert_int_equal(list(&fixture, "photo ", 0, &all), TESS_OK);
    assert_int_equal(all.count, OBJECTS);
    assert_int_equal(store.pages, 3);
    assert_int_equal(strncmp(all.keys, "photo 00000.jpg\nphoto 00001.jpg\n", 32), 0);
    assert_int_equal(all.last.size_bytes, OBJECTS - 1 + 1000000);
    assert_string_equal(all.last.version, "2344");
    assert_string_equal(fixture.http->requests[0].url,
                        ON_AWS "/?encoding-type=url&list-type=2&max-keys=1000&prefix=photo%20");
    assert_string_equal(fixture.http->requests[1].url,
                        ON_AWS "/?continuation-token=at%2F1000&encoding-type=url&list-type=2&max-keys=1000"
                               "&prefix=photo%20");
    /* Who has seen enough, asks for no more. */
    assert_int_equal(list(&fixture, "", 1000, &all), TESS_OK);
    assert_int_equal(all.count, 1000);
    assert_int_equal(store.pages, 4);
    s3_end(&fixture);
}

static void any_name_is_a_name(void **state)
{
    (void)state;
    struct s3_fixture fixture;
    s3_begin(&fixture);
    fake_http_answer(fixture.http, 200, NULL,
                     LIST(ENTRY("%01%1b[31m") ENTRY("../../etc/passwd") ENTRY("/") ENTRY("a%0Ab")
                              ENTRY("a%2Bb+c") ENTRY("%C3%A5&amp;%26")));
    assert_int_equal(list(&fixture, "", 0, &all), TESS_OK);
    assert_string_equal(all.keys, "\x01\x1b[31m\n../../etc/passwd\n/\na\nb\na+b c\nå&&\n");
    /* Without the element, they are as they are. */
    fake_http_answer(fixture.http, 200, NULL,
                     "<ListBucketResult>" ENTRY("a%2Bb+c") ENTRY("å") "</ListBucketResult>");
    assert_int_equal(list(&fixture, "", 0, &all), TESS_OK);
    assert_string_equal(all.keys, "a%2Bb+c\nå\n");
    /* An empty page is no end. */
    fake_http_answer(fixture.http, 200, NULL, LIST(MORE("1")));
    fake_http_answer(fixture.http, 200, NULL, LIST(ENTRY("a") "<IsTruncated>false</IsTruncated>"));
    assert_int_equal(list(&fixture, "", 0, &all), TESS_OK);
    assert_string_equal(all.keys, "a\n");
    s3_end(&fixture);
}

static void lies_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *page, *words;
    } cases[] = {
        {LIST(ENTRY("a%00b")), "NUL"},
        {LIST(ENTRY("%FF")), "no UTF-8"},
        {LIST(ENTRY("%ED%A0%80")), "no UTF-8"},
        {LIST(ENTRY("a%2")), "not properly encoded"},
        {LIST(ENTRY("a%zz")), "not properly encoded"},
        {LIST("<Contents><Key>a</Key></Contents>"), "without key or size"},
        {LIST("<Contents><Size>1</Size></Contents>"), "without key or size"},
        {LIST("<Contents><Key>a</Key><Size>-1</Size></Contents>"), "no number"},
        {LIST("<Contents><Key>a</Key><Size>1x</Size></Contents>"), "no number"},
        {LIST("<Contents><Key>a</Key><Size>99999999999999999999</Size></Contents>"), "no number"},
        {LIST("<Contents><Key>a</Key><Key>b</Key><Size>1</Size></Contents>"), "two keys"},
        {LIST("<IsTruncated>true</IsTruncated>"), "nothing leads to the rest"},
        {LIST("<IsTruncated>true</IsTruncated><NextContinuationToken/>"), "nothing leads to the rest"},
        {LIST(MORE("a") MORE("b")), "two continuation tokens"},
    };
    struct s3_fixture fixture;
    char long_key[1400], page[2000];
    s3_begin(&fixture);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        fake_http_answer(fixture.http, 200, NULL, cases[i].page);
        assert_int_equal(list(&fixture, "", 0, &all), TESS_ERR_IO);
        s3_expect_words(&fixture, cases[i].words);
    }
    memset(long_key, 'x', 1025);
    long_key[1025] = '\0';
    (void)snprintf(page, sizeof page, LIST(ENTRY("%s")), long_key);
    fake_http_answer(fixture.http, 200, NULL, page);
    assert_int_equal(list(&fixture, "", 0, &all), TESS_ERR_IO);
    s3_expect_words(&fixture, "more than 1024 bytes");
    fake_http_answer(fixture.http, 200, NULL, LIST(ENTRY("a")));
    assert_int_equal(list(&fixture, "b", 0, &all), TESS_ERR_IO);
    s3_expect_words(&fixture, "does not begin with the prefix");
    s3_end(&fixture);
}

static void a_listing_ends(void **state)
{
    (void)state;
    struct s3_fixture fixture;
    s3_begin(&fixture);
    fake_http_answer(fixture.http, 200, NULL, LIST(ENTRY("a") MORE("1")));
    fake_http_answer(fixture.http, 200, NULL, LIST(ENTRY("b") MORE("1")));
    assert_int_equal(list(&fixture, "", 0, &all), TESS_ERR_IO);
    s3_expect_words(&fixture, "lead back to themselves");
    /* Round in circles. */
    fake_http_answer(fixture.http, 200, NULL, LIST(ENTRY("a") MORE("1")));
    fake_http_answer(fixture.http, 200, NULL, LIST(ENTRY("b") MORE("2")));
    fake_http_answer(fixture.http, 200, NULL, LIST(ENTRY("a") MORE("1")));
    assert_int_equal(list(&fixture, "", 0, &all), TESS_ERR_IO);
    s3_expect_words(&fixture, "lead back to themselves");
    s3_end(&fixture);
}

/* Directory buckets and gateways have no order; a key without a name is none. */
static void any_order_will_do(void **state)
{
    (void)state;
    struct s3_fixture fixture;
    s3_begin(&fixture);
    fake_http_answer(fixture.http, 200, NULL, LIST(ENTRY("b") ENTRY("c") ENTRY("") MORE("1")));
    fake_http_answer(fixture.http, 200, NULL, LIST(ENTRY("a") ENTRY("b")));
    assert_int_equal(list(&fixture, "", 0, &all), TESS_OK);
    assert_string_equal(all.keys, "b\nc\na\nb\n");
    s3_end(&fixture);
}

/* A long way into a circle: 1 2 3 4 5 3 4 5 … */
static bool answer_in_a_circle(void *context, const struct fake_request *request,
                               struct fake_answer *answer_out)
{
    static const char *const pages[] = {LIST(ENTRY("a") MORE("1")), LIST(ENTRY("b") MORE("2")),
                                        LIST(ENTRY("c") MORE("3")), LIST(ENTRY("d") MORE("4")),
                                        LIST(ENTRY("e") MORE("5"))};
    unsigned *count = context;
    (void)request;
    const unsigned page = *count < 5 ? *count : 2 + (*count - 2) % 3;
    ++*count;
    *answer_out = (struct fake_answer){.status = 200, .body = pages[page]};
    return true;
}

static void circles_end(void **state)
{
    (void)state;
    struct s3_fixture fixture;
    unsigned pages = 0;
    s3_begin(&fixture);
    fixture.http->handler = answer_in_a_circle;
    fixture.http->context = &pages;
    assert_int_equal(list(&fixture, "", 0, &all), TESS_ERR_IO);
    s3_expect_words(&fixture, "lead back to themselves");
    assert_true(pages < 30);
    s3_end(&fixture);
}

static bool answer_nothing(void *context, const struct fake_request *request, struct fake_answer *answer_out)
{
    unsigned *pages = context;
    (void)request;
    static char page[200];
    (void)snprintf(page, sizeof page, LIST(MORE("%u")), ++*pages);
    *answer_out = (struct fake_answer){.status = 200, .body = page};
    return true;
}

static void empty_pages_end_too(void **state)
{
    (void)state;
    struct s3_fixture fixture;
    unsigned pages = 0;
    s3_begin(&fixture);
    fixture.http->handler = answer_nothing;
    fixture.http->context = &pages;
    assert_int_equal(list(&fixture, "", 0, &all), TESS_ERR_IO);
    s3_expect_words(&fixture, "one empty page after the other");
    assert_in_range(pages, 100, 2000);
    s3_end(&fixture);
}

static const char cut_short[] = "<ListBucketResult>" ENTRY("a");

static void bad_answers_are_asked_for_again(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",
        cut_short,
        "<html></html>",
        "<!DOCTYPE a [<!ENTITY b \"c\">]><ListBucketResult>&b;</ListBucketResult>",
        "<Error><Code>InternalError</Code></Error>",
    };
    struct s3_fixture fixture;
    s3_begin(&fixture);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        fake_http_answer(fixture.http, 200, NULL, bad[i]);
        fake_http_answer(fixture.http, 200, NULL, LIST(ENTRY("a")));
        assert_int_equal(list(&fixture, "", 0, &all), TESS_OK);
        assert_string_equal(all.keys, "a\n");
        assert_int_equal(fixture.http->request_count, 2 * (i + 1));
        for (int j = 0; j < 3; j++)
            fake_http_answer(fixture.http, 200, NULL, bad[i]);
        assert_int_equal(list(&fixture, "", 0, &all), TESS_ERR_IO);
        s3_expect_words(&fixture, "cannot list bucket images");
        fake_http_forget(fixture.http);
        fixture.http->request_count = 2 * (i + 1);
    }
    s3_answer_error(&fixture, 403, NULL, "AccessDenied", NULL);
    assert_int_equal(list(&fixture, "", 0, &all), TESS_ERR_DENIED);
    s3_expect_words(&fixture, "s3:ListBucket on arn:aws:s3:::images");
    s3_end(&fixture);
}

static enum tess_status read_page(void *context, struct tess_error *error)
{
    static const char page[] = LIST(ENTRY("a%20b") ENTRY("b") MORE("1"));
    struct s3_page read;
    (void)context;
    const enum tess_status status = s3_page_read(page, sizeof page - 1, &read, error);
    if (status == TESS_OK)
        assert_string_equal(s3_page_key(&read, 0), "a b");
    s3_page_clear(&read);
    return status;
}

static bool answer_two(void *context, const struct fake_request *request, struct fake_answer *answer_out)
{
    (void)context;
    *answer_out = (struct fake_answer){
        .status = 200,
        .body = strstr(request->url, "continuation") ? LIST(ENTRY("b")) : LIST(ENTRY("a") MORE("1"))};
    return true;
}

/* Not by torture_loop(): where there was no memory to look an answer over, it is asked for again. */
static void without_memory(void **state)
{
    (void)state;
    struct s3_fixture fixture;
    assert_true(torture_loop(TORTURE_MEMORY, read_page, NULL) > 3);
    s3_begin(&fixture);
    fixture.http->handler = answer_two;
    bool failed = true;
    for (size_t nth = 1; failed; nth++) {
        torture_arm(TORTURE_MEMORY, nth, false);
        enum tess_status status = list(&fixture, "", 0, &all);
        failed = torture_disarm();
        if (status == TESS_OK)
            assert_string_equal(all.keys, "a\nb\n");
        else
            assert_true(failed && fixture.error.message[0]);
        torture_arm(TORTURE_MEMORY, nth, true);
        status = list(&fixture, "", 0, &all);
        assert_int_equal(torture_disarm(), failed);
        assert_int_equal(status != TESS_OK, failed);
        assert_in_range(nth, 1, 500);
    }
    s3_end(&fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(page_after_page),     cmocka_unit_test(any_name_is_a_name),
        cmocka_unit_test(lies_are_refused),    cmocka_unit_test(a_listing_ends),
        cmocka_unit_test(any_order_will_do),   cmocka_unit_test(circles_end),
        cmocka_unit_test(empty_pages_end_too), cmocka_unit_test(bad_answers_are_asked_for_again),
        cmocka_unit_test(without_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
