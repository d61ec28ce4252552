import { StorageRemoteError } from "@cweb/storage-remote";
import { describe, expect, test } from "vitest";
import { gate } from "../support/gate.ts";
import { beaconPath, bytesOf, contents, minute, newHome, path, recordsUnder, signed, textOf } from "../support/home.ts";

describe("side by side", () => {
  test("two flushes of one process send each object once", async () => {
    const home = newHome();
    const mailbox = home.open();
    await mailbox.transact({}, (tx) => tx.publish(path("a"), bytesOf("x")));
    const reports = await Promise.all([mailbox.flush(), mailbox.flush(), mailbox.flush()]);
    expect(home.meter.counts().put.requests).toBe(1);
    expect(reports.map(({ stored }) => stored.length)).toEqual([1, 0, 0]);
  });

  test("a step that went by the incarnation is not committed in another one", async () => {
    const home = newHome();
    await home.bucket.writer.write(path("a"), bytesOf("of a lost state"));
    const restored = home.open({ conditionalWrites: true });
    await restored.transact({}, (tx) => tx.publish(path("a"), bytesOf("x")));
    const before = gate();
    const slow = home.store.open();
    const other = home.open({
      local: { ...bound(slow), commit: (batch) => before.pass().then(() => slow.commit(batch)) },
    });
    const seen: number[] = [];
    const step = other.transact({}, (tx) => {
      seen.push(tx.incarnation);
      tx.put("app/state", bytesOf(`of ${tx.incarnation}`));
    });
    await before.reached;
    await restored.flush();
    before.open();
    await step;
    expect(seen).toEqual([1, await restored.incarnation()]);
    expect(seen[1]).toBeGreaterThan(1);
  });

  test("a beacon that is published while another process reads it is no fault", async () => {
    const home = newHome();
    const mailbox = home.open();
    const birth = (name: string) => mailbox.transact({}, (tx) => tx.publish(path(name), bytesOf("x"), { beaconFirst: true }));
    await birth("a");
    await mailbox.flush();
    const slow = gate();
    const other = home.open({
      reader: {
        read: async (...all) => {
          const found = await home.bucket.reader.read(...all);
          await slow.pass();
          return found;
        },
      },
    });
    const beginning = other.begin();
    await slow.reached;
    await birth("b");
    await mailbox.flush();
    slow.open();
    await beginning;
    const puts = home.meter.counts().put.requests;
    expect(await other.flush()).toEqual({ stored: [], pending: false });
    expect(home.meter.counts().put.requests).toBe(puts);
  });

  test("what was stored without the lease is stored again at once", async () => {
    const home = newHome();
    const late = gate();
    const slow = home.open({
      writer: signed({ ...home.bucket.writer, write: (...all) => late.pass().then(() => home.bucket.writer.write(...all)) }),
    });
    await slow.transact({}, (tx) => tx.replace(path("m"), bytesOf("old")));
    const flush = slow.flush();
    await late.reached;
    home.clock.advance(minute);
    const holder = home.open();
    await holder.transact({}, (tx) => tx.replace(path("m"), bytesOf("new")));
    expect(await holder.flush()).toMatchObject({ stored: [{ path: "m" }], pending: false });
    late.open();
    await flush;
    await holder.flush();
    expect(contents(home.bucket)).toEqual({ m: "new" });
  });

  test("a PUT of a mutable object that was given up and lands late is repaired 20 min later", async () => {
    const home = newHome();
    const mailbox = home.open({
      writer: signed({
        ...home.bucket.writer,
        write: (to, bytes, options) =>
          textOf(bytes) === "old"
            ? Promise.reject(new StorageRemoteError("timed-out", "no answer"))
            : home.bucket.writer.write(to, bytes, options),
      }),
    });
    await mailbox.transact({}, (tx) => tx.replace(path("m"), bytesOf("old")));
    expect(await mailbox.flush()).toMatchObject({ pending: true, failure: { code: "timed-out" } });
    await mailbox.transact({}, (tx) => tx.replace(path("m"), bytesOf("new")));
    await mailbox.flush();
    await home.bucket.writer.write(path("m"), bytesOf("old"));
    home.clock.advance(20 * minute);
    await mailbox.flush();
    expect(contents(home.bucket)).toEqual({ m: "new" });
  });

  test("a beacon that lands on top of a newer one is stored again at once", async () => {
    const home = newHome();
    const late = gate();
    const slow = home.open({
      writer: signed({ ...home.bucket.writer, write: (...all) => late.pass().then(() => home.bucket.writer.write(...all)) }),
    });
    const birth = (name: string) => slow.transact({}, (tx) => tx.publish(path(name), bytesOf("x"), { beaconFirst: true }));
    await birth("a");
    const flush = slow.flush();
    await late.reached;
    home.clock.advance(minute);
    await birth("b");
    const holder = home.open();
    expect(await holder.flush()).toMatchObject({ pending: false });
    const newest = home.bucket.objects().get(beaconPath);
    late.open();
    await flush;
    await holder.flush();
    const judged = home.open();
    const requests = home.meter.counts().put.requests;
    expect(await judged.flush()).toEqual({ stored: [], pending: false });
    expect(home.meter.counts().put.requests).toBe(requests);
    expect(home.bucket.objects().get(beaconPath)).not.toEqual(newest);
  });

  test("a step runs again where a record that it scanned has changed", async () => {
    const home = newHome();
    const other = home.open();
    await other.transact({}, (tx) => tx.put("app/list/a", bytesOf("1")));
    const slow = home.store.open();
    const before = gate();
    const mailbox = home.open({ local: { ...bound(slow), commit: (batch) => before.pass().then(() => slow.commit(batch)) } });
    const step = mailbox.transact({}, (tx) => tx.put("app/sum", tx.scan("app/list/")[0]?.bytes ?? bytesOf("none")));
    await before.reached;
    await other.transact({}, (tx) => tx.put("app/list/a", bytesOf("2")));
    before.open();
    await step;
    expect(textOf((await other.load(["app/sum"])).get("app/sum"))).toBe("2");
  });

  test("nothing is deleted for 20 min after a holder died", async () => {
    const home = newHome();
    const never = gate();
    const dying = home.open({ writer: signed({ ...home.bucket.writer, write: () => never.pass() as Promise<never> }) });
    const mailbox = home.open();
    await mailbox.transact({}, (tx) => tx.publish(path("a"), bytesOf("x")));
    await mailbox.flush();
    await dying.transact({}, (tx) => tx.replace(path("m"), bytesOf("1")));
    void dying.flush();
    await never.reached;
    await mailbox.transact({}, (tx) => tx.withdraw(path("a")));
    home.clock.advance(minute);
    await mailbox.flush();
    home.clock.advance(19 * minute);
    await mailbox.flush();
    expect(contents(home.bucket)).toEqual({ a: "x", m: "1" });
    home.clock.advance(minute);
    await mailbox.flush();
    expect(contents(home.bucket)).toEqual({ m: "1" });
  });

  test("a PUT that lands during the last DELETE is deleted all the same", async () => {
    const home = newHome();
    const [put, remove] = [gate(), gate()];
    const slow = home.open({
      writer: signed({ ...home.bucket.writer, write: (...all) => put.pass().then(() => home.bucket.writer.write(...all)) }),
    });
    await slow.transact({}, (tx) => tx.publish(path("a"), bytesOf("x")));
    const sending = slow.flush();
    await put.reached;
    let deletions = 0;
    const keeper = home.open({
      writer: signed({
        ...home.bucket.writer,
        remove: async (from) => {
          await home.bucket.writer.remove(from);
          if (++deletions === 2) await remove.pass();
        },
      }),
    });
    await keeper.transact({}, (tx) => tx.withdraw(path("a")));
    home.clock.advance(11 * minute);
    await keeper.flush();
    home.clock.advance(31 * minute);
    const last = keeper.flush();
    await remove.reached;
    put.open();
    await sending;
    remove.open();
    await last;
    for (let n = 0; n < 3; n++) {
      home.clock.advance(31 * minute);
      await keeper.flush();
    }
    expect(contents(home.bucket)).toEqual({});
    expect(await recordsUnder(home.store, "mailbox/todo/")).toEqual([]);
  });

  test("a mutable object that comes back while it is being deleted is there in the end", async () => {
    const home = newHome();
    const mailbox = home.open();
    await mailbox.transact({}, (tx) => tx.replace(path("m"), bytesOf("1")));
    await mailbox.flush();
    await mailbox.transact({}, (tx) => tx.withdraw(path("m")));
    home.clock.advance(11 * minute);
    const lost = home.open({
      writer: signed({
        ...home.bucket.writer,
        remove: () => Promise.reject(Object.assign(new Error("cut off"), { name: "StorageRemoteError" })),
      }),
    });
    expect(await lost.flush()).toMatchObject({ pending: true });
    await mailbox.transact({}, (tx) => tx.replace(path("m"), bytesOf("2")));
    await mailbox.flush();
    // The DELETE that was cut off lands late.
    await home.bucket.writer.remove(path("m"));
    home.clock.advance(20 * minute);
    await mailbox.flush();
    expect(contents(home.bucket)).toEqual({ m: "2" });
  });
});

/** A store's methods, to be spread. */
function bound(store: ReturnType<ReturnType<typeof newHome>["store"]["open"]>): Pick<typeof store, "load" | "scan" | "close"> {
  return { load: store.load.bind(store), scan: store.scan.bind(store), close: store.close.bind(store) };
}
