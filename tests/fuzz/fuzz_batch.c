// SPDX-License-Identifier: MIT
/* One line of a batch: a grid id or a JSON request. What is taken for JSON is JSON after being printed, too.
 */
#include "fuzz.h"

#include "front/batch_request.h"
#include "front/json_in.h"

static void check_json(const char *text, size_t size)
{
    char why[128] = "";
    cJSON *tree = json_read(text, size, why);
    if (!tree) {
        FUZZ_ASSERT(memchr(why, 0, sizeof why) && why[0] != '\0');
        return;
    }
    char *printed = cJSON_PrintUnformatted(tree);
    FUZZ_ASSERT(printed);
    cJSON *again = json_read(printed, strlen(printed), why);
    FUZZ_ASSERT(again);
    FUZZ_ASSERT(cJSON_Compare(tree, again, 1));
    cJSON_Delete(again);
    cJSON_free(printed);
    cJSON_Delete(tree);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = fuzz_text(data, size);
    struct tess_grid_options options;
    struct tess_error error = {.status = TESS_OK};
    char *grid_id = NULL;
    tess_grid_options_defaults(&options);
    enum tess_status status = batch_request_read(text, size, &options, &grid_id, &error);
    if (status == TESS_OK) {
        FUZZ_ASSERT(grid_id);
        FUZZ_ASSERT(tess_grid_id_check(grid_id, strlen(grid_id), NULL) == TESS_OK);
    } else {
        FUZZ_ASSERT(error.status == status && error.message[0] != '\0');
    }
    free(grid_id);
    check_json(text, size);
    free(text);
    return 0;
}
