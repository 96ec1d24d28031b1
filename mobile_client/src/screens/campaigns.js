/** The campaigns and collectors of this phone: go on as another, add one, leave one. */

import * as db from "../db.js";
import { copyOf, fill } from "../dom.js";
import { leave, onlyHere } from "../enrolments.js";
import { errorText, t } from "../i18n.js";

/** @type {import("../app.js").Screen} */
export async function campaigns(app) {
  const { view, back, list } = copyOf("campaigns");
  back.hidden = !app.pack;

  async function draw() {
    const enrolments = await db.all("enrolments");
    if (!enrolments.length) return app.go("enrol");
    return fill(list, ...(await Promise.all(enrolments.map(item))));
  }

  /** @param {db.Enrolment} row */
  async function item(row) {
    const { collector, name, signed_out } = row;
    const campaign = (await db.get("packs", row.campaign))?.pack.campaign;
    const { view, said, acts, sure, ...parts } = copyOf("campaign", {
      again: () => app.go("enrol", { name }),
      use: async () => {
        await app.use(collector);
        await app.go("people");
      },
      ask,
      end,
      stay: draw,
    });
    fill(parts.title, campaign?.name ?? row.campaign);
    fill(parts.who, name);
    parts.use.hidden = signed_out;
    parts.again.hidden = parts.out.hidden = !signed_out;
    parts.closed.hidden = campaign?.state !== "closed";

    async function ask() {
      const count = await onlyHere(collector);
      fill(said, count ? t("campaigns.unsent", { count }) : t("campaigns.sure", { name }));
      acts.hidden = !count;
      sure.hidden = !acts.hidden;
    }

    async function end() {
      // Something may have been kept since the question was asked.
      if (await onlyHere(collector)) return void ask();
      try {
        await leave(row);
      } catch (error) {
        return fill(said, errorText(error));
      }
      await app.load();
      await draw();
    }

    return view;
  }

  await draw();
  return { view };
}
