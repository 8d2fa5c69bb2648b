/** Who is signed in, what they may do, and what the gallery is like. */

import { get } from "./api.js";

let session = null;

/** Ask what the key opens, and what the gallery is like now. @throws {ServiceError} it is no key */
export async function enter() {
  session = await get("session");
}

export function leave() {
  session = null;
}

/** Whether the key may do something: search, enrol, delete, read, audit, admin. */
export function may(scope) {
  return session !== null && session.key.scopes.includes(scope);
}

/** The key, without its secret; null: nobody is signed in. */
export function whoAmI() {
  return session?.key ?? null;
}

/** What the gallery is like: people, calibration, days of the log, whether silhouettes are kept. */
export function gallery() {
  return session;
}

/** Say to all parts of the page that people or answers are no longer as they were. */
export function changed() {
  document.dispatchEvent(new CustomEvent("changed"));
}
