import { describe, expect, test } from "vitest";
import { decodeLease, isOver, releaseLease, takeLease } from "../../src/core/lease.ts";
import type { Lease } from "../../src/core/records.ts";

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
