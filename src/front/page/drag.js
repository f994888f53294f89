// SPDX-License-Identifier: MIT
// Reordering the items of a list by mouse, pen or finger.
//
// A mouse drags at once; a finger must rest first, so that a swipe still scrolls the page. While dragging, a copy of
// the item follows the pointer and the list shows where it would land; the order changes when it is let go.

const REST_MS = 280;
const SLOP_PX = 6;

/** Calls move(from, to) with positions in the list when an item was dropped elsewhere. */
export function makeDraggable(list, move) {
  let drag = null; // {item, pointer, x, y, ghost, from, timer}

  function begin() {
    const box = drag.item.getBoundingClientRect();
    drag.ghost = drag.item.cloneNode(true);
    drag.ghost.className = `ghost ${drag.item.className}`;
    drag.ghost.setAttribute('aria-hidden', 'true');
    drag.ghost.inert = true;
    Object.assign(drag.ghost.style, { width: `${box.width}px`, height: `${box.height}px`, left: `${box.left}px`, top: `${box.top}px` });
    document.body.append(drag.ghost);
    drag.item.classList.add('dragged');
    list.classList.add('dragging');
    list.setPointerCapture(drag.pointer);
  }

  function end(dropped) {
    if (!drag) return;
    clearTimeout(drag.timer);
    const { item, ghost, from } = drag;
    drag = null;
    if (!ghost) return;
    ghost.remove();
    item.classList.remove('dragged');
    list.classList.remove('dragging');
    const to = [...list.children].indexOf(item);
    // The list puts its elements where its photos are; undo what was only shown, then tell.
    if (to !== from) list.insertBefore(item, list.children[from < to ? from : from + 1] ?? null);
    if (dropped && to !== from) move(from, to);
  }

  function showAt(x, y) {
    const over = document.elementFromPoint(x, y)?.closest('li');
    if (!over || over === drag.item || over.parentElement !== list) return;
    const items = [...list.children];
    list.insertBefore(drag.item, items.indexOf(over) > items.indexOf(drag.item) ? over.nextSibling : over);
  }

  list.addEventListener('pointerdown', (event) => {
    const item = event.target.closest('li');
    if (drag || event.button !== 0 || !item || !event.target.closest('.photo')) return;
    drag = { item, pointer: event.pointerId, x: event.clientX, y: event.clientY, from: [...list.children].indexOf(item), ghost: null };
    if (event.pointerType === 'touch') drag.timer = setTimeout(() => drag && begin(), REST_MS);
  });
  list.addEventListener('pointermove', (event) => {
    if (!drag || event.pointerId !== drag.pointer) return;
    const far = Math.hypot(event.clientX - drag.x, event.clientY - drag.y) > SLOP_PX;
    if (!drag.ghost) {
      if (!far) return;
      if (event.pointerType === 'touch') { end(false); return; } // a swipe
      begin();
    }
    drag.ghost.style.translate = `${event.clientX - drag.x}px ${event.clientY - drag.y}px`;
    const edge = 60; // near the window's edge the page scrolls along
    if (event.clientY < edge) scrollBy(0, -14);
    else if (event.clientY > innerHeight - edge) scrollBy(0, 14);
    showAt(event.clientX, event.clientY);
  });
  list.addEventListener('pointerup', () => end(true));
  list.addEventListener('pointercancel', () => end(false));
  list.addEventListener('contextmenu', (event) => { if (drag) event.preventDefault(); }); // a finger that rests
  list.addEventListener('touchmove', (event) => { if (drag?.ghost) event.preventDefault(); }, { passive: false });
  addEventListener('keydown', (event) => { if (event.key === 'Escape') end(false); });
}
