// SPDX-License-Identifier: MIT
// Files on their way to the service: three at a time, the large ones straight to the store.

import { ask, path, put } from './api.js';

const AT_ONCE = 3;
const LARGE_BYTES = 5 * 1024 * 1024; // gateways in front of the service may take no more

// Without the marks that turn the direction of writing: "gpj.exe" must not look like "exe.jpg".
function shownName(name) {
  return name.replace(/[\u202a-\u202e\u2066-\u2069]/g, '') || 'photo';
}

// Both give the photo the key that the service made for it. A request that makes one is awaited even when the photo was
// removed meanwhile: without the key, nobody could take it out of the grid.

async function sendLarge(photo, { signal, onWait, onProgress }) {
  const { gridId, file } = photo;
  const query = { uniqueGridId: gridId };
  if (file.type.startsWith('image/')) query.type = file.type;
  const link = await ask('POST', 'upload_url', { query, signal, awaitedFrom: 0, onWait });
  photo.key = link.s3Key;
  await put(link.upload_url, file, { type: file.type, signal, awaitedFrom: 1, onWait, onProgress });
}

async function sendSmall(photo, options) {
  const { gridId, file } = photo;
  const answer = await ask('POST', 'add_image', { query: { uniqueGridId: gridId }, body: file, type: file.type, awaitedFrom: 0, ...options });
  photo.key = answer.s3Key;
}

// A key belongs to the grid since its link was made; without bytes it would be a hole in the picture.
async function takeBackKey(photo) {
  if (photo.key) await ask('DELETE', path('grids', photo.gridId, photo.key)).catch(() => {});
  photo.key = null;
}

export class Uploads {
  /**
   * onChange(photo): its state is another; onStored(photo): the service has it; onDropped(photo): it was dropped, but
   * the service has its key.
   */
  constructor({ onChange, onStored, onDropped }) {
    this.onChange = onChange;
    this.onStored = onStored;
    this.onDropped = onDropped;
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

  /** Stops it, sent or not; what the service has of it by then is told to onDropped(). */
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

  /** What the store lacks or refuses it will lack for all of them; each can be tried again. */
  #failWaiting(error) {
    for (const photo of this.queue.splice(0)) {
      Object.assign(photo, { state: 'failed', error: error.message });
      this.onChange(photo);
    }
  }

  async #send(photo) {
    photo.stop = new AbortController();
    const { signal } = photo.stop;
    photo.state = 'sending';
    this.onChange(photo);
    try {
      if (photo.file.size === 0) throw new Error('the file is empty');
      await (photo.file.size > LARGE_BYTES ? sendLarge : sendSmall)(photo, {
        signal,
        onProgress: (part) => { photo.progress = part; photo.held = false; this.onChange(photo); },
        onWait: () => { photo.held = true; this.onChange(photo); },
      });
      Object.assign(photo, { state: 'stored', progress: 1, file: null });
    } catch (error) {
      if (!signal.aborted) await takeBackKey(photo);
      // What the service refused for what it is will be refused again.
      const hopeless = [400, 413, 415, 422].includes(error.status) || !error.kind;
      Object.assign(photo, { state: 'failed', error: error.message, file: hopeless ? null : photo.file });
      if (['setup', 'denied'].includes(error.code)) this.#failWaiting(error);
    }
    photo.stop = null;
    if (signal.aborted) {
      if (photo.key) await this.onDropped(photo);
      return;
    }
    this.onChange(photo);
    if (photo.state !== 'stored') return;
    this.unstored.delete(photo);
    this.onStored(photo);
  }
}
