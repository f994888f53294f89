// SPDX-License-Identifier: MIT
#include "tls_identity.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <cmocka.h>

enum { DAY_S = 86400 };

static void *open_session(void *context, int socket)
{
    struct tls_identity *identity = context;
    SSL *ssl = SSL_new(identity->context);
    if (ssl && SSL_set_fd(ssl, socket) == 1 && SSL_accept(ssl) == 1)
        return ssl;
    SSL_free(ssl);
    return NULL;
}

static ssize_t receive(void *session, void *buffer, size_t size)
{
    size_t got = 0;
    return SSL_read_ex(session, buffer, size, &got) == 1 ? (ssize_t)got : -1;
}

static ssize_t send_bytes(void *session, const void *data, size_t size)
{
    size_t sent = 0;
    return SSL_write_ex(session, data, size, &sent) == 1 ? (ssize_t)sent : -1;
}

static void close_session(void *session)
{
    (void)SSL_shutdown(session);
    SSL_free(session);
}

static void add_extension(X509 *certificate, int kind, const char *value)
{
    X509V3_CTX context;
    X509V3_set_ctx(&context, certificate, certificate, NULL, NULL, 0);
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, &context, kind, value);
    assert_non_null(extension);
    assert_int_equal(X509_add_ext(certificate, extension, -1), 1);
    X509_EXTENSION_free(extension);
}

static X509 *make_certificate(EVP_PKEY *key, const char *names, long valid_s)
{
    X509 *certificate = X509_new();
    assert_non_null(certificate);
    X509_NAME *subject = X509_get_subject_name(certificate);
    assert_int_equal(X509_set_version(certificate, 2), 1);
    assert_int_equal(ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1), 1);
    assert_non_null(X509_gmtime_adj(X509_getm_notBefore(certificate), -2 * DAY_S));
    assert_non_null(X509_gmtime_adj(X509_getm_notAfter(certificate), valid_s));
    assert_int_equal(X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC,
                                                (const unsigned char *)"tessera's tests", -1, -1, 0),
                     1);
    assert_int_equal(X509_set_issuer_name(certificate, subject), 1);
    assert_int_equal(X509_set_pubkey(certificate, key), 1);
    add_extension(certificate, NID_subject_alt_name, names);
    add_extension(certificate, NID_basic_constraints, "critical,CA:TRUE");
    assert_true(X509_sign(certificate, key, EVP_sha256()) > 0);
    return certificate;
}

void tls_identity_make(struct tls_identity *identity, const char *names, long valid_s)
{
    *identity = (struct tls_identity){.transport = {.context = identity,
                                                    .open = open_session,
                                                    .receive = receive,
                                                    .send = send_bytes,
                                                    .close = close_session},
                                      .pem_path = "/tmp/tessera-test-XXXXXX"};
    EVP_PKEY *key = EVP_EC_gen("P-256");
    assert_non_null(key);
    X509 *certificate = make_certificate(key, names, valid_s);
    SSL_CTX *context = SSL_CTX_new(TLS_server_method());
    assert_non_null(context);
    assert_int_equal(SSL_CTX_use_certificate(context, certificate), 1);
    assert_int_equal(SSL_CTX_use_PrivateKey(context, key), 1);
    identity->context = context;
    const int fd = mkstemp(identity->pem_path);
    assert_true(fd >= 0);
    FILE *file = fdopen(fd, "w");
    assert_non_null(file);
    assert_int_equal(PEM_write_X509(file, certificate), 1);
    assert_int_equal(fclose(file), 0);
    X509_free(certificate);
    EVP_PKEY_free(key);
}

void tls_identity_clear(struct tls_identity *identity)
{
    SSL_CTX_free(identity->context);
    (void)unlink(identity->pem_path);
}
