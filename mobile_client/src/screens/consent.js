/** The words the speaker agrees to, in their language, and their tap. */

import { keepConsent } from "../consents.js";
import { button, fill, make } from "../dom.js";
import { header } from "../header.js";
import { language, t } from "../i18n.js";
import { send } from "../outbox/sync.js";
import { speakerCode } from "../speaker_code.js";

/** @type {import("../app.js").Screen} */
export function consent(app, { speaker }) {
  const forms = app.pack?.consent_forms ?? [];
  const wanted = [language(), app.pack?.campaign.language ?? ""];
  let form = wanted.map((tag) => forms.find((one) => one.locale === tag)).find(Boolean) ?? forms[0];
  const text = make("div", { class: "consent-text", tabindex: "0" });
  const choice = make("select", { id: "consent-language" });
  for (const one of forms) choice.append(make("option", { value: one.id }, nameOf(one.locale)));

  function draw() {
    if (!form) return;
    choice.value = form.id;
    text.lang = form.locale;
    text.dir = "auto";
    fill(text, ...form.text.split(/\n+/).map((part) => make("p", {}, part)));
  }

  choice.addEventListener("change", () => {
    form = forms.find((one) => one.id === choice.value);
    draw();
  });

  async function agree() {
    if (!app.enrolment || !form) return;
    const row = await keepConsent(app.enrolment, speaker.id, form, {
      scopes: form.scopes,
      method: "tap",
    });
    void send();
    await app.go("record", { speaker, consent: row });
  }

  draw();
  const view = make(
    "div",
    {},
    header(t("consent.title"), () => void app.go("people")),
    make("p", { class: "lead" }, t("consent.lead", { code: speakerCode(speaker.id) })),
    forms.length > 1 &&
      make(
        "p",
        { class: "row" },
        make("label", { for: "consent-language" }, t("consent.language")),
        choice,
      ),
    text,
    form
      ? button(t("consent.agree"), () => void agree(), { class: "primary" })
      : make("p", { class: "problem" }, t("consent.none")),
    button(t("consent.refuse"), () => void app.go("people"), { class: "quiet" }),
  );
  return { view };
}

/** @param {string} locale */
function nameOf(locale) {
  try {
    return new Intl.DisplayNames([locale], { type: "language" }).of(locale) ?? locale;
  } catch {
    return locale;
  }
}
