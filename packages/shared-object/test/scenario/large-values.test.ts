import { encodeBase32, utf8 } from "@cweb/crypto";
import { expect, test } from "vitest";
import { limits } from "../../src/core/limits.ts";
import type { ValueFiles } from "../../src/index.ts";
import { day, type Home, minute, World } from "../support/world.ts";

/** Files as file-sharing keeps them: by id. A finished one of the same key and length is answered as it is. */
class Files implements ValueFiles {
  readonly stored = new Map<string, Uint8Array>();
  readonly keys: string[] = [];
  readonly #finished = new Map<string, { readonly fileId: string; readonly length: number }>();
  reads = 0;
  bytesRead = 0;
  #next = 0;
  /** Called right after a file was stored: the place where a process may die. */
  afterPublish: () => void = () => undefined;

  async publish(
    value: Uint8Array,
    { key }: { readonly key: string },
  ): Promise<{ readonly reference: Uint8Array; readonly fileId: string }> {
    const finished = this.#finished.get(key);
    if (finished?.length === value.length && this.stored.has(finished.fileId))
      return { reference: utf8(finished.fileId), fileId: finished.fileId };
    const fileId = encodeBase32(Uint8Array.of(1, 2, 3, this.#next++));
    this.stored.set(fileId, value.slice());
    this.keys.push(key);
    this.#finished.set(key, { fileId, length: value.length });
    this.afterPublish();
    return { reference: utf8(fileId), fileId };
  }

  async list(): Promise<readonly string[]> {
    return [...this.stored.keys()];
  }

  async remove(fileId: string): Promise<void> {
    this.stored.delete(fileId);
  }

  async read(reference: Uint8Array, _owner: unknown, { maxBytes }: { readonly maxBytes: number }): Promise<Uint8Array> {
    this.reads++;
    const value = this.stored.get(new TextDecoder().decode(reference));
    if (!value || value.length > maxBytes) throw new Error("no such file");
    this.bytesRead += value.length;
    return value.slice();
  }
}

const large = (fill: number, length = limits.inlineValue + 1): Uint8Array => new Uint8Array(length).fill(fill);

async function tend(world: World, home: Home, days: number): Promise<void> {
  for (let n = 0; n < days; n++) {
    world.clock.advance(day);
    await home.flush();
  }
}

test("a value that does not fit travels as a file, and is fetched once", async () => {
  const world = new World(1);
  const files = new Files();
  const [ada, ben] = [world.home(files), world.home(files)] as const;
  const { id } = await ada.objects.create({ topic: "object/large", value: large(1) });
  await ada.objects.share(id, [ben.id]);
  await ada.flush();
  await ben.round();
  expect(files.reads).toBe(1);
  expect((await ben.objects.get(ada.id, id))?.value).toEqual(large(1));
  expect(await ada.objects.value(id)).toEqual(large(1));
  expect(files.reads).toBe(1);
  // The record itself is small.
  expect(Math.max(...ada.stored.map(({ bytes }) => bytes.length))).toBe(4096);
});

test("where it could not be fetched with its record, it is when it is asked for", async () => {
  const world = new World(2);
  const files = new Files();
  const [ada, ben] = [world.home(files), world.home(files)] as const;
  const { id } = await ada.objects.create({ topic: "object/large", value: large(1) });
  await ada.objects.share(id, [ben.id]);
  await ada.flush();
  const [[fileId, bytes]] = [...files.stored] as [[string, Uint8Array]];
  files.stored.delete(fileId);
  await ben.round();
  await expect(ben.objects.get(ada.id, id)).rejects.toThrow("no such file");
  files.stored.set(fileId, bytes);
  expect((await ben.objects.get(ada.id, id))?.value).toEqual(large(1));
  files.stored.delete(fileId);
  expect((await ben.objects.get(ada.id, id))?.value).toEqual(large(1));
});

test("one poll fetches 16 MiB of large values unasked at most", async () => {
  const world = new World(3);
  const files = new Files();
  const [ada, ben] = [world.home(files), world.home(files)] as const;
  for (let n = 0; n < 6; n++) {
    const { id } = await ada.objects.create({ topic: "object/large", value: large(n, 6 * 1024 * 1024) });
    await ada.objects.share(id, [ben.id]);
  }
  await ada.flush();
  await ben.round();
  expect(await ben.objects.subscriptions()).toHaveLength(6);
  expect(files.bytesRead).toBe(12 * 1024 * 1024);
});

test("a file goes a day after another value has taken its place, and with its object", async () => {
  const world = new World(4);
  const files = new Files();
  const ada = world.home(files);
  const { id } = await ada.objects.create({ topic: "object/large", value: large(1) });
  await ada.flush();
  await ada.objects.update(id, large(2));
  await ada.flush();
  expect(files.stored.size).toBe(2);
  world.clock.advance(day - minute);
  await ada.flush();
  expect(files.stored.size).toBe(2);
  // By the confirmed clock, which an idle home's store confirms daily.
  await tend(world, ada, 2);
  expect([...files.stored.values()].map((bytes) => bytes[0])).toEqual([2]);
  await ada.objects.update(id, utf8("small"));
  await ada.flush();
  await tend(world, ada, 2);
  expect(files.stored.size).toBe(0);
  await ada.objects.update(id, large(3));
  await ada.objects.remove(id);
  await ada.flush();
  await tend(world, ada, 2);
  expect(files.stored.size).toBe(0);
  // Each upload has a name of its own: a file that was named before is never named again.
  expect(new Set(files.keys).size).toBe(files.keys.length);
});

test("the file of a process that died before it could name it is found and removed", async () => {
  const world = new World(5);
  const files = new Files();
  const ada = world.home(files);
  const { id } = await ada.objects.create({ topic: "object/large", value: large(1) });
  await ada.flush();
  files.afterPublish = () => {
    throw new Error("killed");
  };
  await expect(ada.objects.update(id, large(2))).rejects.toThrow("killed");
  files.afterPublish = () => undefined;
  expect(files.stored.size).toBe(2);
  await tend(world, ada, 3);
  expect([...files.stored.values()].map((bytes) => bytes[0])).toEqual([1]);
  expect(await ada.objects.value(id)).toEqual(large(1));
});

test("the file of a value that was never named stands for no other value of its length", async () => {
  const world = new World(7);
  const files = new Files();
  const [ada, ben] = [world.home(files), world.home(files)] as const;
  const { id } = await ada.objects.create({ topic: "object/large", value: large(1) });
  await ada.objects.share(id, [ben.id]);
  files.afterPublish = () => {
    throw new Error("killed");
  };
  await expect(ada.objects.update(id, large(2))).rejects.toThrow("killed");
  files.afterPublish = () => undefined;
  await ada.objects.update(id, large(3));
  await ada.flush();
  await ben.round();
  expect((await ben.objects.get(ada.id, id))?.value.at(0)).toBe(3);
});

test("a file that a slow process names once more after another value is no old one", async () => {
  const world = new World(8);
  const files = new Files();
  const [ada, ben] = [world.home(files), world.home(files)] as const;
  const { id } = await ada.objects.create({ topic: "object/large", value: large(1) });
  await ada.objects.share(id, [ben.id]);
  const [stored, slow] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const publish = files.publish.bind(files);
  files.publish = async (...args) => {
    files.publish = publish;
    const file = await publish(...args);
    stored.resolve();
    await slow.promise;
    return file;
  };
  const last = ada.objects.update(id, large(2));
  await stored.promise;
  await ada.objects.update(id, large(2));
  await ada.objects.update(id, large(3));
  slow.resolve();
  await last;
  await ada.flush();
  await tend(world, ada, 3);
  await ben.round();
  expect([...files.stored.values()].map((bytes) => bytes[0])).toEqual([2]);
  expect((await ben.objects.get(ada.id, id))?.value.at(0)).toBe(2);
});

test("above 8 MiB nothing is stored", async () => {
  const world = new World(6);
  const files = new Files();
  const ada = world.home(files);
  const { objects } = ada;
  await expect(objects.create({ topic: "object/large", value: large(1, limits.value + 1) })).rejects.toMatchObject({ code: "too-large" });
  const { id } = await objects.create({ topic: "object/large", value: utf8("x") });
  await expect(objects.update(id, large(1, limits.value + 1))).rejects.toMatchObject({ code: "too-large" });
  expect(files.stored.size).toBe(0);
});
