// SPDX-License-Identifier: MIT
/* The names that a service goes by, and the pages that are its own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "front/serve_hosts.h"

static const struct {
    const char *listen, *url, *host;
    bool known;
} names[] = {
    /* on this machine: its own names at any port, and nothing that somebody else could have chosen */
    {"127.0.0.1:8080", "http://127.0.0.1:8080", "127.0.0.1:8080", true},
    {"127.0.0.1:8080", "http://127.0.0.1:8080", "localhost:8080", true},
    {"127.0.0.1:8080", "http://127.0.0.1:8080", "LocalHost", true},
    {"127.0.0.1:8080", "http://127.0.0.1:8080", "localhost.:8080", true},
    {"127.0.0.1:8080", "http://127.0.0.1:8080", "localhost:9000", true},
    {"127.0.0.1:8080", "http://127.0.0.1:8080", "[::1]:8080", true},
    {"127.0.0.1:8080", "http://127.0.0.1:8080", "[0:0::1]", true},
    {"127.0.0.1:8080", "http://127.0.0.1:8080", "evil.example:8080", false},
    {"127.0.0.1:8080", "http://127.0.0.1:8080", "localhost.evil.example", false},
    {"127.0.0.1:8080", "http://127.0.0.1:8080", "evil-localhost", false},
    {"127.0.0.1:8080", "http://127.0.0.1:8080", "127.0.0.1.evil.example:8080", false},
    {"127.0.0.1:8080", "http://127.0.0.1:8080", "10.0.0.7:8080", false},
    {"127.0.0.1:8080", "http://127.0.0.1:8080", "0.0.0.0:8080", false},
    {"127.0.0.1:8080", "http://127.0.0.1:8080", "", false},
    {"127.0.0.1:8080", "http://127.0.0.1:8080", ":8080", false},
    {"127.0.0.1:8080", "http://127.0.0.1:8080", "[::1", false},
    {"127.0.0.1:8080", "http://127.0.0.1:8080", "[localhost]", false},
    {"127.0.0.1:8080", "http://127.0.0.1:8080", "::1", false},
    {"127.0.0.1:0", "http://127.0.0.1:40000", "10.0.0.7:8080", false},
    {"[::1]:0", "http://[::1]:40000", "[fd00::7]:8080", false},
    /* elsewhere */
    {"10.0.0.5:80", "http://10.0.0.5:80", "10.0.0.5", true},
    {"10.0.0.5:80", "http://10.0.0.5:80", "10.0.0.6", false},
    {"[fd00::5]:80", "http://[fd00::5]:80", "[FD00:0:0::5]:80", true},
    {"myhost:8080", "http://10.0.0.5:8080", "myhost:8080", true},
    {"myhost:8080", "http://10.0.0.5:8080", "10.0.0.5:8080", true},
    {"myhost:8080", "http://10.0.0.5:8080", "otherhost:8080", false},
    /* on all addresses: by each of them, a container's, a probe's */
    {"0.0.0.0:8080", "http://127.0.0.1:8080", "172.17.0.2:8080", true},
    {"0.0.0.0:8080", "http://127.0.0.1:8080", "[fe80::1]:8080", true},
    {"[::]:8080", "http://[::1]:8080", "192.168.1.10", true},
    {"[0:0::0]:0", "http://[::1]:8080", "192.168.1.10", true},
    {":8080", "http://127.0.0.1:8080", "192.168.1.10", true},
    {"8080", "http://127.0.0.1:8080", "192.168.1.10", true},
    {"0.0.0.0:8080", "http://127.0.0.1:8080", "evil.example:8080", false},
    {"0.0.0.0:8080", "http://127.0.0.1:8080", "192.168.1.10.evil.example", false},
    {"0.0.0.0:8080", "http://127.0.0.1:8080", "1.2.3", false},
    /* as it was told */
    {"127.0.0.1:8080", "http://127.0.0.1:8080", "grids.example.com", true},
    {"127.0.0.1:8080", "http://127.0.0.1:8080", "GRIDS.example.com:443", true},
    {"127.0.0.1:8080", "http://127.0.0.1:8080", "tessera", true},
    {"127.0.0.1:8080", "http://127.0.0.1:8080", "tessera:8080", true},
    {"127.0.0.1:8080", "http://127.0.0.1:8080", "nas.lan:81", true},
    {"127.0.0.1:8080", "http://127.0.0.1:8080", "example.com", false},
};

