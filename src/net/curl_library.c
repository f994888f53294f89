// SPDX-License-Identifier: MIT
#include "net/curl_library.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stddef.h>
#include <string.h>

#include "base/error.h"

#define FUNCTION(name)                                     \
    {                                                      \
        "curl_" #name, offsetof(struct curl_library, name) \
    }
static const struct {
    const char *name;
    size_t offset;
} functions[] = {
    FUNCTION(easy_init),        FUNCTION(easy_setopt),
    FUNCTION(easy_getinfo),     FUNCTION(easy_reset),
    FUNCTION(easy_cleanup),     FUNCTION(easy_strerror),
    FUNCTION(multi_init),       FUNCTION(multi_setopt),
    FUNCTION(multi_add_handle), FUNCTION(multi_remove_handle),
    FUNCTION(multi_perform),    FUNCTION(multi_poll),
    FUNCTION(multi_wakeup),     FUNCTION(multi_info_read),
    FUNCTION(multi_cleanup),    FUNCTION(slist_append),
    FUNCTION(slist_free_all),   FUNCTION(url),
    FUNCTION(url_set),          FUNCTION(url_get),
    FUNCTION(url_cleanup),      FUNCTION(free),
    FUNCTION(global_init),      FUNCTION(version_info),
};

static struct curl_library loaded_curl;
static char curl_trouble[160]; /* "": it is there */
static pthread_once_t curl_once = PTHREAD_ONCE_INIT;

enum { OLDEST_VERSION = 0x075000 }; /* 7.80, for CURLOPT_PREREQFUNCTION */

static void open_once(void)
{
    /* The soname of every libcurl since 2006; Debian's other builds of it answer to it as well. */
    void *handle = dlopen("libcurl.so.4", RTLD_NOW | RTLD_LOCAL);
    if (!handle) {
        strncpy(curl_trouble, "libcurl.so.4 cannot be opened", sizeof curl_trouble - 1);
        return;
    }
    for (size_t i = 0; i < sizeof functions / sizeof *functions; i++) {
        void *function = dlsym(handle, functions[i].name);
        if (!function) {
            strncpy(curl_trouble, "this libcurl is older than 7.80", sizeof curl_trouble - 1);
            return;
        }
        memcpy((char *)&loaded_curl + functions[i].offset, &function, sizeof function);
    }
    if (loaded_curl.version_info(CURLVERSION_NOW)->version_num < OLDEST_VERSION)
        strncpy(curl_trouble, "this libcurl is older than 7.80", sizeof curl_trouble - 1);
    else if (loaded_curl.global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
        strncpy(curl_trouble, "libcurl cannot be initialised", sizeof curl_trouble - 1);
}

enum tess_status curl_library_open(const struct curl_library **library_out, struct tess_error *error)
{
    (void)pthread_once(&curl_once, open_once);
    *library_out = curl_trouble[0] ? NULL : &loaded_curl;
    if (!curl_trouble[0])
        return TESS_OK;
    return error_set(error, TESS_ERR_UNSUPPORTED,
                     "no connections: %s; on Debian, `apt-get install libcurl4` brings it", curl_trouble);
}
