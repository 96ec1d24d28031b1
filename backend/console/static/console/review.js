/** The page of a reviewer: hear, decide by hand or by key, and the next clip is there at once. */

const place = document.getElementById("review");
const said = document.getElementById("said");
const keys = document.getElementById("keys");
const token = document.querySelector('meta[name="csrf-token"]').content;
const player = new Audio();
/** The card behind the one that is shown, fetched while this one is heard. */
let ahead = null;

const card = () => place.querySelector("form[data-clip]");

function say(words) {
  said.textContent = words;
  said.hidden = !words;
}

async function fetchCard(after) {
  const address = `${place.dataset.address}&after=${after}`;
  const answer = await fetch(address, {
    headers: { "X-Fragment": "1" },
    credentials: "same-origin",
  });
  // The session is over: the page itself leads to the sign-in.
  if (answer.redirected) location.reload();
  if (!answer.ok) throw new Error(String(answer.status));
  return answer.text();
}

function lookAhead() {
  const form = card();
  ahead = form ? fetchCard(form.dataset.clip) : null;
  // A failure shows when the card is wanted.
  ahead?.catch(() => undefined);
}

async function hear() {
  const button = place.querySelector("[data-hear]");
  if (!button) return;
  if (!player.paused) return stop();
  try {
    const answer = await fetch(button.dataset.hear, {
      method: "POST",
      headers: { Accept: "application/json", "X-CSRFToken": token },
      credentials: "same-origin",
    });
    if (!answer.ok) throw new Error(String(answer.status));
    const { url } = await answer.json();
    if (!button.isConnected) return;
    player.src = url;
    button.textContent = "■";
    button.setAttribute("aria-label", "Stop");
    await player.play();
  } catch {
    if (button.isConnected) stop("It could not be played.");
  }
}

function stop(words = "") {
  player.pause();
  const button = place.querySelector("[data-hear]");
  if (button) {
    button.textContent = "▶";
    button.setAttribute("aria-label", "Play");
  }
  if (words) say(words);
}

/** Show the next card, and let it be heard: whoever reviews came to listen. */
async function next() {
  const form = card();
  if (!form) return;
  stop();
  try {
    const text = await (ahead ?? fetchCard(form.dataset.clip));
    const fresh = new DOMParser().parseFromString(text, "text/html").body;
    place.replaceChildren(...[...fresh.children].map((node) => document.adoptNode(node)));
  } catch {
    say("The next clip could not be read. Try again.");
    lookAhead();
    return;
  }
  place.querySelector("h2")?.focus();
  lookAhead();
  void hear();
}

async function send(form, decision) {
  const body = new FormData(form);
  body.set("decision", decision);
  const text = form.querySelector("h2").textContent.slice(0, 60);
  try {
    const answer = await fetch(form.action, {
      method: "POST",
      headers: { Accept: "application/json", "X-Fragment": "1", "X-CSRFToken": token },
      credentials: "same-origin",
      body,
      keepalive: true,
    });
    if (answer.ok && !answer.redirected) return;
    const problem = answer.redirected ? { title: "Sign in again." } : await answer.json();
    say(`“${text}”: ${problem.title} Nothing was written.`);
  } catch {
    say(`“${text}”: no answer from the server. Decide on it once more.`);
  }
}

function decide(decision) {
  const form = card();
  if (!form || form.dataset.decided) return;
  form.dataset.decided = decision;
  say("");
  void send(form, decision);
  void next();
}

place.addEventListener("submit", (event) => {
  event.preventDefault();
  decide(event.submitter?.value ?? "pass");
});
place.addEventListener("click", (event) => {
  if (event.target.closest("[data-hear]")) void hear();
  if (event.target.closest("[data-next]")) {
    event.preventDefault();
    void next();
  }
});
const BY_KEY = { " ": hear, p: () => decide("pass"), r: () => decide("reject"), n: next };
document.addEventListener("keydown", (event) => {
  if (!keys.checked || event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
  // A key belongs to the control that has it: space to a button or a box.
  const held = event.target.closest("button, a, input, summary, textarea");
  if (event.key === " " && held) return;
  const box = place.querySelector(`[data-key="${CSS.escape(event.key)}"]`);
  const act = BY_KEY[event.key.toLowerCase()];
  if (!box && !act) return;
  event.preventDefault();
  if (box) box.checked = !box.checked;
  else void act();
});
player.addEventListener("ended", () => stop());
player.addEventListener("error", () => {
  if (player.src) stop("It could not be played.");
});
keys.checked = localStorage.getItem("review-keys") !== "off";
keys.addEventListener("change", () => {
  localStorage.setItem("review-keys", keys.checked ? "on" : "off");
});
lookAhead();
