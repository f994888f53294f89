// SPDX-License-Identifier: MIT
// The list of photos: what is in it, its elements, and moving through it by keyboard.
//
// A photo is {gridId, key, name, state, progress, error}: state is "waiting", "sending" or "failed" until the service
// has it and its key is known, then "stored". Everything about it that came from elsewhere is shown as text only.

import { makeDraggable } from './drag.js';

const NAMES_NAME = 'tessera-names';
const NAMES_KEPT = 2000;

function readNames() {
  try { return JSON.parse(localStorage.getItem(NAMES_NAME)) ?? {}; } catch { return {}; }
}

/** Names of files belong to this browser: the service knows keys only. */
export function rememberName(key, name) {
  const kept = Object.entries(readNames()).filter(([known]) => known !== key).slice(-NAMES_KEPT);
  try { localStorage.setItem(NAMES_NAME, JSON.stringify(Object.fromEntries([...kept, [key, name]]))); } catch { /* full */ }
}

// Keys that the service made up say nothing to anybody.
function nameOfKey(key) {
  return /^[0-9a-f]{32}/.test(key) ? 'Photo' : key;
}

function make(tag, className, text) {
  const element = document.createElement(tag);
  element.className = className;
  if (text) element.textContent = text;
  return element;
}

/** The photos of these keys, which the service has. */
export function storedPhotos(gridId, keys) {
  const names = readNames();
  return keys.map((key) => ({ gridId, key, name: Object.hasOwn(names, key) ? String(names[key]) : nameOfKey(key), state: 'stored', progress: 1 }));
}

export class PhotoList {
  /** `list` is the <ol>; handlers: onOrder(), onRemove(photo), onRetry(photo), say(text). */
  constructor(list, handlers) {
    this.list = list;
    this.handlers = handlers;
    this.photos = [];
    this.elements = new Map();
    this.numbers = new Map();
    this.contact = null;
    list.addEventListener('keydown', (event) => this.#onKey(event));
    list.addEventListener('focusin', (event) => this.#setStop(event.target.closest('li')));
    makeDraggable(list, (from, to) => this.move(from, to));
  }

  get stored() { return this.photos.filter((photo) => photo.state === 'stored'); }

  find(key) { return this.photos.find((photo) => photo.key === key); }

  nameOf(key) { return this.find(key)?.name ?? key; }

  /** Replaces all photos; those that were listed before keep their elements. */
  show(photos) {
    const stay = new Set(photos);
    for (const [photo, element] of this.elements) {
      if (stay.has(photo)) continue;
      element.remove();
      this.elements.delete(photo);
    }
    this.photos = [...photos];
    this.refresh();
  }

  add(...photos) {
    this.photos.push(...photos);
    this.refresh();
  }

  remove(photo) {
    const at = this.photos.indexOf(photo);
    if (at < 0) return;
    const hadFocus = this.elements.get(photo)?.contains(document.activeElement);
    this.photos.splice(at, 1);
    this.elements.get(photo)?.remove();
    this.elements.delete(photo);
    this.refresh();
    if (hadFocus) (this.photos.length ? this.#focus(Math.min(at, this.photos.length - 1)) : document.getElementById('photos-title').focus());
  }

  move(from, to) {
    const last = this.photos.length - 1;
    if (to < 0 || to > last || from === to || from < 0) return false;
    const [photo] = this.photos.splice(from, 1);
    this.photos.splice(to, 0, photo);
    this.refresh();
    this.handlers.say(photo.state === 'stored' ? `${photo.name}: now ${this.#place(photo)}.`
      : `${photo.name}: moved. It has no number, as it is not uploaded.`);
    this.handlers.onOrder();
    return true;
  }

  /** Shows thumbnails out of one picture: {url, columns, rows, cells: Map(key → cell), failed: Map(key → reason)}. */
  setContact(contact) {
    this.contact = contact;
    for (const photo of this.photos) this.update(photo);
  }

  /** Brings elements into the order of the photos, making those that are missing. */
  refresh() {
    this.photos.forEach((photo, index) => {
      let element = this.elements.get(photo);
      if (!element) {
        element = this.#build(photo);
        this.elements.set(photo, element);
      }
      if (this.list.children[index] !== element) {
        const focused = element.contains(document.activeElement) ? document.activeElement : null;
        this.list.insertBefore(element, this.list.children[index] ?? null);
        focused?.focus();
      }
    });
    this.#renumber();
    if (!this.list.querySelector('.photo[tabindex="0"]')) this.#setStop(this.list.firstElementChild);
  }

  #build(photo) {
    const item = make('li', '');
    const button = make('button', 'photo');
    button.type = 'button';
    button.tabIndex = -1;
    button.setAttribute('aria-describedby', 'photos-help');
    const name = make('span', 'name', photo.name);
    name.dir = 'auto';
    const progress = make('progress', '');
    progress.max = 1;
    progress.setAttribute('aria-label', `Upload of ${photo.name}`);
    button.append(make('span', 'thumb'), make('span', 'number'), name, make('span', 'why'));
    const remove = make('button', 'remove', '×');
    const retry = make('button', 'retry', 'Try again');
    for (const [extra, act] of [[remove, 'onRemove'], [retry, 'onRetry']]) {
      extra.type = 'button';
      extra.addEventListener('click', () => this.handlers[act](photo));
    }
    remove.tabIndex = -1; // the Delete key does it: one stop of the Tab key for the whole list
    remove.setAttribute('aria-label', `Remove ${photo.name}`);
    retry.setAttribute('aria-label', `Try again to upload ${photo.name}`);
    item.append(button, progress, retry, remove);
    this.#draw(photo, item);
    return item;
  }

  // Photos are numbered as the grid numbers its cells: what the service has not got has none.
  #renumber() {
    this.numbers = new Map(this.stored.map((photo, index) => [photo, index + 1]));
    for (const photo of this.photos) this.#label(photo);
  }

  #place(photo) {
    return this.numbers.has(photo) ? `${this.numbers.get(photo)} of ${this.numbers.size}` : '';
  }

