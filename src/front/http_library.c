// SPDX-License-Identifier: MIT
#include "front/http_library.h"

#include <dlfcn.h>
#include <stddef.h>
#include <string.h>

#define FUNCTION(name)                                    \
    {                                                     \
        "MHD_" #name, offsetof(struct http_library, name) \
    }

static const struct {
    const char *name;
    size_t offset;
} http_functions[] = {
    FUNCTION(start_daemon),
    FUNCTION(quiesce_daemon),
    FUNCTION(stop_daemon),
    FUNCTION(get_connection_info),
    FUNCTION(get_connection_values_n),
    FUNCTION(lookup_connection_value),
    FUNCTION(suspend_connection),
    FUNCTION(resume_connection),
    FUNCTION(create_response_from_buffer),
    FUNCTION(create_response_from_fd_at_offset64),
    FUNCTION(add_response_header),
    FUNCTION(queue_response),
    FUNCTION(destroy_response),
};

static struct http_library loaded_http;

const struct http_library *http_library_open(const char **why_out)
{
    void *handle = dlopen("libmicrohttpd.so.12", RTLD_NOW | RTLD_LOCAL);
    *why_out = "libmicrohttpd.so.12 cannot be opened; on Debian, `apt-get install libmicrohttpd12` brings it";
    if (!handle)
        return NULL;
    for (size_t i = 0; i < sizeof http_functions / sizeof *http_functions; i++) {
        void *function = dlsym(handle, http_functions[i].name);
        *why_out = "this libmicrohttpd lacks functions of version 0.9.71";
        if (!function)
            return NULL;
        memcpy((char *)&loaded_http + http_functions[i].offset, &function, sizeof function);
    }
    *why_out = "";
    return &loaded_http;
}
