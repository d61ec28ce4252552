import { cipherSuite as crypto, secret, utf8 } from "@cweb/crypto";
import type { ReadResult, Version } from "@cweb/storage-remote";
import { describe, expect, test } from "vitest";
import { limits } from "../../src/core/limits.ts";
import { objectPath, sealObject } from "../../src/core/sealed-object.ts";
import { encodeObjectId, type ObjectId } from "../../src/index.ts";
import { putSubscription } from "../../src/object-layer.ts";
import { endMessage } from "../../src/wire/end-message.ts";
import { keyMessage } from "../../src/wire/key-message.ts";
import { epoch, keyMessage as keyOf, now, object, saying, subscribed } from "../support/forge.ts";
import { day, type Home, minute, text, World } from "../support/world.ts";

interface Two {
  readonly world: World;
  readonly ada: Home;
  readonly ben: Home;
  readonly id: ObjectId;
}

async function two(seed: number): Promise<Two> {
  const world = new World(seed);
  const [ada, ben] = [world.home(), world.home()] as const;
  const { id } = await ada.objects.create({ topic: "object/test", value: utf8("one") });
  await ada.objects.share(id, [ben.id]);
  await ada.flush();
  await ben.round();
  await ben.events();
  return { world, ada, ben, id };
}

const told = async (home: Home): Promise<readonly string[]> =>
  (await home.events()).map(({ type, state, detail }) => (type === "object" ? state : detail));

/** A store that answers this to every reader of Ada's bucket. */
const lies = ({ world, ben }: Two, answer: (truth: ReadResult) => ReadResult): void => {
  world.lie = (_owner, reader, _path, truth) => (reader === ben ? answer(truth) : truth);
};

describe("a store that lies is told of, once while it does, and changes no value:", () => {
  test("yesterday's object", async () => {
    const parts = await two(1);
    const { world, ada, ben, id } = parts;
    const yesterday = ada.bucket.objects();
    await ada.objects.update(id, utf8("two"));
    await ada.flush();
    world.clock.advance(2 * minute);
    await ben.round();
    world.lie = (_owner, _reader, path, truth) => {
      const bytes = yesterday.get(path);
      return bytes ? { kind: "found", bytes, version: "yesterday" as Version } : truth;
    };
    for (let n = 0; n < 6; n++) {
      world.clock.advance(6 * minute);
      await ben.round();
    }
    expect(await told(ben)).toEqual(["current", "stale", "object-rollback"]);
    const shown = await ben.objects.get(ada.id, id);
    expect(shown).toMatchObject({ state: "stale", value: utf8("two"), alarms: [{ code: "object-rollback" }] });
    world.lie = undefined;
    world.clock.advance(6 * minute);
    await ben.round();
    expect(await told(ben)).toEqual(["current"]);
    expect(await ben.objects.get(ada.id, id)).toMatchObject({ state: "current", alarms: [] });
  });

  test("an object kept from one reader, who heard of it from its owner", async () => {
    const parts = await two(2);
    const { world, ada, ben, id } = parts;
    const before = ada.bucket.objects();
    lies(parts, (truth) => (truth.kind === "found" ? { kind: "unchanged" } : truth));
    await ada.objects.update(id, utf8("two"));
    await ada.flush();
    await ada.say(ben);
    expect(before.size).toBe(ada.bucket.objects().size);
    for (let n = 0; n < 4; n++) {
      await ben.round();
      world.clock.advance(6 * minute);
    }
    expect(await told(ben)).toEqual(["stale", "object-rollback"]);
    expect(text((await ben.objects.get(ada.id, id))?.value)).toBe("one");
  });

  test("nothing", async () => {
    const parts = await two(3);
    const { world, ben, ada, id } = parts;
    for (const kind of ["absent", "forbidden"] as const) {
      lies(parts, () => ({ kind }));
      for (let n = 0; n < 4; n++) {
        world.clock.advance(6 * minute);
        await ben.round();
      }
      expect(await told(ben)).toEqual(["stale", "object-missing"]);
      expect(text((await ben.objects.get(ada.id, id))?.value)).toBe("one");
      world.lie = undefined;
      world.clock.advance(6 * minute);
      await ben.round();
      expect(await told(ben)).toEqual(["current"]);
    }
  });

  test("other bytes, and far too many", async () => {
    const parts = await two(4);
    const { world, ben } = parts;
    const answers = [new Uint8Array(4096), object(5).answer.bytes, new Uint8Array(70_000)];
    for (const bytes of answers) {
      lies(parts, () => ({ kind: "found", bytes, version: "x" as Version }));
      world.clock.advance(6 * minute);
      await ben.round();
    }
    expect(await told(ben)).toEqual(["stale", "object-invalid"]);
  });

  test("a store that fails is no alarm here, and is answered", async () => {
    const { world, ben, ada } = await two(5);
    world.clock.advance(2 * minute);
    ben.isOffline = true;
    const { gets, failure } = await ben.objects.poll(ada.id);
    expect(gets).toBe(1);
    expect(failure).toMatchObject({ name: "StorageRemoteError", code: "unreachable" });
    expect(await told(ben)).toEqual([]);
    ben.isOffline = false;
    expect((await ben.objects.poll(ada.id)).gets).toBe(1);
  });
});

