import { describe, expect, test } from "vitest";
import { bytesOf, contents, day, minute, newHome, path, recordsUnder, textOf } from "../support/home.ts";

describe("outbox", () => {
  test("stores a published object and reports its tag", async () => {
    const home = newHome();
    const mailbox = home.open();
    await mailbox.transact({}, (tx) => tx.publish(path("a"), bytesOf("one"), { tag: "first" }));
    expect(contents(home.bucket)).toEqual({});
    expect(await mailbox.queued()).toBe(1);
    const report = await mailbox.flush();
    expect(report).toEqual({ stored: [{ path: "a", tag: "first" }], pending: false });
    expect(contents(home.bucket)).toEqual({ a: "one" });
    expect(await mailbox.queued()).toBe(0);
  });

  test("publishing the same bytes again does nothing", async () => {
    const home = newHome();
    const mailbox = home.open();
    for (let i = 0; i < 2; i++) {
      await mailbox.transact({}, (tx) => tx.publish(path("a"), bytesOf("one")));
      await mailbox.flush();
    }
    expect(home.meter.counts().put.requests).toBe(1);
  });

  test("refuses other bytes for a path in use, and changes nothing", async () => {
    const home = newHome();
    const mailbox = home.open();
    await mailbox.transact({}, (tx) => tx.publish(path("a"), bytesOf("one")));
    const step = mailbox.transact({}, (tx) => {
      tx.put("app/state", bytesOf("new"));
      tx.publish(path("a"), bytesOf("two"));
    });
    await expect(step).rejects.toMatchObject({ code: "path-in-use", retryable: false });
    expect((await mailbox.load(["app/state"])).size).toBe(0);
    await mailbox.flush();
    expect(contents(home.bucket)).toEqual({ a: "one" });
  });

  test("a mutable object holds its newest content", async () => {
    const home = newHome();
    const mailbox = home.open();
    await mailbox.transact({}, (tx) => tx.replace(path("m"), bytesOf("1"), { tag: "m" }));
    await mailbox.transact({}, (tx) => tx.replace(path("m"), bytesOf("2"), { tag: "m" }));
    expect((await mailbox.flush()).stored).toEqual([{ path: "m", tag: "m" }]);
    expect(contents(home.bucket)).toEqual({ m: "2" });
    await mailbox.transact({}, (tx) => tx.replace(path("m"), bytesOf("3")));
    await mailbox.flush();
    expect(contents(home.bucket)).toEqual({ m: "3" });
    expect(home.meter.counts().put.requests).toBe(2);
  });

  test("a withdrawn object is deleted after the patience, a batch of them at once", async () => {
    const home = newHome();
    const mailbox = home.open();
    const all = Array.from({ length: 16 }, (_, i) => path(`x${i}`));
    await mailbox.transact({}, (tx) => {
      for (const one of [path("a"), ...all]) tx.publish(one, bytesOf("x"));
    });
    await mailbox.flush();
    await mailbox.transact({}, (tx) => tx.withdraw(path("a")));
    expect((await mailbox.flush()).pending).toBe(false);
    expect(contents(home.bucket)).toHaveProperty("a");
    home.clock.advance(10 * minute);
    await mailbox.flush();
    expect(contents(home.bucket)).not.toHaveProperty("a");
    await mailbox.transact({}, (tx) => {
      for (const one of all) tx.withdraw(one);
    });
    await mailbox.flush();
    expect(contents(home.bucket)).toEqual({});
    expect(await recordsUnder(home.store, "mailbox/")).toEqual(["mailbox/home", "mailbox/lease"]);
  });

  test("what needs the beacon first is stored after a beacon that covers it", async () => {
    const home = newHome();
    const mailbox = home.open();
    const order: string[] = [];
    const writer = {
      checksClock: true,
      write: (name: string, ...rest: unknown[]) => {
        order.push(name);
        return (home.bucket.writer.write as (...all: unknown[]) => ReturnType<typeof home.bucket.writer.write>)(name, ...rest);
      },
      remove: home.bucket.writer.remove,
    };
    const other = home.open({ writer });
    await mailbox.transact({}, (tx) => tx.publish(path("birth"), bytesOf("b"), { beaconFirst: true }));
    expect((await other.flush()).pending).toBe(false);
    expect(order).toEqual(["beacon", "birth"]);
  });

  test("nothing overtakes an object of its own chain that waits for a beacon", async () => {
    const home = newHome();
    const mailbox = home.open();
    await mailbox.flush();
    const order: string[] = [];
    const writer = {
      checksClock: true,
      write: (name: string, ...rest: unknown[]) => {
        order.push(name);
        // No beacon gets through: neither may what follows the object that wants one.
        if (name === "beacon") return Promise.reject(unreachable());
        return (home.bucket.writer.write as (...all: unknown[]) => ReturnType<typeof home.bucket.writer.write>)(name, ...rest);
      },
      remove: home.bucket.writer.remove,
    };
    const cut = home.open({ writer });
    await cut.transact({}, (tx) => tx.publish(path("zero"), bytesOf("0"), { chain: "one", beaconFirst: true }));
    await cut.transact({}, (tx) => tx.publish(path("next"), bytesOf("1"), { chain: "one" }));
    await cut.transact({}, (tx) => tx.publish(path("else"), bytesOf("2"), { chain: "two" }));
    await cut.flush();
    expect(order.filter((name) => name !== "beacon")).toEqual(["else"]);
    const waiting = await cut.transact({}, (tx) => [...tx.waiting()]);
    expect(waiting.sort()).toEqual(["next", "zero"]);
    expect(await home.open().flush()).toMatchObject({ pending: false });
    expect(contents(home.bucket)).toMatchObject({ zero: "0", next: "1", else: "2" });
    expect(await mailbox.transact({}, (tx) => tx.waiting().size)).toBe(0);
  });

  test("a flush without network keeps everything and says why", async () => {
    const home = newHome();
    const dead = home.open({
      writer: { checksClock: true, write: () => Promise.reject(unreachable()), remove: () => Promise.reject(unreachable()) },
    });
    await dead.transact({}, (tx) => tx.publish(path("a"), bytesOf("one")));
    const report = await dead.flush();
    expect(report).toMatchObject({ stored: [], pending: true, failure: { name: "StorageRemoteError" } });
    await home.open().flush();
    expect(contents(home.bucket)).toEqual({ a: "one" });
  });
});

