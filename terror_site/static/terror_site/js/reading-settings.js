/* Reading settings: shown at once and saved at once. Without script: a form. */

import { gettext } from "./gettext.js";

const ATTRIBUTES = {
  text_size: "size",
  line_spacing: "space",
  typeface: "face",
  paper: "paper",
};

const form = document.querySelector("[data-reading]");
const status = document.querySelector("[data-reading-status]");

async function save() {
  try {
    const answer = await fetch(form.action, {
      method: "POST",
      body: new FormData(form),
      headers: { "X-Quiet-Save": "1" },
      redirect: "error",
    });
    status.textContent = answer.ok
      ? gettext("Saved in your account.")
      : gettext("Not saved. Use the button above.");
  } catch {
    status.textContent = gettext("Not saved: there is no connection. Use the button later.");
  }
}

form?.addEventListener("change", ({ target }) => {
  document.documentElement.dataset[ATTRIBUTES[target.name]] = target.value;
  save();
});