test("M12: a removed subscriber cannot write, not even together with the provider", async () => {
  const parts = await two(6);
  const { world, ada, ben, id } = parts;
  const cleo = world.home();
  await ada.objects.share(id, [cleo.id]);
  await ada.flush();
  await cleo.round();
  await cleo.events();
  const [{ message }] = cleo.received.slice(-1) as never as [{ message: { payload: Uint8Array } }];
  const { epoch, key } = keyMessage.decode(message.payload);
  // Everything but the object's signing key: the name, the sealing key, the place in the bucket.
  const version = world.clock.now() + 5;
  const forged = sealObject(crypto, world.random, { owner: ada.idBytes, objectId: id, epoch, key }, new Uint8Array(32).fill(66), {
    objectId: id,
    epoch,
    version,
    prevVersion: 0,
    prevHash: new Uint8Array(32),
    issuedAt: world.clock.now(),
    validUntil: world.clock.now() + day,
    interval: 1,
    kind: 0,
    payload: saying("from cleo", version),
  });
  await ada.bucket.writer.write(objectPath(crypto, { objectId: id, key }), forged.object);
  world.clock.advance(2 * minute);
  await ben.round();
  expect(await told(ben)).toEqual(["stale", "object-invalid"]);
  expect(text((await ben.objects.get(ada.id, id))?.value)).toBe("one");
});

describe("clocks", () => {
  test("a key of a clock that runs ahead waits until its time has come, with one alarm", async () => {
    const world = new World(7);
    const [ada, ben] = [world.home(), world.home()] as const;
    ben.clockOffset = -3 * day;
    const { id } = await ada.objects.create({ topic: "object/test", value: utf8("one") });
    await ada.objects.share(id, [ben.id]);
    // A home's first ticks do not follow the clock; those after its store has confirmed it do.
    await ada.flush();
    await ada.objects.unshare(id, [ben.id]);
    await ada.objects.share(id, [ben.id]);
    await ada.flush();
    await ben.round();
    await ben.round();
    expect(await ben.objects.get(ada.id, id)).toBeUndefined();
    expect(await told(ben)).toContain("clock-skew");
    ben.clockOffset = 0;
    await ben.round();
    expect(await ben.objects.get(ada.id, id)).toMatchObject({ state: "current", value: utf8("one") });
    expect(await ben.store.scan("shared-object/held/", { limit: 9 })).toEqual([]);
  });

  test("a record of a clock that runs ahead is refused until then, with one alarm", async () => {
    const { world, ada, ben, id } = await two(8);
    ben.clockOffset = -3 * day;
    await ada.objects.update(id, utf8("two"));
    await ada.flush();
    for (let n = 0; n < 3; n++) {
      world.clock.advance(6 * minute);
      await ben.round();
    }
    expect((await told(ben)).filter((code) => code === "clock-skew")).toEqual(["clock-skew"]);
    expect(text((await ben.objects.get(ada.id, id))?.value)).toBe("one");
    ben.clockOffset = 0;
    await ben.round();
    expect(text((await ben.objects.get(ada.id, id))?.value)).toBe("two");
  });

  test("keys that wait for the clock are bounded, the newest of each object", async () => {
    const world = new World(9);
    const [ada, ben] = [world.home(), world.home()] as const;
    const sent = (n: number, later: number): Uint8Array =>
      keyMessage.encode({
        objectId: encodeObjectId(new Uint8Array(16).fill(n)),
        epoch: world.clock.now() + 2 * day + later,
        key: secret(new Uint8Array(32).fill(n)),
        verifyKey: new Uint8Array(32),
        version: 0,
        head: new Uint8Array(32),
      });
    const take = (payload: Uint8Array): Promise<void> =>
      ben.mailbox.transact({}, (tx) =>
        ben.objects.layer.receive(tx, ada.id, { number: 16, messageId: new Uint8Array(16), sentAt: 0, payload }),
      );
    for (let n = 0; n < limits.held + 5; n++) await take(sent(n, 0));
    await take(sent(1, 7));
    const held = await ben.store.scan("shared-object/held/", { limit: 1000 });
    expect(held).toHaveLength(limits.held);
    expect(held.map(({ bytes }) => keyMessage.decode(bytes).epoch)).toContain(world.clock.now() + 2 * day + 7);
    expect((await ben.events()).map(({ detail }) => detail)).toEqual(Array.from({ length: limits.held }, () => "clock-skew"));
  });
});

