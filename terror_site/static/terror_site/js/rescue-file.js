/* The last resort: unsent words as a file that a teacher can take in for exactly this
   student and this answer. The seal says whose it is; the server made it. */

import { checksum, length } from "./checksum.js";

export function offerRescueFile(form, drafts) {
  const parts = {};
  for (const { part, text, base } of drafts) {
    parts[part] = { text, base, checksum: checksum(text), length: length(text) };
  }
  const file = {
    format: "classroom-rescue-1",
    seal: form.dataset.seal,
    saved_at: new Date().toISOString(),
    parts,
  };
  const link = document.createElement("a");
  link.href = URL.createObjectURL(
    new Blob([JSON.stringify(file, null, 1)], { type: "application/json" }),
  );
  link.download = `rescue-${file.saved_at.slice(0, 16).replace(":", "")}.json`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
