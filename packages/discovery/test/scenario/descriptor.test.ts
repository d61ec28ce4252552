import { VirtualClock } from "@cweb/crypto/testing";
import { describe, expect, test } from "vitest";
import { day, fetchFrom, hour, openHome } from "../support/home.ts";

async function pair(): Promise<{
  alice: Awaited<ReturnType<typeof openHome>>;
  bob: Awaited<ReturnType<typeof openHome>>;
  clock: VirtualClock;
}> {
  const clock = new VirtualClock();
  const alice = await openHome({ seed: 1, clock });
  const bob = await openHome({ seed: 2, clock });
  await bob.round();
  await alice.round();
  await alice.discovery.addContact(alice.discovery.parseCard(await bob.discovery.card()));
  return { alice, bob, clock };
}

describe("descriptors", () => {
  test("a published descriptor is found at its public name and pinned", async () => {
    const { alice, bob } = await pair();
    const outcome = await fetchFrom(alice, bob);
    expect(outcome.changed).toBe(true);
    expect(outcome.raised).toEqual([]);
    expect(outcome.accepted?.id).toBe(bob.identity.id);
    expect(outcome.accepted?.signingKey).toEqual(bob.identity.signing.publicKey);
    expect(outcome.accepted?.profile).toEqual(bob.identity.profile);
  });

  test("the heartbeat brings a new generation each week", async () => {
    const { alice, bob, clock } = await pair();
    const first = (await fetchFrom(alice, bob)).accepted;
    clock.advance(6 * day);
    await bob.round();
    expect((await fetchFrom(alice, bob)).changed).toBe(false);
    clock.advance(day);
    await bob.round();
    const second = await fetchFrom(alice, bob);
    expect(second.changed).toBe(true);
    expect(second.accepted?.gen).toBeGreaterThan(first?.gen ?? Number.NaN);
    expect(second.incarnationRose).toBe(false);
  });

  test("a lower seq is stale at first and a rollback after 3 polls and 10 minutes", async () => {
    const { alice, bob, clock } = await pair();
    const old = await bob.read();
    await bob.discovery.setPublicProperties(new Map([["nickname", "Bob"]]));
    await bob.round();
    await fetchFrom(alice, bob);
    const first = await fetchFrom(alice, bob, old);
    expect(first.raised).toEqual(["descriptor-stale"]);
    expect(first.askAgainAt).toBe(clock.now() + 300_000);
    clock.advance(300_000);
    expect((await fetchFrom(alice, bob, old)).raised).toEqual([]);
    clock.advance(300_000);
    const third = await fetchFrom(alice, bob, old);
    expect(third.raised).toEqual(["descriptor-rollback"]);
    expect(third.accepted).toBeUndefined();
    const mended = await fetchFrom(alice, bob);
    expect([...mended.cleared].sort()).toEqual(["descriptor-rollback", "descriptor-stale"]);
    expect(mended.accepted?.publicProperties.get("nickname")).toBe("Bob");
  });

  test("old prekeys are erased 28 days after their issue, after the descriptor that says so is stored", async () => {
    const { bob, clock } = await pair();
    const gens = (): Promise<readonly number[]> => bob.mailbox.transact({}, (tx) => bob.discovery.prekeys(tx).map(({ gen }) => gen));
    const [first] = await gens();
    for (let hours = 0; hours < 28 * 24; hours += 12) {
      clock.advance(12 * hour);
      await bob.round();
    }
    expect(await gens()).toContain(first);
    await bob.round();
    clock.advance(2 * hour);
    await bob.round();
    await bob.round();
    expect(await gens()).not.toContain(first);
    expect((await gens()).length).toBeLessThanOrEqual(5);
  });
});
