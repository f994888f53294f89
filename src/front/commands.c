// SPDX-License-Identifier: MIT
/* The table of commands. */
#include "front/command.h"

#include <string.h>

#define GRID_GROUPS (GROUP_PICTURE | GROUP_ORDER | GROUP_STORED)

static const struct command commands[] = {
    {"montage", "IMAGE|DIR|@LIST|- … -o OUT", "files, stored objects or https:// images in, picture out",
     "tessera montage *.jpg -o grid.jpg\n"
     "tessera montage photos -o grid.png --tile 320x200 --gap 4 --background white\n"
     "find . -name '*.jpg' -print0 | tessera montage - -o all.jpg --order added\n"
     "tessera montage photos -o page.jpg --columns 4 --rows 5    several pages: page-1.jpg, …\n"
     "tessera montage photos -o grid.jpg --label '%n %f' --map grid.json\n"
     "tessera montage s3://holiday/2026/ https://example.com/a.jpg -o grid.jpg\n",
     "A DIR stands for the images in it by name, @LIST for the names in the file LIST, and - for names\n"
     "on standard input: one a line, or separated by NUL. The name null: leaves a cell blank.\n"
     "s3://BUCKET/PREFIX stands for the stored images whose key begins so, by name.\n",
     GROUP_OUTPUT | GROUP_MAP | GROUP_DRY_RUN | GROUP_PICTURE | GROUP_ORDER | GROUP_LIMITS | GROUP_ENGINE |
         GROUP_STORE | GROUP_WEB,
     1, SIZE_MAX, command_montage, "IMAGE"},
    {"add", "--grid ID IMAGE|DIR|@LIST|- …", "store images and map them to a grid id",
     "tessera add --grid holiday photos/*.jpg\n"
     "tessera add --grid holiday photos\n"
     "find . -name '*.jpg' -print0 | tessera add --grid holiday -\n",
     "An image is stored and mapped when the answer lists it, even if the power fails right after.\n",
     GROUP_GRID_ID | GROUP_MAX_BYTES | GROUP_STORE, 1, SIZE_MAX, command_add, "IMAGE"},
    {"list", "--grid ID", "the keys mapped to a grid id",
     "tessera list --grid holiday\n"
     "tessera list --grid holiday --order added\n",
     NULL, GROUP_GRID_ID | GROUP_ORDER | GROUP_STORE, 0, 0, command_list, NULL},
    {"remove", "--grid ID [KEY…]", "unmap and delete images, or the whole grid",
     "tessera remove --grid holiday 3f1c….jpg    one image\n"
     "tessera remove --grid holiday              all of them\n",
     NULL, GROUP_GRID_ID | GROUP_STORE, 0, SIZE_MAX, command_remove, NULL},
    {"create-grid", "ID", "build the grid of an id, store it, print a link to it",
     "tessera create-grid holiday\n"
     "tessera create-grid holiday --tile 256 --gap 4 -o holiday.jpg\n"
     "tessera create-grid holiday --format webp --expires 3600\n"
     "tessera create-grid holiday --dry-run    size, memory and key, nothing built\n"
     "tessera create-grid s3://holiday/2026/   all images whose key begins with 2026/\n",
     "A grid whose images and options did not change is answered from the store without being built.\n"
     "s3://BUCKET/PREFIX in place of an id stands for the stored images whose key begins so.\n",
     GROUP_OUTPUT | GROUP_DRY_RUN | GRID_GROUPS | GROUP_LIMITS | GROUP_ENGINE | GROUP_STORE, 1, 1,
     command_create_grid, "ID"},
    {"batch", "FILE|-", "many grids: one id or JSON request a line in, one JSON answer a line out",
     "tessera batch ids.txt > answers.ndjson\n"
     "echo '{\"uniqueGridId\":\"holiday\",\"tile\":256,\"gap\":4}' | tessera batch -\n"
     "tessera batch requests.ndjson --jobs 8 --ordered --tile 128\n",
     "A line is a grid id or s3://BUCKET/PREFIX, or a JSON object with \"uniqueGridId\", perhaps \"keys\"\n"
     "(a list: these images in this order), and options by their names below, which override those of\n"
     "the command line. Blank lines are skipped. Run it again to resume: finished grids are answered\n"
     "from the store.\n",
     GROUP_BATCH | GRID_GROUPS | GROUP_LIMITS | GROUP_ENGINE | GROUP_STORE, 1, 1, command_batch, "FILE"},
    {"counter", "NAME", "count a hit and print the new value",
     "tessera counter resume\n"
     "tessera counter resume --get\n"
     "tessera counter resume --set 0\n"
     "tessera counter resume --store aws       in DynamoDB\n",
     "When a server does not answer, a hit may or may not have been counted: it is not tried again,\n"
     "so that none is ever counted twice.\n",
     GROUP_COUNTER | GROUP_STORE, 1, 1, command_counter, "NAME"},
    {"serve", "", "the HTTP service, with a page to drop photos into",
     "tessera serve                                  then open http://127.0.0.1:8080\n"
     "tessera serve --listen 0.0.0.0:8080 --token-file token.txt\n"
     "tessera serve --public-url https://grids.example.com    behind a proxy that does TLS\n"
     "tessera serve --tile 256 --gap 4               other defaults for the grids\n"
     "curl -X POST --data-binary @photo.jpg 'http://127.0.0.1:8080/add_image?uniqueGridId=holiday'\n"
     "curl -X POST 'http://127.0.0.1:8080/generate_grid?uniqueGridId=holiday&tile=256'\n",
     "/openapi.json describes every request, /metrics is for Prometheus, /healthz and /readyz for whoever\n"
     "watches. It speaks plain HTTP: leave TLS to a proxy before it. SIGTERM lets requests come to their "
     "end.\n",
     GROUP_SERVE | GROUP_CORS | GRID_GROUPS | GROUP_LIMITS | GROUP_ENGINE | GROUP_STORE, 0, 0, command_serve,
     NULL},
    {"lambda", "", "the AWS Lambda runtime: answers the events of a function",
     "tessera lambda                   as the last line of a function's bootstrap script\n"
     "cp tessera bootstrap             a program of this name needs no script\n"
     "tessera lambda --tile 256        other defaults for the grids\n",
     "The function's handler selects what it does: add_image, generate_grid, getHitCount, or api, which\n"
     "routes by path as tessera serve does. It takes events of API Gateway, Function URLs and SQS, and\n"
     "direct ones: {\"counter\":\"resume\"}, {\"uniqueGridId\":\"holiday\",\"tile\":256} and\n"
     "{\"SOURCE_BUCKET\":\"photos\",\"DESTINATION_BUCKET\":\"grids\"}. $COUNTER_NAME is what getHitCount\n"
     "counts when nothing else is named.\n",
     GROUP_CORS | GROUP_BASE_PATH | GRID_GROUPS | GROUP_LIMITS | GROUP_ENGINE | GROUP_STORE, 0, 0,
     command_lambda, NULL},
    {"init", "", "create the store: buckets, tables, signing key",
     "tessera init\n"
     "tessera init --data /srv/tessera\n"
     "tessera init --source my-photos --dest my-grids    on S3 and DynamoDB\n",
     "Doing it twice is harmless.\n", GROUP_STORE, 0, 0, command_init, NULL},
    {"doctor", "", "check the configuration and the store; say what to fix",
     "tessera doctor\n"
     "tessera doctor --data /srv/tessera\n"
     "tessera doctor --source my-photos --dest my-grids\n",
     "Nothing is changed. Exit status 1 when something needs fixing.\n", GROUP_STORE, 0, 0, command_doctor,
     NULL},
};

const struct command *command_at(size_t index)
{
    return index < sizeof commands / sizeof *commands ? &commands[index] : NULL;
}

const struct command *command_find(const char *name)
{
    const struct command *command;
    for (size_t i = 0; (command = command_at(i)); i++) {
        if (strcmp(command->name, name) == 0)
            return command;
    }
    return NULL;
}
