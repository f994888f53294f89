// SPDX-License-Identifier: MIT
/*
 * The grid with sharp, as someone who knows it would write it: all photos at once (libuv's pool bounds them), each
 * shrunk while it is loaded (sharp's default), cut to cover, upright; tiles handed on uncompressed and joined by
 * libvips' own arrayjoin. Nothing is used twice, so the operation cache is off.
 *
 *     node sharp_grid.cjs OUTPUT TILE PHOTO…          (NODE_PATH names the folder that holds sharp)
 *
 * Measured against the alternatives: `composite` onto a blank canvas takes 0 to 15 % more, copying raw tiles into one
 * buffer by hand the same; thread counts other than the defaults make no difference on 2 cores.
 */
'use strict';
const sharp = require('sharp');

const [output, size, ...photos] = process.argv.slice(2);
const tile = Number(size);
const columns = Math.floor(Math.sqrt(photos.length));

function cell(path) {
  return sharp(path)
    .autoOrient()
    .resize(tile, tile, { fit: 'cover' })
    .removeAlpha()
    .tiff({ compression: 'none' })
    .toBuffer();
}

async function main() {
  sharp.cache(false);
  const cells = await Promise.all(photos.map(cell));
  const grid = sharp(cells, { join: { across: columns } });
  await (output.endsWith('.png') ? grid.png() : grid.jpeg({ quality: 80 })).toFile(output);
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
