import { memoryStore } from "@cweb/storage-local/memory";
import { StorageRemoteError } from "@cweb/storage-remote";
import { describe, expect, test } from "vitest";
import { MailboxError, type Transaction } from "../../src/index.ts";
import { beaconPath, bytesOf, contents, counted, day, minute, newHome, path, recordsUnder, signed } from "../support/home.ts";

const birth = (tx: Transaction): void => tx.publish(path("birth"), bytesOf("b"), { beaconFirst: true });

describe("the beacon", () => {
  test("an absent beacon is stored again", async () => {
    const home = newHome();
    await home.open().transact({}, birth);
    await home.open().flush();
    await home.bucket.writer.remove(beaconPath);
    await home.open().flush();
    expect(home.bucket.objects().has(beaconPath)).toBe(true);
    expect(await home.open().takeInbox({ limit: 1 })).toEqual([]);
  });

  test("an altered, an older or a far too long beacon is stored again and is no alarm", async () => {
    const home = newHome();
    const mailbox = home.open();
    await mailbox.transact({}, birth);
    await mailbox.flush();
    const older = home.bucket.objects().get(beaconPath) as Uint8Array;
    await mailbox.transact({}, (tx) => tx.publish(path("birth2"), bytesOf("b"), { beaconFirst: true }));
    await mailbox.flush();
    for (const fault of [bytesOf("nonsense"), older, new Uint8Array(100_000)]) {
      await home.bucket.writer.write(beaconPath, fault);
      expect(await home.open().flush()).toEqual({ stored: [], pending: false });
      expect(home.bucket.objects().get(beaconPath)).not.toEqual(fault);
    }
    expect(await mailbox.takeInbox({ limit: 1 })).toEqual([]);
  });

  test("two processes that notice the same restored state begin one new incarnation", async () => {
    const home = newHome();
    await home.open().transact({}, birth);
    const from = home.store.snapshot();
    await home.open().flush();
    const restored = newHome({ store: memoryStore({ from }), bucket: home.bucket, clock: home.clock });
    const [a, b] = [restored.open(), restored.open()];
    await Promise.all([a.begin(), b.begin(), a.begin()]);
    const events = await a.takeInbox({ limit: 10 });
    expect(events.map(({ kind }) => kind)).toEqual(["own-state-restored"]);
    expect(await a.queued()).toBe(0);
    expect(await a.incarnation()).toBe(await b.incarnation());
  });

  test("a name that an earlier process left says nothing about the names after it", async () => {
    const home = newHome();
    const send = (tx: Transaction, n: number, content: string): void => tx.publish(path(`c${n}`), bytesOf(content), { chain: "c" });
    await home.open().transact({}, (tx) => send(tx, 1, "first"));
    const from = home.store.snapshot();
    // What is lost: the first did not arrive, the second did.
    const failing = signed({
      ...home.bucket.writer,
      write: (to, ...rest) =>
        to === "c1" ? Promise.reject(new StorageRemoteError("server-error", "no")) : home.bucket.writer.write(to, ...rest),
    });
    const lost = home.open({ writer: failing });
    await lost.transact({}, (tx) => send(tx, 2, "second of the lost state"));
    await lost.flush();
    const restored = newHome({ store: memoryStore({ from }), bucket: home.bucket, clock: home.clock }).open();
    await restored.transact({}, (tx) => send(tx, 2, "another second"));
    await restored.flush();
    expect(contents(home.bucket)).toEqual({ c2: "second of the lost state" });
    expect((await restored.takeInbox({ limit: 9 })).map(({ kind }) => kind)).toEqual(["own-state-restored"]);
  });

  test("a home whose local state is lost altogether begins above everything it ever ticked", async () => {
    const home = newHome();
    const mailbox = home.open();
    await mailbox.begin();
    const last = await mailbox.transact({}, (tx) => {
      birth(tx);
      return tx.tick();
    });
    await mailbox.flush();
    const again = newHome({ bucket: home.bucket, clock: home.clock }).open();
    await again.flush();
    expect(await again.incarnation()).toBeGreaterThan(last);
    expect(await again.transact({}, (tx) => tx.tick())).toBeGreaterThan(last);
  });

  test("mutable contents of an earlier incarnation are not stored before their protocol has replaced them", async () => {
    const home = newHome();
    const mailbox = home.open();
    await mailbox.transact({}, (tx) => tx.replace(path("m"), bytesOf("1"), { beaconFirst: true }));
    const from = home.store.snapshot();
    await mailbox.flush();
    await mailbox.transact({}, (tx) => tx.replace(path("m"), bytesOf("2"), { beaconFirst: true }));
    await mailbox.flush();
    const restored = newHome({ store: memoryStore({ from }), bucket: home.bucket, clock: home.clock }).open();
    await restored.flush();
    home.clock.advance(2 * day);
    await restored.flush();
    expect(contents(home.bucket)).toEqual({ m: "2" });
    await restored.transact({}, (tx) => tx.replace(path("m"), bytesOf("3")));
    expect(await restored.flush()).toMatchObject({ stored: [{ path: "m" }], pending: false });
    expect(contents(home.bucket)).toEqual({ m: "3" });
  });
});

