/** Ask a speaker the campaign's questions, or correct the answers; not knowing and not saying are some. */

import { chip } from "../chip.js";
import { copyOf, fill, make } from "../dom.js";
import { errorText, t } from "../i18n.js";
import { send } from "../outbox/sync.js";
import { speakerCode } from "../speaker_code.js";
import { answersOf, correctSpeaker, keepSpeaker } from "../speakers.js";
import { answerWords, fieldWords, NOT_SAID } from "./answers.js";

/** @typedef {import("../api.js").FieldSpec} FieldSpec */

/**
 * @param {FieldSpec} spec
 * @param {unknown} before what was answered
 */
function fieldFor(spec, before) {
  const free = spec.kind !== "choice";
  const values = free ? NOT_SAID : [...(spec.choices ?? []), ...NOT_SAID];
  const isChip = values.includes(String(before));
  const chips = make(
    "div.chips",
    values.map((value) => chip(spec.name, value, answerWords(value), value === before)),
  );
  const input = make("input", {
    id: `field-${spec.name}`,
    name: `${spec.name}-text`,
    autocomplete: "off",
    maxlength: spec.kind === "list" ? 200 : 80,
    ...(spec.kind === "year" ? { inputmode: "numeric" } : {}),
    placeholder: t(`placeholder.${spec.kind}`),
    value: isChip ? "" : [before ?? ""].flat().join(", "),
  });
  // One answer at a time: typing takes the chip back, the chip takes the text back.
  input.addEventListener("input", () => {
    for (const radio of chips.querySelectorAll("input")) radio.checked = false;
  });
  chips.addEventListener("change", () => {
    input.value = "";
  });
  const title = fieldWords(spec.name);
  if (free) input.ariaLabel = title;
  return make("fieldset", { "data-field": spec.name }, make("legend", title), free && input, chips);
}

/**
 * The server's own bound: an answer that it refused would hold up every clip of the speaker.
 * @param {unknown} answer
 * @param {FieldSpec} spec
 */
function fits(answer, spec) {
  if (spec.kind !== "year" || NOT_SAID.includes(String(answer))) return true;
  const age = new Date().getFullYear() - Number(answer);
  return Number.isInteger(age) && age >= 0 && age <= 120;
}

/**
 * @param {FormData} form
 * @param {FieldSpec} spec
 * @returns {unknown} undefined when nothing was answered
 */
function answerOf(form, spec) {
  const chosen = form.get(spec.name);
  if (chosen) return chosen;
  const text = String(form.get(`${spec.name}-text`) ?? "").trim();
  if (!text) return undefined;
  if (spec.kind === "year") return Number(text);
  if (spec.kind !== "list") return text.replaceAll(/[|=]/g, " ");
  const items = text.split(/[,;،]/).map((item) => item.trim().slice(0, 35));
  return items.filter(Boolean).slice(0, 10);
}

/** @type {import("../app.js").Screen} */
export function speaker(app, { row }) {
  const specs = app.pack?.demographics ?? [];
  const before = row ? answersOf(row) : {};
  const { view, title, problem, all, next, ...parts } = copyOf("speaker", {
    back: () => (row ? app.go("person", { speaker: row.id }) : app.go("people")),
  });
  const fields = new Map(specs.map((spec) => [spec.name, fieldFor(spec, before[spec.name])]));
  const year = fields.get("birth_year")?.querySelector("input");
  const band = fields.get("age_band");
  // Who tells the year need not be asked for the age as well.
  const foldBand = () => {
    if (band && year) band.hidden = /^(19|20)\d\d$/.test(year.value);
  };
  year?.addEventListener("input", foldBand);
  fields.get("birth_year")?.addEventListener("change", foldBand);
  foldBand();

  /**
   * An empty field is not an answer: the collector is asked which of the two it was.
   *
   * @param {FieldSpec[]} missing
   */
  function askFor(missing) {
    const names = missing.map((spec) => fieldWords(spec.name)).join(", ");
    all.hidden = false;
    all.onclick = (/** @type {{target: HTMLButtonElement}} */ { target }) => {
      const { value } = target;
      if (!value) return;
      for (const { name } of missing) {
        const radio = view.querySelector(`input[name="${CSS.escape(name)}"][value="${value}"]`);
        if (radio instanceof HTMLInputElement) radio.checked = true;
      }
      fill(problem);
      all.hidden = true;
      next.focus();
    };
    fill(problem, t("speaker.missing", { field: names }));
    // To the words, not to the first field: on a small screen one of the two is out of sight.
    problem.scrollIntoView({ block: "center" });
  }

  /** @param {Event} event */
  async function submit(event) {
    event.preventDefault();
    const answers = new FormData(view);
    /** @type {Record<string, unknown>} */
    const demographics = {};
    /** @type {FieldSpec[]} */
    const missing = [];
    for (const spec of specs) {
      if (fields.get(spec.name)?.hidden) {
        // The band that was told before would go before the year that is told now.
        if (spec.name in before) demographics[spec.name] = "unknown";
        continue;
      }
      const answer = answerOf(answers, spec);
      if (answer === undefined) missing.push(spec);
      else if (fits(answer, spec)) demographics[spec.name] = answer;
      else {
        all.hidden = true;
        fill(problem, t("speaker.year"));
        fields.get(spec.name)?.querySelector("input")?.focus();
        return;
      }
    }
    if (missing.length) return askFor(missing);
    if (!app.enrolment) return;
    next.disabled = true;
    try {
      const made = row
        ? await correctSpeaker(row.id, demographics)
        : await keepSpeaker(app.enrolment, demographics);
      void send();
      if (row) await app.go("person", { speaker: row.id });
      else await app.go("handover", { speaker: made?.id });
    } catch (error) {
      // A full phone: what was said stays in the form.
      next.disabled = false;
      fill(problem, errorText(error));
    }
  }

  view.onsubmit = submit;
  fill(title, row ? speakerCode(row.id) : t("speaker.title"));
  fill(next, t(row ? "save" : "next"));
  parts.fields.replaceWith(...fields.values());
  return { view };
}
