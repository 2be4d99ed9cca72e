/* A copy of unsent words in this browser (IndexedDB), for when the network, the server
   or the browser dies. It belongs to one account, one text and one window, and goes as
   soon as the server has acknowledged it. On plain HTTP it cannot be encrypted:
   docs/saving.md. */

const NAME = "classroom";
const STORE = "unsent";
const OLDEST_MS = 14 * 24 * 60 * 60 * 1000;

const done = (request) =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });

// "Kept on this computer" is true only when the whole transaction is.
const completed = (transaction) =>
  new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve();
    transaction.onabort = transaction.onerror = () => reject(transaction.error);
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

async function begun(mode) {
  return (await opened()).transaction(STORE, mode, { durability: "strict" });
}

async function change(act) {
  const transaction = await begun("readwrite");
  act(transaction.objectStore(STORE));
  await completed(transaction);
}

const prefixOf = (...names) => `${names.join(" ")} `;

/* One window's copy of one text. */
export class LocalCopy {
  constructor(reader, address, part, tab) {
    this.key = prefixOf(reader, address, part) + tab;
    this.kept = { address, part, tab };
    this.works = "indexedDB" in globalThis;
    // Writing and dropping in the order in which they were asked for.
    this.last = Promise.resolve();
  }

  then(act) {
    this.last = this.last.then(act).then(
      () => {
        this.works = true;
      },
      () => {
        this.works = false;
      },
    );
    return this.last;
  }

  /* Keep a text with the number and base under which it would be sent. */
  keep({ text, number, base }) {
    const row = { ...this.kept, text, number, base, at: Date.now() };
    return this.then(() => change((store) => store.put(row, this.key)));
  }

  drop() {
    return this.then(() => change((store) => store.delete(this.key)));
  }
}

/* Another window's copy is with the school: drop it, unless that window has kept newer
   words meanwhile. Where it stands now, leave word of its version in its place: a desk
   that was opened at the same moment still shows the text before. */
export async function drop({ key, number, address, part }, version) {
  await change((store) => {
    store.get(key).onsuccess = (event) => {
      if (event.target.result?.number !== number) return;
      if (version === null) store.delete(key);
      else store.put({ address, part, version, at: Date.now() }, key);
    };
  });
}

async function rowsOf(reader, ...addressAndPart) {
  const prefix = prefixOf(reader, ...addressAndPart);
  const range = IDBKeyRange.bound(prefix, `${prefix}\uffff`);
  const store = (await begun("readonly")).objectStore(STORE);
  const [keys, rows] = await Promise.all([
    done(store.getAllKeys(range)),
    done(store.getAll(range)),
  ]);
  return rows.map((row, place) => ({ ...row, key: keys[place] }));
}

/* The copies of one account, of one text or of all; the oldest first. Nobody else's
   are ever read; whoever's are too old are thrown away unread. */
export async function copiesOf(reader, ...addressAndPart) {
  const rows = await rowsOf(reader, ...addressAndPart);
  return rows
    .filter((row) => row.text !== undefined && Date.now() - row.at < OLDEST_MS)
    .sort((one, other) => one.at - other.at);
}

/* Take the words left about one text; resolves to the newest version they name, or 0. */
export async function takeWord(reader, address, part) {
  const rows = (await rowsOf(reader, address, part)).filter((row) => row.version);
  if (rows.length) {
    await change((store) => rows.forEach(({ key }) => store.delete(key)));
  }
  return Math.max(0, ...rows.map(({ version }) => version));
}

export async function sweep() {
  await change((store) => {
    store.openCursor().onsuccess = (event) => {
      const cursor = event.target.result;
      if (!cursor) return;
      if (Date.now() - cursor.value.at >= OLDEST_MS) cursor.delete();
      cursor.continue();
    };
  });
}

const WISH = "wish";
const WISH_MS = 24 * 60 * 60 * 1000;

/* The wish to hand in as soon as the server can be reached; kept for a day. */
export const handInWish = {
  async keep(reader, address) {
    const row = { address, part: WISH, at: Date.now() };
    await change((store) => store.put(row, `${WISH} ${reader} ${address}`));
  },
  async drop(reader, address) {
    await change((store) => store.delete(`${WISH} ${reader} ${address}`));
  },
  async stands(reader, address) {
    const store = (await begun("readonly")).objectStore(STORE);
    const row = await done(store.get(`${WISH} ${reader} ${address}`));
    return row !== undefined && Date.now() - row.at < WISH_MS;
  },
};