static void names_are_known(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct hosts hosts;
        struct tess_error error;
        assert_int_equal(hosts_read(names[i].listen, names[i].url, "https://grids.example.com/t",
                                    "tessera, nas.lan:81", &hosts, &error),
                         TESS_OK);
        if (hosts_know(&hosts, names[i].host) != names[i].known)
            fail_msg("listening on %s: \"%s\" is %s", names[i].listen, names[i].host,
                     names[i].known ? "not known" : "known");
        hosts_clear(&hosts);
    }
}

static void nothing_but_its_own_is_known_untold(void **state)
{
    (void)state;
    struct hosts hosts;
    struct tess_error error;
    assert_int_equal(hosts_read("127.0.0.1:8080", "http://127.0.0.1:8080", NULL, NULL, &hosts, &error),
                     TESS_OK);
    assert_int_equal(hosts.first_told, hosts.count);
    assert_false(hosts_know(&hosts, "grids.example.com"));
    assert_true(hosts_know(&hosts, "localhost"));
    hosts_clear(&hosts);
}

static void pages_are_its_own(void **state)
{
    (void)state;
    static const struct {
        const char *host, *origin;
        bool own;
    } pages[] = {
        {"127.0.0.1:8080", "http://127.0.0.1:8080", true},
        {"localhost:8080", "http://localhost:8080", true},
        {"localhost:8080", "http://LOCALHOST:8080", true},
        {"localhost", "http://localhost", true},
        {"localhost:80", "http://localhost", true},
        {"x.example", "https://x.example",
         true}, /* TLS before it; whether the name is known is asked elsewhere */
        /* another service of this machine */
        {"localhost:8080", "http://localhost:3000", false},
        {"localhost:8080", "http://localhost", false},
        {"127.0.0.1:8080", "http://localhost:8080", false},
        /* behind a proxy that changes Host */
        {"127.0.0.1:8080", "https://grids.example.com", true},
        {"127.0.0.1:8080", "https://grids.example.com:8443", false},
        {"127.0.0.1:8080", "http://nas.lan:81", true},
        {"127.0.0.1:8080", "http://nas.lan", false},
        {NULL, "https://grids.example.com", true},
        {NULL, "https://evil.example", false},
        {"127.0.0.1:8080", "https://evil.example", false},
        {"127.0.0.1:8080", "https://grids.example.com.evil.example", false},
        {"127.0.0.1:8080", "null", false},
        {"127.0.0.1:8080", "", false},
        {"127.0.0.1:8080", "127.0.0.1:8080", false},
    };
    struct hosts hosts;
    struct tess_error error;
    assert_int_equal(hosts_read("127.0.0.1:8080", "http://127.0.0.1:8080", "https://grids.example.com/t",
                                "nas.lan:81", &hosts, &error),
                     TESS_OK);
    for (size_t i = 0; i < sizeof pages / sizeof *pages; i++) {
        if (hosts_own_page(&hosts, pages[i].host, pages[i].origin) != pages[i].own)
            fail_msg("a page of %s that asks %s", pages[i].origin,
                     pages[i].host ? pages[i].host : "(nobody)");
    }
    hosts_clear(&hosts);
}

static void nonsense_is_refused(void **state)
{
    (void)state;
    static const char *const lists[] = {"",         " ",      ",",   "a,",    ",a",
                                        "http://a", "a/b",    "a b", "*.a.b", "a:99999",
                                        "a::",      "[::1]x", "a;b", "*",     "b\xc3\xbc"};
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
        struct hosts hosts;
        struct tess_error error = {0};
        if (hosts_read("127.0.0.1:8080", "http://127.0.0.1:8080", NULL, lists[i], &hosts, &error) !=
            TESS_ERR_INVALID)
            fail_msg("\"%s\" is taken", lists[i]);
        assert_non_null(strstr(error.message, "allow-host-header: "));
        assert_null(hosts.names);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_are_known),
        cmocka_unit_test(nothing_but_its_own_is_known_untold),
        cmocka_unit_test(pages_are_its_own),
        cmocka_unit_test(nonsense_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
