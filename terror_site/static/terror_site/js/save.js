/* One save on its way to the server, and what makes its receipt true (docs/saving.md). */

import { checksum, length } from "./checksum.js";

const GIVE_UP_MS = 8000;
// A long text over a bad line is slow, not lost: a second more for each 4 KB.
const BYTES_A_SECOND = 4096;
// Browsers send no more than 64 KB from a page that is going.
const KEEPALIVE_BYTES = 60_000;

const bytes = (words) => new TextEncoder().encode(words).length;

/* A save as the server reads it. */
function body(save) {
  return JSON.stringify({ ...save, checksum: checksum(save.text) });
}

/* Send a save; resolves to { receipt, retryAfter in ms }. Rejects without a JSON answer. */
export async function post(address, save, token) {
  const sent = body(save);
  const answered = await fetch(address, {
    method: "POST",
    headers: { "Content-Type": "application/json", "X-CSRFToken": token },
    redirect: "error",
    cache: "no-store",
    body: sent,
    signal: AbortSignal.timeout(GIVE_UP_MS + (bytes(sent) / BYTES_A_SECOND) * 1000),
  });
  const seconds = Number(answered.headers.get("Retry-After"));
  return { receipt: await answered.json(), retryAfter: seconds * 1000 || 0 };
}

/* Send what fits from a page that is being left; nobody is there to read the answer. */
export function postOnLeaving(address, save, token) {
  const sent = body(save);
  if (bytes(sent) > KEEPALIVE_BYTES) return;
  fetch(address, {
    method: "POST",
    headers: { "Content-Type": "application/json", "X-CSRFToken": token },
    body: sent,
    keepalive: true,
  }).catch(() => {});
}

/* Whether a receipt is for exactly this save: part, number, length and checksum. */
export function echoes(receipt, save) {
  return (
    receipt !== null &&
    typeof receipt === "object" &&
    receipt.part === save.part &&
    receipt.number === save.number &&
    receipt.checksum === checksum(save.text) &&
    receipt.length === length(save.text)
  );
}

/* Whether the server holds this text now, standing or kept beside what stands. */
export function isHeld(receipt, save) {
  return echoes(receipt, save) && ["saved", "kept-beside"].includes(receipt.code);
}

/* Waiting times between tries, in ms: growing, and spread so that a class that comes
   back together does not ask together. At most ten seconds. */
export class Patience {
  static steps = [1000, 2000, 4000, 8000];

  constructor() {
    this.tries = 0;
  }

  reset() {
    this.tries = 0;
  }

  next(atLeast = 0) {
    const step = Patience.steps[Math.min(this.tries, Patience.steps.length - 1)];
    this.tries += 1;
    return Math.max(step * (0.75 + Math.random() / 2), atLeast * (1 + Math.random() / 4));
  }
}
