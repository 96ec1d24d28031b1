/** The phone changes hands: whose turn it is, said so large that nobody records for another. */

import { validConsent } from "../consents.js";
import * as db from "../db.js";
import { copyOf, fill } from "../dom.js";
import { askEligibility } from "../eligibility.js";
import { t } from "../i18n.js";
import { installFirst } from "../install_rule.js";
import { speakerCode } from "../speaker_code.js";
import { install } from "./install.js";
import { people } from "./people.js";
import { person } from "./person.js";
import { whomToFind } from "./whom_to_find.js";

/** @type {import("../app.js").Screen} */
export async function handover(app, { speaker: id, ...rest }) {
  if (installFirst()) return install(app, {});
  const speaker = await db.get("speakers", id);
  if (!speaker) return people(app, {});
  if (app.closed) return person(app, { speaker: id });
  const code = speakerCode(id);
  const { view, wanted, ...parts } = copyOf("handover", { me: go });
  fill(parts.code, code);
  fill(parts.me, t("handover.me", { code }));
  /** @type {Partial<import("../eligibility.js").Eligibility>} */
  let said = {};
  let gone = false;
  void askEligibility(app, speaker).then(async (answer) => {
    said = answer;
    if (gone) return;
    wanted.className = answer.status;
    fill(wanted, t(`wanted.${answer.offer ?? answer.status}`));
    fill(parts.find, answer.offer && (await whomToFind(app)));
  });

  async function go() {
    const consents = await db.all("consents");
    const mine = consents.filter((row) => row.speaker === id);
    // The campaign has another text since: without it, nothing of this speaker would be taken.
    if (mine.some((row) => row.refused)) await app.refreshPack().catch(() => {});
    const consent = validConsent(consents, app.pack?.consent_forms ?? [], id);
    await app.go(consent ? "record" : "consent", { ...rest, speaker, consent, ...said });
  }

  return {
    view,
    leave: () => {
      gone = true;
    },
  };
}
