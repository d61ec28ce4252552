import fc from "fast-check";
import { expect, test } from "vitest";
import { crypto, day, hour, item, look, pair, receive, refresh } from "../support/home.ts";

type Step =
  | { readonly kind: "send"; readonly size: number }
  | { readonly kind: "seal" }
  | { readonly kind: "receive" }
  | { readonly kind: "wait"; readonly hours: number }
  | { readonly kind: "renew" }
  | { readonly kind: "old"; readonly which: number };

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant("send" as const), size: fc.constantFrom(1, 30, 600, 3_000) }) },
  { weight: 3, arbitrary: fc.constant({ kind: "seal" } as const) },
  { weight: 3, arbitrary: fc.constant({ kind: "receive" } as const) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("wait" as const), hours: fc.integer({ min: 1, max: 24 * 6 }) }) },
  { weight: 1, arbitrary: fc.constant({ kind: "renew" } as const) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("old" as const), which: fc.nat(5) }) },
);

test("M18: under any schedule, also with old slots served, each message arrives at most once, in order, and in the end all that are young enough", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 16 }), async (steps) => {
      const { alice, bob, clock } = await pair({ slotBits: 0 });
      const to = bob.discovery.identity.id;
      const sent: string[] = [];
      const got: string[] = [];
      const snapshots = [alice.bucket.snapshot()];
      for (const one of steps) {
        if (one.kind === "send") {
          const text = `${sent.length}:`.padEnd(one.size, "x");
          await alice.broadcast.sendOneOff(to, item(alice, text, sent.length));
          sent.push(text);
        }
        if (one.kind === "seal") {
          await alice.round();
          snapshots.push(alice.bucket.snapshot());
        }
        if (one.kind === "receive") got.push(...(await receive(bob, alice)));
        if (one.kind === "wait" && clock.now() + one.hours * hour < 1_767_225_600_000 + 20 * day) clock.advance(one.hours * hour);
        if (one.kind === "renew") {
          await bob.round();
          await refresh(alice, bob);
        }
        if (one.kind === "old") {
          const now = alice.bucket.snapshot();
          alice.bucket.restore(snapshots[one.which % snapshots.length] as (typeof snapshots)[number]);
          got.push(...(await receive(bob, alice)));
          alice.bucket.restore(now);
        }
        expect(got).toEqual(sent.slice(0, got.length));
      }
      await bob.round();
      await refresh(alice, bob);
      await alice.round();
      await alice.round();
      got.push(...(await receive(bob, alice)));
      expect(got).toEqual(sent);
    }),
    { seed: 21, numRuns: 25 },
  );
});

test("M6: any bytes of any length give an answer and change nothing", async () => {
  const { alice, bob } = await pair({ slotBits: 0 });
  const names = bob.broadcast.reads(alice.discovery.identity.id);
  const before = await bob.mailbox.load(names);
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 200 }),
    fc.record({ entries: fc.constantFrom(1, 4, 5), fill: fc.integer({ min: 0, max: 255 }) }).map(({ entries, fill }) => {
      return new Uint8Array(entries * 4_096).fill(fill);
    }),
    fc.uint8Array({ minLength: 32, maxLength: 32 }).map((seed) => {
      const key = crypto.derive(seed, "oneoff", seed, 4_096);
      return new Uint8Array([...key, ...key, ...key, ...key]);
    }),
  );
  await fc.assert(
    fc.asyncProperty(bytes, async (slot) => {
      const { kind } = await look(bob, alice, slot.length === 0 ? new Uint8Array(1) : slot);
      expect(kind).toBe(slot.length === 4 * 4_096 ? "none" : "malformed");
    }),
    { seed: 22, numRuns: 100 },
  );
  expect(await bob.mailbox.load(names)).toEqual(before);
});
