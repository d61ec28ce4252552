import { spawnSync } from "node:child_process";
import { describe, expect, test } from "vitest";
import { exitCodeOf, problemOf } from "../../src/problem.ts";
import { processName } from "../../src/process-name.ts";
import { sentence } from "../../src/sentences.ts";

describe("lines for people", () => {
  test("say who, what and when, and whether it may have been shown before", () => {
    const sentAt = new Date(2026, 10, 21, 9, 5).getTime();
    expect(sentence({ type: "message", from: "ada", text: "hi", sentAt })).toBe("2026-11-21 09:05 ada: hi");
    expect(sentence({ type: "message", from: "ada", text: "hi", sentAt, redelivered: true })).toBe("2026-11-21 09:05 ada: hi (again)");
    expect(sentence({ type: "undelivered", id: "x", to: "ben", reason: "lost" })).toBe("Not delivered to ben: x (lost)");
    expect(sentence({ type: "gap", contact: "ben", message: "Messages are missing." })).toBe("ben: Messages are missing.");
    const alarm = { type: "alarm", contact: "ben", code: "unreachable", store: "s3 x", message: "It cannot be reached." };
    expect(sentence(alarm)).toBe("! ben: It cannot be reached. (unreachable, s3 x)");
  });

  test("show no control characters but line ends and tabs", () => {
    const text = "a\u001b[31m\u0007\u009b\u202eb\n\tc";
    expect(sentence({ type: "gap", contact: "x", message: text })).toBe("x: a\ufffd[31m\ufffd\ufffd\ufffdb\n\tc");
  });
});

describe("problems", () => {
  test("storage words are few, and secrets and stacks are not shown", () => {
    const failure = (name: string, code: string, retryable: boolean): Error =>
      Object.assign(new Error("It failed.\n  at x"), { name, code, retryable });
    const cases = [
      [failure("StorageRemoteError", "timed-out", true), "storage-unreachable", 75],
      [failure("StorageRemoteError", "wrong-credentials", false), "storage-refused", 1],
      [failure("StorageRemoteError", "bad-answer", false), "storage-invalid", 1],
      [failure("StorageLocalError", "locked", true), "home-busy", 75],
      [failure("StorageLocalError", "full", false), "home-full", 1],
      [failure("SessionError", "peer-away", true), "peer-away", 75],
      [new TypeError("x is not a function"), "internal", 1],
      ["thrown text", "internal", 1],
    ] as const;
    for (const [error, code, exit] of cases) {
      expect([problemOf(error).code, exitCodeOf(error)]).toEqual([code, exit]);
      expect(problemOf(error).message).not.toContain("\n");
    }
  });
});

describe("processes of one home", () => {
  test("one that has ended is known to be gone; others are not", () => {
    const { pid } = spawnSync(process.execPath, ["-e", "0"]);
    const machine = processName.name.slice(processName.name.indexOf(".") + 1);
    expect(processName.isGone(`${pid}.${machine}`)).toBe(true);
    for (const name of [processName.name, `${process.ppid}.${machine}`, `${pid}.elsewhere`, "nonsense", ""]) {
      expect(processName.isGone(name)).toBe(false);
    }
    expect(processName.name.length).toBeLessThanOrEqual(40);
  });
});
