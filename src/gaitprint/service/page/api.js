/** The service, as the page asks it. The key lives in this tab alone and goes with it. */

const KEY = "gaitprint-key";
let latest = null;

/** What the service refused, in one line, with the id by which its log has it. */
export class ServiceError extends Error {
  constructor(status, message, id, wait) {
    super(message);
    Object.assign(this, { name: "ServiceError", status, id, wait });
  }
}

/** The key of this tab; an empty text where nobody is signed in. */
export function key() {
  return sessionStorage.getItem(KEY) || "";
}

/** Sign in with a key, or out without one. */
export function setKey(text) {
  if (text) sessionStorage.setItem(KEY, text);
  else sessionStorage.removeItem(KEY);
}

/**
 * Ask the service.
 * @param {string} method
 * @param {string} path behind /v1/
 * @param {{query?: object, body?: object|FormData, signal?: AbortSignal}} [what] lists in `query` are repeated
 * @returns {Promise<Response>}
 * @throws {ServiceError}
 */
async function ask(method, path, { query = {}, body, signal } = {}) {
  // relative, so that the service may lie behind a prefix
  const url = new URL(`v1/${path}`, document.baseURI);
  for (const [name, value] of Object.entries(query)) {
    for (const one of [value].flat())
      if (one !== "" && one !== null && one !== undefined) url.searchParams.append(name, one);
  }
  const headers = { Authorization: `Bearer ${key()}` };
  const form = body instanceof FormData;
  if (body !== undefined && !form) headers["Content-Type"] = "application/json";
  let answer;
  try {
    answer = await fetch(url, {
      method,
      headers,
      signal,
      body: form || body === undefined ? body : JSON.stringify(body),
    });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new ServiceError(0, "The service does not answer: is it running, and is this computer connected?", "", 0);
  }
  if (!answer.ok) throw await refusal(answer);
  if (method !== "GET") latest = Number(answer.headers.get("Gaitprint-Change")) || null;
  return answer;
}

async function refusal(answer) {
  const said = await answer.json().catch(() => ({}));
  const id = said.id || answer.headers.get("X-Request-Id") || "";
  const wait = Number(answer.headers.get("Retry-After")) || 0;
  let text = said.detail || said.title || `The service answered ${answer.status}`;
  if (wait) text += ` Try again in ${wait} s.`;
  if (answer.status === 401) document.dispatchEvent(new CustomEvent("signed-out", { detail: text }));
  return new ServiceError(answer.status, id ? `${text} (request ${id})` : text, id, wait);
}

/** The number of the change that was made last, where the service says it. */
export function latestChange() {
  return latest;
}

/** Values of an address. */
export async function get(path, query = {}, signal = undefined) {
  return (await ask("GET", path, { query, signal })).json();
}

/** Send values to an address, and take the answer. */
export async function post(path, body = {}, signal = undefined) {
  return (await ask("POST", path, { body, signal })).json();
}

/** Change parts of something. */
export async function patch(path, body) {
  return (await ask("PATCH", path, { body })).json();
}

/**
 * Send a file with what is known of it.
 * @param {string} path
 * @param {File|null} file
 * @param {object} fields empty ones are left out, lists repeated
 * @param {AbortSignal} [signal]
 * @param {string} [part] the name under which the service looks for the file
 */
export async function upload(path, file, fields = {}, signal = undefined, part = "walks") {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) {
    for (const one of [value].flat())
      if (one !== "" && one !== null && one !== undefined) form.append(name, String(one));
  }
  if (file) form.append(part, file, file.name);
  return (await ask("POST", path, { body: form, signal })).json();
}

/**
 * Silhouettes at an address.
 * @returns {Promise<{frames: number, height: number, width: number, bytes: Uint8Array}|null>} grey, frame after frame;
 *   null where none are kept
 */
export async function frames(path, signal = undefined) {
  let answer;
  try {
    answer = await ask("GET", path, { signal });
  } catch (error) {
    if (error.status === 404) return null;
    throw error;
  }
  const number = (name) => Number(answer.headers.get(`Gaitprint-${name}`));
  const bytes = new Uint8Array(await answer.arrayBuffer());
  return { frames: number("Frames"), height: number("Height"), width: number("Width"), bytes };
}
