import { equal } from "@cweb/crypto";
import fc from "fast-check";
import { expect, test } from "vitest";
import type { FetchOutcome } from "../../src/index.ts";
import { signedDescriptor } from "../../src/wire/descriptor.ts";
import { publishedBytes, served } from "../support/forge.ts";
import { crypto, fetchFrom, hour } from "../support/home.ts";
import { pair } from "../support/pair.ts";

type Step =
  | { readonly kind: "publish" }
  | { readonly kind: "wait"; readonly hours: number }
  | { readonly kind: "serve"; readonly which: number }
  | { readonly kind: "corrupt"; readonly which: number; readonly at: number }
  | { readonly kind: "nothing" };

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.constant({ kind: "publish" } as const),
  fc.record({ kind: fc.constant("wait" as const), hours: fc.integer({ min: 1, max: 300 }) }),
  fc.record({ kind: fc.constant("serve" as const), which: fc.nat(20) }),
  fc.record({ kind: fc.constant("corrupt" as const), which: fc.nat(20), at: fc.nat(4_000) }),
  fc.constant({ kind: "nothing" } as const),
);

test("M18: whatever a store serves, what is pinned was published and never gets older, and a lie is an alarm", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 14 }), async (steps) => {
      const { alice, bob, clock } = await pair();
      const published = [await publishedBytes(bob)];
      let pinnedSeq = 0;
      for (const one of steps) {
        let outcome: FetchOutcome | undefined;
        if (one.kind === "wait") clock.advance(one.hours * hour);
        if (one.kind === "publish") {
          await bob.discovery.setPublicProperties(new Map([["n", published.length]]));
          await bob.round();
          published.push(await publishedBytes(bob));
        }
        const pick = "which" in one ? (published[one.which % published.length] as Uint8Array) : undefined;
        if (one.kind === "serve" && pick) outcome = await fetchFrom(alice, bob, served(pick));
        if (one.kind === "nothing") outcome = await fetchFrom(alice, bob, { kind: "absent" });
        if (one.kind === "corrupt" && pick) {
          const bytes = pick.slice();
          bytes[one.at % bytes.length] = (bytes[one.at % bytes.length] as number) ^ 1;
          const contact = await alice.discovery.contact(bob.identity.id);
          outcome = await fetchFrom(alice, bob, served(bytes));
          const known = contact?.alarms.map(({ code }) => code) ?? [];
          const lies = ["object-invalid", "identity-changed"] as const;
          expect(lies.some((code) => outcome?.raised.includes(code) || known.includes(code))).toBe(true);
          expect(outcome.accepted).toBeUndefined();
        }
        if (outcome?.accepted !== undefined) {
          expect(outcome.accepted.seq).toBeGreaterThanOrEqual(pinnedSeq);
          pinnedSeq = outcome.accepted.seq;
          const { hash } = outcome.accepted;
          expect(published.some((bytes) => equal(crypto.sha256(signedDescriptor.decode(bytes).body), hash))).toBe(true);
        }
        const pinned = (await alice.discovery.contact(bob.identity.id))?.pinned;
        if (pinned !== undefined) expect(pinned.seq).toBe(pinnedSeq);
      }
      await bob.round();
      const last = await fetchFrom(alice, bob);
      expect(last.accepted).toBeDefined();
      expect(equal(last.accepted?.signingKey ?? new Uint8Array(), bob.identity.signing.publicKey)).toBe(true);
      expect((await alice.discovery.contact(bob.identity.id))?.alarms).toEqual([]);
    }),
    { seed: 11, numRuns: 25 },
  );
});

test("M6: any bytes give an outcome and leave the pinned descriptor as it was", async () => {
  const { alice, bob } = await pair();
  const { accepted } = await fetchFrom(alice, bob);
  const real = await publishedBytes(bob);
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 300 }),
    fc.record({ cut: fc.nat(real.length - 1), tail: fc.uint8Array({ maxLength: 20 }) }).map(({ cut, tail }) => {
      return new Uint8Array([...real.subarray(0, cut), ...tail]);
    }),
  );
  await fc.assert(
    fc.asyncProperty(bytes, async (forged) => {
      if (equal(forged, real)) return;
      const outcome = await fetchFrom(alice, bob, served(forged));
      expect(outcome.accepted).toBeUndefined();
      expect((await alice.discovery.contact(bob.identity.id))?.pinned).toEqual(accepted);
    }),
    { seed: 12, numRuns: 300 },
  );
});
