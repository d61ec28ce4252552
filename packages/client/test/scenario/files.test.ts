import { bytesSource, FilePublisher, FileSharingError, memoryTarget } from "@cweb/file-sharing";
import { type Path, StorageRemoteError } from "@cweb/storage-remote";
import { describe, expect, test } from "vitest";
import type { MessageEvent, PeerEvent } from "../../src/index.ts";
import { ofType, rounds } from "../support/events.ts";
import { day, type Home, World } from "../support/world.ts";

const content = (length: number, seed = 0): Uint8Array => Uint8Array.from({ length }, (_, i) => ((i + seed) * 7919) >> 8);
const fileIn = (events: readonly PeerEvent[]): MessageEvent | undefined => ofType(events, "message").find(({ kind }) => kind === "file");

async function shareWith(home: Home, to: readonly string[], bytes: Uint8Array, key?: string) {
  return home.peer.files.share(bytesSource(bytes), { name: "sea.mov", mime: "video/mp4", to, ...(key === undefined ? {} : { key }) });
}

const chunk = 1_048_576;
const isChunk = (bytes: Uint8Array): boolean => bytes.length >= chunk;

describe("files", () => {
  test("are shared with a contact, who is told once and fetches them by the message or the reference", async () => {
    const [ada, ben] = await new World(50).pair();
    const bytes = content(1_200_000);
    const shared = await shareWith(ada, ["ben"], bytes, "/home/ada/sea.mov");
    expect(shared).toMatchObject({ name: "sea.mov", size: bytes.length, to: ["ben"], sent: [{ to: "ben", state: "published" }] });
    const again = await shareWith(ada, ["ben"], bytes, "/home/ada/sea.mov");
    expect([again.fileId, again.reference, again.sent[0]?.id]).toEqual([shared.fileId, shared.reference, shared.sent[0]?.id]);
    const events = await rounds(ben, 2);
    expect(ofType(events, "message")).toHaveLength(1);
    const told = fileIn(events);
    const { reference } = shared;
    expect(told?.file).toEqual({ reference, name: "sea.mov", size: bytes.length, mime: "video/mp4" });
    expect(told?.id).toBe(shared.sent[0]?.id);
    expect(await ben.peer.files.received(told?.id ?? "")).toMatchObject({ from: "ada", reference, messageId: told?.id });
    for (const which of [told?.id ?? "", reference]) {
      const target = memoryTarget(which);
      expect(await ben.peer.files.download(which, { to: target })).toEqual({ name: "sea.mov", size: bytes.length, mime: "video/mp4" });
      expect(target.finished()).toEqual(bytes);
    }
    const opened = await ben.peer.files.open(reference);
    expect(await opened.read({ offset: chunk - 6, length: 12 })).toEqual(bytes.slice(chunk - 6, chunk + 6));
    await ben.peer.send("ada", "thanks");
    expect(await rounds(ada, 2)).toContainEqual(expect.objectContaining({ type: "delivered", id: told?.id, to: "ben" }));
  });

  test("are listed with who was told of them, opened by their owner, and removed", async () => {
    const world = new World(51);
    const [ada, ben] = await world.pair();
    const bytes = content(10_000);
    const before = ada.bucket.objects().size;
    const shared = await shareWith(ada, [], bytes, "a");
    expect(shared).toMatchObject({ to: [], sent: [] });
    expect(await ada.peer.files.list()).toMatchObject([{ fileId: shared.fileId, state: "published", to: [], size: 10_000, done: 10_000 }]);
    await shareWith(ada, ["ben"], bytes, "a");
    expect((await ada.peer.files.get(shared.fileId)).to).toEqual(["ben"]);
    const own = await ada.peer.files.open(shared.reference);
    expect(await own.read({ offset: 0, length: 10_000 })).toEqual(bytes);
    await rounds(ben, 2);
    await ada.peer.files.remove(shared.fileId);
    expect(await ada.peer.files.list()).toEqual([]);
    await expect(ben.peer.files.open(shared.reference)).rejects.toMatchObject({ name: "FileSharingError", code: "not-found" });
    await expect(ada.peer.files.remove(shared.fileId)).rejects.toMatchObject({ code: "unknown-file" });
    // What the message about it, and its session, have left.
    for (let i = 0; i < 4; i++) {
      world.clock.advance(day);
      await rounds(ben, 1);
      await rounds(ada, 1);
    }
    expect(ada.bucket.objects().size - before).toBeLessThanOrEqual(2);
  });

  test("what cannot be meant is refused before anything is sent", async () => {
    const [ada, ben] = await new World(52).pair();
    const carla = await ada.world.home();
    const puts = ada.meter.counts().put.requests;
    await expect(shareWith(ada, ["ben", "nobody"], content(10))).rejects.toMatchObject({ code: "unknown-contact" });
    expect([ada.meter.counts().put.requests - puts, await ada.peer.files.list()]).toEqual([0, []]);
    const { reference } = await shareWith(carla, [], content(10));
    const refusals: readonly (readonly [string, string])[] = [
      [reference, "unknown-contact"],
      ["cweb-file:nonsense", "bad-reference"],
      ["6f1c1f0a-9d3e-4b7a-8c55-0d1e2f3a4b5c", "unknown-message"],
    ];
    for (const [which, code] of refusals) {
      await expect(ben.peer.files.open(which)).rejects.toMatchObject({ code });
      await expect(ben.peer.files.download(which, { to: memoryTarget(which) })).rejects.toMatchObject({ code });
    }
    await expect(ben.peer.files.received("x")).rejects.toMatchObject({ code: "bad-message-id" });
    await expect(ada.peer.files.get("x")).rejects.toMatchObject({ code: "unknown-file" });
  });

  test("M2: applications send no messages of kinds that belong to a protocol of the home", async () => {
    const [ada, ben] = await new World(53).pair();
    for (const kind of [16, 17, 24]) {
      const sent = ada.peer.send("ben", { kind, payload: new Uint8Array() });
      await expect(sent).rejects.toMatchObject({ name: "SessionError", code: "unsupported-kind" });
    }
    expect(ofType(await rounds(ben, 2), "message")).toEqual([]);
  });

  test("a contact that was removed and came back is told again", async () => {
    const world = new World(54);
    const [ada, ben] = await world.pair();
    const bytes = content(100);
    await shareWith(ada, ["ben"], bytes, "a");
    const first = fileIn(await rounds(ben, 2));
    await ada.peer.removeContact("ben");
    await ada.peer.addContact(await ben.peer.card(), "ben");
    const again = await shareWith(ada, ["ben"], bytes, "a");
    world.clock.advance(day);
    const events = [...(await rounds(ben, 2)), ...(await rounds(ada, 2)), ...(await rounds(ben, 2))];
    expect(fileIn(events)?.id).toBe(again.sent[0]?.id);
    expect(again.sent[0]?.id).not.toBe(first?.id);
  });

  test("a transfer goes on beside rounds, and both are counted", async () => {
    const [ada, ben] = await new World(55).pair();
    await ada.peer.send("ben", "hello");
    await rounds(ben, 1);
    let release = (): void => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    const { writer } = ada.options();
    let begun = 0;
    const slow = {
      ...writer,
      remove: writer.remove.bind(writer),
      write: async (path: Path, bytes: Uint8Array, options?: object) => {
        if (isChunk(bytes) && ++begun) await held;
        return writer.write(path, bytes, options);
      },
    };
    await ada.restart({ writer: slow });
    const sharing = shareWith(ada, ["ben"], content(chunk));
    while (begun === 0) await new Promise((resolve) => setTimeout(resolve, 1));
    await ben.peer.send("ada", "meanwhile");
    expect(ofType(await rounds(ada, 2), "message").map(({ text }) => text)).toEqual(["meanwhile"]);
    await ada.peer.send("ben", "still sharing");
    expect(ofType(await rounds(ben, 2), "message").map(({ text }) => text)).toEqual(["still sharing"]);
    release();
    await sharing;
    expect(fileIn(await rounds(ben, 2))).toBeDefined();
    const { requests } = await ada.peer.status();
    expect([requests.put, requests.get]).toEqual([ada.meter.counts().put.requests, ada.meter.counts().get.requests]);
  });

  test("an upload that a network failure ended goes on where it was, and nobody is told before", async () => {
    const world = new World(56);
    const [ada, ben] = await world.pair();
    const bytes = content(3 * chunk);
    const { writer } = ada.options();
    const sent = new Map<Path, number>();
    let room = 1;
    const failing = {
      ...writer,
      remove: writer.remove.bind(writer),
      write: (path: Path, body: Uint8Array, options?: object) => {
        if (isChunk(body) && --room < 0) throw new StorageRemoteError("refused", "The store is full.");
        if (isChunk(body)) sent.set(path, (sent.get(path) ?? 0) + 1);
        return writer.write(path, body, options);
      },
    };
    await ada.restart({ writer: failing });
    const failed = await shareWith(ada, ["ben"], bytes, "a").catch((error: unknown) => error);
    expect(failed).toBeInstanceOf(FileSharingError);
    expect(fileIn(await rounds(ben, 2))).toBeUndefined();
    expect(await ada.peer.files.list()).toMatchObject([{ state: "uploading", done: chunk, reference: undefined }]);
    room = Number.POSITIVE_INFINITY;
    await ada.restart();
    const { reference } = await shareWith(ada, ["ben"], bytes, "a");
    expect([...sent.values()]).toEqual([1, 1, 1]);
    const told = fileIn(await rounds(ben, 2));
    expect(told?.file?.reference).toBe(reference);
    const target = memoryTarget();
    await ben.peer.files.download(reference, { to: target });
    expect(target.finished()).toEqual(bytes);
  });

  test("without a network a file that is stored already waits to be told of, and is told once", async () => {
    const [ada, ben] = await new World(57).pair();
    const bytes = content(100);
    await shareWith(ada, [], bytes, "a");
    const { writer } = ada.options();
    const down = () => Promise.reject(new StorageRemoteError("unreachable", "The store cannot be reached."));
    await ada.restart({ writer: { checksClock: false, write: down, remove: down } });
    const shared = await shareWith(ada, ["ben"], bytes, "a");
    expect(shared.sent).toMatchObject([{ state: "queued", failure: { code: "unreachable" } }]);
    await ada.restart({ writer });
    const { published } = await ada.peer.flush();
    expect(published.map(({ id, to }) => [id, to])).toEqual([[shared.sent[0]?.id, "ben"]]);
    expect(fileIn(await rounds(ben, 2))?.id).toBe(shared.sent[0]?.id);
  });

  test("a removal that failed in the middle is finished beside later rounds", async () => {
    const world = new World(58);
    const [ada] = await world.pair();
    const before = ada.bucket.objects().size;
    const { fileId } = await shareWith(ada, [], content(3 * chunk));
    const { writer } = ada.options();
    let room = 2;
    const failing = {
      ...writer,
      write: writer.write.bind(writer),
      remove: (path: Path, options?: object) => {
        if (--room < 0) throw new StorageRemoteError("refused", "The store refuses.");
        return writer.remove(path, options);
      },
    };
    await ada.restart({ writer: failing });
    const failed = await ada.peer.files.remove(fileId).catch((error: unknown) => error);
    expect(failed).toMatchObject({ code: "storage-failed" });
    await ada.restart({ writer });
    world.clock.advance(day);
    await rounds(ada, 1);
    while ((await ada.peer.files.list()).length > 0) await new Promise((resolve) => setTimeout(resolve, 1));
    expect(ada.bucket.objects().size).toBeLessThanOrEqual(before);
  });

  test("processes that live for one round each finish a removal, though the store is slow", async () => {
    const world = new World(59);
    const [ada] = await world.pair();
    const { fileId } = await shareWith(ada, [], content(1000));
    const { writer } = ada.options();
    const cut = new AbortController();
    const slow = {
      ...writer,
      remove: async (path: Path, options?: { readonly signal?: AbortSignal }) => {
        await new Promise((resolve) => setTimeout(resolve, 20));
        options?.signal?.throwIfAborted();
        await writer.remove(path, options);
      },
    };
    await ada.restart({ writer: slow });
    const removed = ada.peer.files.remove(fileId, cut).catch((error: unknown) => error);
    setTimeout(() => cut.abort(), 5);
    await removed;
    for (let n = 0; n < 10 && (await ada.peer.files.list()).length > 0; n++) {
      world.clock.advance(day);
      await ada.peer.poll();
      await ada.restart();
    }
    expect(await ada.peer.files.list()).toEqual([]);
  });

  test("the source is closed whatever comes, and large values of objects are no files to remove", async () => {
    const world = new World(60);
    const [ada] = await world.pair();
    let closed = 0;
    const source = { ...bytesSource(content(10)), close: async () => void closed++ };
    await expect(ada.peer.files.share(source, { name: "a", to: ["nobody"] })).rejects.toMatchObject({ code: "unknown-contact" });
    await ada.peer.files.share(source, { name: "a", to: ["ben"] });
    expect(closed).toBe(2);
    const stored = ada.bucket.objects().size;
    await ada.peer.objects.create("large", content(100_000));
    const { fileId = "" } =
      (await new FilePublisher({ ...ada.options(), owner: new Uint8Array(32) }).list()).find(({ name }) => name === "value") ?? {};
    await expect(ada.peer.files.remove(fileId)).rejects.toMatchObject({ code: "unknown-file" });
    expect(ada.bucket.objects().size).toBeGreaterThan(stored);
    expect(await ada.peer.objects.get("me", "large")).toMatchObject({ value: content(100_000) });
  });
});
