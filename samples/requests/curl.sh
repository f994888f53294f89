#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Every request of the HTTP API, as lines of curl to read and to copy. It runs, too:
#
#   url=http://127.0.0.1:8080 samples/requests/curl.sh photo.jpg
#   url=https://abcdefgh12.execute-api.eu-north-1.amazonaws.com samples/requests/curl.sh photo.jpg
#
# $id names the grid, $out the file for its picture. A grid and a counted hit stay behind. Where the service wants a token, let
# ~/.curlrc say: header = "Authorization: Bearer TOKEN"
set -euo pipefail

if [ $# -ne 1 ] || [ "$1" = --help ]; then
    sed -n '3,9s/^# \{0,1\}//p' "$0"
    exit $(($# != 1 ? 2 : 0))
fi
photo=$1
url=${url:-http://127.0.0.1:8080}
id=${id:-curl-$$}
out=${out:-grid-$id.jpg}

show() { # prints an answer below what was asked
    printf '# %s\n%s\n' "$1" "$(cat)"
}
value() { # one member of an answer; `jq -r .NAME` does it better
    sed -n "s/.*\"$1\":\"\([^\"]*\)\".*/\1/p"
}

# Is it there? Does its store answer? What can be asked of it?
curl -fsS "$url/healthz" | show "GET /healthz"
curl -fsS "$url/readyz" | show "GET /readyz"
curl -fsS "$url/openapi.json" -o /dev/null -w '%{size_download} bytes of OpenAPI\n' | show "GET /openapi.json"

# Two images for a grid id.
curl -fsS -X POST --data-binary "@$photo" -H 'Content-Type: image/jpeg' "$url/add_image?uniqueGridId=$id" | show "POST /add_image"
key=$(curl -fsS -X POST --data-binary "@$photo" -H 'Content-Type: image/jpeg' "$url/add_image?uniqueGridId=$id" | value s3Key)

# A third, large one: ask for a link, and send the image straight to the store.
link=$(curl -fsS -X POST "$url/upload_url?uniqueGridId=$id" | value upload_url)
curl -fsS -X PUT --data-binary "@$photo" -H 'Content-Type:' -o /dev/null -w '%{http_code}\n' "$link" | show "PUT to the link of /upload_url"

# Which images are there?
curl -fsS "$url/grids/$id" | show "GET /grids/ID"

# The grid, with options in the address, or as JSON. The answer has a link to the picture.
curl -fsS -X POST "$url/generate_grid?uniqueGridId=$id&tile=200&gap=4" | show "POST /generate_grid"
picture=$(curl -fsS -X POST -H 'Content-Type: application/json' -d "{\"uniqueGridId\":\"$id\",\"tile\":\"320x200\"}" "$url/create_grid" | value presigned_url)
curl -fsS -o "$out" -w '%{size_download} bytes\n' "$picture" | show "GET the picture into $out"

# One image less; then none.
curl -fsS -X DELETE "$url/grids/$id/$key" | show "DELETE /grids/ID/KEY"
curl -fsS -X DELETE "$url/grids/$id" | show "DELETE /grids/ID"

# Count a hit; read the counter.
curl -fsS -X POST "$url/counters/curl-example" | show "POST /counters/NAME"
curl -fsS "$url/counters/curl-example" | show "GET /counters/NAME"
