/** The campaigns and collectors of this phone: go on as another, add one, leave one. */

import * as db from "../db.js";
import { button, fill, make } from "../dom.js";
import { leave, onlyHere } from "../enrolments.js";
import { header } from "../header.js";
import { errorText, t } from "../i18n.js";

/** @type {import("../app.js").Screen} */
export async function campaigns(app) {
  const list = make("ul", { class: "campaigns" });

  async function draw() {
    const enrolments = await db.all("enrolments");
    if (!enrolments.length) return app.go("enrol");
    return fill(list, ...(await Promise.all(enrolments.map(item))));
  }

  /** @param {db.Enrolment} row */
  async function item(row) {
    const pack = (await db.get("packs", row.campaign))?.pack;
    const said = make("p", { role: "alert", class: "problem" });
    const acts = make("div", { class: "pair" });
    const use = async () => {
      await app.use(row.collector);
      await app.go("people");
    };
    const go = button(t("campaigns.leave"), () => void ask(), { class: "quiet" });
    fill(
      acts,
      row.signed_out
        ? button(t("clips.enrol"), () => void app.go("enrol", { name: row.name }))
        : button(t("campaigns.use"), () => void use()),
      go,
    );

    async function ask() {
      const count = await onlyHere(row.collector);
      if (count) {
        fill(said, t("campaigns.unsent", { count }));
        return;
      }
      fill(said, t("campaigns.sure", { name: row.name }));
      fill(
        acts,
        button(t("campaigns.leave-now"), () => void end(), { class: "danger" }),
        button(t("cancel"), () => void draw(), { class: "quiet" }),
      );
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
      {},
      make("strong", {}, pack?.campaign.name ?? row.campaign),
      make("span", {}, row.name),
      row.signed_out && make("span", { class: "warning" }, t("status.signed-out")),
      pack?.campaign.state === "closed" &&
        make("span", { class: "warning" }, t("campaigns.closed")),
      said,
      acts,
    );
  }

  await draw();
  const add = button(t("campaigns.add"), () => void app.go("enrol"), { class: "primary" });
  const back = app.pack ? () => void app.go("people") : null;
  return { view: make("div", {}, header(t("campaigns.title"), back), list, add) };
}
