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
    struct tess_grid_request grid;
    struct batch_request request = {0};
    struct tess_error error = {.status = TESS_OK};
    tess_grid_request_defaults(&grid);
    enum tess_status status = batch_request_read(text, size, 300, &request, &grid, &error);
    if (status == TESS_OK) {
        FUZZ_ASSERT(grid.grid_id);
        FUZZ_ASSERT(tess_grid_id_check(grid.grid_id, strlen(grid.grid_id), NULL) == TESS_OK);
        FUZZ_ASSERT(!grid.keys == (grid.key_count == 0) && grid.key_count <= 300);
        for (size_t i = 0; i < grid.key_count; i++)
            FUZZ_ASSERT(grid.keys[i] && grid.keys[i][0] != '\0');
    } else {
        FUZZ_ASSERT(error.status == status && error.message[0] != '\0');
    }
    batch_request_clear(&request);
    check_json(text, size);
    free(text);
    return 0;
}
