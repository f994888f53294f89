// SPDX-License-Identifier: MIT
// Files that are dropped on the page or pasted into it, folders with all that is in them.

function filesOf(entry) {
  return new Promise((resolve) => {
    if (entry.isFile) {
      entry.file((file) => resolve([file]), () => resolve([]));
      return;
    }
    const reader = entry.createReader();
    const found = [];
    const more = () => reader.readEntries(async (entries) => { // a part of the folder at each call
      if (!entries.length) { resolve(found); return; }
      for (const inner of entries) if (!inner.name.startsWith('.')) found.push(...await filesOf(inner));
      more();
    }, () => resolve(found));
    more();
  });
}

async function filesOfTransfer(transfer) {
  // Both must be read before the first await: afterwards the browser has emptied them.
  const entries = [...transfer.items ?? []].map((item) => (item.kind === 'file' ? item.webkitGetAsEntry?.() : null));
  const files = [...transfer.files];
  if (!entries.some((entry) => entry?.isDirectory)) return files;
  return (await Promise.all(entries.filter(Boolean).map(filesOf))).flat();
}

/** Calls take(files) for what is dropped anywhere or pasted; `hint` is shown while something is dragged over. */
export function takeDrops(hint, take) {
  let depth = 0; // enter and leave come for every element that is passed
  const carriesFiles = (event) => event.dataTransfer?.types.includes('Files');
  const show = (on) => { hint.hidden = !on; };

  addEventListener('dragenter', (event) => {
    if (!carriesFiles(event)) return;
    event.preventDefault();
    depth++;
    show(true);
  });
  addEventListener('dragover', (event) => {
    if (!carriesFiles(event)) return;
    event.preventDefault();
    event.dataTransfer.dropEffect = 'copy';
  });
  addEventListener('dragleave', (event) => {
    if (!carriesFiles(event)) return;
    depth = Math.max(depth - 1, 0);
    if (depth === 0) show(false);
  });
  addEventListener('drop', async (event) => {
    if (!carriesFiles(event)) return;
    event.preventDefault();
    depth = 0;
    show(false);
    take(await filesOfTransfer(event.dataTransfer));
  });
  addEventListener('paste', (event) => {
    const files = [...event.clipboardData?.files ?? []];
    if (!files.length) return;
    event.preventDefault();
    take(files);
  });
}
