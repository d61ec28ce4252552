import { seededRandom } from "@cweb/crypto/testing";
import type { ReadResult } from "@cweb/storage-remote";
import { describe, expect, test } from "vitest";
import { freshness } from "../../src/index.ts";
import { descriptorBody, signDescriptor, signedDescriptor } from "../../src/wire/descriptor.ts";
import { publishedBody, publishedBytes, resigned, served } from "../support/forge.ts";
import { crypto, day, fetchFrom, hour, openHome } from "../support/home.ts";
import { acquainted, pair } from "../support/pair.ts";

const newer = async (bob: Awaited<ReturnType<typeof openHome>>, more: object = {}): Promise<ReadResult> => {
  const body = await publishedBody(bob);
  const hash = crypto.sha256(signedDescriptor.decode(await publishedBytes(bob)).body);
  return resigned(bob, { seq: body.seq + 1, prevSeq: body.seq, prevHash: hash, ...more });
};

describe("what is refused", () => {
  test("M7: a change of any key, of the signature or of any other byte is not accepted and changes nothing", async () => {
    const { alice, bob } = await pair();
    const bytes = await publishedBytes(bob);
    const positions = [...Array(200).keys(), ...Array.from({ length: 60 }, (_, i) => 200 + i * 41), bytes.length - 1, bytes.length - 64];
    for (const position of positions.filter((p) => p < bytes.length)) {
      const forged = bytes.slice();
      forged[position] = (forged[position] as number) ^ 0x40;
      const outcome = await fetchFrom(alice, bob, served(forged));
      expect(outcome.accepted).toBeUndefined();
      expect(outcome.changed).toBe(false);
    }
    expect((await alice.discovery.contact(bob.identity.id))?.pinned).toBeUndefined();
  });

  test("M6: whatever is not the owner's raises object-invalid and nothing else, or identity-changed", async () => {
    const { alice, bob } = await acquainted();
    const before = (await alice.discovery.contact(bob.identity.id))?.pinned;
    const bytes = await publishedBytes(bob);
    const hostile = [
      new Uint8Array(),
      bytes.subarray(1),
      bytes.subarray(0, -1),
      new Uint8Array([...bytes, 0]),
      seededRandom(5).bytes(5_000),
    ];
    for (const forged of hostile) {
      await fetchFrom(alice, bob);
      expect((await fetchFrom(alice, bob, served(forged))).raised).toEqual(["object-invalid"]);
    }
    await fetchFrom(alice, bob);
    expect((await fetchFrom(alice, bob, await alice.read())).raised).toEqual(["identity-changed"]);
    expect((await alice.discovery.contact(bob.identity.id))?.pinned).toEqual(before);
  });

  test("M10: another version or suite is refused, also with a right signature", async () => {
    const { alice, bob } = await pair();
    for (const position of [0, 1]) {
      const { body } = signedDescriptor.decode(await publishedBytes(bob));
      const changed = body.slice();
      changed[3 + position] = 2; // array 16 header, then version and suite
      expect(() => descriptorBody.decode(changed)).toThrow();
      const outcome = await fetchFrom(alice, bob, served(signDescriptor(crypto, bob.identity.signing.privateKey, changed)));
      expect(outcome.accepted).toBeUndefined();
    }
  });

  test("M7: unusable keys are refused although the owner signed them", async () => {
    const { alice, bob } = await pair();
    const body = await publishedBody(bob);
    const small = new Uint8Array(32);
    const high = body.signedPrekey.slice();
    high[31] = (high[31] as number) | 0x80;
    const unreduced = new Uint8Array(1184).fill(0xff);
    const mixed = body.broadcastKey.slice().fill(0xff, 0, 1184);
    for (const change of [{ signedPrekey: small }, { signedPrekey: high }, { kemPrekey: unreduced }, { broadcastKey: mixed }]) {
      expect((await fetchFrom(alice, bob, await resigned(bob, change))).raised).toEqual(["object-invalid"]);
      expect((await fetchFrom(alice, bob)).cleared).toEqual(["object-invalid"]);
      await alice.discovery.removeContact(bob.identity.id);
      await alice.discovery.addContact(alice.discovery.parseCard(await bob.discovery.card()));
    }
  });

  test("a lifetime above 14 days, a life that ends before it begins, and false successions are refused", async () => {
    const { alice, bob } = await pair();
    const { issuedAt, seq, gen } = await publishedBody(bob);
    const changes = [{ expiresAt: issuedAt + 14 * day + 1 }, { expiresAt: issuedAt }, { prevSeq: seq }, { oldestGen: gen + 1 }];
    for (const change of changes) {
      const outcome = await fetchFrom(alice, bob, await resigned(bob, change));
      expect(outcome.accepted).toBeUndefined();
    }
    expect((await alice.discovery.contact(bob.identity.id))?.alarms.map(({ code }) => code)).toEqual(["object-invalid"]);
  });

  test("TICK values more than 24 h ahead are ignored with clock-skew", async () => {
    const { alice, bob, clock } = await acquainted();
    for (const field of ["seq", "incarnation", "gen"] as const) {
      const body = await publishedBody(bob);
      const ahead = { seq: body.seq + 1, [field]: clock.now() + day + hour };
      const outcome = await fetchFrom(alice, bob, await resigned(bob, ahead));
      expect(outcome.raised).toEqual(["clock-skew"]);
      expect(outcome.accepted).toBeUndefined();
      expect((await fetchFrom(alice, bob)).cleared).toEqual(["clock-skew"]);
    }
  });

  test("a descriptor issued some hours ahead is accepted with clock-skew", async () => {
    const { alice, bob, clock } = await acquainted();
    const issuedAt = clock.now() + hour;
    const outcome = await fetchFrom(alice, bob, await newer(bob, { issuedAt, expiresAt: issuedAt + 14 * day }));
    expect(outcome.changed).toBe(true);
    expect(outcome.raised).toEqual(["clock-skew"]);
  });
});

