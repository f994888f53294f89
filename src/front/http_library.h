// SPDX-License-Identifier: MIT
/*
 * libmicrohttpd, opened when the service starts. Linked, it and the libraries it brings (GnuTLS among them)
 * would cost every run of the program milliseconds, and a Lambda package megabytes.
 */
#ifndef FRONT_HTTP_LIBRARY_H
#define FRONT_HTTP_LIBRARY_H

#include <microhttpd.h>

/* The functions that are used, by their names without "MHD_". */
struct http_library {
    __typeof__(MHD_start_daemon) *start_daemon;
    __typeof__(MHD_quiesce_daemon) *quiesce_daemon;
    __typeof__(MHD_stop_daemon) *stop_daemon;
    __typeof__(MHD_get_connection_info) *get_connection_info;
    __typeof__(MHD_get_connection_values_n) *get_connection_values_n;
    __typeof__(MHD_lookup_connection_value) *lookup_connection_value;
    __typeof__(MHD_suspend_connection) *suspend_connection;
    __typeof__(MHD_resume_connection) *resume_connection;
    __typeof__(MHD_create_response_from_buffer) *create_response_from_buffer;
    __typeof__(MHD_create_response_from_fd_at_offset64) *create_response_from_fd_at_offset64;
    __typeof__(MHD_add_response_header) *add_response_header;
    __typeof__(MHD_queue_response) *queue_response;
    __typeof__(MHD_destroy_response) *destroy_response;
};

/* Static storage; NULL with words in *why_out (static) when there is none. Call once, before any thread. */
const struct http_library *http_library_open(const char **why_out);

#endif
