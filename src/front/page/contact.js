// SPDX-License-Identifier: MIT
// Thumbnails: one contact sheet of all photos, made by the service and shown in pieces, so that the list takes one
// request however long it is, and never loads the photos themselves.

import { build, load } from './grid.js';

const TILE = 160; // pixels; shown at half of it on most screens, sharp on dense ones
const COLUMNS = 20;
const MOST_ROWS = 400; // a JPEG has 65,500 rows of pixels at most

/** The sheet of these keys, as PhotoList.setContact() takes it. The order of keys does not matter. */
export async function contactSheet(gridId, keys, signal) {
  const sorted = [...keys].sort(); // an order of our own: rearranging photos asks for the same sheet again
  const columns = Math.min(sorted.length, Math.max(COLUMNS, Math.ceil(sorted.length / MOST_ROWS)));
  const plain = { gap: 0, margin: 0, fit: 'cover', format: 'jpeg', label: '', title: '' }; // whatever the service's defaults
  const options = { ...plain, tile: `${TILE}x${TILE}`, columns, quality: 70, expires: 3600 };
  const reasons = (failed) => new Map(failed.map(({ key, reason }) => [key, reason]));
  let answer;
  try {
    answer = await build(gridId, sorted, options, signal);
  } catch (error) {
    if (!error.failed?.length) throw error;
    return { url: '', columns, rows: 1, cells: new Map(), failed: reasons(error.failed) }; // not one can be shown
  }
  await load(answer.presigned_url);
  return {
    url: answer.presigned_url.replaceAll('"', '%22'),
    columns: answer.columns,
    rows: answer.rows,
    cells: new Map(sorted.map((key, index) => [key, index])),
    failed: reasons(answer.failed),
  };
}