describe("bounds", () => {
  test("of one contact's objects the 1,001st is ignored, unless one is over", async () => {
    const world = new World(10);
    const [ada, ben] = [world.home(), world.home()] as const;
    const idOf = (n: number): ObjectId => encodeObjectId(new Uint8Array(16).with(0, n % 256).with(1, n >> 8));
    const take = (number: number, payload: Uint8Array): Promise<void> =>
      ben.mailbox.transact({}, (tx) =>
        ben.objects.layer.receive(tx, ada.id, { number, messageId: new Uint8Array(16), sentAt: 0, payload }),
      );
    const extra = idOf(limits.objectsOfContact);
    const give = (): Promise<void> => take(16, keyMessage.encode(keyOf({ objectId: extra })));
    await ben.mailbox.transact({}, (tx) => {
      for (let n = 0; n < limits.objectsOfContact; n++) putSubscription(tx, ada.id, { ...subscribed(), objectId: idOf(n) });
    });
    await give();
    const known = async (): Promise<readonly string[]> =>
      (await ben.store.scan("shared-object/sub/", { limit: 5000 })).map(({ name }) => name.slice(-26));
    expect(await known()).toHaveLength(limits.objectsOfContact);
    expect(await known()).not.toContain(extra);
    ben.clockOffset = now - world.clock.now();
    await take(17, endMessage.encode({ objectId: idOf(7), epoch: epoch + 1, proof: null }));
    await give();
    expect(await known()).toHaveLength(limits.objectsOfContact);
    expect(await known()).toContain(extra);
    expect(await known()).not.toContain(idOf(7));
  });
});

test("forgetting an object leaves nothing of it; a new key brings it back", async () => {
  const { world, ada, ben, id } = await two(11);
  await ben.objects.forget(ada.id, id);
  expect(await ben.objects.get(ada.id, id)).toBeUndefined();
  expect((await ben.store.scan("shared-object/", { limit: 9 })).map(({ name }) => name)).toEqual([]);
  await ben.objects.forget(ada.id, id);
  world.clock.advance(30 * day);
  await ada.flush();
  await ben.round();
  expect(await ben.objects.get(ada.id, id)).toMatchObject({ state: "current" });
});

test("two processes of a reader poll side by side and tell of a value once", async () => {
  const { world, ada, ben, id } = await two(12);
  const other = ben.anotherProcess();
  await ada.objects.update(id, utf8("two"));
  await ada.flush();
  world.clock.advance(2 * minute);
  await Promise.all([ben.objects.poll(ada.id), other.poll(ada.id)]);
  expect(await told(ben)).toEqual(["current"]);
});

test("a contact that is not known any more is not asked", async () => {
  const { world, ada, ben } = await two(13);
  world.clock.advance(2 * minute);
  world.isStranger = (id) => id === ada.id;
  expect(await ben.objects.poll(ada.id)).toEqual({ gets: 0, changed: 0 });
});
