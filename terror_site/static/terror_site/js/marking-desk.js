/* The marking desk: level → start → nudge, sums, drafts, and keys. Without script
   the same form is filled in and sent by hand. */

import { gettext, interpolate } from "./gettext.js";

const form = document.querySelector("[data-desk]");
const mark = form?.elements.mark;
const objectives = form
  ? [...form.querySelectorAll("[name^=ao]")].filter((field) => field.max)
  : [];
const sum = form?.querySelector("[data-sum]");
const total = form?.querySelector("[data-total]");
const saved = form?.querySelector("[data-saved]");
const keys = document.getElementById("keys");
let timer = null;

const points = form ? [...form.querySelectorAll("[name=points]")] : [];

const level = () => form.querySelector("[name=level]:checked");
const number = (field) => Number(field.value || 0);

/* As in assessments/marking.py: in proportion, remainders to the largest first. */
function split(value, maxima) {
  const tariff = maxima.reduce((a, b) => a + b, 0);
  const shares = maxima.map((maximum) => Math.floor((value * maximum) / tariff));
  const order = maxima
    .map((maximum, place) => [(value * maximum) % tariff, place])
    .sort((a, b) => b[0] - a[0] || a[1] - b[1]);
  const left = value - shares.reduce((a, b) => a + b, 0);
  for (const [, place] of order.slice(0, left)) shares[place] += 1;
  return shares;
}

function show() {
  const parts = objectives.reduce((all, field) => all + number(field), 0);
  const adds = mark.value !== "" && parts === number(mark);
  sum.dataset.state = adds ? "ready" : "late";
  sum.textContent =
    mark.value === ""
      ? ""
      : adds
        ? interpolate(gettext("adds up to %(parts)s"), { parts })
        : interpolate(gettext("adds up to %(parts)s, the mark is %(mark)s"), {
            parts,
            mark: mark.value,
          });
  const spag = form.elements.spag;
  const extra = spag
    ? interpolate(gettext(" + %(spag)s SPaG"), { spag: spag.value || "–" })
    : "";
  total.textContent = `${mark.value || "–"} / ${form.dataset.tariff}${extra}`;
}

function setMark(value) {
  mark.value = value;
  const shares = split(
    Number(value || 0),
    objectives.map((field) => Number(field.max)),
  );
  objectives.forEach((field, place) => {
    field.value = shares[place];
  });
  show();
  later();
}

function chooseLevel() {
  const { start, low, high } = level().dataset;
  const inside = mark.value !== "" && number(mark) >= low && number(mark) <= high;
  if (!inside) setMark(start);
  else later();
}

function nudge(step) {
  if (!level()) return;
  const { low, high } = level().dataset;
  if (mark.value === "") {
    // In bands of two marks nothing is chosen beforehand: begin at the near end.
    if (level().value) setMark(step > 0 ? low : high);
    return;
  }
  const value = Math.min(Number(high), Math.max(Number(low), number(mark) + step));
  setMark(value);
}

async function saveDraft(options = {}) {
  clearTimeout(timer);
  timer = null;
  const data = new FormData(form);
  data.set("_draft", "1");
  try {
    const answer = await fetch(location.href, {
      method: "POST",
      body: data,
      headers: { "X-Quiet-Save": "1" },
      redirect: "error",
      ...options,
    });
    saved.textContent = (await answer.json()).sentence;
  } catch {
    saved.textContent = gettext("Not saved. Your marks are still here. Try again.");
  }
}

function later() {
  clearTimeout(timer);
  timer = setTimeout(() => saveDraft(), 1000);
}

async function go(where) {
  if (!where) return;
  if (timer) await saveDraft();
  location.assign(where);
}

const ACTIONS = {
  "+": () => nudge(1),
  "=": () => nudge(1),
  "-": () => nudge(-1),
  n: () => go(form.dataset.next),
  p: () => go(form.dataset.previous),
  "?": () => keys.showModal(),
};

function onKey(event) {
  if (event.ctrlKey && event.key === "Enter") {
    event.preventDefault();
    form.querySelector("[name=_next]").click();
    return;
  }
  const writes = event.target.matches?.(
    "textarea, select, input:not([type=radio], [type=checkbox])",
  );
  if (writes || event.ctrlKey || event.altKey || event.metaKey || keys.open) return;
  const rung = form.querySelector(`[name=level][data-number="${event.key}"]`);
  const point = points[Number(event.key) - 1];
  if (point) {
    point.click();
  } else if (rung) {
    rung.checked = true;
    chooseLevel();
  } else {
    ACTIONS[event.key]?.();
  }
}

if (form?.querySelector("[name=_next]")) {
  for (const rung of form.querySelectorAll("[name=level]")) {
    rung.addEventListener("change", chooseLevel);
  }
  const countPoints = () => setMark(points.filter((point) => point.checked).length);
  for (const point of points) point.addEventListener("change", countPoints);
  form.addEventListener("input", (event) => {
    if (event.target === mark) setMark(mark.value);
    else {
      show();
      later();
    }
  });
  form.addEventListener("submit", () => {
    clearTimeout(timer);
    timer = null;
  });
  // A link, a closed window: what was typed in the last second goes along.
  window.addEventListener("pagehide", () => timer && saveDraft({ keepalive: true }));
  document.addEventListener("keydown", onKey);
  show();
}
document.querySelector("[data-focus]")?.focus();
