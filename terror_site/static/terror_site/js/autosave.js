/* Saves the writing desk while a student writes (docs/saving.md): 1 s after the last
   key, and while typing at the latest every 4 s. One request at a time for each text,
   the newest wins. "Saved" stands only when the server's receipt echoes what is on
   screen. What is not acknowledged yet is kept in this browser, at most a second behind
   the keys. */

import { rememberedCaret } from "./caret.js";
import { length, normalised } from "./checksum.js";
import { Signs } from "./desk-signs.js";
import { gettext, interpolate } from "./gettext.js";
import { canAsk, handIn, RefusedError } from "./hand-in.js";
import { copiesOf, handInWish, LocalCopy, takeWord } from "./local-copy.js";
import { offerRescueFile } from "./rescue-file.js";
import { echoes, Patience, post, postOnLeaving } from "./save.js";
import { signInAgain, stillSignedIn } from "./sign-in-again.js";
import { deliver, deliverAll } from "./unsent.js";

const QUIET_MS = 1000;
const LONGEST_MS = 4000;
// A text that is kept beside a newer one is in no hurry.
const BESIDE_MS = 15_000;
const COPY_MS = 500;
const SILENT_MS = 5000;
const ANNOUNCE_MS = 30_000;

const form = document.querySelector("[data-autosave]");
const status = document.getElementById("saved");
const spoken = document.getElementById("saved-spoken");
const compare = document.querySelector("[data-compare]");
const answer = document.getElementById("answer");
const wordCount = document.querySelector("[data-words]");
const plan = [...document.querySelectorAll("textarea[name=plan]")];
const drafts = [];
const { reader } = form.dataset;
const longest = Number(form.dataset.longest);

const KEPT = gettext("kept on this computer, not yet sent");
const ONLY_HERE = gettext(
  "problem – not sent, and this computer cannot keep a copy; leave this page open",
);
const NOT_HANDED_IN = gettext(
  "not handed in yet – this page hands it in by itself when the connection is back",
);

const token = () => form.elements.csrfmiddlewaretoken.value;
const signs = new Signs(form.dataset.sign, token);

let announcing = null;

/* Show where the words are. Read out at most twice a minute, bad news at once. */
function say(state, words) {
  if (status.textContent === words && status.dataset.state === state) return;
  const isNews = state === "late" || status.dataset.state === "late";
  status.dataset.state = state;
  status.textContent = words;
  if (isNews) {
    clearTimeout(announcing);
    announcing = null;
    spoken.textContent = words;
  } else {
    announcing ??= setTimeout(() => {
      announcing = null;
      spoken.textContent = status.textContent;
    }, ANNOUNCE_MS);
  }
}

/* The sign-in or its token is over: typing goes on, one notice for the whole page. */
const gate = {
  asking: null,
  isPutOff: false,
  reopen() {
    this.isPutOff = false;
  },
  async open() {
    this.asking ??= this.ask().finally(() => {
      this.asking = null;
    });
    return this.asking.catch(() => false);
  },
  async ask() {
    if (await stillSignedIn(reader)) return true;
    if (this.isPutOff) return false;
    const isBack = await signInAgain(reader);
    this.isPutOff = !isBack;
    return isBack;
  },
};

/* One text that is saved by itself: the answer, or the plan as a list. */
class Draft {
  constructor(part, rendered, read, write, baseField) {
    this.part = part;
    this.read = read;
    this.write = write;
    this.baseField = baseField;
    this.copy = new LocalCopy(reader, form.dataset.autosave, part, form.dataset.tab);
    this.patience = new Patience();
    // What the server holds, and the last text that was given a number. On a slow line
    // somebody writes before this script is there: the page as it came counts.
    this.held = normalised(rendered);
    this.shot = { text: this.held, number: 1 };
    this.isSending = false;
    this.isBeside = false;
    this.timer = null;
    this.copyTimer = null;
    this.deadline = null;
  }

