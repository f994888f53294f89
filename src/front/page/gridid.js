// SPDX-License-Identifier: MIT
// Which grid this page shows: its id is in the address, so that an address can be shared; the last one is remembered.

const LAST_NAME = 'tessera-grid';
const FIRST = 'amber bright calm clear cosy early fair fresh gentle golden green happy kind light lively merry misty quiet silver soft sunny swift warm wild'.split(' ');
const SECOND = 'bay beach brook cliff cloud coast creek dune field forest garden glade harbour hill island lake meadow moon orchard pond river shore valley wood'.split(' ');

/** "calm-harbour-7k3q9x": readable, and nobody else's by chance. */
export function randomId() {
  const numbers = crypto.getRandomValues(new Uint32Array(8));
  const letters = 'abcdefghjkmnpqrstuvwxyz23456789';
  const tail = [...numbers.slice(2)].map((number) => letters[number % letters.length]).join('');
  return `${FIRST[numbers[0] % FIRST.length]}-${SECOND[numbers[1] % SECOND.length]}-${tail}`;
}

/** Why the service would not take the id; '' when it is fine. */
export function whyNot(id) {
  if (!id) return 'A grid needs a name.';
  // eslint-disable-next-line no-control-regex
  if (/[\u0000-\u001f\u007f-\u009f]/.test(id) || /\p{Cs}/u.test(id)) return 'A name has no control characters.';
  if (id === '.' || id === '..') return 'Browsers cannot ask for a grid of this name. Choose another.';
  if (new TextEncoder().encode(id).length > 2048) return 'A name has 2048 bytes at most.';
  return '';
}

function remembered() {
  try { return localStorage.getItem(LAST_NAME); } catch { return null; }
}

/** The id of the address, else the last one of this browser, else a new one: {id, isNew}. */
export function currentId() {
  const id = new URLSearchParams(location.search).get('grid') || remembered() || '';
  return whyNot(id) ? { id: randomId(), isNew: true } : { id, isNew: false };
}

/** Writes the id and what else is worth sharing into the address bar. */
export function showInAddress(id, others = {}, { push = false } = {}) {
  const address = `${location.pathname}?${new URLSearchParams({ grid: id, ...others })}`;
  if (address !== location.pathname + location.search) history[push ? 'pushState' : 'replaceState'](null, '', address);
  try { localStorage.setItem(LAST_NAME, id); } catch { /* private windows may forbid it */ }
}
