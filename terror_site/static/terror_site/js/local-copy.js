/* A copy of unsent words in this browser (IndexedDB), for when the network, the server
   or the browser dies. It belongs to one account and one text, and goes as soon as the
   server has acknowledged it. On plain HTTP it cannot be encrypted: docs/saving.md. */

const NAME = "classroom";
const STORE = "unsent";
const OLDEST_MS = 14 * 24 * 60 * 60 * 1000;

const done = (request) =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });

let opening = null;

function opened() {
  opening ??= new Promise((resolve, reject) => {
    const request = indexedDB.open(NAME, 1);
    request.onupgradeneeded = () => request.result.createObjectStore(STORE);
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
    request.onblocked = () => reject(new Error("blocked"));
  });
  return opening;
}

async function store(mode) {
  return (await opened()).transaction(STORE, mode, { durability: "strict" }).objectStore(STORE);
}

/* The copies of one account. Nobody else's are ever read. */
export class LocalCopy {
  constructor(reader, address, part) {
    this.key = `${reader} ${address} ${part}`;
    this.works = "indexedDB" in globalThis;
    // Writing and dropping in the order in which they were asked for.
    this.last = Promise.resolve();
  }

  then(act) {
    this.last = this.last.then(act).catch(() => {
      this.works = false;
    });
    return this.last;
  }

  keep(text, base) {
    return this.then(async () => {
      await done((await store("readwrite")).put({ text, base, at: Date.now() }, this.key));
    });
  }

  drop() {
    return this.then(async () => {
      await done((await store("readwrite")).delete(this.key));
    });
  }

  async read() {
    try {
      const kept = await done((await store("readonly")).get(this.key));
      return kept && Date.now() - kept.at < OLDEST_MS ? kept : null;
    } catch {
      this.works = false;
      return null;
    }
  }
}
