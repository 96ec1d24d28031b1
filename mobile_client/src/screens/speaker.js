/** Add a speaker: the campaign's questions; not knowing and not saying are answers. */

import { make } from "../dom.js";
import { header } from "../header.js";
import { known, t } from "../i18n.js";
import { send } from "../outbox/sync.js";
import { keepSpeaker } from "../speakers.js";

const NOT_SAID = ["unknown", "declined"];

/**
 * @param {string} kind of words
 * @param {string} name
 */
function words(kind, name) {
  const key = `${kind}.${name}`;
  return known(key) ? t(key) : name.replaceAll("_", " ");
}

/**
 * @param {string} field
 * @param {string} value
 * @param {boolean} required
 */
function chip(field, value, required) {
  const id = `${field}-${value}`;
  return make(
    "span",
    { class: "chip" },
    make("input", { type: "radio", id, name: field, value, required }),
    make("label", { for: id }, words("answer", value)),
  );
}

/** @param {import("../api.js").FieldSpec} spec */
function fieldFor(spec) {
  const required = spec.required ?? false;
  const choices = [...(spec.choices ?? []), ...NOT_SAID];
  const chips = make("div", { class: "chips" });
  const free = spec.kind !== "choice";
  for (const value of free ? NOT_SAID : choices)
    chips.append(chip(spec.name, value, required && !free));
  const input = make("input", {
    id: `field-${spec.name}`,
    name: `${spec.name}-text`,
    autocomplete: "off",
    maxlength: spec.kind === "list" ? 200 : 80,
    ...(spec.kind === "year" ? { inputmode: "numeric" } : {}),
    placeholder: t(`placeholder.${spec.kind}`),
  });
  // One answer at a time: typing takes the chip back, the chip takes the text back.
  input.addEventListener("input", () => {
    for (const radio of chips.querySelectorAll("input")) radio.checked = false;
  });
  chips.addEventListener("change", () => {
    input.value = "";
  });
  const title = words("field", spec.name);
  if (free) input.setAttribute("aria-label", title);
  return make(
    "fieldset",
    { "data-field": spec.name },
    make("legend", {}, title),
    free && input,
    chips,
  );
}

/**
 * The server's own bound: an answer that it refused would hold up every clip of the speaker.
 * @param {unknown} answer
 * @param {import("../api.js").FieldSpec} spec
 */
function fits(answer, spec) {
  if (spec.kind !== "year" || NOT_SAID.includes(String(answer))) return true;
  const age = new Date().getFullYear() - Number(answer);
  return Number.isInteger(age) && age >= 0 && age <= 120;
}

/**
 * @param {FormData} form
 * @param {import("../api.js").FieldSpec} spec
 * @returns {unknown} undefined when nothing was answered
 */
function answerOf(form, spec) {
  const chosen = form.get(spec.name);
  if (chosen) return chosen;
  const text = String(form.get(`${spec.name}-text`) ?? "").trim();
  if (!text) return undefined;
  if (spec.kind === "year") return Number(text);
  if (spec.kind !== "list") return text.replaceAll(/[|=]/g, " ");
  const items = text.split(/[,;]/).map((item) => item.trim().slice(0, 35));
  return items.filter(Boolean).slice(0, 10);
}

/** @type {import("../app.js").Screen} */
export function speaker(app) {
  const specs = app.pack?.demographics ?? [];
  const problem = make("p", { role: "alert", class: "problem" });
  const fields = specs.map(fieldFor);
  const byName = new Map(specs.map((spec, index) => [spec.name, fields[index]]));
  const year = byName.get("birth_year")?.querySelector("input");
  const band = byName.get("age_band");
  // Who tells the year need not be asked for the age as well.
  year?.addEventListener("input", () => {
    if (band) band.hidden = /^(19|20)\d\d$/.test(year.value);
  });

  /** @param {Event} event */
  async function submit(event) {
    event.preventDefault();
    const form = new FormData(/** @type {HTMLFormElement} */ (event.target));
    /** @type {Record<string, unknown>} */
    const demographics = {};
    for (const spec of specs) {
      if (byName.get(spec.name)?.hidden) continue;
      const answer = answerOf(form, spec);
      if (answer !== undefined && !fits(answer, spec)) {
        problem.textContent = t("speaker.year");
        byName.get(spec.name)?.querySelector("input")?.focus();
        return;
      }
      if (answer !== undefined) demographics[spec.name] = answer;
      else if (spec.required) {
        problem.textContent = t("speaker.missing", { field: words("field", spec.name) });
        byName.get(spec.name)?.querySelector("input")?.focus();
        return;
      }
    }
    if (!app.enrolment) return;
    const row = await keepSpeaker(app.enrolment, demographics);
    void send();
    await app.go("consent", { speaker: row });
  }

  const view = make(
    "form",
    { on: { submit } },
    header(t("speaker.title"), () => void app.go("people")),
    make("p", { class: "lead" }, t("speaker.lead")),
    ...fields,
    problem,
    make("button", { class: "primary", type: "submit" }, t("next")),
  );
  return { view };
}
