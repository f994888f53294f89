// SPDX-License-Identifier: MIT
#include "net/address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct block4 {
    uint32_t network;
    unsigned bits;
};

static bool is_public4(uint32_t address)
{
    static const struct block4 blocks[] = {
        {0x00000000, 8},  /* this network */
        {0x0A000000, 8},  /* private */
        {0x64400000, 10}, /* shared, carriers' NAT */
        {0x7F000000, 8},  /* loopback */
        {0xA9FE0000, 16}, /* link-local, cloud metadata */
        {0xAC100000, 12}, /* private */
        {0xC0000000, 24}, /* protocol assignments */
        {0xC0000200, 24}, /* documentation */
        {0xC0586300, 24}, /* 6to4 relays */
        {0xC0A80000, 16}, /* private */
        {0xC6120000, 15}, /* benchmarks */
        {0xC6336400, 24}, /* documentation */
        {0xCB007100, 24}, /* documentation */
        {0xE0000000, 4},  /* multicast */
        {0xF0000000, 4},  /* reserved, broadcast */
    };
    for (size_t i = 0; i < sizeof blocks / sizeof *blocks; i++)
        if ((address ^ blocks[i].network) >> (32 - blocks[i].bits) == 0)
            return false;
    return true;
}

static uint32_t read32(const uint8_t *bytes)
{
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

struct block6 {
    uint8_t prefix[16];
    unsigned bits;
    int address4; /* where an IPv4 address is in it that decides; -1: none, and it is not public */
};

static bool matches(const uint8_t *address, const struct block6 *block)
{
    const unsigned whole = block->bits / 8, rest = block->bits % 8;
    if (memcmp(address, block->prefix, whole) != 0)
        return false;
    return rest == 0 || (address[whole] ^ block->prefix[whole]) >> (8 - rest) == 0;
}

static bool is_public6(const uint8_t *address)
{
    static const struct block6 blocks[] = {
        {{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF}, 96, 12}, /* IPv4-mapped */
        {{0x00, 0x64, 0xFF, 0x9B}, 96, 12},                   /* NAT64 */
        {{0x20, 0x02}, 16, 2},                                /* 6to4 */
        {{0x20, 0x01, 0x00, 0x00}, 32, -1},                   /* Teredo: its IPv4 address is disguised */
        {{0x20, 0x01, 0x0D, 0xB8}, 32, -1},                   /* documentation */
        {{0x20, 0x01}, 23, -1},                               /* protocol assignments */
    };
    for (size_t i = 0; i < sizeof blocks / sizeof *blocks; i++)
        if (matches(address, &blocks[i]))
            return blocks[i].address4 >= 0 && is_public4(read32(address + blocks[i].address4));
    return address[0] >> 5 == 1; /* 2000::/3 is all that has been given out so far */
}

bool address_is_public(const struct sockaddr *address, socklen_t size)
{
    if (address->sa_family == AF_INET && size >= (socklen_t)sizeof(struct sockaddr_in)) {
        struct sockaddr_in ipv4;
        memcpy(&ipv4, address, sizeof ipv4);
        return is_public4(ntohl(ipv4.sin_addr.s_addr));
    }
    if (address->sa_family == AF_INET6 && size >= (socklen_t)sizeof(struct sockaddr_in6)) {
        struct sockaddr_in6 ipv6;
        memcpy(&ipv6, address, sizeof ipv6);
        return is_public6(ipv6.sin6_addr.s6_addr);
    }
    return false;
}

bool address_text_is_public(const char *text)
{
    struct in_addr ipv4;
    struct in6_addr ipv6;
    if (inet_pton(AF_INET, text, &ipv4) == 1)
        return is_public4(ntohl(ipv4.s_addr));
    return inet_pton(AF_INET6, text, &ipv6) == 1 && is_public6(ipv6.s6_addr);
}
