/* Shows text that is being written as its readers will see it: below the field, half
   a second after the last key. The server turns it into a page, as it does for them. */

import { gettext } from "./gettext.js";

const WAIT_MS = 500;

for (const field of document.querySelectorAll("textarea[data-preview]")) {
  const preview = document.createElement("details");
  preview.className = "text-preview";
  const summary = document.createElement("summary");
  summary.textContent = gettext("Preview");
  const page = document.createElement("div");
  page.className = "prose";
  preview.append(summary, page);
  field.after(preview);

  let timer = null;
  let asked = 0;
  const show = async () => {
    if (!preview.open) return;
    const mine = (asked += 1);
    const data = new FormData();
    data.set("text", field.value);
    data.set(
      "csrfmiddlewaretoken",
      document.querySelector("[name=csrfmiddlewaretoken]").value,
    );
    try {
      const answered = await fetch("/admin/lessons/lesson/preview/", {
        method: "POST",
        body: data,
      });
      const { html } = await answered.json();
      // Cleaned by the server, as on the lesson's own page; an older answer is late.
      if (mine === asked) page.innerHTML = html;
    } catch {
      page.textContent = gettext("No preview just now: no answer from the server.");
    }
  };
  field.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(show, WAIT_MS);
  });
  preview.addEventListener("toggle", show);
}