  get text() {
    return normalised(this.read());
  }

  get isChanged() {
    return this.text !== this.held;
  }

  get isTooLong() {
    const { text } = this;
    return text.length > longest && length(text) > longest;
  }

  get isFailing() {
    return this.patience.tries > 0;
  }

  get base() {
    return this.baseField.value === "" ? null : Number(this.baseField.value);
  }

  /* What is on the page as a save. A text keeps its number however often it is sent. */
  save() {
    const { text } = this;
    if (text !== this.shot.text) this.shot = { text, number: this.shot.number + 1 };
    return {
      text,
      part: this.part,
      tab: form.dataset.tab,
      number: this.shot.number,
      base: this.base,
      reader: Number(reader),
    };
  }

  /* Whether another page has just sent words of this text that this one came without. */
  async isOvertaken() {
    const version = await takeWord(reader, form.dataset.autosave, this.part);
    return version > (this.base ?? 0) && !this.isChanged;
  }

  /* Take up what earlier visits could not send, each under its own window's number. */
  async recover() {
    const copies = await copiesOf(reader, form.dataset.autosave, this.part);
    for (const copy of copies.filter(({ tab }) => tab !== form.dataset.tab)) {
      let receipt = null;
      try {
        receipt = await deliver(copy, reader, token());
      } catch {
        // It may still become the text of this page, which is sent as any other.
        if (copy.base === this.base && !this.isChanged) this.show(copy.text);
        continue;
      }
      if (receipt?.code === "saved") this.stand(copy.text, receipt);
      else if (receipt) {
        this.besides(receipt, gettext("unsent words from before are kept beside this text"));
      }
    }
  }

  show(text) {
    if (text === this.text) return;
    this.write(text);
    this.touch();
  }

  /* A text found in this browser stands on the server now: show it, unless the student
     has begun to write. */
  stand(text, receipt) {
    const isUntouched = !this.isChanged;
    this.held = text;
    this.baseField.value = receipt.version;
    if (isUntouched) this.show(text);
    sayWhenSaved(receipt.saved_at);
  }

  besides(receipt, words) {
    say("late", words);
    if (receipt.compare) {
      compare.href = receipt.compare;
      compare.hidden = false;
    }
  }

  touch() {
    if (!this.isChanged) return;
    this.copyTimer ??= setTimeout(() => this.keepCopy(), COPY_MS);
    // From the first key on, "saved" would not be true of what is on the screen.
    if (status.dataset.state !== "late") saySaving();
    if (this.isTooLong) return this.sayTooLong();
    // A try that waits for its turn takes the newest text anyway.
    if (this.isFailing) return;
    const now = Date.now();
    this.deadline ??= now + (this.isBeside ? BESIDE_MS : LONGEST_MS);
    clearTimeout(this.timer);
    const quiet = this.isBeside ? BESIDE_MS : QUIET_MS;
    this.timer = setTimeout(
      () => this.send(),
      Math.max(0, Math.min(quiet, this.deadline - now)),
    );
  }

  keepCopy() {
    clearTimeout(this.copyTimer);
    this.copyTimer = null;
    return this.isChanged ? this.copy.keep(this.save()) : undefined;
  }

  async send() {
    clearTimeout(this.timer);
    if (this.isSending || !this.isChanged || this.isTooLong) return;
    this.isSending = true;
    this.deadline = null;
    const save = this.save();
    const silent = setTimeout(() => this.sayKept(), SILENT_MS);
    let pause = 0;
    try {
      const { receipt, retryAfter } = await post(form.dataset.autosave, save, token());
      pause = await this.take(receipt, save, retryAfter);
    } catch {
      pause = this.patience.next();
      this.sayKept();
    } finally {
      clearTimeout(silent);
      this.isSending = false;
    }
    if (!this.isChanged) return;
    if (pause) this.later(pause);
    else this.touch();
  }

