/* Saves the writing desk while a student writes (docs/saving.md): 1 s after the last
   key, and while typing at the latest every 4 s. One request at a time, the newest text
   wins. "Saved" stands only when the server's receipt echoes what is on screen. What is
   not acknowledged yet is kept in this browser, at most a second behind the keys. */

import { checksum, length, normalised } from "./checksum.js";
import { LocalCopy } from "./local-copy.js";
import { signInAgain, stillSignedIn } from "./sign-in-again.js";

const QUIET_MS = 1000;
const LONGEST_MS = 4000;
const COPY_MS = 500;
const GIVE_UP_MS = 8000;
const RETRY_MS = [1000, 2000, 5000, 10000, 20000];
// Browsers send no more than this from a page that is going.
const KEEPALIVE_BYTES = 60_000;

const form = document.querySelector("[data-autosave]");
const status = document.getElementById("saved");
const answer = document.getElementById("answer");
const wordCount = document.querySelector("[data-words]");
const plan = [...document.querySelectorAll("textarea[name=plan]")];
const drafts = [];
let asking = null;

const KEPT = "kept on this computer, not yet sent";
const ONLY_HERE = "not yet sent – leave this page open";

function say(state, words) {
  if (status.textContent === words && status.dataset.state === state) return;
  status.dataset.state = state;
  status.textContent = words;
}

/* One text that is saved by itself: the answer, or the plan as a list. */
class Draft {
  constructor(part, read, write, baseField) {
    this.part = part;
    this.read = read;
    this.write = write;
    this.baseField = baseField;
    this.copy = new LocalCopy(form.dataset.reader, form.dataset.autosave, part);
    this.sent = normalised(read());
    this.number = 1;
    this.isSending = false;
    this.isPaused = false;
    this.tries = 0;
    this.timer = null;
    this.copyTimer = null;
    this.deadline = null;
  }

  get text() {
    return normalised(this.read());
  }

  get isChanged() {
    return this.text !== this.sent;
  }

  get base() {
    return this.baseField.value === "" ? null : Number(this.baseField.value);
  }

  /* Take up what an earlier visit could not send: same account, same text. */
  async recover() {
    const kept = await this.copy.read();
    if (!kept) return;
    if (kept.text === this.sent) {
      await this.copy.drop();
    } else if (this.isChanged) {
      // Somebody typed before it was found: both are kept, neither is overwritten.
      await this.deliver(kept);
    } else if (kept.base === this.base) {
      this.write(kept.text);
      say("draft", "words found that were not sent yet – sending …");
      await this.send();
    } else {
      await this.deliver(kept);
    }
  }

  /* Send an older text to be kept beside what stands, without touching the page. */
  async deliver(kept) {
    const answered = await this.post(kept.text, kept.base, (this.number += 1));
    const receipt = await answered.json();
    if (["saved", "kept-beside"].includes(receipt.code)) {
      await this.copy.drop();
      say("late", "unsent words from before are kept beside this text – see earlier versions");
    }
  }

  touch() {
    if (!this.isChanged) return;
    this.copyTimer ??= setTimeout(() => this.keepCopy(), COPY_MS);
    if (this.isPaused) return;
    const now = Date.now();
    this.deadline ??= now + LONGEST_MS;
    clearTimeout(this.timer);
    this.timer = setTimeout(
      () => this.send(),
      Math.max(0, Math.min(QUIET_MS, this.deadline - now)),
    );
  }

  keepCopy() {
    clearTimeout(this.copyTimer);
    this.copyTimer = null;
    return this.isChanged ? this.copy.keep(this.text, this.base) : undefined;
  }