describe("forks and rollbacks", () => {
  test("an equal seq with another hash is a fork", async () => {
    const { alice, bob } = await acquainted();
    const outcome = await fetchFrom(alice, bob, await resigned(bob, { slotBits: 5 }));
    expect(outcome.raised).toEqual(["descriptor-fork"]);
    expect((await alice.discovery.contact(bob.identity.id))?.pinned?.slotBits).toBe(3);
  });

  test("a successor of the pinned seq with another prevHash is a fork, and its successor mends it", async () => {
    const { alice, bob } = await acquainted();
    const outcome = await fetchFrom(alice, bob, await newer(bob, { prevHash: new Uint8Array(32) }));
    expect(outcome.raised).toEqual(["descriptor-fork"]);
    expect(outcome.accepted).toBeUndefined();
    expect((await fetchFrom(alice, bob)).cleared).toEqual([]);
    for (const name of ["a", "b"]) {
      await bob.discovery.setPublicProperties(new Map([["n", name]]));
      await bob.discovery.maintain();
    }
    await bob.round();
    expect((await fetchFrom(alice, bob)).cleared).toEqual(["descriptor-fork"]);
  });

  test("the card's seq is the least that is accepted at first contact", async () => {
    const { alice, bob } = await pair();
    const old = await bob.read();
    await bob.discovery.setPublicProperties(new Map([["n", 1]]));
    await bob.round();
    await alice.discovery.addContact(alice.discovery.parseCard(await bob.discovery.card()));
    expect((await fetchFrom(alice, bob, old)).accepted).toBeUndefined();
    expect((await fetchFrom(alice, bob)).changed).toBe(true);
  });

  test("a removed contact that is added again cannot be rolled back either", async () => {
    const { alice, bob } = await acquainted();
    const old = await bob.read();
    const oldCard = await bob.discovery.card();
    await bob.discovery.setPublicProperties(new Map([["n", 1]]));
    await bob.round();
    await fetchFrom(alice, bob);
    await alice.discovery.removeContact(bob.identity.id);
    await alice.discovery.addContact(alice.discovery.parseCard(oldCard));
    expect((await fetchFrom(alice, bob, old)).raised).toEqual(["descriptor-stale"]);
  });

  test("a rising incarnation is told", async () => {
    const { alice, bob } = await acquainted();
    const { incarnation } = await publishedBody(bob);
    const outcome = await fetchFrom(alice, bob, await newer(bob, { incarnation: incarnation + 1 }));
    expect(outcome.incarnationRose).toBe(true);
  });
});

