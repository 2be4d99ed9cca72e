/* Reads a lesson aloud, paragraph by paragraph, with a voice of this device. Only such
   voices are offered: others would send the text to whoever makes them. Nothing is
   kept. Where the browser cannot speak, the page stays as it is. */

import { gettext } from "./gettext.js";

const LONGEST = 200;
const SILENCE_MS = 8000;
const SETTLE_MS = 60;

const BLOCKS = ["p", "li", "h2", "h3", "h4", "blockquote", "figcaption", "dt", "dd"];
const SILENT = ["table", "button", "form", "nav", "svg", "script", "style", "template"];
const SILENT_MARKS = ["hidden", "inert", "popover", "data-read-aloud-bar"];

const LABELS = { idle: gettext("Listen"), reading: gettext("Pause"), paused: gettext("Go on") };
const SPEEDS = [
  [0.8, gettext("slower")],
  [1, gettext("normal")],
  [1.2, gettext("faster")],
];
const PRIVATE = gettext("The voice is this device’s own. Nothing is sent anywhere.");
const NO_VOICE = gettext("This device has no voice. One can be added in its settings.");
const FAILURES = {
  "audio-busy": gettext("Another program is using the sound. Stop it, then press Go on."),
  "audio-hardware": gettext("No loudspeaker was found. Plug one in, then press Go on."),
  "not-allowed": gettext("The browser did not let the page speak. Press Go on."),
  "language-unavailable":
    gettext("This voice cannot be used. Choose another, then press Go on."),
  "voice-unavailable": gettext("This voice cannot be used. Choose another, then press Go on."),
  silence: gettext("This voice does not answer. Choose another, then press Go on."),
};
const FAILURE = gettext("The voice has stopped. Press Go on to try again.");

const SENTENCE_END = /[.!?…]+[’”"')\]]*(?=\s)/g;
const ABBREVIATION =
  /(?:^|[\s(‘“])(?:\p{Lu}|Mr|Mrs|Ms|Dr|St|No|cf?|ca|pp?|vol|vs|e\.g|i\.e)$/u;
const GOES_ON = /^\s*\p{Ll}/u;
const PAUSE = /[,;:–—]\s/g;

/* Where to cut a sentence that is too long: at its last pause, else between words. */
function cut(text) {
  const start = text.slice(0, LONGEST);
  const pause = [...start.matchAll(PAUSE)].at(-1)?.index ?? 0;
  if (pause > LONGEST / 3) return pause + 1;
  const space = start.lastIndexOf(" ");
  if (space > 0) return space;
  return /[\ud800-\udbff]$/.test(start) ? LONGEST - 1 : LONGEST;
}

/* A text as what is said in one go, each with its place in the text. Chromium goes
   silent in the middle of long ones. */
export function sentences(text) {
  const found = [];
  const add = (start, end) => {
    const rest = text.slice(start, end);
    const from = start + rest.length - rest.trimStart().length;
    const words = rest.trim();
    if (words.length > LONGEST) {
      const middle = from + cut(words);
      add(from, middle);
      add(middle, end);
    } else if (words) {
      found.push({ start: from, text: words });
    }
  };
  let start = 0;
  for (const { index, 0: mark } of text.matchAll(SENTENCE_END)) {
    const end = index + mark.length;
    const isShortened = mark === "." && ABBREVIATION.test(text.slice(start, index));
    if (isShortened || GOES_ON.test(text.slice(end, end + 9))) continue;
    add(start, end);
    start = end;
  }
  add(start, text.length);
  return found;
}

/* A word that opens its explanation is a button too, but part of its sentence. */
function isSilent(element) {
  return (
    (SILENT.includes(element.localName) && !element.hasAttribute("popovertarget")) ||
    SILENT_MARKS.some((name) => element.hasAttribute(name)) ||
    element.getAttribute("aria-hidden") === "true" ||
    element.classList.contains("vh")
  );
}

/* What can be read inside an element, in order: each block with its text and the text
   nodes it is made of. Of a closed <details> that is its summary. */
export function blocks(root) {
  const found = [];
  let last = null;
  const walk = (node, element) => {
    if (node.nodeType === 3 && element) {
      if (last?.element !== element) {
        last = { element, text: "", nodes: [] };
        found.push(last);
      }
      last.nodes.push({ node, start: last.text.length });
      last.text += node.data.replace(/\s/g, " ");
    } else if (node.nodeType === 1 && !isSilent(node)) {
      if (node.localName === "br" && last) last.text += " ";
      const isSummary = node.localName === "summary";
      const inside = isSummary || BLOCKS.includes(node.localName) ? node : element;
      const isClosed = node.localName === "details" && !node.hasAttribute("open");
      for (const child of node.childNodes) {
        if (!isClosed || child.localName === "summary") walk(child, inside);
      }
    }
  };
  walk(root, null);
  return found.filter(({ text }) => /[\p{L}\p{N}]/u.test(text));
}

/* The voices of this device: British ones first, then English ones, then the rest. */
export function ownVoices(voices) {
  const rank = ({ lang }) =>
    /^en[-_]gb/i.test(lang) ? 0 : /^en\b|^en_/i.test(lang) ? 1 : 2;
  return voices
    .filter((voice) => voice.localService)
    .sort(
      (a, b) =>
        rank(a) - rank(b) || b.default - a.default || a.name.localeCompare(b.name),
    );
}

function made(name, attributes, ...inside) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    element.setAttribute(key, value);
  }
  element.append(...inside);
  return element;
}