describe("conditional writes", () => {
  test("a refused write is a success where the bytes are equal", async () => {
    const home = newHome();
    await home.bucket.writer.write(path("a"), bytesOf("one"));
    const mailbox = home.open({ conditionalWrites: true });
    await mailbox.transact({}, (tx) => tx.publish(path("a"), bytesOf("one")));
    expect(await mailbox.flush()).toEqual({ stored: [{ path: "a" }], pending: false });
  });

  test("a refused write shows a restored state where the bytes are others", async () => {
    const home = newHome();
    await home.bucket.writer.write(path("a"), bytesOf("other"));
    const mailbox = home.open({ conditionalWrites: true });
    await mailbox.transact({}, (tx) => tx.publish(path("a"), bytesOf("one")));
    expect((await mailbox.flush()).stored).toEqual([]);
    expect(contents(home.bucket)).toEqual({ a: "other" });
    expect((await mailbox.takeInbox({ limit: 10 })).map(({ kind }) => kind)).toEqual(["own-state-restored"]);
    expect(await mailbox.incarnation()).toBeGreaterThan(1);
  });

  test("a refused write where nothing is found is tried again", async () => {
    const home = newHome();
    let refusals = 1;
    const writer = signed({
      ...home.bucket.writer,
      write: async (...all) => (refusals-- > 0 ? { kind: "conflict" } : home.bucket.writer.write(...all)),
    });
    const mailbox = home.open({ writer, conditionalWrites: true });
    await mailbox.transact({}, (tx) => tx.publish(path("a"), bytesOf("one")));
    expect(await mailbox.flush()).toEqual({ stored: [{ path: "a" }], pending: false });
  });
});

describe("deletions", () => {
  test("an object is deleted once where its only PUT is known to have ended, else twice, 20 min apart", async () => {
    const home = newHome();
    const mailbox = home.open();
    const other = home.open();
    await mailbox.transact({}, (tx) => tx.publish(path("once"), bytesOf("x")));
    await mailbox.flush();
    await mailbox.transact({}, (tx) => tx.publish(path("twice"), bytesOf("x")));
    await other.flush();
    await mailbox.transact({}, (tx) => {
      tx.withdraw(path("once"));
      tx.withdraw(path("twice"));
    });
    home.clock.advance(10 * minute);
    await mailbox.flush();
    expect(await recordsUnder(home.store, "mailbox/todo/")).toEqual(["mailbox/todo/delete/twice"]);
    const before = home.meter.counts().delete.requests;
    home.clock.advance(19 * minute);
    await mailbox.flush();
    expect(home.meter.counts().delete.requests).toBe(before);
    home.clock.advance(11 * minute);
    await mailbox.flush();
    expect(home.meter.counts().delete.requests).toBe(before + 1);
    expect(await recordsUnder(home.store, "mailbox/todo/")).toEqual([]);
  });

  test("every object is deleted twice where the writer repeats writes", async () => {
    const home = newHome();
    const mailbox = home.open({ repeatsWrites: true });
    await mailbox.transact({}, (tx) => tx.publish(path("a"), bytesOf("x")));
    await mailbox.flush();
    await mailbox.transact({}, (tx) => tx.withdraw(path("a")));
    home.clock.advance(10 * minute);
    await mailbox.flush();
    expect(await recordsUnder(home.store, "mailbox/todo/")).toEqual(["mailbox/todo/delete/a"]);
  });

  test("deletions go on after the clock was set back by years", async () => {
    const home = newHome();
    const mailbox = home.open();
    await mailbox.transact({}, (tx) => tx.publish(path("a"), bytesOf("x")));
    await mailbox.flush();
    await mailbox.transact({}, (tx) => tx.withdraw(path("a")));
    home.clock.setTime(home.clock.now() - 1000 * day);
    await mailbox.flush();
    expect(contents(home.bucket)).toEqual({});
  });

  test("20,000 objects published and withdrawn leave no more behind than 200", async () => {
    const left = async (objects: number): Promise<readonly unknown[]> => {
      const home = newHome();
      const mailbox = home.open();
      for (let start = 0; start < objects; start += 50) {
        await mailbox.transact({}, (tx) => {
          for (let n = start; n < start + 50; n++) tx.publish(path(`o${n}`), bytesOf("x"), { chain: "c" });
          for (let n = start - 50; n >= 0 && n < start; n++) tx.withdraw(path(`o${n}`));
        });
        await mailbox.flush();
      }
      return [(await recordsUnder(home.store, "")).length, home.bucket.objects().size];
    };
    expect(await left(20_000)).toEqual(await left(200));
  });
});

