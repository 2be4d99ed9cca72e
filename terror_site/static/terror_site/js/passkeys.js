/* Making and proving a passkey: the browser's own dialog between two short requests. */

const root = document.querySelector("[data-passkey]");
const button = root.querySelector("button");
const status = root.querySelector("[role=status]");
const token = root.querySelector("[name=csrfmiddlewaretoken]").value;

const toBytes = (text) =>
  Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (sign) =>
    sign.charCodeAt(0),
  );
const toText = (buffer) =>
  btoa(String.fromCharCode(...new Uint8Array(buffer)))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replaceAll("=", "");

const post = async (address, body) => {
  const answer = await fetch(address, {
    method: "POST",
    headers: { "Content-Type": "application/json", "X-CSRFToken": token },
    body: JSON.stringify(body ?? {}),
  });
  const said = await answer.json();
  if (!answer.ok) throw new Error(said.sentence);
  return said;
};

const known = (list) => (list ?? []).map((key) => ({ ...key, id: toBytes(key.id) }));

const make = async (options) => {
  const made = await navigator.credentials.create({
    publicKey: {
      ...options,
      challenge: toBytes(options.challenge),
      user: { ...options.user, id: toBytes(options.user.id) },
      excludeCredentials: known(options.excludeCredentials),
    },
  });
  return {
    id: made.id,
    rawId: toText(made.rawId),
    type: made.type,
    response: {
      attestationObject: toText(made.response.attestationObject),
      clientDataJSON: toText(made.response.clientDataJSON),
    },
  };
};

const prove = async (options) => {
  const proof = await navigator.credentials.get({
    publicKey: {
      ...options,
      challenge: toBytes(options.challenge),
      allowCredentials: known(options.allowCredentials),
    },
  });
  return {
    id: proof.id,
    rawId: toText(proof.rawId),
    type: proof.type,
    response: {
      authenticatorData: toText(proof.response.authenticatorData),
      clientDataJSON: toText(proof.response.clientDataJSON),
      signature: toText(proof.response.signature),
      userHandle: proof.response.userHandle && toText(proof.response.userHandle),
    },
  };
};

button.hidden = !window.PublicKeyCredential;
button.addEventListener("click", async () => {
  status.textContent = "";
  try {
    const options = await post(root.dataset.options);
    if (root.dataset.passkey === "make") {
      const name = root.querySelector("[name=name]").value;
      await post(root.dataset.finish, { name, made: await make(options) });
      location.assign(root.dataset.next);
    } else {
      const said = await post(root.dataset.finish, await prove(options));
      location.assign(said.next);
    }
  } catch (error) {
    status.textContent =
      error.name === "NotAllowedError" ? root.dataset.stopped : error.message;
  }
});