class Reader {
  constructor(article) {
    this.article = article;
    this.turn = 0;
    this.block = null;
    this.voices = [];
    this.makeBar();
    this.become("idle");
    this.listVoices();
    // Some browsers know their voices only after a while.
    speechSynthesis.onvoiceschanged = () => this.listVoices();
    setTimeout(() => this.voices.length || this.say(NO_VOICE), SILENCE_MS / 4);
    window.addEventListener("pagehide", () => this.state !== "idle" && this.stop());
  }

  makeBar() {
    const button = (label, kind, act) => {
      const element = made("button", { type: "button", class: kind }, label);
      element.addEventListener("click", act);
      return element;
    };
    this.main = button("", "btn", () => this.press());
    this.moves = [
      button(gettext("Previous paragraph"), "btn", () => this.move(-1)),
      button(gettext("Next paragraph"), "btn", () => this.move(1)),
      button(gettext("Stop"), "btn", () => {
        this.stop();
        this.main.focus();
      }),
    ];
    this.speed = made("select", {});
    for (const [rate, label] of SPEEDS) {
      this.speed.append(new Option(label, rate, rate === 1, rate === 1));
    }
    this.voice = made("select", {});
    for (const choice of [this.speed, this.voice]) {
      choice.addEventListener("change", () => this.state === "reading" && this.speak());
    }
    this.status = made("p", { role: "status" });
    this.bar = made(
      "div",
      {
        class: "read-aloud no-print",
        role: "group",
        "aria-label": gettext("Read aloud"),
        "data-read-aloud-bar": "",
      },
      this.main,
      ...this.moves,
      made("label", {}, gettext("Speed"), " ", this.speed),
      made("label", {}, gettext("Voice"), " ", this.voice),
      this.status,
      made("p", { class: "meta" }, PRIVATE),
    );
    // The page keeps room for it, so that nothing moves when it comes.
    this.article.querySelector('.room-for-reader').replaceWith(this.bar);
  }

  listVoices() {
    const chosen = this.voices[this.voice.value]?.voiceURI;
    this.voices = ownVoices(speechSynthesis.getVoices());
    this.voice.replaceChildren(
      ...this.voices.map(({ name, lang, voiceURI }, place) => {
        const isChosen = voiceURI === chosen;
        return new Option(`${name} (${lang})`, place, isChosen, isChosen);
      }),
    );
    this.main.disabled = this.voices.length === 0;
    if (this.main.disabled && this.state !== "idle") this.stop(NO_VOICE);
    if (!this.main.disabled && this.status.textContent === NO_VOICE) this.say("");
  }

  say(words) {
    this.status.textContent = words;
  }

  become(state, words = "") {
    this.state = state;
    this.bar.dataset.state = state;
    this.main.textContent = LABELS[state];
    for (const button of this.moves) button.hidden = state === "idle";
    this.say(words);
  }

  press() {
    if (this.state === "reading") {
      // The browser's own pause() loses the place on Android and in Chromium.
      this.silence();
      this.become("paused", gettext("Paused."));
    } else if (this.state === "paused") {
      this.become("reading");
      this.speak();
    } else {
      this.start();
    }
  }

