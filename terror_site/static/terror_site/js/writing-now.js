/* Refreshes the teacher's list of who is writing, every ten seconds while it is looked
   at, and says so when it cannot. */

import { gettext } from "./gettext.js";

const EVERY_MS = 10_000;

const pause = document.querySelector("[data-live-pause]");
const trouble = document.getElementById("live-trouble");
let timer = null;

const isPaused = () => pause.getAttribute("aria-pressed") === "true";

async function refresh() {
  const list = document.querySelector("[data-live]");
  try {
    const answered = await fetch(location.href, {
      cache: "no-store",
      redirect: "error",
      signal: AbortSignal.timeout(EVERY_MS),
    });
    if (!answered.ok) throw new Error(`status ${answered.status}`);
    const page = new DOMParser().parseFromString(await answered.text(), "text/html");
    // Not under somebody's keys: a link that has the focus keeps it until the next time.
    if (!list.contains(document.activeElement)) list.replaceWith(page.querySelector("[data-live]"));
    trouble.hidden = true;
  } catch {
    trouble.textContent = gettext("This list is not up to date: the site cannot be reached, or you were signed out. It tries again every ten seconds.");
    trouble.hidden = false;
  }
}

function later() {
  clearTimeout(timer);
  if (isPaused() || document.hidden) return;
  timer = setTimeout(() => refresh().then(later), EVERY_MS);
}

pause.hidden = false;
pause.addEventListener("click", () => {
  pause.setAttribute("aria-pressed", String(!isPaused()));
  later();
});
document.addEventListener("visibilitychange", () => {
  if (!document.hidden && !isPaused()) refresh().then(later);
});
later();
