// SPDX-License-Identifier: MIT
// The hit counter at the foot of the page: a visit is counted once in a browser's session.

import { ask, path } from './api.js';

const COUNTED_NAME = 'tessera-counted';

export async function showVisits(element) {
  const counted = sessionStorage.getItem(COUNTED_NAME);
  // Noted before it is asked: a reload in between must not count twice.
  sessionStorage.setItem(COUNTED_NAME, 'yes');
  try {
    const { value } = await ask(counted ? 'GET' : 'POST', path('counters', 'page'));
    if (Number.isFinite(value)) element.textContent = `${value.toLocaleString('en')} ${value === 1 ? 'visit' : 'visits'}`;
  } catch (error) {
    if (!counted && error.kind !== 'service') sessionStorage.removeItem(COUNTED_NAME);
  }
}
