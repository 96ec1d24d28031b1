"""Clips on a phone, written by the page's own modules, for tests that are not about recording."""

import base64
import hashlib
from dataclasses import dataclass
from typing import Any

from playwright.sync_api import Page

_KEEP = """
async ({ sittings, madeAt }) => {
  const address = document.querySelector("script[type=module]").src.replace("main.js", "db.js");
  const of = (path) => import(address.replace("db.js", path));
  const [db, rows, ids, people, consents, leases, cells] = await Promise.all(
    ["db.js", "rows.js", "uuid7.js", "speakers.js", "consents.js", "outbox/leases.js", "cells.js"]
      .map(of));
  const [enrolment] = await db.all("enrolments");
  const { pack } = await db.get("packs", enrolment.campaign);
  const [form] = pack.consent_forms;
  const kept = [];
  for (const { said, clips } of sittings) {
    const speaker = await people.keepSpeaker(enrolment, said);
    const consent = await consents.keepConsent(
      enrolment, speaker.id, form, { scopes: form.scopes, method: "tap" });
    const cell = cells.cellKey(said, pack.campaign.dimensions, new Date().getFullYear());
    const hold = await leases.takeLease(db, enrolment.collector, cell);
    const session = rows.newRow(enrolment, ids.uuid7(), speaker.id, {
      campaign: enrolment.campaign, speaker: speaker.id, consent: consent.id, hold,
      environment: "indoors", app_version: "test", clock_offset_ms: 0,
      device: { model: "", os: "", mic: "", sample_rate: 16000, settings_asked: {},
        settings_got: {} },
      started_at: new Date().toISOString(),
    });
    await db.put("sessions", session);
    for (const [seq, { body, ...facts }] of clips.entries()) {
      const bytes = Uint8Array.from(atob(body), (letter) => letter.charCodeAt(0)).buffer;
      const prompt = pack.prompts[seq % pack.prompts.length];
      const clip = {
        ...rows.newRow(enrolment, ids.uuid7(), speaker.id, {
          ...facts, session: session.id, prompt: prompt.id, seq, take: 1,
          recorded_at: new Date().toISOString(), client_checks: {},
        }),
        session: session.id, prompt, state: "ready", receipt: null, verdict: null,
        tries: 0, next_try: 0,
      };
      await db.commit([{ table: "clips", put: clip },
        { table: "sounds", put: { id: clip.id, bytes } }]);
      await leases.useLease(db, hold);
      kept.push(clip.id);
    }
  }
  return kept;
}
"""
_ROWS = """
async (table) => {
  const address = document.querySelector("script[type=module]").src.replace("main.js", "db.js");
  const db = await import(address);
  return table === "sounds" ? (await db.all("sounds")).map(({ id }) => ({ id })) : db.all(table);
}
"""


@dataclass(frozen=True)
class Sitting:
    """Somebody, and the sounds that they leave."""

    said: dict[str, Any]
    sounds: list[bytes]
    milliseconds: int = 1000
    content_type: str = "audio/flac"

    def _clip(self, sound: bytes) -> dict[str, Any]:
        return {
            "body": base64.b64encode(sound).decode(),
            "sha256": hashlib.sha256(sound).hexdigest(),
            "bytes": len(sound),
            "content_type": self.content_type,
            "duration_ms": self.milliseconds,
        }

    def facts(self) -> dict[str, Any]:
        """Return what the page is given."""
        return {"said": self.said, "clips": [self._clip(sound) for sound in self.sounds]}


def keep_sittings(page: Page, *sittings: Sitting) -> list[str]:
    """Write speakers, consents, sessions and kept clips as the app does; returns the clips' ids.

    Nothing is sent: that takes one of the app's own triggers.
    """
    arguments = {"sittings": [sitting.facts() for sitting in sittings]}
    kept: list[str] = page.evaluate(_KEEP, arguments)
    return kept


def rows_of(page: Page, table: str) -> list[dict[str, Any]]:
    """Return a table of the phone's database; of sounds the ids only."""
    rows: list[dict[str, Any]] = page.evaluate(_ROWS, table)
    return rows


def find_network(page: Page) -> None:
    """Tell the page what a phone tells it when the network is back."""
    page.evaluate("dispatchEvent(new Event('online'))")
