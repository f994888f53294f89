// SPDX-License-Identifier: MIT
/* Which addresses are public: the edges of every block that is not, and addresses that hide another. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/un.h>

#include <cmocka.h>

#include "net/address.h"

static bool is_public(const char *text)
{
    struct sockaddr_in ipv4 = {.sin_family = AF_INET};
    struct sockaddr_in6 ipv6 = {.sin6_family = AF_INET6};
    if (inet_pton(AF_INET, text, &ipv4.sin_addr) == 1)
        return address_is_public((const struct sockaddr *)&ipv4, sizeof ipv4);
    assert_int_equal(inet_pton(AF_INET6, text, &ipv6.sin6_addr), 1);
    return address_is_public((const struct sockaddr *)&ipv6, sizeof ipv6);
}

static void public_addresses_are(void **state)
{
    (void)state;
    static const char *const addresses[] = {
        "1.1.1.1",          "9.255.255.255",    "11.0.0.0",        "100.63.255.255",  "100.128.0.0",
        "126.255.255.255",  "128.0.0.0",        "169.253.255.255", "169.255.0.0",     "172.15.255.255",
        "172.32.0.0",       "192.0.1.0",        "192.0.3.0",       "192.167.255.255", "192.169.0.0",
        "198.17.255.255",   "198.20.0.0",       "198.51.99.255",   "198.51.101.0",    "203.0.112.255",
        "203.0.114.0",      "223.255.255.255",  "2606:4700::1",    "2a00:1450::1",    "2001:4860::8888",
        "2002:0101:0101::", "64:ff9b::1.1.1.1", "::ffff:1.1.1.1",
    };
    for (size_t i = 0; i < sizeof addresses / sizeof *addresses; i++)
        if (!is_public(addresses[i]) || !address_text_is_public(addresses[i]))
            fail_msg("%s is public", addresses[i]);
}

static void others_are_not(void **state)
{
    (void)state;
    static const char *const addresses[] = {
        "0.0.0.0",
        "0.255.255.255",
        "10.0.0.0",
        "10.255.255.255",
        "100.64.0.0",
        "100.127.255.255",
        "127.0.0.1",
        "127.255.255.255",
        "169.254.169.254",
        "169.254.170.2",
        "172.16.0.0",
        "172.31.255.255",
        "192.0.0.1",
        "192.0.2.1",
        "192.88.99.1",
        "192.168.0.1",
        "192.168.255.255",
        "198.18.0.0",
        "198.19.255.255",
        "198.51.100.1",
        "203.0.113.1",
        "224.0.0.1",
        "239.255.255.255",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "::ffff:127.0.0.1",
        "::ffff:10.1.2.3",
        "::ffff:169.254.169.254",
        "::127.0.0.1",
        "64:ff9b::10.0.0.1",
        "64:ff9b:1::1.1.1.1",
        "fc00::1",
        "fd00:ec2::254",
        "fe80::1",
        "fec0::1",
        "ff02::1",
        "2001:db8::1",
        "2001::1",
        "2001:10::1",
        "2002:7f00:0001::1",
        "2002:a9fe:a9fe::",
        "2002:c0a8:0001::1",
        "100::1",
        "5f00::1",
        "4000::1",
    };
    for (size_t i = 0; i < sizeof addresses / sizeof *addresses; i++)
        if (is_public(addresses[i]) || address_text_is_public(addresses[i]))
            fail_msg("%s is not public", addresses[i]);
}

static void what_is_no_internet_address_is_not_public(void **state)
{
    (void)state;
    struct sockaddr_un local = {.sun_family = AF_UNIX};
    struct sockaddr_in short_one = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(0x01010101)};
    assert_false(address_is_public((const struct sockaddr *)&local, sizeof local));
    assert_false(address_is_public((const struct sockaddr *)&short_one, sizeof short_one - 1));
    static const char *const others[] = {"",         "host.example", "1.1.1",          "1.1.1.1 ",
                                         "01.1.1.1", "fe80::1%lo",   "[2606:4700::1]", "2606:4700::1%lo"};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        assert_false(address_text_is_public(others[i]));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(public_addresses_are),
        cmocka_unit_test(others_are_not),
        cmocka_unit_test(what_is_no_internet_address_is_not_public),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
