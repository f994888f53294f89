// SPDX-License-Identifier: MIT
/* "HOST:PORT" to a listening socket. */
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "front/serve.h"
#include "front/xalloc.h"

enum { BACKLOG = 4096, HOST_BYTES = 256 };

/* "127.0.0.1:8080", "[::1]:8080", ":8080", "8080". */
static bool split(const char *address, char host_out[HOST_BYTES], const char **port_out)
{
    const char *colon = strrchr(address, ':');
    const char *port = colon ? colon + 1 : address;
    const char *host = address;
    size_t size = colon ? (size_t)(colon - address) : 0;
    if (size >= 2 && host[0] == '[' && host[size - 1] == ']') {
        host++;
        size -= 2;
    } else if (memchr(host, ':', size)) {
        return false; /* an IPv6 address without its brackets */
    }
    if (size >= HOST_BYTES || port[0] == '\0' || strlen(port) > 5 ||
        strspn(port, "0123456789") != strlen(port) || strtoul(port, NULL, 10) > 65535)
        return false;
    memcpy(host_out, host, size);
    host_out[size] = '\0';
    *port_out = port;
    return true;
}

static int open_socket(const struct addrinfo *at)
{
    const int on = 1;
    const int descriptor = socket(at->ai_family, at->ai_socktype | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (descriptor < 0)
        return -1;
    /* A service that was killed is back at once, whatever connections of its last life linger. */
    (void)setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    (void)setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (bind(descriptor, at->ai_addr, at->ai_addrlen) == 0 && listen(descriptor, BACKLOG) == 0)
        return descriptor;
    const int reason = errno;
    (void)close(descriptor);
    errno = reason;
    return -1;
}

/* Where a client on this machine reaches it. */
static char *url_of(int descriptor)
{
    struct sockaddr_storage bound = {0};
    socklen_t size = sizeof bound;
    char host[HOST_BYTES], port[8];
    if (getsockname(descriptor, (struct sockaddr *)&bound, &size) != 0 ||
        getnameinfo((struct sockaddr *)&bound, size, host, sizeof host, port, sizeof port,
                    NI_NUMERICHOST | NI_NUMERICSERV) != 0)
        return xstrdup("http://127.0.0.1");
    if (strcmp(host, "0.0.0.0") == 0)
        return xprintf("http://127.0.0.1:%s", port);
    if (strcmp(host, "::") == 0)
        return xprintf("http://[::1]:%s", port);
    return xprintf(bound.ss_family == AF_INET6 ? "http://[%s]:%s" : "http://%s:%s", host, port);
}

int serve_listen(const char *address, char **url_out, char why_out[160])
{
    char host[HOST_BYTES];
    const char *port = NULL;
    struct addrinfo *found = NULL;
    const struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE | AI_NUMERICSERV};
    if (!split(address, host, &port)) {
        (void)snprintf(why_out, 160, "give HOST:PORT, such as 127.0.0.1:8080, 0.0.0.0:8080 or [::1]:8080");
        return SERVE_NO_ADDRESS;
    }
    const int failed = getaddrinfo(host[0] ? host : NULL, port, &hints, &found);
    if (failed != 0) {
        (void)snprintf(why_out, 160, "%s", gai_strerror(failed));
        return -1;
    }
    int descriptor = -1;
    for (const struct addrinfo *at = found; at && descriptor < 0; at = at->ai_next)
        descriptor = open_socket(at);
    if (descriptor < 0)
        (void)snprintf(why_out, 160, "%s%s", strerror(errno),
                       errno == EADDRINUSE ? "; something listens there already, choose another port" : "");
    else
        *url_out = url_of(descriptor);
    freeaddrinfo(found);
    return descriptor;
}
