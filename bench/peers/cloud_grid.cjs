// SPDX-License-Identifier: MIT
/*
 * The grid in the cloud with AWS's SDK for JavaScript and sharp, as someone who knows both would write it: the keys from
 * the table; all photos fetched at once (the SDK's own agent keeps up to 50 connections), each scaled as soon as it is
 * there; joined, stored, and a link to it.
 *
 *     node cloud_grid.cjs ID          builds it once and prints the answer   (NODE_PATH names the folder of packages)
 *     node cloud_grid.cjs --serve     for each line of input, an id, builds its grid and prints the answer as one line
 */
'use strict';
const crypto = require('node:crypto');
const readline = require('node:readline');
const { DynamoDBClient, paginateQuery } = require('@aws-sdk/client-dynamodb');
const { GetObjectCommand, PutObjectCommand, S3Client } = require('@aws-sdk/client-s3');
const { getSignedUrl } = require('@aws-sdk/s3-request-presigner');
const sharp = require('sharp');

const tile = 100;
const { SOURCE_BUCKET, DESTINATION_BUCKET } = process.env;
const s3 = new S3Client({ forcePathStyle: true });
const dynamodb = new DynamoDBClient({});

async function keysOf(gridId) {
  const keys = [];
  const query = {
    TableName: 'GridBuilder',
    KeyConditionExpression: 'uniqueGridId = :id',
    ExpressionAttributeValues: { ':id': { S: gridId } },
    ScanIndexForward: false,
  };
  for await (const page of paginateQuery({ client: dynamodb }, query)) {
    keys.push(...page.Items.map((item) => item.s3Key.S));
  }
  return keys;
}

async function cell(key) {
  const object = await s3.send(new GetObjectCommand({ Bucket: SOURCE_BUCKET, Key: key }));
  return sharp(await object.Body.transformToByteArray())
    .autoOrient()
    .resize(tile, tile, { fit: 'cover' })
    .removeAlpha()
    .tiff({ compression: 'none' })
    .toBuffer();
}

async function build(gridId) {
  const keys = await keysOf(gridId);
  const cells = await Promise.all(keys.map(cell));
  const across = Math.floor(Math.sqrt(keys.length));
  const { data, info } = await sharp(cells, { join: { across } })
    .jpeg({ quality: 80 })
    .toBuffer({ resolveWithObject: true });
  const where = { Bucket: DESTINATION_BUCKET, Key: `${crypto.randomUUID()}.jpg` };
  await s3.send(new PutObjectCommand({ ...where, Body: data, ContentType: 'image/jpeg' }));
  const url = await getSignedUrl(s3, new GetObjectCommand(where), { expiresIn: 300 });
  return { presigned_url: url, width: info.width, height: info.height, tiles: keys.length };
}

async function main() {
  sharp.cache(false);
  const ids = process.argv[2] === '--serve' ? readline.createInterface({ input: process.stdin }) : [process.argv[2]];
  for await (const gridId of ids) {
    process.stdout.write(`${JSON.stringify(await build(gridId.trim()))}\n`);
  }
  s3.destroy(); // kept connections would hold the process back
  dynamodb.destroy();
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