  /* Take a receipt; returns for how long to wait before the next try. */
  async take(receipt, save, retryAfter) {
    const isHeld = echoes(receipt, save);
    if (isHeld && (receipt.code === "saved" || receipt.code === "kept-beside")) {
      this.held = save.text;
      if (this.isFailing) deliverAll(reader, token(), form.dataset.tab).catch(() => {});
      this.patience.reset();
      if (!this.isChanged) this.copy.drop();
      if (receipt.code === "saved") {
        this.baseField.value = receipt.version;
        signs.saved();
      }
      this.isBeside = receipt.code === "kept-beside";
      if (this.isBeside) {
        this.besides(receipt, gettext("a newer text stands – yours is kept beside it"));
      } else sayWhenSaved(receipt.saved_at);
      return 0;
    }
    await this.keepCopy();
    if (["signed-out", "stale-token", "other-user", "unknown"].includes(receipt?.code)) {
      say("late", gettext("problem – your text is safe here; sign in again to send it"));
      return (await gate.open()) ? 1 : this.patience.next();
    }
    this.sayKept();
    return this.patience.next(retryAfter);
  }

  sayKept() {
    const kept = this.keepCopy() ?? Promise.resolve();
    kept.then(() => {
      if (this.isChanged) say("late", this.copy.works ? KEPT : ONLY_HERE);
      wish.remind();
    });
  }

  sayTooLong() {
    say(
      "late",
      interpolate(
        gettext(
          "problem – longer than this site takes (%(longest)s signs); shorten it, until then it is kept on this computer",
        ),
        { longest },
      ),
    );
  }

  later(pause) {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.send(), pause);
  }

  /* Send what is left and wait for the answer, before the page goes on. */
  async settle() {
    while (this.isSending) await new Promise((go) => setTimeout(go, 50));
    await this.send();
  }

  /* The page is being left: the copy holds whatever does not get through. */
  leave() {
    if (!this.isChanged) return;
    this.keepCopy();
    // Beside a request on its way: the server keeps both and the newer one stands.
    if (!this.isTooLong) postOnLeaving(form.dataset.autosave, this.save(), token());
  }
}

const isSettled = () => drafts.every((draft) => !draft.isChanged);
const isBeside = () => drafts.some((draft) => draft.isBeside);
const settle = () => Promise.all(drafts.map((draft) => draft.settle()));

function saySaving() {
  const { at } = status.dataset;
  say(
    "draft",
    at
      ? interpolate(gettext("saving … (saved up to %(at)s)"), { at })
      : gettext("saving …"),
  );
}

const savedAt = (at) => interpolate(gettext("saved at %(at)s"), { at });

/* True only when nothing on the page is left to send. */
function sayWhenSaved(at) {
  status.dataset.at = at;
  if (isBeside()) return;
  if (!isSettled()) return saySaving();
  say("ready", savedAt(at));
  wish.remind();
}

/* "Hand in" without a connection: said to be not done yet, and done when it returns. */
const wish = {
  stands: false,
  address: form.dataset.handIn,
  dialog: document.getElementById("hand-in-later"),

  remind() {
    if (this.stands) say("late", NOT_HANDED_IN);
  },

  async ask() {
    answer.focus();
    const giveBack = rememberedCaret();
    this.dialog.showModal();
    const choice = await new Promise((resolve) => {
      this.dialog.onclose = () => resolve(this.dialog.returnValue);
    });
    this.dialog.returnValue = "";
    giveBack();
    if (choice === "wait") await this.begin();
    else this.end();
  },

  end() {
    if (this.stands) {
      say("late", gettext("not handed in – write on, and press Hand in when you are ready"));
    }
    this.stands = false;
    return handInWish.drop(reader, this.address).catch(() => {});
  },

  async begin() {
    this.stands = true;
    this.remind();
    await handInWish.keep(reader, this.address).catch(() => {});
    const patience = new Patience();
    while (this.stands) {
      await settle();
      if (isBeside()) return this.end();
      if (isSettled() && (await this.isDone())) return;
      this.remind();
      await new Promise((go) => setTimeout(go, patience.next()));
    }
  },

  async isDone() {
    const standing = `${form.dataset.order}:${form.elements.answer_base.value || 0}`;
    try {
      const receipt = await handIn(this.address, standing);
      await this.end();
      location.assign(receipt);
      return true;
    } catch (problem) {
      if (!(problem instanceof RefusedError)) return false;
      await this.end();
      location.assign(this.address);
      return true;
    }
  },
};

