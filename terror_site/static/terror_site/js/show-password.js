/* A "Show passwords" box under each form that has any, and focus on its errors. */

import { gettext } from "./gettext.js";

const form = document.querySelector("main form");
const passwords = form
  ? [...form.querySelectorAll("input[type=password]:not([name=mail_password])")]
  : [];

if (passwords.length > 0) {
  const label = document.createElement("label");
  label.className = "row";
  const box = document.createElement("input");
  box.type = "checkbox";
  label.append(box, passwords.length > 1 ? gettext("Show passwords") : gettext("Show password"));
  box.addEventListener("change", () => {
    for (const password of passwords) password.type = box.checked ? "text" : "password";
  });
  // A shown password must not be kept by the browser as a form entry.
  form.addEventListener("submit", () => {
    for (const password of passwords) password.type = "password";
  });
  const last = passwords.at(-1);
  (last.closest(".mb-3") ?? last).append(label);
}

document.querySelector("[data-focus]")?.focus();
