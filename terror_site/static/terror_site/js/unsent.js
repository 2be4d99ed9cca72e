/* When a student comes back to any of their own lists: send what this browser could
   not send before. Under the number its window gave it, so nothing is sent twice and
   nothing older comes to stand over something newer. */

import { copiesOf, drop, sweep } from "./local-copy.js";
import { isHeld, Patience, post } from "./save.js";

/* Send one copy; resolves to the receipt once the server holds it, else to null. */
export async function deliver(copy, reader, token) {
  const { address, text, part, tab, number, base } = copy;
  const save = { text, part, tab, number, base, reader: Number(reader) };
  const { receipt } = await post(address, save, token);
  if (!isHeld(receipt, save)) return null;
  await drop(copy, receipt.code === "saved" ? receipt.version : null);
  return receipt;
}

/* Send what other windows of this account could not; hidden ones are woken too seldom.
   Resolves to how many copies are still waiting. */
export async function deliverAll(reader, token, ownTab = null) {
  let left = 0;
  for (const copy of await copiesOf(reader)) {
    if (copy.tab === ownTab) continue;
    const receipt = await deliver(copy, reader, token).catch(() => null);
    if (!receipt) left += 1;
  }
  return left;
}

async function sendAll(line) {
  const patience = new Patience();
  const token = document.querySelector("[name=csrfmiddlewaretoken]").value;
  while ((await copiesOf(line.dataset.unsent)).length) {
    const left = await deliverAll(line.dataset.unsent, token);
    line.hidden = false;
    line.textContent = left ? line.dataset.waiting : line.dataset.sent;
    if (!left) break;
    await new Promise((go) => setTimeout(go, patience.next()));
  }
  await sweep();
}

const line = document.querySelector("[data-unsent]");
// No store, no copies: nothing to do and nothing to say.
if (line) sendAll(line).catch(() => {});
