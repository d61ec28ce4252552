import { describe, expect, test } from "vitest";
import { decodeLease, isOver, releaseLease, takeLease } from "../../src/core/lease.ts";
import { type Lease, leaseCodec } from "../../src/core/records.ts";
import type { Mailbox } from "../../src/index.ts";
import { bytesOf, newHome, path } from "../support/home.ts";

const now = 1_767_225_600_000;
const free = decodeLease(undefined, now);
const taken = takeLease(free, "a", now) as Lease;

describe("the lease", () => {
  test("a lease is one process's for 60 s, renewed by taking it again", () => {
    expect(takeLease(taken, "b", now + 59_999)).toBeUndefined();
    expect(takeLease(takeLease(taken, "a", now + 59_999) as Lease, "b", now + 60_000)).toBeUndefined();
  });

  test("taking an expired lease of another process has everything read again 20 min later", () => {
    expect(takeLease(taken, "b", now + 60_000)).toMatchObject({ holder: "b", verifyAt: now + 60_000 + 20 * 60_000 });
    expect(takeLease(releaseLease(taken, "a"), "b", now)).toMatchObject({ holder: "b", verifyAt: 0 });
  });

  test("a lease ends when the clock is set back", () => {
    expect(takeLease(taken, "b", now - 1)).toMatchObject({ holder: "b" });
  });

  test("a holder that is known to be gone holds up nothing", async () => {
    expect(takeLease(taken, "b", now, (holder) => holder === "a")).toMatchObject({ holder: "b", verifyAt: now + 20 * 60_000 });
    expect(takeLease(taken, "b", now, (holder) => holder === "c")).toBeUndefined();
    const home = newHome();
    const named = (name: string, gone: readonly string[]): Mailbox =>
      home.open({ process: { name, isGone: (other) => gone.includes(other) } });
    const held = named("one", []);
    const replace = (mailbox: Mailbox): Promise<void> => mailbox.transact({}, (tx) => tx.replace(path("slot"), bytesOf("x")));
    await replace(held);
    await held.flush();
    const lease = (await home.store.load(["mailbox/lease"])).get("mailbox/lease");
    expect(lease).toBeDefined();
    // Killed in the middle: the lease still names it.
    const now60 = leaseCodec.encode({
      ...leaseCodec.decode(lease?.bytes as Uint8Array),
      holder: "xyz@one",
      until: home.clock.now() + 60_000,
    });
    await home.store.commit({ expected: new Map(), put: new Map([["mailbox/lease", now60]]), remove: new Set() });
    const patient = named("two", []);
    await replace(patient);
    expect((await patient.flush()).pending).toBe(true);
    expect((await named("three", ["one"]).flush()).pending).toBe(false);
  });

  test("only the holder releases it", () => {
    expect(releaseLease(taken, "b")).toBe(taken);
  });

  test("a wait that seems longer than it can be is over: the clock was set back", () => {
    expect([isOver(now, 10, now), isOver(now + 1, 10, now), isOver(now + 10, 10, now), isOver(now + 11, 10, now)]).toEqual([
      true,
      false,
      false,
      true,
    ]);
  });
});
