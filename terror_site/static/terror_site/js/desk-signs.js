/* The writing desk's signs of life, for the teacher's list of who is writing: every 15 s
   while the desk is in front and no save has just said as much. */

const EVERY_MS = 15_000;
// A browser slows the timers of pages behind others: a desk there says farewell instead.
const FAREWELL = new URLSearchParams({ leaving: "1" });

export class Signs {
  constructor(address, token) {
    this.address = address;
    this.token = token;
    this.lastAt = 0;
    this.timer = setInterval(() => this.give(), EVERY_MS / 3);
  }

  /* A save went through: that is a sign as well. */
  saved() {
    this.lastAt = Date.now();
  }

  give() {
    if (document.hidden || Date.now() - this.lastAt < EVERY_MS) return;
    this.lastAt = Date.now();
    this.send();
  }

  leave() {
    this.lastAt = 0;
    this.send(FAREWELL);
  }

  /* Nobody waits for the answer: a sign that is lost is what the list is for. */
  send(body = new URLSearchParams()) {
    fetch(this.address, {
      method: "POST",
      headers: { "X-CSRFToken": this.token() },
      redirect: "error",
      body,
      keepalive: true,
    }).catch(() => {});
  }
}
