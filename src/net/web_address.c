// SPDX-License-Identifier: MIT
#include "net/web_address.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/error.h"
#include "net/curl_library.h"

void web_address_clear(struct web_address *address)
{
    free(address->url);
    *address = (struct web_address){0};
}

static enum tess_status read_host(const struct curl_library *curl, CURLU *handle, struct web_address *address)
{
    char *host = NULL;
    CURLUcode code = curl->url_get(handle, CURLUPART_HOST, &host, 0);
    if (code != CURLUE_OK)
        return code == CURLUE_OUT_OF_MEMORY ? TESS_ERR_MEMORY : TESS_ERR_INVALID;
    size_t length = strlen(host);
    if (length > 0 && host[length - 1] == '.')
        length--;
    const bool fits = length > 0 && length < sizeof address->host;
    for (size_t i = 0; fits && i < length; i++)
        address->host[i] = (char)tolower((unsigned char)host[i]);
    curl->free(host);
    return fits ? TESS_OK : TESS_ERR_INVALID;
}

static enum tess_status read_url(const struct curl_library *curl, CURLU *handle, struct web_address *address)
{
    char *url = NULL;
    CURLUcode code = curl->url_set(handle, CURLUPART_FRAGMENT, NULL, 0);
    if (code == CURLUE_OK)
        code = curl->url_get(handle, CURLUPART_URL, &url, 0);
    if (code != CURLUE_OK)
        return code == CURLUE_OUT_OF_MEMORY ? TESS_ERR_MEMORY : TESS_ERR_INVALID;
    const bool https = strncasecmp(url, "https://", 8) == 0;
    address->url = https ? strdup(url) : NULL;
    curl->free(url);
    if (!https)
        return TESS_ERR_INVALID;
    return address->url ? TESS_OK : TESS_ERR_MEMORY;
}

enum tess_status web_address_read(const char *base, const char *text, struct web_address *address_out,
                                  struct tess_error *error)
{
    const unsigned flags =
        CURLU_DISALLOW_USER | CURLU_PATH_AS_IS | CURLU_NON_SUPPORT_SCHEME | CURLU_URLENCODE;
    const struct curl_library *curl = NULL;
    CURLU *handle = NULL;
    *address_out = (struct web_address){0};
    enum tess_status status = curl_library_open(&curl, error);
    if (status != TESS_OK)
        return status;
    if (strlen(text) > WEB_ADDRESS_MAX_BYTES)
        return error_set(error, TESS_ERR_INVALID, "the address is longer than %d bytes",
                         WEB_ADDRESS_MAX_BYTES);
    handle = curl->url();
    if (!handle)
        return error_set(error, TESS_ERR_MEMORY, "no memory to read an address");
    CURLUcode code = base ? curl->url_set(handle, CURLUPART_URL, base, flags) : CURLUE_OK;
    if (code == CURLUE_OK)
        code = curl->url_set(handle, CURLUPART_URL, text, flags);
    if (code == CURLUE_OK)
        status = read_url(curl, handle, address_out);
    else
        status = code == CURLUE_OUT_OF_MEMORY ? TESS_ERR_MEMORY : TESS_ERR_INVALID;
    if (status == TESS_OK)
        status = read_host(curl, handle, address_out);
    curl->url_cleanup(handle);
    if (status == TESS_OK)
        return TESS_OK;
    web_address_clear(address_out);
    if (status == TESS_ERR_MEMORY)
        return error_set(error, status, "no memory to read an address");
    return error_set(error, status, "%s",
                     code == CURLUE_USER_NOT_ALLOWED
                         ? "an address with a user or password in it is refused"
                         : "not an address that begins with https:// and names a host");
}
