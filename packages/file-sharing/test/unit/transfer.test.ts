import { seededRandom, VirtualClock } from "@cweb/crypto/testing";
import { StorageRemoteError } from "@cweb/storage-remote";
import { describe, expect, test } from "vitest";
import { boundedParallel } from "../../src/core/pace.ts";
import { runTransfer, runTransfers, type TransferTask } from "../../src/transfer.ts";
import { settled, until } from "../support/settled.ts";

const lost = (): StorageRemoteError => new StorageRemoteError("unreachable", "the test cut the line");

interface Line {
  readonly clock: VirtualClock;
  /** Tasks under way, the most there ever were, and what finished in which order. */
  under: number;
  most: number;
  readonly finished: number[];
}

const line = (): Line => ({ clock: new VirtualClock(), under: 0, most: 0, finished: [] });

/** `count` tasks, each of which takes `time` ms and moves 1,000 bytes; `fails` may say that a try fails instead. */
function tasks(
  on: Line,
  count: number,
  time: (under: number) => number,
  fails: (index: number, tries: number) => unknown = () => undefined,
) {
  let pulled = 0;
  return async (): Promise<TransferTask | undefined> => {
    const index = pulled++;
    if (index >= count) return undefined;
    let tries = 0;
    return async (signal) => {
      on.under++;
      on.most = Math.max(on.most, on.under);
      try {
        await on.clock.sleep(time(on.under), signal);
        const failure = fails(index, ++tries);
        if (failure !== undefined) throw failure;
        on.finished.push(index);
        return 1000;
      } finally {
        on.under--;
      }
    };
  };
}

const optionsOf = (on: Line, parallel: number, signal?: AbortSignal) => ({ clock: on.clock, random: seededRandom(1), parallel, signal });

