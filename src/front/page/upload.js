// SPDX-License-Identifier: MIT
// Files on their way to the service: three at a time, the large ones straight to the store.

import { ask, path, put } from './api.js';

const AT_ONCE = 3;
const LARGE_BYTES = 5 * 1024 * 1024; // gateways in front of the service may take no more

// Without the marks that turn the direction of writing: "gpj.exe" must not look like "exe.jpg".
function shownName(name) {
  return name.replace(/[\u202a-\u202e\u2066-\u2069]/g, '') || 'photo';
}

async function sendLarge(gridId, file, options) {
  const query = { uniqueGridId: gridId };
  if (file.type.startsWith('image/')) query.type = file.type;
  const link = await ask('POST', 'upload_url', { query, onWait: options.onWait, signal: options.signal });
  try {
    await put(link.upload_url, file, { type: file.type, ...options });
  } catch (error) {
    // The key belongs to the grid since the link was made; without its bytes it would be a hole in the picture.
    await ask('DELETE', path('grids', gridId, link.s3Key)).catch(() => {});
    throw error;
  }
  return link.s3Key;
}

async function sendSmall(gridId, file, options) {
  const answer = await ask('POST', 'add_image', { query: { uniqueGridId: gridId }, body: file, type: file.type, ...options });
  return answer.s3Key;
}

export class Uploads {
  /** onChange(photo): its state is another; onStored(photo): it has its key. */
  constructor({ onChange, onStored }) {
    this.onChange = onChange;
    this.onStored = onStored;
    this.queue = [];
    this.running = 0;
    this.unstored = new Set(); // on their way, or failed
  }

  get busy() { return this.running + this.queue.length > 0; }

  /** The photos of a grid that the service has not got yet. */
  of(gridId) { return [...this.unstored].filter((photo) => photo.gridId === gridId); }

  /** A photo for the list, which is sent when its turn comes. */
  add(gridId, file) {
    const photo = { key: null, name: shownName(file.name), file, gridId, state: 'waiting', progress: 0 };
    this.queue.push(photo);
    this.unstored.add(photo);
    queueMicrotask(() => this.#next());
    return photo;
  }

  retry(photo) {
    Object.assign(photo, { state: 'waiting', progress: 0, error: undefined });
    this.queue.push(photo);
    this.onChange(photo);
    this.#next();
  }

  /** Stops it, sent or not. */
  drop(photo) {
    this.queue = this.queue.filter((waiting) => waiting !== photo);
    this.unstored.delete(photo);
    photo.stop?.abort();
  }

  #next() {
    while (this.running < AT_ONCE && this.queue.length) {
      this.running++;
      this.#send(this.queue.shift()).finally(() => { this.running--; this.#next(); });
    }
  }

  async #send(photo) {
    photo.stop = new AbortController();
    photo.state = 'sending';
    this.onChange(photo);
    const options = {
      signal: photo.stop.signal,
      onProgress: (part) => { photo.progress = part; photo.held = false; this.onChange(photo); },
      onWait: () => { photo.held = true; this.onChange(photo); },
    };
    try {
      if (photo.file.size === 0) throw new Error('the file is empty');
      photo.key = await (photo.file.size > LARGE_BYTES ? sendLarge : sendSmall)(photo.gridId, photo.file, options);
      Object.assign(photo, { state: 'stored', progress: 1, file: null, stop: null });
    } catch (error) {
      if (error.kind === 'aborted') return;
      // What the service refused for what it is will be refused again.
      const hopeless = [400, 413, 415, 422].includes(error.status) || !error.kind;
      Object.assign(photo, { state: 'failed', error: error.message, stop: null, file: hopeless ? null : photo.file });
    }
    this.onChange(photo);
    if (photo.state !== 'stored') return;
    this.unstored.delete(photo);
    this.onStored(photo);
  }
}
