import { seededRandom } from "@cweb/crypto/testing";
import { createFaults, type FaultRates, withFaults } from "@cweb/storage-remote";
import { describe, expect, test } from "vitest";
import { byEffort } from "../support/effort.ts";
import { bytesOf, contents, type Home, minute, newHome, path, signed, textOf } from "../support/home.ts";

const seeds = byEffort(10, 40, 2000);

/** Sends 12 objects, withdraws every third, changes one in place: with a store that goes wrong at first. */
async function throughFaults(home: Home, seed: number, rates: FaultRates, repeatsWrites = false): Promise<void> {
  const faults = createFaults({ random: seededRandom(seed), rates, hold: { clock: home.clock, milliseconds: minute } });
  const bad = home.open({
    reader: withFaults(home.bucket.reader, faults),
    writer: withFaults(signed(home.bucket.writer), faults),
    repeatsWrites,
  });
  for (let n = 0; n < 12; n++) {
    await bad.transact({}, (tx) => {
      tx.publish(path(`i${n}`), bytesOf(`content ${n}`), { chain: "c", beaconFirst: n % 5 === 0 });
      tx.replace(path("m"), bytesOf(`version ${n}`));
      if (n % 3 === 2) tx.withdraw(path(`i${n - 1}`));
    });
    await bad.flush();
    home.clock.advance(minute);
  }
  await faults.settle();
  for (let n = 0; n < 8; n++) {
    await home.open().flush();
    home.clock.advance(21 * minute);
  }
}

const expected = Object.fromEntries(
  Array.from({ length: 12 }, (_, n) => n)
    .filter((n) => n % 3 !== 1)
    .map((n) => [`i${n}`, `content ${n}`]),
);

describe("a store", () => {
  test("that cuts connections before or after the effect loses nothing and keeps nothing", async () => {
    for (let seed = 0; seed < seeds; seed++) {
      const home = newHome();
      await throughFaults(home, seed, { cutOff: 0.3 });
      expect(contents(home.bucket)).toEqual({ ...expected, m: "version 11" });
      expect(await home.open().takeInbox({ limit: 10 })).toEqual([]);
    }
  });

  test("whose requests arrive once more later leaves no orphan where the writer is said to repeat them", async () => {
    for (let seed = 0; seed < seeds; seed++) {
      const home = newHome();
      await throughFaults(home, seed, { duplicate: 0.3, cutOff: 0.1 }, true);
      const { m, ...objects } = contents(home.bucket);
      expect(objects).toEqual(expected);
      expect(m).toMatch(/^version/);
    }
  });

  test("M18: that lies in every way can deny and delay, but makes nothing up", async () => {
    for (let seed = 0; seed < seeds; seed++) {
      const home = newHome();
      const rates = { drop: 0.1, delay: 0.1, corrupt: 0.1, rollBack: 0.1, duplicate: 0.1, cutOff: 0.1 };
      const faults = createFaults({ random: seededRandom(seed), rates });
      const mailbox = home.open({
        reader: withFaults(home.bucket.reader, faults),
        writer: withFaults(signed(home.bucket.writer), faults),
      });
      const delivered: string[] = [];
      for (let n = 0; n < 20; n++) {
        await mailbox.transact({}, (tx) => {
          tx.deliver({ kind: "message", body: bytesOf(`${n}`) });
          tx.publish(path(`i${n}`), bytesOf(`content ${n}`), { chain: "c", beaconFirst: n % 4 === 0 });
        });
        delivered.push(`${n}`);
        await mailbox.flush();
      }
      const inbox = await mailbox.takeInbox({ limit: 100 });
      expect(inbox.filter(({ kind }) => kind === "message").map(({ body }) => textOf(body))).toEqual(delivered);
      expect(inbox.every(({ kind }) => kind === "message" || kind === "own-state-restored")).toBe(true);
    }
  });
});