  post(text, base, number, options = {}) {
    return fetch(form.dataset.autosave, {
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
        number,
        base,
        checksum: checksum(text),
        reader: Number(form.dataset.reader),
      }),
      signal: AbortSignal.timeout(GIVE_UP_MS),
      ...options,
    });
  }

  async send() {
    clearTimeout(this.timer);
    if (this.isSending || this.isPaused || !this.isChanged) return;
    this.isSending = true;
    this.deadline = null;
    this.number += 1;
    const text = this.text;
    const slow = setTimeout(() => say("draft", "saving …"), QUIET_MS);
    let pause = 0;
    try {
      const answered = await this.post(text, this.base, this.number);
      const receipt = await answered.json();
      const seconds = Number(answered.headers.get("Retry-After"));
      pause = await this.take(receipt, text, seconds * 1000 || 0);
    } catch {
      pause = this.delay();
      this.sayKept();
    } finally {
      clearTimeout(slow);
      this.isSending = false;
    }
    if (!this.isChanged || this.isPaused) return;
    if (pause) this.later(pause);
    else this.touch();
  }

  /* Take a receipt; returns for how long to wait before the next try. */
  async take(receipt, text, retryAfter) {
    const echoes =
      receipt.part === this.part &&
      receipt.number === this.number &&
      receipt.checksum === checksum(text) &&
      receipt.length === length(text);
    if (receipt.code === "saved" && echoes) {
      this.sent = text;
      this.tries = 0;
      this.baseField.value = receipt.version;
      if (!this.isChanged) this.copy.drop();
      // True only when nothing on the page is left to send.
      if (drafts.every((draft) => !draft.isChanged && !draft.isPaused)) {
        say("ready", `saved at ${receipt.saved_at}`);
      }
      return 0;
    }
    if (receipt.code === "kept-beside" && echoes) {
      this.isPaused = true;
      this.copy.drop();
      say("late", "a newer text stands – both are kept; press Save to compare");
      return 0;
    }
    await this.keepCopy();
    if (["signed-out", "stale-token", "other-user", "unknown"].includes(receipt.code)) {
      return this.comeBack();
    }
    this.sayKept();
    return Math.max(retryAfter, this.delay());
  }

  /* The sign-in or its token is over: typing goes on, one notice for the whole page. */
  async comeBack() {
    const { reader } = form.dataset;
    say("late", "problem – your text is safe here; sign in again to send it");
    asking ??= (async () => (await stillSignedIn(reader)) || signInAgain(reader))().finally(
      () => {
        asking = null;
      },
    );
    const isBack = await asking.catch(() => false);
    return isBack ? 1 : this.delay();
  }

  sayKept() {
    say("late", this.copy.works ? KEPT : ONLY_HERE);
    this.keepCopy();
  }

  delay() {
    const pause = RETRY_MS[Math.min(this.tries, RETRY_MS.length - 1)];
    this.tries += 1;
    return pause * (0.75 + Math.random() / 2);
  }

  later(pause) {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.send(), pause);
  }

  /* Send what is left and wait for the answer, before the page's own form goes. */
  async settle() {
    while (this.isSending) await new Promise((go) => setTimeout(go, 50));
    await this.send();
  }

  /* The page is being left: the copy holds whatever does not get through. */
  leave() {
    if (!this.isChanged) return;
    this.keepCopy();
    const { text } = this;
    if (this.isPaused || new Blob([text]).size > KEEPALIVE_BYTES) return;
    // Beside a request on its way: the server keeps both and the newer one stands.
    this.post(text, this.base, (this.number += 1), { keepalive: true }).catch(() => {});
  }
}

function begin() {
  drafts.push(
    new Draft(
      "answer",
      () => answer.value,
      (text) => {
        answer.value = text;
        answer.dispatchEvent(new Event("input"));
      },
      form.elements.answer_base,
    ),
    new Draft(
      "plan",
      () => JSON.stringify(plan.map((box) => normalised(box.value))),
      (text) => {
        const lines = JSON.parse(text);
        plan.forEach((box, place) => (box.value = lines[place] ?? ""));
      },
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
  const leave = () => drafts.forEach((draft) => draft.leave());
  document.addEventListener("visibilitychange", () => document.hidden && leave());
  window.addEventListener("pagehide", leave);
  window.addEventListener("online", () => drafts.forEach((draft) => draft.send()));
  window.addEventListener("offline", () => {
    const unsent = drafts.find((draft) => draft.isChanged);
    if (unsent) unsent.sayKept();
    else say("late", "no connection – go on writing, it will be kept on this computer");
  });
  const isSettled = () => drafts.every((draft) => !draft.isChanged || draft.isPaused);
  form.addEventListener("submit", async (event) => {
    // The form's own save must not look like a repetition of a script's.
    form.elements.number.value = Math.max(...drafts.map((draft) => draft.number)) + 1;
    if (isSettled()) return;
    event.preventDefault();
    const { submitter } = event;
    await Promise.all(drafts.map((draft) => draft.settle()));
    if (isSettled()) form.requestSubmit(submitter);
    else if (submitter?.name === "hand_in") {
      say("late", "not handed in yet – your words are kept on this computer; try again when the connection is back");
    }
  });
  count();
  drafts.forEach((draft) => draft.recover().catch(() => draft.sayKept()));
}

if (form) begin();
