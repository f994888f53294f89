// SPDX-License-Identifier: MIT
/*
 * One line for each request, when it has ended: for people, or JSON with --json. Without its query: that
 * holds signatures, and whoever reads a log shall not be able to use them.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "front/json_out.h"
#include "front/safe_text.h"
#include "front/serve.h"
#include "front/xalloc.h"

static char *json_line(const struct exchange *exchange, const char *at, double seconds)
{
    const struct api_answer *answer = &exchange->answer;
    cJSON *json = json_object();
    json_add_text(json, "time", at);
    json_add_text(json, "level", answer->http_status >= 500 ? "error" : "info");
    json_add_text(json, "request_id", exchange->request_id);
    json_add_text(json, "method", exchange->method ? exchange->method : "");
    json_add_text(json, "path", exchange->path);
    json_add_text(json, "route", api_route_name(exchange->route));
    json_add_integer(json, "status", answer->http_status);
    json_add_integer(json, "ms", (int64_t)(seconds * 1000));
    json_add_integer(json, "received_bytes", (int64_t)exchange->received_bytes);
    json_add_integer(json, "sent_bytes", (int64_t)answer->body_bytes);
    if (answer->outcome != TESS_OK)
        json_add_text(json, "code", tess_status_name(answer->outcome));
    if (answer->detail[0] != '\0')
        json_add_text(json, "message", answer->detail);
    if (answer->is_grid) {
        json_add_flag(json, "cached", answer->cached);
        json_add_integer(json, "tiles", answer->tiles);
        json_add_integer(json, "failed_tiles", answer->failed_tiles);
    }
    char *text = json_print(json);
    cJSON_Delete(json);
    return text;
}

void serve_log(const struct exchange *exchange, double seconds)
{
    const struct settings *settings = exchange->service->settings;
    const bool bad = exchange->answer.http_status >= 500;
    char at[32];
    if (settings->quiet && !bad)
        return;
    json_format_time(time(NULL), at);
    char *text = settings->json_log ? json_line(exchange, at, seconds) : text_for_terminal(exchange->path);
    char *detail = text_for_terminal(exchange->answer.detail);
    char *line = settings->json_log
                     ? xprintf("%s\n", text)
                     : xprintf("%s %d %s %s %.1f ms %s%s%s\n", at, exchange->answer.http_status,
                               exchange->method ? exchange->method : "-", text, seconds * 1000,
                               exchange->request_id, detail[0] ? ": " : "", detail);
    /* In one piece, so that the lines of many threads do not mix. */
    (void)!write(STDERR_FILENO, line, strlen(line));
    free(line);
    free(text);
    free(detail);
}