async function pressed(event) {
  event.preventDefault();
  gate.reopen();
  await settle();
  if (isBeside() && isSettled()) {
    if (!compare.hidden) location.assign(compare.href);
    return;
  }
  if (event.submitter?.name !== "hand_in") return;
  if (isSettled() && (await canAsk(wish.address))) location.assign(wish.address);
  else if (!wish.dialog.open) await wish.ask();
}

function watch() {
  const count = () => {
    wordCount.textContent = answer.value.split(/\s+/).filter(Boolean).length;
  };
  count();
  answer.addEventListener("input", () => {
    count();
    drafts[0].touch();
  });
  for (const box of plan) box.addEventListener("input", () => drafts[1].touch());
  for (const box of [answer, ...plan]) {
    box.addEventListener("blur", () => drafts.forEach((draft) => draft.send()));
  }
  const leave = () => {
    drafts.forEach((draft) => draft.leave());
    signs.leave();
  };
  document.addEventListener("visibilitychange", () => (document.hidden ? leave() : signs.give()));
  window.addEventListener("pagehide", leave);
  window.addEventListener("beforeunload", (event) => {
    const isAtRisk = (draft) => draft.isChanged && (draft.isFailing || !draft.copy.works);
    if (drafts.some(isAtRisk)) event.preventDefault();
  });
  window.addEventListener("online", () => drafts.forEach((draft) => draft.send()));
  window.addEventListener("offline", () => {
    const unsent = drafts.find((draft) => draft.isChanged);
    if (unsent) unsent.sayKept();
    else say("late", gettext("no connection – go on writing, it is kept on this computer"));
  });
  form.addEventListener("submit", pressed);
  document.querySelector("[data-rescue]").addEventListener("click", () =>
    offerRescueFile(
      form,
      drafts.map(({ part, text, base }) => ({ part, text, base })),
    ),
  );
}

async function begin() {
  drafts.push(
    new Draft(
      "answer",
      answer.defaultValue,
      () => answer.value,
      (text) => {
        answer.value = text;
        answer.dispatchEvent(new Event("input"));
      },
      form.elements.answer_base,
    ),
    new Draft(
      "plan",
      JSON.stringify(plan.map((box) => box.defaultValue)),
      () => JSON.stringify(plan.map((box) => box.value)),
      (text) => {
        const lines = JSON.parse(text);
        plan.forEach((box, place) => (box.value = lines[place] ?? ""));
      },
      form.elements.plan_base,
    ),
  );
  watch();
  signs.give();
  // The page came saying that it does not save by itself: now it does.
  const { state, at } = status.dataset;
  say(state, at ? savedAt(at) : gettext("nothing to save yet"));
  for (const part of document.querySelectorAll("[data-scripted]")) part.hidden = false;
  try {
    for (const draft of drafts) {
      if (await draft.isOvertaken()) return location.reload();
    }
    for (const draft of drafts) await draft.recover();
    for (const draft of drafts) draft.touch();
    if (await handInWish.stands(reader, wish.address)) await wish.begin();
  } catch {
    for (const draft of drafts) draft.copy.works = false;
    say(
      "late",
      gettext("this computer cannot keep a copy – your words go straight to the school"),
    );
  }
}

begin();
