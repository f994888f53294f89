// SPDX-License-Identifier: MIT
// What is done with a finished picture: downloading it and copying its link.

const ENDINGS = { jpeg: 'jpg', png: 'png', webp: 'webp', avif: 'avif' };

/** A file name out of a grid id, which may hold anything. */
export function fileName(gridId, format) {
  const name = gridId.replace(/[^\p{L}\p{N}._ -]+/gu, '-').replace(/^[.\s-]+/, '').slice(0, 80) || 'grid';
  return `${name}.${ENDINGS[format] ?? format}`;
}

/** Saves the picture. A link to elsewhere (S3) can only be opened: browsers heed names for their own origin alone. */
export async function download(url, name) {
  if (new URL(url, location.href).origin !== location.origin) {
    window.open(url, '_blank', 'noopener');
    return;
  }
  const response = await fetch(url);
  if (!response.ok) throw new Error(`The link answered with status ${response.status}.`);
  const address = URL.createObjectURL(await response.blob());
  const anchor = document.createElement('a');
  anchor.href = address;
  anchor.download = name;
  anchor.click();
  setTimeout(() => URL.revokeObjectURL(address), 60000); // the browser reads it after the click
}

/** Copies text; false where the browser does not let us (no secure origin): then it must be copied by hand. */
export async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false;
  }
}
