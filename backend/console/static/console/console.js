/** The console's page of a campaign: fresh panels every few seconds, clips to hear on a click. */

const EVERY_MS = 4000;
const LONGEST_MS = 60000;

const live = document.getElementById("live");
const stale = document.getElementById("stale");
const token = document.querySelector('meta[name="csrf-token"]')?.content ?? "";
const player = new Audio();
/** What the server sent last, panel by panel: only what changed is put into the page. */
const shown = new Map();
let playing = null;
let pause = EVERY_MS;
let timer;

/** A panel in use is left alone: somebody types in it, has unfolded it, or listens to it. */
function inUse(panel) {
  return (
    panel.contains(document.activeElement) ||
    panel.querySelector("details[open]") !== null ||
    (playing !== null && panel.contains(playing))
  );
}

/** What a panel says; the tokens against forged requests differ in every answer and are no news. */
function textOf(panel) {
  return panel.outerHTML.replace(/<input[^>]*csrfmiddlewaretoken[^>]*>/g, "");
}

function put(fresh) {
  for (const panel of fresh.querySelectorAll("[data-panel]")) {
    const name = panel.dataset.panel;
    const old = live.querySelector(`[data-panel="${name}"]`);
    const text = textOf(panel);
    if (!old || shown.get(name) === text || inUse(old)) continue;
    old.replaceWith(document.adoptNode(panel));
    shown.set(name, text);
  }
}

async function refresh() {
  clearTimeout(timer);
  if (document.hidden) return;
  try {
    const answer = await fetch(live.dataset.live, { credentials: "same-origin" });
    // The session is over: the page itself leads to the sign-in.
    if (answer.redirected) return location.reload();
    if (!answer.ok) throw new Error(String(answer.status));
    put(new DOMParser().parseFromString(await answer.text(), "text/html"));
    pause = EVERY_MS;
    stale.hidden = true;
  } catch {
    pause = Math.min(pause * 2, LONGEST_MS);
    stale.hidden = false;
  }
  timer = setTimeout(refresh, pause);
}

function stop() {
  player.pause();
  if (playing) {
    playing.textContent = "▶";
    playing.classList.remove("on");
  }
  playing = null;
}

async function hear(button) {
  const again = button === playing;
  stop();
  if (again) return;
  playing = button;
  button.textContent = "■";
  button.classList.add("on");
  try {
    const answer = await fetch(button.dataset.hear, {
      method: "POST",
      headers: { Accept: "application/json", "X-CSRFToken": token },
      credentials: "same-origin",
    });
    if (!answer.ok) throw new Error(String(answer.status));
    player.src = (await answer.json()).url;
    await player.play();
  } catch {
    if (playing !== button) return;
    stop();
    button.textContent = "!";
    button.title = "It could not be played.";
  }
}

player.addEventListener("ended", stop);
player.addEventListener("error", stop);
live.addEventListener("click", (event) => {
  const button = event.target.closest("[data-hear]");
  if (button) void hear(button);
});
document.addEventListener("visibilitychange", refresh);
for (const panel of live.querySelectorAll("[data-panel]")) {
  shown.set(panel.dataset.panel, textOf(panel));
}
timer = setTimeout(refresh, EVERY_MS);
