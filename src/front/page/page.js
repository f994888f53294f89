// SPDX-License-Identifier: MIT
// Puts the parts of the page together: which grid is shown, what changes it, and what is said about it.

import { ask, hintFor, onTokenNeeded, path } from './api.js';
import { contactSheet } from './contact.js';
import { showVisits } from './counter.js';
import { takeDrops } from './drop.js';
import { build, Latest, load, markFailed } from './grid.js';
import { currentId, randomId, showInAddress, whyNot } from './gridid.js';
import { readOptions, sharedOptions, takeOptions } from './options.js';
import { inSavedOrder, saveOrder } from './order.js';
import { PhotoList, rememberName, storedPhotos } from './photos.js';
import { copy, download, fileName } from './share.js';
import { Uploads } from './upload.js';

const $ = (id) => document.getElementById(id);
const QUIET_MS = 250; // after the last change of an option
const ARRIVING_MS = 1200; // while uploads come in, so that not each of them builds a grid
const form = $('options');

let gridId = '';
let complete = false; // whether all photos of the grid are listed, as far as anybody can know
const takenOut = new Set(); // keys of photos removed here, which a list that is on its way may still hold
let shown = null; // {answer, options} of the picture that is seen
let retry = null; // what "Try again" does

// Words for people

function say(text) {
  $('live').textContent = '';
  requestAnimationFrame(() => { $('live').textContent = text; }); // the same words twice are read twice
}

function showError(error, again) {
  if (error.kind === 'aborted') return;
  retry = { again, error };
  $('notice-text').textContent = error.message;
  $('notice-hint').textContent = hintFor(error);
  $('notice-retry').hidden = !again;
  $('notice').hidden = false;
}

function clearError() {
  retry = null;
  $('notice').hidden = true;
}

function openDialog(dialog) {
  return new Promise((resolve) => {
    dialog.returnValue = 'cancel'; // Escape leaves it so
    dialog.addEventListener('close', () => resolve(dialog.returnValue), { once: true });
    dialog.showModal();
  });
}

// The picture

function showBusy(busy) {
  $('busy').hidden = !busy;
  $('stage').setAttribute('aria-busy', String(busy));
}

function showFailed({ answer }) {
  $('failed').hidden = answer.failed.length === 0;
  $('failed-title').textContent = answer.failed.length === 1 ? 'One photo could not be shown' : `${answer.failed.length} photos could not be shown`;
  $('failed-list').replaceChildren(...answer.failed.map(({ key, cell, reason }) => {
    const item = document.createElement('li');
    const name = document.createElement('b');
    const why = document.createElement('span');
    const remove = document.createElement('button');
    name.dir = 'auto';
    name.textContent = list.nameOf(key);
    why.textContent = `Number ${cell + 1}: ${reason}`;
    remove.type = 'button';
    remove.textContent = 'Remove';
    remove.setAttribute('aria-label', `Remove ${list.nameOf(key)}`);
    remove.addEventListener('click', () => {
      const photo = list.find(key);
      if (photo) removePhoto(photo);
    });
    item.append(name, why, remove);
    return item;
  }));
}

function show(answer, options) {
  shown = { answer, options };
  const { width, height, columns, rows, tiles } = answer;
  const picture = $('picture');
  picture.src = answer.presigned_url;
  picture.alt = `Grid of ${tiles} ${tiles === 1 ? 'photo' : 'photos'}, ${columns} by ${rows}`;
  picture.hidden = false;
  $('waiting').hidden = true;
  $('frame').style.aspectRatio = `${width} / ${height}`;
  $('frame').style.width = `min(100%, ${width}px, ${(70 * width) / height}vh)`;
  markFailed($('marks'), answer, options);
  showFailed(shown);
  const until = new Date(answer.expires_at);
  const day = until.toDateString() === new Date().toDateString() ? {} : { weekday: 'short', day: 'numeric', month: 'short' };
  $('facts').textContent = `${width} × ${height} pixels · ${columns} × ${rows} tiles`
    + (Number.isNaN(until.getTime()) ? '' : ` · link works until ${until.toLocaleString([], { ...day, hour: '2-digit', minute: '2-digit' })}`);
  if (!$('link-box').hidden) $('link').value = answer.presigned_url;
  $('download').disabled = $('copy').disabled = false;
}

function forgetPicture() {
  shown = null;
  $('picture').hidden = true;
  $('picture').removeAttribute('src');
  $('waiting').hidden = false;
  $('marks').replaceChildren();
  $('failed').hidden = $('link-box').hidden = true;
  $('facts').textContent = '';
  $('frame').style.width = $('frame').style.aspectRatio = '';
  $('download').disabled = $('copy').disabled = true;
}

