// SPDX-License-Identifier: MIT
#include "net/http.h"

#include <string.h>

void http_response_clear(struct http_response *response)
{
    bytes_clear(&response->headers);
    bytes_clear(&response->body);
    *response = (struct http_response){0};
}

const char *http_response_header(const struct http_response *response, const char *name)
{
    const char *at = (const char *)response->headers.data;
    const char *end = at ? at + response->headers.size : NULL;
    while (at < end) {
        const char *value = at + strlen(at) + 1;
        if (strcmp(at, name) == 0)
            return value;
        at = value + strlen(value) + 1;
    }
    return NULL;
}
