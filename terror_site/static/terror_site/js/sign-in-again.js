/* When a sign-in has ended while somebody writes: sign in on the same page, and go on.
   Nothing navigates away, and nobody else is given the words. */

import { rememberedCaret } from "./caret.js";
import { gettext } from "./gettext.js";

const dialog = document.getElementById("sign-in-again");
const form = dialog?.querySelector("form");
const problem = dialog?.querySelector("[role=alert]");

const parsed = async (answer) =>
  new DOMParser().parseFromString(await answer.text(), "text/html");

/* The desk as it is served now: whose it is, and its token. Null when it is not ours. */
async function desk(address) {
  const page = await parsed(await fetch(address, { cache: "no-store" }));
  const found = page.querySelector("[data-autosave]");
  return (
    found && {
      reader: found.dataset.reader,
      token: found.elements.csrfmiddlewaretoken.value,
    }
  );
}

function takeToken(token) {
  for (const field of document.querySelectorAll("[name=csrfmiddlewaretoken]")) {
    field.value = token;
  }
}

/* Look whether the page is still this reader's, perhaps in another tab's sign-in. */
export async function stillSignedIn(reader) {
  const now = await desk(location.href);
  if (now?.reader !== reader) return false;
  takeToken(now.token);
  return true;
}

async function signIn(reader) {
  const page = await parsed(await fetch(form.action, { cache: "no-store" }));
  const token = page.querySelector(".sheet [name=csrfmiddlewaretoken]")?.value;
  if (token) {
    const data = new FormData(form);
    data.set("csrfmiddlewaretoken", token);
    const answered = await fetch(form.action, {
      method: "POST",
      body: data,
      redirect: "manual",
    });
    if (answered.type !== "opaqueredirect") {
      const refused = await parsed(answered);
      return refused.querySelector(".errors li, [role=alert]")?.textContent.trim() ??
        gettext("That did not work. Check your card and try again.");
    }
  }
  return (await stillSignedIn(reader))
    ? ""
    : gettext("This is another account. The words on this page belong to the student who wrote them: they stay here, and are not sent.");
}

/* Ask until the same reader is signed in again; resolves true, or false when put off. */
export function signInAgain(reader) {
  if (!dialog || dialog.open) return Promise.resolve(false);
  const giveBack = rememberedCaret();
  return new Promise((resolve) => {
    const finish = (isBack) => {
      form.removeEventListener("submit", send);
      dialog.removeEventListener("close", put);
      form.reset();
      dialog.close();
      giveBack();
      resolve(isBack);
    };
    const put = () => finish(false);
    async function send(event) {
      if (event.submitter?.value === "later") return;
      event.preventDefault();
      problem.textContent = "";
      try {
        problem.textContent = await signIn(reader);
        if (!problem.textContent) finish(true);
      } catch {
        problem.textContent = gettext("No answer from the school’s server. Try again in a moment.");
      }
    }
    form.addEventListener("submit", send);
    dialog.addEventListener("close", put);
    problem.textContent = "";
    dialog.showModal();
  });
}