  #label(photo) {
    const item = this.elements.get(photo);
    item.querySelector('.number').textContent = this.numbers.get(photo) ?? '';
    item.querySelector('.photo').setAttribute('aria-label', [photo.name, this.#place(photo), this.#reason(photo)].filter(Boolean).join(', '));
  }

  #reason(photo) {
    if (photo.state === 'failed') return photo.error ?? 'failed';
    if (photo.state === 'waiting') return 'waiting';
    if (photo.state === 'sending') return photo.held ? 'service busy' : '';
    return this.contact?.failed.get(photo.key) ?? '';
  }

  /** Shows a photo's state and thumbnail as they are now. */
  update(photo) {
    const item = this.elements.get(photo);
    if (!item) return;
    this.#draw(photo, item);
    if (this.numbers.has(photo) === (photo.state === 'stored')) this.#label(photo);
    else this.#renumber();
  }

  #draw(photo, item) {
    const contact = this.contact;
    const reason = this.#reason(photo);
    const bad = photo.state === 'failed' || Boolean(contact?.failed.has(photo.key));
    item.dataset.state = photo.state;
    item.classList.toggle('bad', bad);
    item.querySelector('progress').hidden = photo.state !== 'waiting' && photo.state !== 'sending';
    item.querySelector('progress').value = photo.progress ?? 0;
    item.querySelector('.retry').hidden = photo.state !== 'failed' || !photo.file;
    item.querySelector('.why').textContent = reason;
    item.querySelector('.photo').title = [photo.name, photo.key, reason].filter(Boolean).join('\n');
    const cell = bad ? undefined : contact?.cells.get(photo.key);
    const style = item.querySelector('.thumb').style;
    style.backgroundImage = cell === undefined ? '' : `url("${contact.url}")`;
    if (cell !== undefined) {
      const part = (index, count) => (count > 1 ? `${(100 * index) / (count - 1)}%` : '0%');
      style.backgroundSize = `${contact.columns * 100}% ${contact.rows * 100}%`;
      style.backgroundPosition = `${part(cell % contact.columns, contact.columns)} ${part(Math.floor(cell / contact.columns), contact.rows)}`;
    }
  }

  #setStop(item) {
    for (const button of this.list.querySelectorAll('.photo[tabindex="0"]')) button.tabIndex = -1;
    if (item) item.querySelector('.photo').tabIndex = 0;
  }

  #focus(index) {
    this.list.children[index]?.querySelector('.photo').focus();
  }

  // How many photos stand in the first row, as the page is laid out now.
  #perRow() {
    const items = [...this.list.children];
    const below = items.findIndex((item) => item.offsetTop > items[0].offsetTop);
    return below < 0 ? items.length : below;
  }

  #onKey(event) {
    const item = event.target.closest('li');
    if (!item || !event.target.classList.contains('photo') || event.ctrlKey || event.metaKey) return;
    const at = [...this.list.children].indexOf(item);
    const last = this.photos.length - 1;
    if (event.key === 'Delete' || event.key === 'Backspace') {
      event.preventDefault();
      this.handlers.onRemove(this.photos[at]);
      return;
    }
    const forward = getComputedStyle(this.list).direction === 'rtl' ? -1 : 1;
    const steps = { ArrowLeft: -forward, ArrowRight: forward, ArrowUp: -this.#perRow(), ArrowDown: this.#perRow(), Home: -at, End: last - at };
    if (!Object.hasOwn(steps, event.key)) return;
    event.preventDefault(); // Alt with an arrow would leave the page
    const to = at + steps[event.key];
    if (event.altKey) this.move(at, to);
    else if (to >= 0 && to <= last) this.#focus(to);
  }
}