describe("repair", () => {
  test("stores again what is absent or altered, and answers which", async () => {
    const home = newHome();
    const mailbox = home.open();
    const all = ["a", "b", "c"].map(path);
    await mailbox.transact({}, (tx) => {
      for (const one of all) tx.publish(one, bytesOf(one));
    });
    await mailbox.flush();
    await home.bucket.writer.remove(path("a"));
    await home.bucket.writer.write(path("b"), bytesOf("altered"));
    expect(await mailbox.repair([...all, path("unknown")])).toEqual(["a", "b"]);
    expect(contents(home.bucket)).toEqual({ a: "a", b: "b", c: "c" });
  });
});

describe("what a flush costs", () => {
  test("an idle flush makes no request and two local calls", async () => {
    const home = newHome();
    const calls: Record<string, number> = {};
    const mailbox = home.open({ local: counted(home.store.open(), calls) });
    await mailbox.flush();
    const [before, requests] = [{ ...calls }, home.meter.counts()];
    await mailbox.flush();
    expect(home.meter.counts()).toEqual(requests);
    expect(calls).toEqual({ ...before, load: (before.load ?? 0) + 1, scan: (before.scan ?? 0) + 1 });
  });

  test("one message costs one PUT and two commits, and a polling process no further request", async () => {
    const home = newHome();
    const calls: Record<string, number> = {};
    const mailbox = home.open({ local: counted(home.store.open(), calls) });
    await mailbox.flush();
    const [commits, counts] = [calls.commit ?? 0, home.meter.counts()];
    await mailbox.transact({}, (tx) => tx.publish(path("a"), bytesOf("one")));
    await mailbox.flush();
    expect(calls.commit).toBe(commits + 2);
    expect(home.meter.counts()).toMatchObject({ put: { requests: counts.put.requests + 1 }, get: counts.get, delete: counts.delete });
  });

  test("a process asks for its beacon once", async () => {
    const home = newHome();
    const mailbox = home.open();
    await Promise.all([mailbox.begin(), mailbox.flush(), mailbox.begin()]);
    expect(home.meter.counts().get.requests).toBe(1);
  });

  test("no LIST: the ports that a mailbox takes have none", async () => {
    const home = newHome();
    const mailbox = home.open();
    await mailbox.transact({}, birth);
    await mailbox.flush();
    await mailbox.repair([path("birth")]);
    await mailbox.transact({}, (tx) => tx.withdraw(path("birth")));
    home.clock.advance(2 * day);
    await mailbox.flush();
    expect(home.meter.counts().list.requests).toBe(0);
    expect(home.bucket.objects().size).toBe(1);
  });
});

