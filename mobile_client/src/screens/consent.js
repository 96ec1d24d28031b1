/** The words the speaker agrees to, in their language, read aloud if they like; and their yes. */

import { chip } from "../chip.js";
import { keepConsent } from "../consents.js";
import { button, copyOf, fill, make, say } from "../dom.js";
import { errorText, language, t } from "../i18n.js";
import { send } from "../outbox/sync.js";
import { canRead, hush, read, watchVoices } from "../read_aloud.js";
import { speakerCode } from "../speaker_code.js";
import { answersOf, isMinor } from "../speakers.js";
import { sign } from "./consent_signature.js";
import { speak } from "./consent_spoken.js";

/** Without it there is nothing to agree to; every other scope may be refused. */
const NEEDED = "collect";

/** @typedef {{bytes: ArrayBuffer, type: string}} Evidence */
/** @typedef {{view: HTMLElement, leave: () => void}} Way a part of the screen in which evidence is made */

/** @type {import("../app.js").Screen} */
export function consent(app, { speaker, ...rest }) {
  const forms = app.pack?.consent_forms ?? [];
  const wanted = [language(), app.pack?.campaign.language ?? ""];
  let form = wanted.map((tag) => forms.find((one) => one.locale === tag)).find(Boolean) ?? forms[0];
  const parts = copyOf("consent", {
    tap: () => agree("tap"),
    spoken: () => show("spoken"),
    signature: () => show("signature"),
  });
  const { view, choice, text, scopes, problem, aloud, ways, way } = parts;
  for (const one of forms) choice.append(make("option", { value: one.id }, nameOf(one.locale)));
  let reading = false;
  /** @type {(() => void) | undefined} */
  let leaveWay;

  function draw() {
    if (!form) return;
    choice.value = form.id;
    text.lang = form.locale;
    fill(text, ...form.text.split(/\n+/).map((part) => make("p", part)));
    fill(scopes, ...form.scopes.filter((one) => one !== NEEDED).map(question));
    offerReading(false);
  }

  /** @param {boolean} now whether the phone reads */
  function offerReading(now) {
    if (!form) return;
    const { text: words, locale } = form;
    reading = now;
    const stop = () => {
      hush();
      offerReading(false);
    };
    const start = () => {
      read(words, locale, () => offerReading(false));
      offerReading(true);
    };
    fill(
      aloud,
      canRead(locale)
        ? button(now ? "record.stop" : "consent.read", now ? stop : start)
        : say("p.note", "consent.read.yourself"),
    );
  }

  choice.onchange = () => {
    hush();
    form = forms.find((one) => one.id === choice.value);
    draw();
  };

  /** @returns {string[] | null} null: something is not answered */
  function scopesGiven() {
    const given = [NEEDED];
    for (const box of scopes.querySelectorAll("fieldset")) {
      const chosen = box.querySelector("input:checked");
      if (!(chosen instanceof HTMLInputElement)) {
        fill(
          problem,
          t("speaker.missing", { field: box.querySelector("legend")?.textContent ?? "" }),
        );
        box.querySelector("input")?.focus();
        return null;
      }
      if (chosen.value === "yes") given.push(chosen.name);
    }
    fill(problem);
    return given;
  }

  /**
   * @param {"tap" | "spoken" | "signature"} method
   * @param {Evidence} [evidence]
   */
  async function agree(method, evidence) {
    const given = scopesGiven();
    if (!app.enrolment || !form || !given) return;
    try {
      const how = { scopes: given, method, ...(evidence ? { evidence } : {}) };
      const row = await keepConsent(app.enrolment, speaker.id, form, how);
      void send();
      await app.go("record", { ...rest, speaker, consent: row });
    } catch (error) {
      fill(problem, errorText(error));
    }
  }

  /** @param {"spoken" | "signature"} method */
  function show(method) {
    if (!scopesGiven() || !app.enrolment) return;
    hush();
    const done = (/** @type {Evidence} */ evidence) => void agree(method, evidence);
    const made = method === "spoken" ? speak(app.enrolment, speaker.id, done) : sign(done);
    leaveWay = made.leave;
    ways.hidden = true;
    fill(way, made.view, button("cancel", offer, ".quiet"));
    made.view.querySelector("button")?.focus();
    way.scrollIntoView({ block: "end" });
  }

  function offer() {
    leaveWay?.();
    leaveWay = undefined;
    fill(way);
    ways.hidden = !form;
  }

  draw();
  offer();
  const quiet = watchVoices(() => offerReading(reading));
  const minor = isMinor(answersOf(speaker), new Date().getFullYear());
  fill(parts.lead, t("consent.lead", { code: speakerCode(speaker.id) }));
  parts.languages.hidden = forms.length < 2;
  parts.minor.hidden = !minor;
  parts.none.hidden = form;
  return {
    view,
    leave: () => {
      quiet();
      leaveWay?.();
    },
  };
}

/** @param {string} scope */
const question = (scope) =>
  make(
    "fieldset",
    say("legend", `scope.${scope}`),
    make(
      "div.chips",
      ["yes", "no"].map((value) => chip(scope, value, t(value))),
    ),
  );

/** @param {string} locale */
function nameOf(locale) {
  try {
    return new Intl.DisplayNames([locale], { type: "language" }).of(locale) ?? locale;
  } catch {
    return locale;
  }
}
