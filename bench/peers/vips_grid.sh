#!/bin/bash
# SPDX-License-Identifier: MIT
# The grid with the vips command line: one vipsthumbnail per core, each with its share of the photos (a process per
# photo costs 30 ms of start-up each), uncompressed .v files between, arrayjoin at the end.
#
#     vips_grid.sh OUTPUT TILE PHOTO…              (the photos' names must differ)
set -euo pipefail
output=$1 tile=$2
shift 2
cores=$(nproc)
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

columns=1
while (((columns + 1) * (columns + 1) <= $#)); do columns=$((columns + 1)); done

printf '%s\0' "$@" | VIPS_CONCURRENCY=1 xargs -0 -n $((($# + cores - 1) / cores)) -P "$cores" \
    vipsthumbnail --size "${tile}x${tile}" --smartcrop centre --export-profile srgb -o "$folder/%s.v"

cells=
for photo; do
    name=${photo##*/}
    cells="${cells:+$cells }$folder/${name%.*}.v"
done
case $output in
*.png) vips arrayjoin "$cells" "${output}[strip]" --across "$columns" ;;
*) vips arrayjoin "$cells" "${output}[Q=80,strip]" --across "$columns" ;;
esac
