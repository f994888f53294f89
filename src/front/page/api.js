// SPDX-License-Identifier: MIT
// Talking to the service: JSON, tokens, waiting when it is busy, and errors that can be told to people.

const TOKEN_NAME = 'tessera-token';
const BASE = new URL('.', import.meta.url); // a proxy may have put the service below a path
const TRIES = 6;
const LONGEST_WAIT_S = 30;

/** What went wrong. `kind` is "service" (it answered so), "unreachable", "offline" or "aborted". */
export class ApiError extends Error {
  constructor(kind, message, status = 0, code = '', failed = []) {
    super(message);
    this.kind = kind;
    this.status = status;
    this.code = code;
    this.failed = failed; // photos for which there is no grid: [{key, cell, reason}]
  }
}

/** What a reader can do about an error; '' when its message says it all. */
export function hintFor(error) {
  if (error.kind === 'offline') return 'It goes on when your connection is back.';
  if (error.kind === 'unreachable') return `Is the service at ${location.host} running, and can this device reach it?`;
  switch (error.status) {
    case 401: return 'Try again with the right token.';
    case 413: return 'Make the image smaller, or ask for a higher limit.';
    case 415: return 'Choose a JPEG, PNG, WebP, GIF, TIFF, HEIF or AVIF.';
    case 429: case 503: return 'It has much to do. Try again in a moment.';
    case 504: return 'Fewer photos or smaller tiles take less time.';
    default: return error.status >= 500 ? 'Try again; if it stays so, whoever runs the service can see why in its log.' : '';
  }
}

/** An address of encoded segments: path('grids', 'a/b') is "grids/a%2Fb". */
export function path(...segments) {
  for (const segment of segments) {
    // A browser takes these for steps through folders, encoded or not: the request would go elsewhere.
    if (segment === '.' || segment === '..') throw new ApiError('service', `“${segment}” cannot be used in an address.`, 400);
  }
  return segments.map((segment) => encodeURIComponent(segment)).join('/');
}

function noAnswer() {
  return navigator.onLine === false
    ? new ApiError('offline', 'You are offline.')
    : new ApiError('unreachable', 'The service does not answer.');
}

function pause(seconds, signal) {
  return new Promise((resolve, reject) => {
    const stop = () => { clearTimeout(timer); reject(new ApiError('aborted', 'stopped')); };
    const timer = setTimeout(() => { signal?.removeEventListener('abort', stop); resolve(); }, seconds * 1000);
    if (signal?.aborted) stop();
    signal?.addEventListener('abort', stop, { once: true });
  });
}

/** Seconds to wait as Retry-After says (a number or a date), else longer with every try. */
function waitSeconds(header, attempt) {
  const number = Number(header);
  const date = Date.parse(header ?? '');
  let seconds = 0.5 * 2 ** attempt;
  if (header && Number.isFinite(number)) seconds = number;
  else if (header && !Number.isNaN(date)) seconds = (date - Date.now()) / 1000;
  return Math.min(Math.max(seconds, 0.1), LONGEST_WAIT_S);
}

// XMLHttpRequest, as fetch() cannot tell how much of a body has been sent.
function send({ method, url, headers, body, signal, awaitedFrom = Infinity, onProgress }) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    let sent = 0;
    const abort = () => { if (sent < awaitedFrom) request.abort(); };
    request.open(method, url);
    for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value);
    if (onProgress) {
      request.upload.onprogress = (event) => {
        sent = event.loaded / Math.max(event.total, 1);
        onProgress(sent);
      };
    }
    request.onload = () => resolve(request);
    request.onerror = () => reject(noAnswer());
    request.onabort = () => reject(new ApiError('aborted', 'stopped'));
    request.onloadend = () => signal?.removeEventListener('abort', abort);
    if (signal?.aborted) return reject(new ApiError('aborted', 'stopped'));
    signal?.addEventListener('abort', abort, { once: true });
    return request.send(body);
  });
}

function parse(request) {
  try {
    const answer = JSON.parse(request.responseText);
    return answer && typeof answer === 'object' ? answer : {};
  } catch {
    return {};
  }
}

async function sendPatiently(wanted) {
  for (let attempt = 0; ; attempt++) {
    const request = await send(wanted);
    const busy = request.status === 429 || request.status === 503;
    if (!busy || attempt + 1 >= TRIES) return request;
    wanted.onWait?.();
    await pause(waitSeconds(request.getResponseHeader('Retry-After'), attempt), wanted.signal);
  }
}

function failure(request) {
  const answer = parse(request);
  const words = typeof answer.message === 'string' && answer.message
    ? answer.message : `The service answered with status ${request.status}.`;
  return new ApiError('service', words, request.status, answer.code ?? '', Array.isArray(answer.failed) ? answer.failed : []);
}

let askToken = async () => null;
let asking = null;

/** How a token is asked for: a function that resolves to it, or to null when nobody gives one. */
export function onTokenNeeded(ask) {
  askToken = ask;
}

// Many requests may be refused at once; the question is put once.
function newToken(refused) {
  const token = sessionStorage.getItem(TOKEN_NAME);
  if (token && token !== refused) return Promise.resolve(token);
  asking ??= askToken(Boolean(refused)).then((given) => {
    asking = null;
    if (given) sessionStorage.setItem(TOKEN_NAME, given);
    return given;
  });
  return asking;
}

/**
 * Asks the service (address as path() makes it) and resolves to its JSON; rejects with ApiError.
 * Options: query (an object), json or body with type, signal, onProgress(0…1), onWait(), and awaitedFrom: the part (0…1)
 * of the body from which on the signal does not stop the request any more, as the service may do what it says already.
 */
export async function ask(method, address, { query, json, body, type, ...rest } = {}) {
  const url = new URL(query ? `${address}?${new URLSearchParams(query)}` : address, BASE);
  const headers = {};
  if (json !== undefined) headers['Content-Type'] = 'application/json';
  else if (body) headers['Content-Type'] = type || 'application/octet-stream';
  for (;;) {
    const token = sessionStorage.getItem(TOKEN_NAME);
    if (token) headers.Authorization = `Bearer ${token}`;
    const request = await sendPatiently({ method, url, headers, body: json === undefined ? body : JSON.stringify(json), ...rest });
    if (request.status === 401 && await newToken(token)) continue;
    if (request.status < 200 || request.status > 299) throw failure(request);
    return parse(request);
  }
}

/** Puts bytes to a presigned link, which needs no token and must not get one. */
export async function put(url, body, { type, ...rest } = {}) {
  const headers = type ? { 'Content-Type': type } : {};
  const request = await sendPatiently({ method: 'PUT', url, headers, body, ...rest });
  if (request.status < 200 || request.status > 299) throw failure(request);
}
