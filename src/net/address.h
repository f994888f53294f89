// SPDX-License-Identifier: MIT
/* Which network addresses belong to the public internet. Pure. Source: IANA's special-purpose address
 * registries (RFC 6890). */
#ifndef NET_ADDRESS_H
#define NET_ADDRESS_H

#include <stdbool.h>
#include <sys/socket.h>

/*
 * False for loopback, private, link-local, shared, documentation, benchmarking, multicast and reserved
 * addresses, for those IPv6 addresses that hold such an IPv4 address (mapped, NAT64, 6to4, Teredo), and for
 * whatever is neither IPv4 nor IPv6.
 */
bool address_is_public(const struct sockaddr *address, socklen_t size);

/* The same for "192.0.2.1" or "2001:db8::1"; false for what is neither, also with a zone ("fe80::1%eth0"). */
bool address_text_is_public(const char *text);

#endif
