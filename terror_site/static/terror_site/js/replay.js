/* How an answer grew, on a slider (docs/saving.md). Steps arrive as edits; every 25th
   text is kept whole, and any other is made from the one before it. Without script the
   page lists the moments of interest. */

const KEY_STEP = 25;
// The whole of it takes about half a minute, however many steps there are.
const WHOLE_MS = 30_000;
const QUICKEST_MS = 60;
const SLOWEST_MS = 500;

const stage = document.querySelector("[data-replay]");

/* Signs as people count them on the server: code points, each with its passage. */
function change(state, [start, removed, text], passage) {
  const come = Array.from(text);
  const put = (list, values) =>
    list.slice(0, start).concat(values, list.slice(start + removed));
  return {
    signs: put(state.signs, come),
    passages: put(state.passages, come.map(() => passage)),
    fresh: put(state.fresh, come.map(() => true)),
  };
}

class Replay {
  constructor({ steps, pauses, passages }) {
    this.steps = steps;
    this.pauses = pauses;
    this.passages = passages;
    this.kept = new Map([[-1, { signs: [], passages: [], fresh: [] }]]);
  }

  next(state, place) {
    const [, ...edits] = this.steps[place];
    let now = { ...state, fresh: state.signs.map(() => false) };
    for (const edit of edits) {
      const passage = this.passages.some(
        ([step, start, length]) =>
          step === place && start === edit[0] && length === Array.from(edit[2]).length,
      );
      now = change(now, edit, passage);
    }
    return now;
  }

  at(place) {
    let from = place;
    while (!this.kept.has(from)) from -= 1;
    let state = this.kept.get(from);
    while (from < place) {
      from += 1;
      state = this.next(state, from);
      if (from % KEY_STEP === 0) this.kept.set(from, state);
    }
    return state;
  }
}

function clock(seconds) {
  const two = (number) => String(number).padStart(2, "0");
  const minutes = Math.floor(seconds / 60);
  return `${Math.floor(minutes / 60)}:${two(minutes % 60)}:${two(seconds % 60)}`;
}

/* Runs of signs that look alike, as text, <ins> and <mark>. */
function runs(state, label) {
  const made = document.createDocumentFragment();
  const { signs, passages, fresh } = state;
  for (let start = 0, end; start < signs.length; start = end) {
    end = start + 1;
    while (
      end < signs.length &&
      passages[end] === passages[start] &&
      fresh[end] === fresh[start]
    )
      end += 1;
    let node = document.createTextNode(signs.slice(start, end).join(""));
    if (fresh[start]) {
      const ins = document.createElement("ins");
      ins.append(node);
      node = ins;
    }
    if (passages[start]) {
      const mark = document.createElement("mark");
      mark.className = "one-piece";
      const name = document.createElement("span");
      name.textContent = label;
      mark.append(name, " ", node);
      node = mark;
    }
    made.append(node);
  }
  return made;
}

function begin(replay) {
  const slider = stage.querySelector("input");
  const told = stage.querySelector("output");
  const box = stage.querySelector("[data-text]");
  const play = stage.querySelector("[data-play]");
  const ticks = stage.querySelector("svg");
  const words = { play: play.textContent, stop: play.dataset.on };
  const still = matchMedia("(prefers-reduced-motion: reduce)");
  const last = replay.steps.length - 1;
  const wait = Math.max(QUICKEST_MS, Math.min(SLOWEST_MS, WHOLE_MS / (last + 1)));
  let timer = null;

  function show() {
    const place = Number(slider.value);
    const state = replay.at(place);
    box.replaceChildren(runs(state, box.dataset.label));
    const count = state.signs.join("").split(/\s+/).filter(Boolean).length;
    told.textContent = `${clock(replay.steps[place][0])} · ${count} ${box.dataset.words}`;
    slider.setAttribute("aria-valuetext", told.textContent);
    const added = box.querySelector("ins");
    if (added) {
      const from = added.getBoundingClientRect().top - box.getBoundingClientRect().top;
      if (from < 0 || from > box.clientHeight - 40)
        box.scrollTop += from - box.clientHeight / 2;
    }
  }

  function stop() {
    clearInterval(timer);
    timer = null;
    play.textContent = words.play;
  }

  function go(by) {
    slider.value = Number(slider.value) + by;
    show();
    if (Number(slider.value) === last) stop();
  }

  play.addEventListener("click", () => {
    if (timer !== null) {
      stop();
      return;
    }
    if (Number(slider.value) === last) slider.value = 0;
    play.textContent = words.stop;
    timer = setInterval(() => go(1), wait);
    show();
  });
  for (const button of stage.querySelectorAll("[data-by]")) {
    button.addEventListener("click", () => {
      stop();
      go(Number(button.dataset.by));
    });
  }
  slider.addEventListener("input", () => {
    stop();
    show();
  });
  // Who asks for less motion moves the slider, or goes step by step.
  const calm = () => {
    play.hidden = still.matches;
    if (still.matches) stop();
  };
  still.addEventListener("change", calm);
  calm();

  ticks.setAttribute("viewBox", `0 0 ${Math.max(last, 1)} 1`);
  for (const [step] of replay.pauses) {
    const line = document.createElementNS(ticks.namespaceURI, "line");
    for (const [name, value] of Object.entries({ x1: step, x2: step, y1: 0, y2: 1 }))
      line.setAttribute(name, value);
    ticks.append(line);
  }
  slider.max = last;
  slider.value = last;
  stage.hidden = false;
  show();
}

if (stage) {
  const answer = await fetch(stage.dataset.replay, { redirect: "error" });
  if (answer.ok) begin(new Replay(await answer.json()));
}