describe("failures", () => {
  test("an abort rejects with its reason and leaves everything for the next flush", async () => {
    const home = newHome();
    const abort = new AbortController();
    const writer = signed({
      ...home.bucket.writer,
      write: (_to, _bytes, options) =>
        new Promise((_resolve, reject) => {
          options?.signal?.addEventListener("abort", () => reject(options.signal?.reason));
          abort.abort(new RangeError("enough"));
        }),
    });
    const mailbox = home.open({ writer });
    await mailbox.transact({}, (tx) => tx.publish(path("a"), bytesOf("one")));
    await expect(mailbox.flush({ signal: abort.signal })).rejects.toThrow("enough");
    await expect(mailbox.transact({}, birth, { signal: abort.signal })).rejects.toThrow("enough");
    await home.open().flush();
    expect(contents(home.bucket)).toEqual({ a: "one" });
  });

  test("a failure of the local store is thrown", async () => {
    const home = newHome();
    const local = home.store.open();
    const mailbox = home.open({ local });
    await local.close();
    await expect(mailbox.flush()).rejects.toMatchObject({ name: "StorageLocalError" });
  });

  test("a flush that begins after a failure stores what waited", async () => {
    const home = newHome();
    let isDown = true;
    const writer = signed({
      ...home.bucket.writer,
      write: (...all) => (isDown ? Promise.reject(new StorageRemoteError("unreachable", "down")) : home.bucket.writer.write(...all)),
    });
    const mailbox = home.open({ writer });
    await mailbox.transact({}, birth);
    await mailbox.transact({}, (tx) => tx.replace(path("m"), bytesOf("1"), { tag: "m" }));
    expect(await mailbox.flush()).toMatchObject({ stored: [], pending: true, failure: { code: "unreachable" } });
    isDown = false;
    expect(await mailbox.flush()).toEqual({ stored: [{ path: "m", tag: "m" }, { path: "birth" }], pending: false });
  });

  test.each([
    ["an object", (tx: Transaction) => tx.publish(path("a"), new Uint8Array(262_145))],
    ["a path", (tx: Transaction) => tx.replace(path("a".repeat(201)), bytesOf("x"))],
    ["a tag", (tx: Transaction) => tx.publish(path("a"), bytesOf("x"), { tag: "é".repeat(257) })],
    ["a chain's name", (tx: Transaction) => tx.publish(path("a"), bytesOf("x"), { chain: "c".repeat(129) })],
    ["an event", (tx: Transaction) => tx.deliver({ kind: "message", body: new Uint8Array(65_537) })],
  ])("refuses what is too large: %s", async (_, step) => {
    const home = newHome();
    await expect(home.open().transact({}, step)).rejects.toMatchObject({ code: "too-large" });
    expect(await recordsUnder(home.store, "")).toEqual([]);
  });

  test("refuses records of its own", async () => {
    const mailbox = newHome().open();
    await expect(mailbox.transact({}, (tx) => tx.put("mailbox/home", bytesOf("x")))).rejects.toMatchObject({ code: "foreign-record" });
    await expect(mailbox.transact({}, (tx) => tx.remove("mailbox/home"))).rejects.toMatchObject({ code: "foreign-record" });
  });

  test("says that a record of its own is damaged", async () => {
    const home = newHome();
    const batch = { expected: new Map(), put: new Map([["mailbox/home", bytesOf("nonsense")]]), remove: new Set<string>() };
    await home.store.commit(batch);
    const failure = await home
      .open()
      .flush()
      .catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(MailboxError);
    expect(failure).toMatchObject({ code: "damaged-record", retryable: false });
  });

  test("an immutable object cannot be replaced, nor published again after it was withdrawn", async () => {
    const mailbox = newHome().open();
    await mailbox.transact({}, (tx) => tx.publish(path("a"), bytesOf("x")));
    await expect(mailbox.transact({}, (tx) => tx.replace(path("a"), bytesOf("y")))).rejects.toMatchObject({ code: "path-in-use" });
    await mailbox.transact({}, (tx) => tx.withdraw(path("a")));
    await expect(mailbox.transact({}, (tx) => tx.publish(path("a"), bytesOf("y")))).rejects.toMatchObject({ code: "path-in-use" });
  });
});
