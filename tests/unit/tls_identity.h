// SPDX-License-Identifier: MIT
/* A server's key and certificate, made on the spot and signed by itself, and TLS with them for http_server.h.
 */
#ifndef TESTS_TLS_IDENTITY_H
#define TESTS_TLS_IDENTITY_H

#include "http_server.h"

struct tls_identity {
    struct server_transport transport;
    char pem_path[64]; /* of the certificate; removed with the identity */
    void *context;     /* an SSL_CTX */
};

/* `names` as X.509 writes them: "IP:127.0.0.1", "DNS:one.example". `valid_s` from now; negative: it ended so
 * long ago. Fails the test when something goes wrong. */
void tls_identity_make(struct tls_identity *identity, const char *names, long valid_s);
void tls_identity_clear(struct tls_identity *identity);

#endif
