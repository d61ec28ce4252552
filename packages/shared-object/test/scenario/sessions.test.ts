import { Broadcast } from "@cweb/broadcast";
import { cipherSuite as crypto, secret, utf8 } from "@cweb/crypto";
import { kinds } from "@cweb/session";
import { describe, expect, test } from "vitest";
import { encodeObjectId, objectKinds } from "../../src/index.ts";
import { endMessage } from "../../src/wire/end-message.ts";
import { keyMessage } from "../../src/wire/key-message.ts";
import { type RealPeer, RealWorld } from "../support/real-peers.ts";
import { text } from "../support/world.ts";

const objectId = encodeObjectId(new Uint8Array(16).fill(1));
const key = keyMessage.encode({
  objectId,
  epoch: 5,
  key: secret(new Uint8Array(32).fill(2)),
  verifyKey: crypto.ed25519.publicKey(new Uint8Array(32).fill(3)),
  version: 0,
  head: new Uint8Array(32),
});
const end = endMessage.encode({ objectId, epoch: 9, proof: null });

async function pair(): Promise<readonly [RealPeer, RealPeer, RealPeer]> {
  const peers = await new RealWorld().meeting(3);
  return peers as readonly [RealPeer, RealPeer, RealPeer];
}

const subscriptionsAt = async ({ mailbox }: RealPeer): Promise<number> => (await mailbox.scan("shared-object/sub/", { limit: 10 })).length;

test("over real sessions an object is shared, changed, and taken away again", async () => {
  const [ada, ben] = await pair();
  const { id } = await ada.objects.create({ topic: "object/notes", value: utf8("one") });
  await ada.objects.share(id, [ben.id]);
  await ada.session(ben.id).establish();
  await ada.flush();
  await ben.round();
  await ben.round();
  expect(text((await ben.objects.get(ada.id, id))?.value)).toBe("one");
  await ada.round();
  await ada.objects.update(id, utf8("two"));
  await ada.flush();
  await ben.round();
  expect(text((await ben.objects.get(ada.id, id))?.value)).toBe("two");
  await ada.objects.unshare(id, [ben.id]);
  await ada.objects.update(id, utf8("three"));
  await ada.flush();
  await ben.round();
  expect(await ben.objects.get(ada.id, id)).toMatchObject({ state: "revoked", value: utf8("two") });
  // None of it concerns the application.
  const types = (await ben.sessionEvents()).map(({ type, number }) => [type, number]);
  expect(types.filter(([, number]) => number === objectKinds.key.number || number === objectKinds.end.number)).toEqual([]);
});

describe("M2: keys and ends of objects are taken out of a session with their owner, and nowhere else:", () => {
  const messages = [
    ["so/key", objectKinds.key.number, key],
    ["so/end", objectKinds.end.number, end],
  ] as const;

  test("both are registered for sessions alone", () => {
    expect([objectKinds.key, objectKinds.end].map(({ number, channels }) => [number, channels])).toEqual([
      [16, ["session"]],
      [17, ["session"]],
    ]);
  });

  test.each(messages)("%s is refused as a one-off by its sender", async (_, kind, payload) => {
    const [ada, ben] = await pair();
    await ada.round();
    await expect(ada.broadcast.sendOneOff(ben.id, { kind, payload, messageId: new Uint8Array(16), sentAt: 1 })).rejects.toMatchObject({
      code: "bad-kind",
    });
  });

  test.each(messages)("%s is ignored in a one-off of a sender who does not keep to that", async (_, kind, payload) => {
    const [ada, ben] = await pair();
    await ada.round();
    const evil = new Broadcast({ mailbox: ada.mailbox, discovery: ada.discovery, crypto, kinds: [16, 17] });
    await evil.sendOneOff(ben.id, { kind, payload, messageId: new Uint8Array(16).fill(4), sentAt: ada.world.clock.now() });
    await evil.seal();
    await ada.flush();
    await ben.round();
    await ben.round();
    expect(await subscriptionsAt(ben)).toBe(0);
    expect((await ben.sessionEvents()).filter(({ number }) => number === kind)).toEqual([]);
  });

  test.each(messages)("%s is ignored in a list of one-offs inside a session", async (_, kind, payload) => {
    const [ada, ben] = await pair();
    await ada.round();
    const evil = new Broadcast({ mailbox: ada.mailbox, discovery: ada.discovery, crypto, kinds: [16, 17] });
    await ada.session(ben.id).send({ kind: kinds.text.number, payload: utf8("hello") });
    await ada.flush();
    await ben.round();
    const item = { kind, payload, messageId: new Uint8Array(16).fill(5), sentAt: ada.world.clock.now() };
    const list = await ada.mailbox.transact({ read: evil.reads(ben.id) }, (tx) => evil.payloadFor(tx, ben.id, item));
    await ada.session(ben.id).send({ kind: kinds.oneOff.number, payload: list });
    await ada.flush();
    await ben.round();
    expect(await subscriptionsAt(ben)).toBe(0);
  });

  test("so/key is taken out of a session", async () => {
    const [ada, ben] = await pair();
    await ada.session(ben.id).send({ kind: objectKinds.key.number, payload: key });
    await ada.flush();
    await ben.round();
    await ben.round();
    expect(await subscriptionsAt(ben)).toBe(1);
  });

  test("M3: a third party's messages for an object touch only objects of its own", async () => {
    const [ada, ben, cleo] = await pair();
    const { id } = await ada.objects.create({ topic: "object/notes", value: utf8("one") });
    await ada.objects.share(id, [ben.id]);
    await ada.session(ben.id).establish();
    await ada.flush();
    await ben.round();
    await ben.round();
    const later = ben.world.clock.now() + 1000;
    const relayed = keyMessage.encode({ ...keyMessage.decode(key), objectId: id, epoch: later });
    await cleo.session(ben.id).send({ kind: objectKinds.key.number, payload: relayed });
    await cleo
      .session(ben.id)
      .send({ kind: objectKinds.end.number, payload: endMessage.encode({ objectId: id, epoch: later, proof: null }) });
    await cleo.flush();
    await ben.round();
    await ben.round();
    expect(await ben.objects.get(ada.id, id)).toMatchObject({ state: "current", value: utf8("one") });
  });

  test("malformed ones change nothing, and are no message", async () => {
    const [ada, ben] = await pair();
    for (const payload of [new Uint8Array(), utf8("no key"), key.subarray(1), end]) {
      await ada.session(ben.id).send({ kind: objectKinds.key.number, payload });
    }
    await ada.session(ben.id).send({ kind: objectKinds.end.number, payload: key });
    await ada.flush();
    await ben.round();
    await ben.round();
    expect(await subscriptionsAt(ben)).toBe(0);
    expect((await ben.sessionEvents()).filter(({ type }) => type === "message")).toEqual([]);
  });
});
