/* Saves the writing desk while a student writes: 1 s after the last key, and while
   typing at the latest every 4 s. One request at a time; "saved" stands only when
   the server's receipt echoes exactly what is on screen. */

import { checksum, length, normalised } from "./checksum.js";

const QUIET_MS = 1000;
const LONGEST_MS = 4000;
const RETRY_MS = [1000, 2000, 5000, 10000];

const form = document.querySelector("[data-autosave]");
const status = document.getElementById("saved");
const answer = document.getElementById("answer");
const wordCount = document.querySelector("[data-words]");
const plan = [...document.querySelectorAll("textarea[name=plan]")];
const drafts = [];

function say(state, words) {
  status.dataset.state = state;
  status.textContent = words;
}

/* One text that is saved by itself: the answer, or the plan as a list. */
class Draft {
  constructor(part, read, baseField) {
    this.part = part;
    this.read = read;
    this.baseField = baseField;
    this.sent = normalised(read());
    this.number = 1;
    this.isSending = false;
    this.isPaused = false;
    this.tries = 0;
    this.timer = null;
    this.deadline = null;
  }

  get isChanged() {
    return normalised(this.read()) !== this.sent;
  }

  touch() {
    if (this.isPaused || !this.isChanged) return;
    const now = Date.now();
    this.deadline ??= now + LONGEST_MS;
    clearTimeout(this.timer);
    this.timer = setTimeout(
      () => this.send(),
      Math.max(0, Math.min(QUIET_MS, this.deadline - now)),
    );
  }

  async send(options = {}) {
    clearTimeout(this.timer);
    if (this.isSending || this.isPaused || !this.isChanged) return;
    this.isSending = true;
    this.deadline = null;
    this.number += 1;
    const text = normalised(this.read());
    const slow = setTimeout(() => say("draft", "saving …"), QUIET_MS);
    try {
      const answered = await fetch(form.dataset.autosave, {
        method: "POST",
        headers: {
          "Content-Type": "application/json",
          "X-CSRFToken": form.elements.csrfmiddlewaretoken.value,
        },
        redirect: "error",
        body: JSON.stringify({
          text,
          part: this.part,
          tab: form.dataset.tab,
          number: this.number,
          base: this.baseField.value === "" ? null : Number(this.baseField.value),
          reader: Number(form.dataset.reader),
        }),
        ...options,
      });
      this.take(await answered.json(), text);
    } catch {
      this.retry("no connection – your text is still on this page");
    } finally {
      clearTimeout(slow);
      this.isSending = false;
    }
    if (this.isChanged) this.touch();
  }

  take(receipt, text) {
    const echoes =
      receipt.part === this.part &&
      receipt.number === this.number &&
      receipt.checksum === checksum(text) &&
      receipt.length === length(text);
    if (receipt.code === "saved" && echoes) {
      this.sent = text;
      this.tries = 0;
      this.baseField.value = receipt.version;
      // True only when nothing on the page is left to send.
      if (drafts.every((draft) => !draft.isChanged && !draft.isPaused)) {
        say("ready", `saved at ${receipt.saved_at}`);
      }
    } else if (receipt.code === "kept-beside" && echoes) {
      this.isPaused = true;
      say("late", "a newer text stands – both are kept; press Save to compare");
    } else {
      this.retry(receipt.sentence ?? "problem – your text is still on this page");
    }
  }

  retry(words) {
    say("late", words);
    const wait = RETRY_MS[Math.min(this.tries, RETRY_MS.length - 1)];
    this.tries += 1;
    this.timer = setTimeout(() => this.send(), wait * (0.75 + Math.random() / 2));
  }
}

if (form) {
  drafts.push(
    new Draft("answer", () => answer.value, form.elements.answer_base),
    new Draft(
      "plan",
      () => JSON.stringify(plan.map((box) => box.value)),
      form.elements.plan_base,
    ),
  );
  const count = () => {
    wordCount.textContent = answer.value.split(/\s+/).filter(Boolean).length;
  };
  answer.addEventListener("input", () => {
    count();
    drafts[0].touch();
  });
  for (const box of plan) box.addEventListener("input", () => drafts[1].touch());
  for (const box of [answer, ...plan]) {
    box.addEventListener("blur", () => drafts.forEach((draft) => draft.send()));
  }
  const leave = () => drafts.forEach((draft) => draft.send({ keepalive: true }));
  document.addEventListener("visibilitychange", () => document.hidden && leave());
  window.addEventListener("pagehide", leave);
  // The form's own save must not look like a repetition of a script's.
  form.addEventListener("submit", () => {
    form.elements.number.value = Math.max(...drafts.map((draft) => draft.number)) + 1;
  });
  count();
}
