/** The campaigns and collectors of this phone: go on as another, add one, leave one. */

import * as db from "../db.js";
import { button, fill, make, say } from "../dom.js";
import { leave, onlyHere } from "../enrolments.js";
import { header } from "../header.js";
import { errorText, t } from "../i18n.js";

/** @type {import("../app.js").Screen} */
export async function campaigns(app) {
  const list = make("ul.campaigns");

  async function draw() {
    const enrolments = await db.all("enrolments");
    if (!enrolments.length) return app.go("enrol");
    return fill(list, ...(await Promise.all(enrolments.map(item))));
  }

  /** @param {db.Enrolment} row */
  async function item(row) {
    const pack = (await db.get("packs", row.campaign))?.pack;
    const said = make("p.problem", { role: "alert" });
    const acts = make("div.pair");
    const use = async () => {
      await app.use(row.collector);
      await app.go("people");
    };
    const go = button("campaigns.leave", ask, "quiet");
    fill(
      acts,
      row.signed_out
        ? button("clips.enrol", () => app.go("enrol", { name: row.name }))
        : button("campaigns.use", use),
      go,
    );

    async function ask() {
      const count = await onlyHere(row.collector);
      if (count) {
        fill(said, t("campaigns.unsent", { count }));
        return;
      }
      fill(said, t("campaigns.sure", { name: row.name }));
      fill(acts, button("campaigns.leave-now", end, "danger"), button("cancel", draw, "quiet"));
    }

    async function end() {
      // Something may have been kept since the question was asked.
      if (await onlyHere(row.collector)) return void ask();
      try {
        await leave(row);
      } catch (error) {
        return fill(said, errorText(error));
      }
      await app.load();
      await draw();
    }

    return make(
      "li",
      make("strong", pack?.campaign.name ?? row.campaign),
      make("span", row.name),
      row.signed_out && say("span.warning", "status.signed-out"),
      pack?.campaign.state === "closed" && say("span.warning", "campaigns.closed"),
      said,
      acts,
    );
  }

  await draw();
  const add = button("campaigns.add", () => app.go("enrol"), "primary");
  const back = app.pack ? () => void app.go("people") : null;
  return { view: make("div", header(t("campaigns.title"), back), list, add) };
}