const builds = new Latest(async (signal) => {
  const keys = list.stored.map((photo) => photo.key);
  const options = readOptions(form);
  if (!keys.length || !options) return false;
  showBusy(true);
  try {
    const answer = await build(gridId, keys, options, signal);
    await load(answer.presigned_url);
    if (signal.aborted) return false; // a newer wish is on its way
    show(answer, options);
    clearError();
    const failed = answer.failed.length;
    say(`Grid of ${answer.columns} by ${answer.rows} is ready${failed ? `, ${failed} could not be shown` : ''}.`);
    return true;
  } catch (error) {
    if (signal.aborted) return false;
    showError(error, () => builds.now());
    if (error.failed?.length) { // not one photo can be shown: the picture before is of others
      forgetPicture();
      showFailed({ answer: error });
    }
    return false;
  } finally {
    if (!signal.aborted) showBusy(false);
  }
});

let contactKeys = '';
const contacts = new Latest(async (signal) => {
  const keys = list.stored.map((photo) => photo.key);
  const wanted = JSON.stringify([gridId, [...keys].sort()]);
  if (!keys.length || wanted === contactKeys) return;
  try {
    const contact = await contactSheet(gridId, keys, signal);
    if (signal.aborted) return;
    contactKeys = wanted;
    list.setContact(contact);
  } catch { /* the photos are listed without thumbnails; the grid itself says what is wrong */ }
});

// What changes it

function layOut() {
  const some = list.photos.length > 0;
  $('empty').hidden = some;
  $('result').hidden = $('photo-section').hidden = !some;
  document.body.classList.toggle('is-empty', !some);
  $('photos-title').textContent = some ? `Photos (${list.photos.length})` : 'Photos';
  if (!list.stored.length) {
    builds.cancel();
    contacts.cancel();
    showBusy(false);
    forgetPicture();
  }
}

function changed({ ordered = true, soonMs = QUIET_MS } = {}) {
  layOut();
  if (ordered && complete) saveOrder(gridId, list.stored.map((photo) => photo.key));
  if (!list.stored.length) return;
  builds.soon(soonMs);
  contacts.soon(soonMs / 2);
}

function removePhoto(photo) {
  uploads.drop(photo);
  list.remove(photo);
  say(`${photo.name} removed, ${list.photos.length} left.`);
  changed();
  if (photo.state === 'stored') takeOut(photo);
}

/** Takes a photo out of the service's grid. */
async function takeOut(photo) {
  takenOut.add(photo.key);
  try {
    await ask('DELETE', path('grids', photo.gridId, photo.key));
  } catch (error) {
    if (error.status === 404) return;
    takenOut.delete(photo.key);
    photo.state = 'stored'; // whatever came of its upload, the grid has it
    if (photo.gridId === gridId) {
      list.add(photo);
      changed();
    }
    showError(error, () => removePhoto(photo));
  }
}

async function removeAll() {
  const count = list.photos.length;
  $('sure-title').textContent = count === 1 ? 'Remove the photo?' : `Remove all ${count} photos?`;
  if (await openDialog($('sure-dialog')) !== 'ok') return;
  const id = gridId;
  const gone = new Set(list.photos);
  for (const photo of gone) uploads.drop(photo);
  list.show(list.stored);
  try {
    await ask('DELETE', path('grids', id));
  } catch (error) {
    if (error.status !== 404) {
      layOut();
      showError(error, gridId === id ? removeAll : null);
      return;
    }
  }
  if (gridId !== id) return;
  list.show(list.photos.filter((photo) => !gone.has(photo)));
  clearError();
  changed();
  say('All photos removed.');
  document.querySelector('#empty [data-choose]').focus();
}

function takeFiles(files) {
  list.add(...files.map((file) => uploads.add(gridId, file)));
  if (files.length) {
    say(`${files.length} ${files.length === 1 ? 'photo' : 'photos'} being uploaded.`);
    layOut();
  }
}

const list = new PhotoList($('photos'), {
  say,
  onOrder: () => changed(),
  onRemove: removePhoto,
  onRetry: (photo) => uploads.retry(photo),
});

let arriving = 0; // when the next build for arriving photos is due
const uploads = new Uploads({
  onChange: (photo) => list.update(photo),
  onDropped: (photo) => {
    const shownAgain = list.find(photo.key); // its grid was opened anew before its upload was answered
    if (shownAgain) {
      list.remove(shownAgain);
      changed();
    }
    return takeOut(photo);
  },
  onStored: (photo) => {
    rememberName(photo.key, photo.name);
    if (photo.gridId !== gridId) return;
    if (takenOut.has(photo.key)) { list.remove(photo); layOut(); return; } // its twin was removed
    const twin = list.photos.find((each) => each !== photo && each.key === photo.key);
    if (twin) list.remove(twin); // the service listed it before it answered its upload
    const now = performance.now();
    if (arriving < now) arriving = now + ARRIVING_MS;
    changed({ soonMs: uploads.queue.length || uploads.running > 1 ? arriving - now : QUIET_MS });
  },
});

// Which grid