describe("the transfer pool", () => {
  test("runs every task once, never more at a time than allowed, and begins them in order", async () => {
    const on = line();
    const run = runTransfers(
      tasks(on, 100, () => 100),
      optionsOf(on, 8),
    );
    await until(run, on.clock);
    await run;
    expect(on.finished).toEqual(Array.from({ length: 100 }, (_, index) => index));
    expect(on.most).toBe(8);
  });

  test("begins with four, widens while that pays, and stays where it does not", async () => {
    const quick = line();
    await until(
      runTransfers(
        tasks(quick, 200, () => 100),
        optionsOf(quick, 32),
      ),
      quick.clock,
    );
    expect(quick.most).toBe(32);
    // A line that is full: twice the requests take twice the time.
    const full = line();
    await until(
      runTransfers(
        tasks(full, 60, (under) => under * 100),
        optionsOf(full, 32),
      ),
      full.clock,
    );
    expect(full.most).toBeLessThanOrEqual(9);
  });

  test("a failure that may pass is tried again after a pause that grows, before later tasks, with half as many at a time", async () => {
    const on = line();
    let failures = 0;
    const fails = (index: number, tries: number): unknown => {
      if (index !== 9 || tries > 3) return undefined;
      failures++;
      return lost();
    };
    const run = runTransfers(
      tasks(on, 40, () => 10, fails),
      optionsOf(on, 1),
    );
    const took = await until(run, on.clock, 10);
    await run;
    expect(failures).toBe(3);
    expect(on.finished).toEqual(Array.from({ length: 40 }, (_, index) => index));
    // 43 tries of 10 ms, and three pauses of half to all of 250, 500 and 1,000 ms.
    expect(took).toBeGreaterThanOrEqual(430 + 875);
    expect(took).toBeLessThanOrEqual(450 + 1750 + 100);
  });

  test("one fault of the network counts once, however many requests it fails, and half as many follow", async () => {
    const on = line();
    const start = on.clock.now();
    let finished: number | undefined;
    let after = 0;
    // At 700 ms, with 16 under way, all fail.
    const fails = (): unknown => {
      const now = on.clock.now() - start;
      if (now < 700 || now >= 800) return undefined;
      finished ??= on.finished.length;
      return lost();
    };
    const time = (under: number): number => {
      if (finished === on.finished.length) after = Math.max(after, under);
      return 100;
    };
    const run = runTransfers(tasks(on, 200, time, fails), optionsOf(on, 16));
    await until(run, on.clock, 10);
    await run;
    expect(on.most).toBe(16);
    expect(after).toBe(8);
    expect([...on.finished].sort((a, b) => a - b)).toEqual(Array.from({ length: 200 }, (_, index) => index));
  });

  test("eight failures in a row end it as storage-failed, with the cause; what was done before was done", async () => {
    const on = line();
    const cause = lost();
    const run = runTransfers(
      tasks(
        on,
        20,
        () => 10,
        (index) => (index >= 5 ? cause : undefined),
      ),
      optionsOf(on, 4),
    );
    run.catch(() => undefined);
    const took = await until(run, on.clock);
    await expect(run).rejects.toMatchObject({ name: "FileSharingError", code: "storage-failed", retryable: true, cause });
    expect(on.finished).toEqual([0, 1, 2, 3, 4]);
    expect(took).toBeLessThan(60_000);
    expect([on.clock.sleeping, on.under]).toEqual([0, 0]);
  });

  test("before the first success four are enough: a network that is not there is told of soon", async () => {
    const on = line();
    let tries = 0;
    const task = async (): Promise<number> => {
      tries++;
      throw lost();
    };
    const queue = [task];
    const run = runTransfers(async () => queue.pop(), optionsOf(on, 4));
    run.catch(() => undefined);
    const took = await until(run, on.clock);
    await expect(run).rejects.toMatchObject({ code: "storage-failed", retryable: true });
    expect(tries).toBe(4);
    expect(took).toBeLessThan(2_000);
  });

  test("a failure that will not pass ends it at once, and nothing runs on", async () => {
    for (const [error, expected] of [
      [new StorageRemoteError("wrong-credentials", "no"), { code: "storage-failed", retryable: false }],
      [new TypeError("a bug"), { name: "TypeError" }],
    ] as const) {
      const on = line();
      const run = runTransfers(
        tasks(
          on,
          20,
          (under) => under,
          (index) => (index === 2 ? error : undefined),
        ),
        optionsOf(on, 4),
      );
      run.catch(() => undefined);
      await until(run, on.clock, 1);
      await expect(run).rejects.toMatchObject(expected);
      expect([on.clock.sleeping, on.under]).toEqual([0, 0]);
    }
  });

  test("a store that asks for a longer rest than a transfer waits ends it; a shorter one is granted", async () => {
    for (const [retryAfter, ends] of [
      [40_000, true],
      [5_000, false],
    ] as const) {
      const on = line();
      const busy = new StorageRemoteError("rate-limited", "busy", { retryAfter });
      const run = runTransfers(
        tasks(
          on,
          3,
          () => 10,
          (_, tries) => (tries === 1 ? busy : undefined),
        ),
        optionsOf(on, 1),
      );
      const outcome = run.then(
        () => false,
        () => true,
      );
      const took = await until(
        run.catch(() => undefined),
        on.clock,
      );
      expect([await outcome, took >= retryAfter]).toEqual([ends, !ends]);
    }
  });

  test("aborting ends it at once with the reason: while tasks run, while it pauses, while the next task is not known yet, and before", async () => {
    const never = (): Promise<undefined> => new Promise(() => undefined);
    const on = line();
    const reason = new Error("enough");
    const runs = [
      tasks(on, 20, () => 1_000_000),
      tasks(
        on,
        20,
        () => 0,
        () => lost(),
      ),
      never,
    ];
    for (const next of runs) {
      const controller = new AbortController();
      const run = runTransfers(next, optionsOf(on, 4, controller.signal));
      run.catch(() => undefined);
      await settled();
      controller.abort(reason);
      await expect(run).rejects.toBe(reason);
      expect([on.clock.sleeping, on.under]).toEqual([0, 0]);
    }
    let asked = 0;
    await expect(runTransfers(async () => void asked++, optionsOf(on, 4, AbortSignal.abort(reason)))).rejects.toBe(reason);
    expect(asked).toBe(0);
  });

  test("it does not end before the tasks under way have", async () => {
    const on = line();
    let isTidy = false;
    const slow: TransferTask = async (signal) => {
      await on.clock.sleep(1_000_000, signal).catch(() => undefined);
      for (let turn = 0; turn < 20; turn++) await Promise.resolve();
      isTidy = true;
      throw signal.reason;
    };
    const broken: TransferTask = async () => {
      throw new TypeError("a bug");
    };
    const list = [slow, broken];
    const run = runTransfers(async () => list.shift(), optionsOf(on, 4)).catch(() => isTidy);
    expect(await run).toBe(true);
  });

  test("what `next` throws ends it", async () => {
    const on = line();
    const next = async (): Promise<undefined> => {
      throw new RangeError("no more");
    };
    await expect(runTransfers(next, optionsOf(on, 4))).rejects.toThrow("no more");
  });

  test("a task that waits for room does not hold up one that must run again", async () => {
    const on = line();
    let failed = false;
    let opened: () => void = () => undefined;
    const room = new Promise<void>((resolve) => {
      opened = resolve;
    });
    const first: TransferTask = async () => {
      if (!failed) {
        failed = true;
        throw lost();
      }
      opened();
      return 1;
    };
    const list: TransferTask[] = [first, async () => 1];
    const next = async (): Promise<TransferTask | undefined> => {
      const task = list.shift();
      if (task !== first) await room;
      return task;
    };
    const run = runTransfers(next, optionsOf(on, 4));
    await until(run, on.clock);
    await run;
    expect(list).toEqual([]);
  });

  test("a single request is tried again likewise", async () => {
    const on = line();
    let tries = 0;
    const run = runTransfer(
      async () => {
        if (++tries < 3) throw lost();
        return "there";
      },
      { clock: on.clock, random: seededRandom(1) },
    );
    await until(run, on.clock);
    expect(await run).toBe("there");
  });
});

describe("memory", () => {
  test("as many chunks at a time as fit three times into 128 MiB, eight by default, one at least", () => {
    const mebibyte = 2 ** 20;
    expect(boundedParallel(mebibyte)).toBe(8);
    expect(boundedParallel(mebibyte, 1000)).toBe(42);
    expect(boundedParallel(8 * mebibyte)).toBe(5);
    for (const few of [0, -3, 0.5, Number.NaN]) expect(boundedParallel(mebibyte, few)).toBe(1);
    expect(boundedParallel(mebibyte, Number.POSITIVE_INFINITY)).toBe(42);
    expect(boundedParallel(1000 * mebibyte)).toBe(1);
  });
});
