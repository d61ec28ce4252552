import { utf8 } from "@cweb/crypto";
import { describe, expect, test } from "vitest";
import { kinds } from "../../src/index.ts";
import { acquainted } from "../support/forge.ts";
import { isBrowser, isLong } from "../support/runs.ts";
import { hour, minute, type TestPeer, World } from "../support/world.ts";

interface Size {
  readonly objects: number;
  readonly records: number;
  readonly bytes: number;
}

async function sizeOf(peer: TestPeer): Promise<Size> {
  const records = await peer.store.scan("", { limit: 1_000_000 });
  return {
    objects: peer.objects().length,
    records: records.length,
    bytes: records.reduce((sum, { bytes }) => sum + bytes.length, 0),
  };
}

/** Both read and answer, in bursts of a few messages each way; then an hour of quiet. */
async function talk(count: number): Promise<readonly Size[]> {
  const world = new World(count);
  const peers = await acquainted(await world.meeting(2));
  const [ada, ben] = peers;
  let shown = 0;
  const take = async (peer: TestPeer): Promise<void> => {
    shown += (await peer.texts()).length;
  };
  for (let sent = 0; sent < count; ) {
    for (const [from, to] of [
      [ada, ben],
      [ben, ada],
    ] as const) {
      for (let i = 0; i < 5; i++, sent++) {
        const messageId = world.random.bytes(16);
        await from.session(to).send({ kind: kinds.text.number, payload: utf8(`${sent}`), messageId });
      }
      await from.flush();
      world.clock.advance(minute);
      for (let i = 0; i < 2; i++) await to.poll(from);
      await take(to);
    }
  }
  for (let i = 0; i < 6; i++) {
    world.clock.advance(hour);
    await ada.poll(ben);
    await ben.poll(ada);
    for (const peer of peers) await take(peer);
  }
  expect(shown).toBe(count);
  return Promise.all(peers.map(sizeOf));
}

describe("what a conversation leaves behind", () => {
  const many = isLong ? 20_000 : isBrowser ? 400 : 2000;

  test(`${many} messages leave bucket and local store no larger than 200 do`, { timeout: 3_600_000 }, async () => {
    const few = await talk(200);
    const after = await talk(many);
    for (const [i, size] of after.entries()) {
      const small = few[i] as Size;
      expect(size.objects).toBeLessThanOrEqual(small.objects);
      expect(size.records).toBeLessThanOrEqual(small.records);
      // Numbers take a few bytes more as they grow.
      expect(size.bytes).toBeLessThanOrEqual(small.bytes * 1.02);
    }
  });
});
