"""Clips on a phone, written by the page's own modules, for tests that are not about recording."""

import base64
import hashlib
from dataclasses import dataclass
from typing import Any

from playwright.sync_api import Page

from backend.console.phone_files import ROOT
from backend.console.phone_link import link_modules

# Linked with the client's own modules, so that it also runs in a page that has no network.
_KEPT = "src/kept.js"
_SOURCE = """
import { cellKey } from "./cells.js";
import { keepConsent } from "./consents.js";
import * as db from "./db.js";
import { takeLease, useLease } from "./outbox/leases.js";
import { newRow } from "./rows.js";
import { keepSpeaker } from "./speakers.js";
import { uuid7 } from "./uuid7.js";

const bytesOf = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0)).buffer;

export async function keep(sittings) {
  const [enrolment] = await db.all("enrolments");
  const { pack } = await db.get("packs", enrolment.campaign);
  const [form] = pack.consent_forms;
  const kept = [];
  for (const { said, spoken, clips } of sittings) {
    const speaker = await keepSpeaker(enrolment, said);
    const how = spoken
      ? { method: "spoken", evidence: { bytes: bytesOf(spoken), type: "audio/flac" } }
      : { method: "tap" };
    const consent = await keepConsent(enrolment, speaker.id, form,
      { scopes: form.scopes, ...how });
    const cell = cellKey(said, pack.campaign, new Date().getFullYear());
    const hold = (await takeLease(db, enrolment.collector, cell))?.id ?? null;
    const session = newRow(enrolment, uuid7(), speaker.id, {
      campaign: enrolment.campaign, speaker: speaker.id, consent: consent.id, hold,
      environment: "indoors", app_version: "test", clock_offset_ms: 0,
      device: { model: "", os: "", mic: "", sample_rate: 16000, settings_asked: {},
        settings_got: {} },
      started_at: new Date().toISOString(),
    });
    await db.put("sessions", session);
    for (const [seq, { body, ...facts }] of clips.entries()) {
      const bytes = bytesOf(body);
      const prompt = pack.prompts[seq % pack.prompts.length];
      const clip = {
        ...newRow(enrolment, uuid7(), speaker.id, {
          ...facts, session: session.id, prompt: prompt.id, seq, take: 1,
          recorded_at: new Date().toISOString(), client_checks: {},
        }),
        session: session.id, prompt, state: "ready", receipt: null, verdict: null,
        tries: 0, next_try: 0,
      };
      await db.commit([{ table: "clips", put: clip },
        { table: "sounds", put: { id: clip.id, bytes } }]);
      await useLease(db, hold);
      kept.push(clip.id);
    }
  }
  return kept;
}

export async function rows(table) {
  const found = await db.all(table);
  return table === "sounds" ? found.map(({ id }) => ({ id })) : found;
}
"""


def _ask(page: Page, function: str, argument: Any) -> Any:
    linked = link_modules(
        lambda path: _SOURCE if path == _KEPT else (ROOT / path).read_text(), [_KEPT]
    )
    # What a page evaluates is no module: it has no address of its own, and exports nothing.
    program = linked.replace("import.meta.url", "location.href").replace("export let", "let")
    call = f'return load("{_KEPT}").{function}(argument);'
    return page.evaluate(f"(argument) => {{ {program}\n{call} }}", argument)


@dataclass(frozen=True)
class Sitting:
    """Somebody, and the sounds that they leave; `spoken`: how they agree, instead of by a tap."""

    said: dict[str, Any]
    sounds: list[bytes]
    milliseconds: int = 1000
    content_type: str = "audio/flac"
    spoken: bytes = b""

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
        clips = [self._clip(sound) for sound in self.sounds]
        return {"said": self.said, "spoken": base64.b64encode(self.spoken).decode(), "clips": clips}


def keep_sittings(page: Page, *sittings: Sitting) -> list[str]:
    """Write speakers, consents, sessions and kept clips as the app does; returns the clips' ids.

    Nothing is sent: that takes one of the app's own triggers.
    """
    kept: list[str] = _ask(page, "keep", [sitting.facts() for sitting in sittings])
    return kept


def rows_of(page: Page, table: str) -> list[dict[str, Any]]:
    """Return a table of the phone's database; of sounds the ids only."""
    rows: list[dict[str, Any]] = _ask(page, "rows", table)
    return rows


def find_network(page: Page) -> None:
    """Tell the page what a phone tells it when the network is back."""
    page.evaluate("dispatchEvent(new Event('online'))")
