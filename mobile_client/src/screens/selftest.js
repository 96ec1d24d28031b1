/** Try this phone out for ten seconds: microphone, clock, storage; and tell the server what it is. */

import { openMicrophone } from "../capture/microphone.js";
import * as db from "../db.js";
import { copyOf, fill, make, say } from "../dom.js";
import { errorText, t } from "../i18n.js";
import { REPORTS, standing } from "../outbox/report.js";
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

const OF_WINDOW = ["MediaStreamTrackProcessor", "AudioWorkletNode", "SyncManager"];
const OF_NAVIGATOR = ["wakeLock", "locks", "canShare"];

/** @type {import("../app.js").Screen} */
export function selftest() {
  const parts = copyOf("selftest", { start: run });
  const { view, state, problem, result, start, advice, figures } = parts;
  /** @type {import("../capture/microphone.js").Microphone | undefined} */
  let microphone;
  let gone = false;
  let loudest = 0;

  async function run() {
    start.disabled = true;
    fill(problem);
    result.hidden = true;
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
    microphone = await openMicrophone({
      level: (peak) => {
        loudest = Math.max(loudest, peak);
      },
      lost: () => microphone?.close(),
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
    fill(
      advice,
      found.map((name) => say("li", `selftest.look.${name}`)),
    );
    // For whoever looks for a fault: the names under which the report holds them.
    const all = Object.entries({ ...facts, app: APP_VERSION });
    fill(
      figures,
      all.map(([name, value]) => make("div", make("dt", name), make("dd", plain(value)))),
    );
    result.hidden = false;
  }

  return {
    view,
    leave: () => {
      gone = true;
      microphone?.close();
    },
  };
}

/**
 * @param {import("../capture/microphone.js").Microphone} microphone
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
  let ms = 1;
  try {
    for (; frames < MOST_FRAMES && ms < STORE_MS; frames++) {
      const put = { clip: TRIAL, n: frames, samples: 4096, bytes };
      await db.commit([{ table: "frames", put }], "relaxed");
      ms = performance.now() - from;
    }
  } catch {
    // A phone that is full is found by its figures: so many writes, and no more.
    ms = STORE_MS;
  }
  await db.commit([{ table: "frames", drop: db.everyFrame(TRIAL) }], "relaxed");
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
    features: [
      ...OF_WINDOW.filter((name) => name in window),
      ...OF_NAVIGATOR.filter((name) => name in navigator),
    ],
    ...(await phoneFacts()),
  };
}

/**
 * Tell the server of every campaign that this phone is in, now or when there is a network.
 *
 * @param {Record<string, any>} selftest
 */
async function tell(selftest) {
  for (const { collector } of await db.all("enrolments")) {
    const said = await standing(db, collector);
    await db.commit([newPost(collector, REPORTS, { ...said, selftest })]);
  }
  void send();
}

/** @param {unknown} value */
function plain(value) {
  return typeof value === "object"
    ? JSON.stringify(value).replace(/["{}[\]]/g, " ")
    : String(value);
}

/**
 * @param {number} value
 * @param {number} digits
 */
function round(value, digits) {
  return Math.round(value * 10 ** digits) / 10 ** digits;
}
