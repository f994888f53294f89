// SPDX-License-Identifier: MIT
// The grid itself: asking for it, showing it, and marking the cells whose photos failed.

import { ask, ApiError } from './api.js';

/** Asks for a picture of these keys in this order; resolves to the service's answer. */
export function build(gridId, keys, options, signal) {
  return ask('POST', 'generate_grid', { query: { uniqueGridId: gridId, ...options }, json: { keys }, signal });
}

/** Loads a picture before it is shown, so that the one before it stays until then. */
export async function load(url) {
  const image = new Image();
  image.src = url;
  try {
    await image.decode();
  } catch {
    throw new ApiError(navigator.onLine === false ? 'offline' : 'service', 'The picture was built, but its link cannot be opened.');
  }
}

/**
 * Where a cell lies, in pixels of the picture. Captions stand below each tile and a title above all of them; both are
 * the service's business, so their heights are told from what the picture has more than its tiles need.
 */
export function cellRect(answer, cell, options) {
  const [width, height] = options.tile.split('x').map(Number);
  const gap = Number(options.gap);
  const margin = Number(options.margin);
  const caption = options.label ? Math.min(Math.max(Math.floor(height / 6), 14), 40) & ~1 : 0;
  const needed = answer.rows * (height + caption) + (answer.rows - 1) * gap + 2 * margin;
  const title = Math.max(answer.height - needed, 0);
  return {
    left: margin + (cell % answer.columns) * (width + gap),
    top: margin + title + Math.floor(cell / answer.columns) * (height + caption + gap),
    width,
    height,
  };
}

function percent(part, whole) {
  return `${(100 * part) / whole}%`;
}

/** Marks the cells of photos that failed, over the picture. */
export function markFailed(marks, answer, options) {
  marks.replaceChildren(...answer.failed.map((failed) => {
    const rect = cellRect(answer, failed.cell, options);
    const mark = document.createElement('div');
    const words = document.createElement('span');
    mark.className = 'mark';
    mark.title = failed.reason;
    words.textContent = failed.reason;
    mark.append(words);
    Object.assign(mark.style, {
      left: percent(rect.left, answer.width), top: percent(rect.top, answer.height),
      width: percent(rect.width, answer.width), height: percent(rect.height, answer.height),
    });
    return mark;
  }));
}

/**
 * Runs the newest of many wishes: `run(signal)` some time after the last call of soon(). What was running before is
 * stopped, and what it would still say is not heard.
 */
export class Latest {
  constructor(run) {
    this.run = run;
    this.stop = null;
    this.timer = 0;
  }

  soon(ms) {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.now(), ms);
  }

  now() {
    clearTimeout(this.timer);
    this.stop?.abort();
    this.stop = new AbortController();
    return this.run(this.stop.signal);
  }

  cancel() {
    clearTimeout(this.timer);
    this.stop?.abort();
  }
}