describe("age and absence", () => {
  test("an expired descriptor is stale, and useless for a first message after 90 more days", async () => {
    const { alice, bob, clock } = await acquainted();
    const pinned = (await alice.discovery.contact(bob.identity.id))?.pinned;
    clock.advance(14 * day + 11 * 60_000);
    const outcome = await fetchFrom(alice, bob);
    expect(outcome.raised).toEqual(["descriptor-stale"]);
    expect(outcome.accepted?.seq).toBe(pinned?.seq);
    expect(pinned && freshness(pinned, clock.now())).toBe("stale");
    expect(pinned && freshness(pinned, clock.now() + 90 * day)).toBe("expired");
    await bob.round();
    expect((await fetchFrom(alice, bob)).cleared).toEqual(["descriptor-stale"]);
  });

  test("an unchanged object confirms the pinned descriptor", async () => {
    const { alice, bob, clock } = await acquainted();
    clock.advance(hour);
    const contact = await alice.discovery.contact(bob.identity.id);
    expect(contact && alice.discovery.fetchVersion(contact)).toBeDefined();
    const outcome = await fetchFrom(alice, bob, { kind: "unchanged" });
    expect(outcome.accepted?.seq).toBe(contact?.pinned?.seq);
    expect(outcome.changed).toBe(false);
    expect((await alice.discovery.contact(bob.identity.id))?.fetchedAt).toBe(clock.now());
  });

  test("a missing or refused descriptor is an alarm for whoever has seen it, told once", async () => {
    const { alice, bob } = await acquainted();
    expect((await fetchFrom(alice, bob, { kind: "absent" })).raised).toEqual(["object-missing"]);
    expect((await fetchFrom(alice, bob, { kind: "absent" })).raised).toEqual([]);
    const refused = await fetchFrom(alice, bob, { kind: "forbidden" });
    expect(refused.raised).toEqual(["access-refused"]);
    expect(refused.cleared).toEqual(["object-missing"]);
    expect((await fetchFrom(alice, bob)).cleared).toEqual(["access-refused"]);
  });

  test("a contact that never published is pending for a day", async () => {
    const { alice, clock } = await pair();
    const carol = await openHome({ seed: 3, clock });
    await alice.discovery.addContact(alice.discovery.parseCard(await carol.discovery.card()));
    expect((await fetchFrom(alice, carol)).raised).toEqual([]);
    clock.advance(day);
    expect((await fetchFrom(alice, carol)).raised).toEqual(["object-missing"]);
  });

  test("a stored version that cannot be kept costs the conditional GET only", async () => {
    const { alice, bob } = await pair();
    const outcome = await fetchFrom(alice, bob, served(await publishedBytes(bob), "é".repeat(5_000)));
    expect(outcome.changed).toBe(true);
    expect((await alice.discovery.contact(bob.identity.id))?.version).toBeUndefined();
  });
});

describe("storage profiles", () => {
  const elsewhere = new Uint8Array([9, 9, 9]);

  test("a signed move is followed and pinned only when the new place says the same", async () => {
    const { alice, bob } = await acquainted();
    const moved = await newer(bob, { profile: elsewhere });
    const first = await fetchFrom(alice, bob, moved);
    expect(first.moved).toEqual(elsewhere);
    expect(first.raised).toEqual(["profile-mismatch"]);
    expect(first.accepted).toBeUndefined();
    const contact = await alice.discovery.contact(bob.identity.id);
    expect(contact?.profile).toEqual(elsewhere);
    expect(contact?.version).toBeUndefined();
    const second = await fetchFrom(alice, bob, moved);
    expect(second.changed).toBe(true);
    expect(second.cleared).toEqual(["profile-mismatch"]);
  });

  test("an unsigned move by another card is refused", async () => {
    const { alice, bob } = await acquainted();
    const card = { ...alice.discovery.parseCard(await bob.discovery.card()), profile: elsewhere };
    await expect(alice.discovery.addContact(card)).rejects.toThrow(expect.objectContaining({ code: "profile-mismatch" }));
    expect((await alice.discovery.contact(bob.identity.id))?.profile).toEqual(bob.identity.profile);
  });
});

test("readers accept further fields at the end of D", async () => {
  const { alice, bob } = await pair();
  const { body } = signedDescriptor.decode(await publishedBytes(bob));
  const longer = new Uint8Array([...body, 0x2a]);
  longer[2] = (longer[2] as number) + 1; // array 16: one more element
  const outcome = await fetchFrom(alice, bob, served(signDescriptor(crypto, bob.identity.signing.privateKey, longer)));
  expect(outcome.changed).toBe(true);
});