describe("inbox", () => {
  test("keeps events until they are acknowledged and marks those handed out before", async () => {
    const home = newHome();
    const mailbox = home.open();
    await mailbox.transact({}, (tx) => {
      tx.deliver({ kind: "message", body: bytesOf("one") });
      tx.deliver({ kind: "message", body: bytesOf("two") });
    });
    const first = await mailbox.takeInbox({ limit: 1 });
    expect(first.map(({ body, redelivered }) => [textOf(body), redelivered])).toEqual([["one", false]]);
    const again = await home.open().takeInbox({ limit: 10 });
    expect(again.map(({ body, redelivered }) => [textOf(body), redelivered])).toEqual([
      ["one", true],
      ["two", false],
    ]);
    await mailbox.acknowledge([again[0]?.seq ?? 0]);
    expect((await mailbox.takeInbox({ limit: 10 })).map(({ body }) => textOf(body))).toEqual(["two"]);
  });
});

describe("steps", () => {
  test("a step loads what it asks for along the way", async () => {
    const home = newHome();
    const mailbox = home.open();
    await mailbox.transact({}, (tx) => {
      tx.put("app/a", bytesOf("1"));
      tx.put("app/b", bytesOf("2"));
    });
    let runs = 0;
    const seen = await mailbox.transact({}, (tx) => {
      runs++;
      return [textOf(tx.get("app/a")), tx.scan("app/").length, textOf(tx.get("app/none"))];
    });
    expect(seen).toEqual(["1", 2, undefined]);
    expect(runs).toBe(4);
  });

  test("two processes that count up together lose nothing", async () => {
    const home = newHome();
    const processes = [home.open(), home.open()];
    const step = (mailbox: (typeof processes)[number]) =>
      mailbox.transact({ read: ["app/n"] }, (tx) => tx.put("app/n", Uint8Array.of((tx.get("app/n")?.[0] ?? 0) + 1)));
    await Promise.all(processes.flatMap((mailbox) => Array.from({ length: 20 }, () => step(mailbox))));
    expect((await home.open().load(["app/n"])).get("app/n")).toEqual(Uint8Array.of(40));
  });

  test("a step that throws changes nothing and erases nothing", async () => {
    const home = newHome();
    const mailbox = home.open();
    const secret = Uint8Array.of(1, 2, 3);
    const step = mailbox.transact({}, (tx) => {
      tx.put("app/a", bytesOf("1"));
      tx.consume(secret);
      throw new RangeError("no");
    });
    await expect(step).rejects.toThrow(RangeError);
    expect(secret).toEqual(Uint8Array.of(1, 2, 3));
    expect(await recordsUnder(home.store, "")).toEqual([]);
  });

  test("erases what was consumed once the step is durable", async () => {
    const secret = Uint8Array.of(1, 2, 3);
    await newHome()
      .open()
      .transact({}, (tx) => {
        tx.put("app/a", bytesOf("1"));
        tx.consume(secret);
      });
    expect(secret).toEqual(new Uint8Array(3));
  });
});

describe("lease", () => {
  test("a holder that died holds up mutable objects for 60 s and immutable ones not at all", async () => {
    const home = newHome();
    const never = new Promise<never>(() => undefined);
    const dying = home.open({ writer: { checksClock: true, write: () => never, remove: () => never } });
    await dying.transact({}, (tx) => tx.replace(path("m"), bytesOf("1")));
    void dying.flush();
    await new Promise((resolve) => setTimeout(resolve, 20));
    const other = home.open();
    await other.transact({}, (tx) => tx.publish(path("a"), bytesOf("one")));
    expect(await other.flush()).toMatchObject({ stored: [{ path: "a" }], pending: true });
    expect(contents(home.bucket)).toEqual({ a: "one" });
    home.clock.advance(minute);
    expect(await other.flush()).toMatchObject({ stored: [{ path: "m" }], pending: false });
    expect(contents(home.bucket)).toEqual({ a: "one", m: "1" });
  });

  test("the owner's mutable objects are read again each day and repaired", async () => {
    const home = newHome();
    const mailbox = home.open();
    await mailbox.transact({}, (tx) => tx.replace(path("m"), bytesOf("1"), { beaconFirst: true }));
    await mailbox.flush();
    await home.bucket.writer.write(path("m"), bytesOf("altered"));
    await mailbox.flush();
    expect(contents(home.bucket)).toEqual({ m: "altered" });
    home.clock.advance(day);
    await mailbox.flush();
    expect(contents(home.bucket)).toEqual({ m: "1" });
  });
});

function unreachable(): Error {
  return Object.assign(new Error("no network"), { name: "StorageRemoteError", code: "unreachable", retryable: true });
}
