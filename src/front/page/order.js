// SPDX-License-Identifier: MIT
// The order that photos were arranged in, kept by this browser: the service knows when they came, not how they look best.

const ORDER_NAME = 'tessera-order';
const GRIDS_KEPT = 20;

function read() {
  try {
    const kept = JSON.parse(localStorage.getItem(ORDER_NAME));
    return Array.isArray(kept) ? kept : [];
  } catch {
    return [];
  }
}

export function saveOrder(gridId, keys) {
  const kept = read().filter(([id]) => id !== gridId).slice(1 - GRIDS_KEPT);
  if (keys.length) kept.push([gridId, keys]);
  try { localStorage.setItem(ORDER_NAME, JSON.stringify(kept)); } catch { /* full, or forbidden */ }
}

/** The keys as they were arranged; new ones at the end, as they came. */
export function inSavedOrder(gridId, keys) {
  const saved = read().find(([id]) => id === gridId)?.[1] ?? [];
  const there = new Set(keys);
  const known = new Set(saved);
  return [...saved.filter((key) => there.has(key)), ...keys.filter((key) => !known.has(key))];
}
