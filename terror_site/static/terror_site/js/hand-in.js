/* Handing in over a bad line: tried again by itself until the receipt is there. The
   server hands in once, however often it is asked (docs/saving.md). */

import { Patience } from "./save.js";

const GIVE_UP_MS = 8000;
const RECEIPT = /\/receipt\/$/;

/* The server has looked and said no: asking again by itself would not help. */
export class RefusedError extends Error {}

async function ask(address, options = {}) {
  const answered = await fetch(address, {
    cache: "no-store",
    signal: AbortSignal.timeout(GIVE_UP_MS),
    ...options,
  });
  if (answered.status >= 500 || answered.status === 429) throw new Error("not now");
  return answered;
}

async function submitted(form, address) {
  const answered = await ask(address, {
    method: "POST",
    body: new URLSearchParams(new FormData(form)),
  });
  if (RECEIPT.test(new URL(answered.url).pathname)) return answered.url;
  throw new RefusedError();
}

/* Whether the server can be asked for the confirmation now. */
export async function canAsk(address) {
  try {
    return (await ask(address)).ok;
  } catch {
    return false;
  }
}

/* Hand in what `standing` names ("1:14" is version 14 of answer 1) without showing the
   confirmation again; resolves to the receipt's address. */
export async function handIn(address, standing) {
  const answered = await ask(address);
  if (RECEIPT.test(new URL(answered.url).pathname)) return answered.url;
  const page = new DOMParser().parseFromString(await answered.text(), "text/html");
  const form = page.querySelector("[data-confirms]");
  if (!form) throw new Error("signed out");
  if (!form.dataset.confirms.split(" ").includes(standing)) throw new RefusedError();
  return submitted(form, address);
}

const form = document.querySelector("form[data-confirms]");

if (form) {
  const line = form.querySelector("[role=status]");
  let isTrying = false;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (isTrying) return;
    isTrying = true;
    const patience = new Patience();
    for (;;) {
      try {
        location.assign(await submitted(form, location.href));
        return;
      } catch (problem) {
        // The page's own form shows what the server has to say.
        if (problem instanceof RefusedError) return form.submit();
      }
      line.textContent = line.dataset.waiting;
      await new Promise((go) => setTimeout(go, patience.next()));
    }
  });
}
