import { describe, expect, test } from "vitest";
import { createLimit, type RemoteReader, toPath, withLimit } from "../../src/index.ts";

const path = toPath("a");

describe("withLimit", () => {
  test("bounds what is under way, in order, over all ports that share it", async () => {
    let now = 0;
    let most = 0;
    const ends: (() => void)[] = [];
    const order: number[] = [];
    const port = (): RemoteReader => ({
      async read(_, { maxBytes }) {
        order.push(maxBytes);
        most = Math.max(most, ++now);
        await new Promise<void>((resolve) => ends.push(resolve));
        now--;
        return { kind: "absent" };
      },
    });
    const limit = createLimit(3);
    const ports = [withLimit(port(), limit), withLimit(port(), limit)] as const;
    const all = Array.from({ length: 10 }, (_, index) => ports[index % 2 === 0 ? 0 : 1].read(path, { maxBytes: index }));
    const done = Promise.all(all);
    for (let count = 0; count < 10; count++) {
      while (ends.length === 0) await Promise.resolve();
      ends.shift()?.();
    }
    await done;
    expect(most).toBe(3);
    expect(order).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });

  test("a failure gives its place back", async () => {
    const limited = withLimit({ read: () => Promise.reject(new Error("no")) }, createLimit(1));
    for (let count = 0; count < 3; count++) await expect(limited.read(path, { maxBytes: 1 })).rejects.toThrow("no");
  });

  test("who waits can be aborted and takes no place", async () => {
    const limit = createLimit(1);
    const leave = await limit.enter();
    const controller = new AbortController();
    const waiting = limit.enter(controller.signal);
    const behind = limit.enter();
    const reason = new Error("not any more");
    controller.abort(reason);
    await expect(waiting).rejects.toBe(reason);
    leave();
    leave();
    const next = await behind;
    let entered = false;
    const last = limit.enter().then((end) => {
      entered = true;
      return end;
    });
    await Promise.resolve();
    expect(entered).toBe(false);
    next();
    (await last)();
  });
});
