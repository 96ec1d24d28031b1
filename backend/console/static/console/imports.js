/** Bring a phone's saved copies: straight into the store, with progress, one file after the other. */

import { sha256Of } from "./sha256.js";

const form = document.getElementById("bring");
const chosen = document.getElementById("files");
const list = document.getElementById("bringing");
const token = document.querySelector('meta[name="csrf-token"]').content;

/** A refusal in the server's words. */
class Refused extends Error {}

async function call(path, body) {
  const answer = await fetch(`/v1/${path}`, {
    method: "POST",
    headers: {
      Accept: "application/json",
      "Content-Type": "application/json",
      "X-CSRFToken": token,
    },
    credentials: "same-origin",
    body: JSON.stringify(body),
  });
  const facts = await answer.json();
  if (!answer.ok) throw new Refused(facts.detail ?? facts.title);
  return facts;
}

/** XMLHttpRequest, for fetch does not tell how much of a body has gone. */
function put({ url, headers }, file, tell) {
  return new Promise((done, fail) => {
    const request = new XMLHttpRequest();
    request.open("PUT", url);
    for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value);
    request.upload.onprogress = ({ loaded, total }) => tell(loaded / total);
    request.onload = () => {
      // 412: it lies there already, and the confirmation says whether it is this one.
      if (request.status < 300 || request.status === 412) done();
      else fail(new Refused(`The store did not take it (${request.status}).`));
    };
    request.onerror = () => fail(new Error("no answer"));
    request.send(file);
  });
}

async function bring(file) {
  const line = document.createElement("li");
  const text = document.createElement("span");
  const bar = document.createElement("progress");
  line.append(`${file.name}: `, text, bar);
  list.append(line);
  const say = (words) => {
    text.textContent = words;
  };
  const tell = (share) => {
    bar.value = share;
  };
  try {
    say("reading … ");
    const sha256 = await sha256Of(file, tell);
    const body = { campaign: form.dataset.campaign, sha256, bytes: file.size };
    const { id, state, upload } = await call("imports", body);
    if (upload) {
      say("sending … ");
      tell(0);
      await put(upload, file, tell);
      await call(`imports/${id}/uploaded`, {});
    }
    const before = state === "done" ? "was taken in before." : "is being taken in already.";
    say(upload ? "has arrived and is being taken in." : before);
    line.className = "arrived";
  } catch (error) {
    const refused = error instanceof Refused;
    say(refused ? error.message : "the connection broke. Bring it again; nothing is doubled.");
    line.className = "wrong";
  }
  bar.remove();
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const button = form.querySelector("button");
  button.disabled = true;
  list.replaceChildren();
  for (const file of [...chosen.files]) await bring(file);
  button.disabled = false;
});