  /* From the section that crosses a line a third of the way down the screen. */
  start() {
    const all = blocks(this.article);
    const section = [...this.article.querySelectorAll("section[id]")].findLast(
      (part) => part.getBoundingClientRect().top < window.innerHeight / 3,
    );
    const first = all.find(({ element }) => section?.contains(element)) ?? all[0];
    if (!first) {
      this.say(gettext("There is nothing to read here."));
      return;
    }
    this.become("reading");
    this.place(first);
    this.speak();
  }

  stop(words = "") {
    this.silence();
    this.unmark();
    this.block = null;
    this.become("idle", words);
  }

  /* Returns whether there was anything to silence. */
  silence() {
    const isBusy = speechSynthesis.speaking || speechSynthesis.pending;
    this.turn += 1;
    clearTimeout(this.timer);
    if (isBusy) speechSynthesis.cancel();
    globalThis.CSS?.highlights?.delete("read-aloud");
    return isBusy;
  }

  place(block) {
    this.unmark();
    this.block = block;
    this.parts = sentences(block.text);
    this.part = 0;
    block.element.classList.add("being-read");
    block.element.setAttribute("aria-current", "true");
    const { top, bottom, height } = block.element.getBoundingClientRect();
    const covered = this.bar.getBoundingClientRect().height;
    if (top < covered || bottom > window.innerHeight) {
      const fits = height < window.innerHeight - 2 * covered;
      block.element.scrollIntoView({ block: fits ? "center" : "start" });
    }
  }

  unmark() {
    this.block?.element.classList.remove("being-read");
    this.block?.element.removeAttribute("aria-current");
  }

  /* Looked up each time: a <details> may have been opened or closed meanwhile. */
  neighbour(step) {
    const all = blocks(this.article);
    const { node } = this.block.nodes[0];
    const here = all.findIndex(({ nodes }) => nodes[0].node === node);
    if (here >= 0) return all[here + step];
    const isBehind = ({ nodes }) =>
      node.compareDocumentPosition(nodes[0].node) & Node.DOCUMENT_POSITION_FOLLOWING;
    return step > 0 ? all.find(isBehind) : all.findLast((block) => !isBehind(block));
  }

  move(step) {
    const block = this.neighbour(step);
    if (!block && step > 0) {
      this.stop(gettext("That was the end of the lesson."));
      return;
    }
    this.silence();
    this.place(block ?? this.block);
    if (this.state === "reading") this.speak();
  }

  /* Says one sentence; what an earlier one still reports no longer counts. */
  speak() {
    const wasBusy = this.silence();
    const turn = this.turn;
    const voice = this.voices[this.voice.value];
    const utterance = new SpeechSynthesisUtterance(this.parts[this.part].text);
    utterance.voice = voice;
    utterance.lang = voice.lang.replace("_", "-");
    utterance.rate = Number(this.speed.value);
    const on = (name, act) =>
      utterance.addEventListener(name, (event) => {
        if (turn !== this.turn) return;
        clearTimeout(this.timer);
        act(event);
      });
    on("start", () => {});
    on("boundary", (event) => this.showWord(event));
    on("end", () => this.goOn());
    on("error", ({ error }) => this.fail(error));
    // Chromium forgets to report on one that nobody holds.
    this.utterance = utterance;
    const begin = () => {
      speechSynthesis.speak(utterance);
      this.timer = setTimeout(() => this.fail("silence"), SILENCE_MS);
    };
    // At once where that can be: some browsers speak only in answer to a press.
    if (wasBusy) this.timer = setTimeout(begin, SETTLE_MS);
    else begin();
  }

  goOn() {
    if (this.part + 1 < this.parts.length) {
      this.part += 1;
      this.speak();
    } else {
      this.move(1);
    }
  }

  fail(error) {
    this.silence();
    this.become("paused", FAILURES[error] ?? FAILURE);
  }

  showWord({ name, charIndex, charLength }) {
    if ((name && name !== "word") || !globalThis.CSS?.highlights) return;
    const { start, text } = this.parts[this.part];
    const length = charLength || text.slice(charIndex).search(/\s|$/);
    const range = new Range();
    const at = (offset) => {
      const { node, start: first } = this.block.nodes.findLast(
        (piece) => piece.start <= offset,
      );
      return [node, Math.min(offset - first, node.length)];
    };
    range.setStart(...at(start + charIndex));
    range.setEnd(...at(start + charIndex + length));
    CSS.highlights.set("read-aloud", new Highlight(range));
  }
}

const article = globalThis.document?.querySelector("[data-read-aloud]");
if (article && "speechSynthesis" in window) new Reader(article);