// Photos may have come in, and moved, while the service was asked for its keys.
function showKeys(keys) {
  const listed = new Map(list.photos.map((photo) => [photo.key, photo]));
  const there = inSavedOrder(gridId, keys.filter((key) => !takenOut.has(key)));
  const photos = storedPhotos(gridId, there).map((photo) => listed.get(photo.key) ?? photo);
  list.show(new Set([...photos, ...list.photos]));
}

/** `isNew`: nobody can have put anything into it. */
async function openGrid(id, { push = false, isNew = false } = {}) {
  gridId = id;
  builds.cancel();
  contacts.cancel();
  contactKeys = '';
  showBusy(false);
  clearError();
  forgetPicture();
  $('grid-id').value = id;
  $('grid-open').hidden = true;
  document.title = `${id} · tessera`;
  showInAddress(id, sharedOptions(form), { push });
  list.setContact(null);
  list.show(uploads.of(id));
  complete = isNew;
  if (isNew || list.photos.length) layOut();
  if (isNew) return;
  try {
    const { keys } = await ask('GET', path('grids', id), { query: { order: 'added' } });
    if (gridId !== id) return;
    showKeys(keys);
    complete = true;
  } catch (error) {
    if (gridId !== id) return;
    complete = error.status === 404; // nothing is in it yet
    if (!complete) showError(error, () => openGrid(id));
  }
  changed({ ordered: false, soonMs: 0 });
}

function wantGrid(event) {
  event.preventDefault();
  const input = $('grid-id');
  const id = input.value === gridId ? gridId : input.value.trim();
  input.setCustomValidity(whyNot(id));
  if (input.reportValidity() && id !== gridId) openGrid(id, { push: true });
}

function optionsChanged() {
  const wrong = [...form.elements].find((element) => element.name && !element.validity.valid);
  form.elements.quality.disabled = form.elements.format.value === 'png';
  $('options-why').textContent = wrong ? `${wrong.labels[0].firstChild.textContent.trim()}: ${wrong.validationMessage}` : '';
  if (wrong) { builds.cancel(); showBusy(false); return; }
  showInAddress(gridId, sharedOptions(form));
  if (list.stored.length) builds.soon(QUIET_MS);
}

// A link that has ended is made anew first; the picture itself is not built again.
async function withLink(use) {
  if (!shown) return;
  const ended = Date.parse(shown.answer.expires_at) < Date.now() + 5000;
  if (ended && !await builds.now()) return;
  try {
    await use(shown.answer.presigned_url);
  } catch (error) {
    showError(error, null);
  }
}

async function copyLink(url) {
  const copied = await copy(url);
  $('link-box').hidden = copied;
  $('link').value = url;
  if (!copied) $('link').select();
  const button = $('copy');
  button.textContent = copied ? 'Copied' : 'Copy it below';
  say(copied ? 'Link copied.' : 'The link is below, ready to be copied.');
  setTimeout(() => { button.textContent = 'Copy link'; }, 2000);
}

// Waiting for people

onTokenNeeded(async (wasWrong) => {
  $('token-title').textContent = wasWrong ? 'That token was not accepted' : 'This service asks for a token';
  $('token').value = '';
  return await openDialog($('token-dialog')) === 'ok' ? $('token').value.trim() : null;
});
takeDrops($('drop-hint'), takeFiles);
for (const button of document.querySelectorAll('[data-choose]')) button.addEventListener('click', () => $('files').click());
$('files').addEventListener('change', (event) => {
  takeFiles([...event.target.files]);
  event.target.value = ''; // the same files may be chosen again
});
form.addEventListener('input', optionsChanged);
form.addEventListener('reset', () => setTimeout(optionsChanged)); // the form is reset after the event
form.addEventListener('submit', (event) => event.preventDefault());
$('grid-form').addEventListener('submit', wantGrid);
$('grid-id').addEventListener('input', (event) => {
  event.target.setCustomValidity('');
  $('grid-open').hidden = event.target.value === gridId;
});
$('grid-new').addEventListener('click', () => openGrid(randomId(), { push: true, isNew: true }));
$('remove-all').addEventListener('click', removeAll);
$('notice-retry').addEventListener('click', () => { const again = retry?.again; clearError(); again?.(); });
$('download').addEventListener('click', () => withLink((url) => download(url, fileName(gridId, shown.options.format))));
$('copy').addEventListener('click', () => withLink(copyLink));
addEventListener('online', () => { if (retry?.error.kind === 'offline') { const { again } = retry; clearError(); again?.(); } });
addEventListener('beforeunload', (event) => { if (uploads.busy) event.preventDefault(); });
addEventListener('popstate', () => {
  takeOptions(form, new URLSearchParams(location.search));
  const { id, isNew } = currentId();
  if (id !== gridId) openGrid(id, { isNew });
  else optionsChanged();
});

takeOptions(form, new URLSearchParams(location.search));
form.elements.quality.disabled = form.elements.format.value === 'png';
const first = currentId();
openGrid(first.id, { isNew: first.isNew });
showVisits($('visits'));
