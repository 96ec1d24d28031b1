/** Try this phone out for ten seconds: microphone, clock, storage; and tell the server what it is. */

import { Microphone } from "../capture/microphone.js";
import * as db from "../db.js";
import { button, fill, make } from "../dom.js";
import { header } from "../header.js";
import { errorText, t } from "../i18n.js";
import { unsent } from "../outbox/export.js";
import { freeBytes } from "../outbox/room.js";
import { send } from "../outbox/sync.js";
import { APP_VERSION, phoneFacts, plainLabel } from "../phone_facts.js";
import { newPost } from "../posts.js";
import { findings } from "../selftest_verdict.js";

const SECONDS = 10;
const FRAME_BYTES = 8192;
const MOST_FRAMES = 100;
const STORE_MS = 3000;
/** No take has it: the rows are found again if the browser is killed between. */
const TRIAL = "selftest";

const FEATURES = /** @type {[string, () => boolean][]} */ ([
  ["MediaStreamTrackProcessor", () => "MediaStreamTrackProcessor" in window],
  ["AudioWorklet", () => "AudioWorkletNode" in window],
  ["BackgroundSync", () => "SyncManager" in window],
  ["WakeLock", () => "wakeLock" in navigator],
  ["WebLocks", () => "locks" in navigator],
  ["ShareFiles", () => "canShare" in navigator],
]);

/** @type {import("../app.js").Screen} */
export function selftest(app) {
  const state = make("p", { role: "status", class: "lead" }, t("selftest.lead"));
  const problem = make("p", { role: "alert", class: "problem" });
  const result = make("div");
  /** @type {Microphone | undefined} */
  let microphone;
  let gone = false;
  let loudest = 0;

  async function run() {
    start.disabled = true;
    fill(problem);
    fill(result);
    loudest = 0;
    try {
      fill(state, t("selftest.listen", { seconds: SECONDS }));
      const facts = { ...(await listen()), ...(await storeSpeed()), ...(await keeping()) };
      if (gone) return;
      const found = findings(facts);
      await tell({ ...facts, findings: found });
      show(facts, found);
    } catch (error) {
      if (!gone) fill(problem, errorText(error));
      fill(state, t("selftest.lead"));
    }
    microphone?.close();
    start.disabled = false;
  }

  async function listen() {
    const nothing = () => {};
    microphone = await Microphone.open({
      level: (peak) => {
        loudest = Math.max(loudest, peak);
      },
      silence: nothing,
      lost: () => microphone?.close(),
      stored: nothing,
      bound: nothing,
      full: nothing,
    });
    // Twice: the first warms it, and what both take to begin and to answer cancels out.
    const [short, long] = [await time(microphone, 1), await time(microphone, SECONDS)];
    const { measures } = long;
    const { mic, sample_rate, settings_asked, settings_got } = microphone.facts();
    const { path } = microphone;
    microphone.close();
    return {
      rate: sample_rate,
      path,
      mic: plainLabel(mic),
      asked: settings_asked,
      got: settings_got,
      peak: round(loudest, 5),
      level_dbfs: round(measures.rms_dbfs ?? -120, 1),
      zero_run_ms: round((measures.zero_run_s ?? 0) * 1000, 1),
      zero_gaps: measures.zero_gaps ?? 0,
      sample_ratio: round((long.heard - short.heard) / (long.took - short.took), 3),
    };
  }

  /**
   * @param {import("../selftest_verdict.js").Facts} facts
   * @param {string[]} found
   */
  function show(facts, found) {
    fill(state, t(found.length ? "selftest.look" : "selftest.good"));
    /** @type {[string, string][]} */
    const lines = [
      ["mic", facts.mic || "–"],
      ["rate", `${facts.rate} Hz`],
      ["level", `${facts.level_dbfs} dBFS`],
      ["gaps", `${facts.zero_gaps}; ${facts.zero_run_ms} ms`],
      ["clock", `${facts.sample_ratio}`],
      ["store", `${facts.writes_per_s}/s, ${facts.mb_per_s} MB/s`],
      ["free", facts.free_bytes === null ? "–" : `${Math.round(facts.free_bytes / 1e6)} MB`],
      ["persist", t(facts.persisted ? "selftest.yes" : "selftest.no")],
      ["phone", [facts.model, facts.os].filter(Boolean).join(", ") || "–"],
      ["app", APP_VERSION],
    ];
    fill(
      result,
      found.length > 0 &&
        make("ul", {}, ...found.map((name) => make("li", {}, t(`selftest.look.${name}`)))),
      make(
        "dl",
        { class: "facts" },
        ...lines.map(([name, value]) =>
          make(
            "div",
            {},
            make("dt", {}, t(`selftest.${name}`)),
            make("dd", {}, make("bdi", {}, value)),
          ),
        ),
      ),
    );
  }

  const start = button(t("selftest.start"), () => void run(), { class: "primary" });
  const back = () => void app.go(app.pack ? "people" : "enrol");
  return {
    view: make("div", {}, header(t("selftest.title"), back), state, problem, start, result),
    leave: () => {
      gone = true;
      microphone?.close();
    },
  };
}

/**
 * @param {Microphone} microphone
 * @param {number} seconds
 */
async function time(microphone, seconds) {
  const from = performance.now();
  const measures = await microphone.room(seconds);
  return { measures, heard: measures.duration_s ?? 0, took: (performance.now() - from) / 1000 };
}

/** Write frames as a take does, one after the other, and remove them. */
async function storeSpeed() {
  const bytes = crypto.getRandomValues(new Uint8Array(FRAME_BYTES)).buffer;
  const from = performance.now();
  let frames = 0;
  let ms = 0;
  try {
    for (; frames < MOST_FRAMES && ms < STORE_MS; frames++) {
      const put = { clip: TRIAL, n: frames, samples: 4096, bytes };
      await db.commit([{ table: "frames", put }], "relaxed");
      ms = performance.now() - from;
    }
  } finally {
    await db.commit([{ table: "frames", drop: db.everyFrame(TRIAL) }], "relaxed");
  }
  const perSecond = (frames / ms) * 1000;
  return {
    writes_per_s: Math.round(perSecond),
    mb_per_s: round((perSecond * FRAME_BYTES) / 1e6, 2),
  };
}

async function keeping() {
  return {
    persisted: (await navigator.storage?.persist?.()) ?? false,
    free_bytes: await freeBytes(),
    features: FEATURES.filter(([, there]) => there()).map(([name]) => name),
    ...(await phoneFacts()),
  };
}

/**
 * Tell the server of every campaign that this phone is in, now or when there is a network.
 *
 * @param {Record<string, any>} selftest
 */
async function tell(selftest) {
  const { clips } = await unsent(db);
  const changes = (await db.all("enrolments")).map(({ collector }) => {
    const mine = clips.filter((clip) => clip.collector === collector);
    return newPost(collector, "devices/self/reports", {
      unsent: mine.length,
      unsent_bytes: mine.reduce((sum, { request }) => sum + request.bytes, 0),
      free_bytes: selftest.free_bytes ?? 0,
      app_version: APP_VERSION,
      selftest,
    });
  });
  if (changes.length) await db.commit(changes);
  void send();
}

/**
 * @param {number} value
 * @param {number} digits
 */
function round(value, digits) {
  return Math.round(value * 10 ** digits) / 10 ** digits;
}
