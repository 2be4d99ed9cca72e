/* Marks the entry of the section in view in the list of contents, and notes how far a
   student has read: a section whose end has stood on the screen for a while. */

import { gettext } from "./gettext.js";

const READ_AFTER_MS = 1500;

const toc = document.querySelector("[data-toc]");
const entries = new Map();
for (const link of toc?.querySelectorAll("a") ?? []) {
  const section = document.getElementById(link.hash.slice(1));
  if (section) entries.set(section, link);
}

const observer = new IntersectionObserver(
  (changes) => {
    for (const { target, isIntersecting } of changes) {
      if (!isIntersecting) continue;
      for (const link of entries.values()) link.removeAttribute("aria-current");
      entries.get(target).setAttribute("aria-current", "location");
    }
  },
  // The section that crosses a line a third of the way down the screen.
  { rootMargin: "-33% 0px -66% 0px" },
);
for (const section of entries.keys()) observer.observe(section);

const progress = document.getElementById("progress");
const waiting = new Map();

async function note(button) {
  const data = new FormData(progress);
  data.set("section", button.value);
  try {
    const answered = await fetch(progress.action, {
      method: "POST",
      headers: { "X-Quiet-Save": "1" },
      body: data,
    });
    if (answered.ok) {
      ends.unobserve(button);
      button.disabled = true;
      button.textContent = gettext("Read to here");
    }
  } catch {
    // The button is still there to be pressed.
  }
}

const ends = new IntersectionObserver((changes) => {
  for (const { target, isIntersecting } of changes) {
    clearTimeout(waiting.get(target));
    if (isIntersecting) {
      waiting.set(
        target,
        setTimeout(() => note(target), READ_AFTER_MS),
      );
    }
  }
});
for (const button of document.querySelectorAll("button[form=progress]")) {
  ends.observe(button);
}
