import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { scratch, start } from "../support/cli.ts";
import {
  chunk,
  errorsOf,
  only,
  parallel,
  randomFile,
  repeated,
  sha256Of,
  sharedPairOverLink,
  toldOf,
  transfers,
} from "../support/transfers.ts";

const shared = sharedPairOverLink();

/** Resolves as soon as the store has answered so many large requests. */
async function seen(method: "GET" | "PUT", count: number): Promise<void> {
  while (transfers(shared.pair.store.log, method).length < count) await new Promise((resolve) => setTimeout(resolve, 5));
}

/** A network on which a MiB takes a while, from here on. */
function slowly(bytesPerSecond = 8 * chunk): void {
  const { link, store } = shared.pair;
  store.log.length = 0;
  link.setFaults({ bytesPerSecond });
  onTestFinished(() => link.setFaults({}));
}

describe("a transfer that is interrupted", () => {
  test("by Ctrl-C ends at once, and goes on later", async () => {
    const { store, link, ada } = shared.pair;
    const path = randomFile(scratch(), "d.bin", 10 * chunk);
    slowly();
    const child = start(["--home", ada.home, "--json", "share", path, "ben"]);
    await seen("PUT", 2);
    child.kill("SIGINT");
    expect(await once(child, "close")).toEqual([130, null]);
    const file = only(await ada.ok(["files"]), "file");
    expect(file).toMatchObject({ name: "d.bin", state: "uploading", total: 10 * chunk });
    expect(Number(file.done)).toBeGreaterThanOrEqual(chunk);
    link.setFaults({});
    const again = await ada.ok(["share", path, "ben"]);
    expect(again.filter(({ type, done }) => type === "progress" && Number(done) < Number(file.done))).toEqual([]);
    expect(repeated(transfers(store.log, "PUT"))).toBeLessThanOrEqual(parallel);
    expect(only(await ada.ok(["files"]), "file")).toMatchObject({ fileId: file.fileId, state: "published" });
  }, 180_000);

  test("by a store that is down is tried again later, with exit code 75", async () => {
    const { store, ada, ben } = shared.pair;
    const path = randomFile(scratch(), "e.bin", 2 * chunk);
    await store.stop();
    expect(errorsOf(await ada.run(["share", path, "ben"]))).toEqual([75, "storage-unreachable"]);
    await store.restart();
    await ada.ok(["share", path, "ben"]);
    expect(await toldOf(ben, "e.bin")).toHaveLength(1);
  }, 180_000);

  test("by the file's change goes on with the new content", async () => {
    const { link, ada, ben } = shared.pair;
    const folder = scratch();
    const path = randomFile(folder, "f.bin", 8 * chunk);
    slowly();
    const running = ada.run(["share", path, "ben"]);
    await seen("PUT", 2);
    randomFile(folder, "f.bin", 7 * chunk);
    const result = await running;
    expect([errorsOf(result), result.errors.at(-1)?.retryable]).toEqual([[75, "source-changed"], true]);
    link.setFaults({});
    await ada.ok(["share", path, "ben"]);
    const [message] = await toldOf(ben, "f.bin");
    expect(only(await ben.ok(["fetch", String(message?.id)]), "fetched").sha256).toBe(sha256Of(path));
  }, 180_000);

  test("by its owner, who takes it back, leaves no file", async () => {
    const { link, ada, ben } = shared.pair;
    const folder = scratch();
    const { reference, fileId } = only(await ada.ok(["share", randomFile(folder, "g.bin", 24 * chunk), "ben"]), "shared");
    slowly(2 * chunk);
    const out = join(folder, "out");
    const fetching = ben.run(["fetch", String(reference), "--out", out]);
    await seen("GET", 2);
    await ada.ok(["unshare", String(fileId)]);
    link.setFaults({});
    const [code, error] = errorsOf(await fetching);
    expect(code).toBe(1);
    expect(["chunk-missing", "not-found"]).toContain(error);
    expect(existsSync(out)).toBe(false);
  }, 180_000);

  test("by another process of the same home ends with one file, told of once", async () => {
    const { store, ada, ben } = shared.pair;
    const folder = scratch();
    const path = randomFile(folder, "j.bin", 6 * chunk);
    slowly();
    const both = await Promise.all([1, 2].map(() => ada.run(["share", path, "ben"])));
    for (const result of both) if (result.code !== 0) expect(result.errors.at(-1)?.code).toBe("taken-over");
    const line = only(await ada.ok(["share", path, "ben"]), "shared");
    for (const { code, lines } of both) if (code === 0) expect(only(lines, "shared")).toEqual(line);
    expect(repeated(transfers(store.log, "PUT"))).toBeLessThanOrEqual(parallel);
    expect(await toldOf(ben, "j.bin")).toHaveLength(1);
    expect(await ben.ok(["receive"])).toEqual([]);

    const out = join(folder, "out");
    const fetches = await Promise.all([1, 2].map(() => ben.run(["fetch", String(line.reference), "--out", out])));
    expect(fetches.map(({ code }) => code)).toContain(0);
    for (const { code, errors } of fetches) if (code !== 0) expect(["taken-over", "target-exists"]).toContain(errors.at(-1)?.code);
    expect(sha256Of(out)).toBe(sha256Of(path));
    expect(readdirSync(folder).filter((name) => name.endsWith(".part"))).toEqual([]);
  }, 180_000);

  test("by a full disk keeps what has arrived, and goes on once there is room", async (context) => {
    const { ada, ben } = shared.pair;
    const folder = scratch();
    const small = join(folder, "small");
    mkdirSync(small);
    const mount = (options: string): boolean => spawnSync("mount", ["-t", "tmpfs", "-o", options, "tmpfs", small]).status === 0;
    if (!mount("size=3m")) return context.skip("only root can make a small disk");
    onTestFinished(() => void spawnSync("umount", [small]));
    const path = randomFile(folder, "i.bin", 6 * chunk);
    const { reference } = only(await ada.ok(["share", path, "ben"]), "shared");
    const out = join(small, "out");
    expect(errorsOf(await ben.run(["fetch", String(reference), "--out", out]))).toEqual([1, "disk-full"]);
    expect(existsSync(out)).toBe(false);
    expect(mount("remount,size=16m")).toBe(true);
    const requests = join(folder, "requests");
    expect(only(await ben.ok(["--requests", requests, "fetch", String(reference), "--out", out]), "fetched").sha256).toBe(sha256Of(path));
    const kinds = readFileSync(requests, "utf8")
      .trim()
      .split("\n")
      .map((line) => (JSON.parse(line) as { kind: string }).kind);
    const chunks = kinds.filter((kind) => kind === "chunk").length;
    expect(chunks).toBeGreaterThan(0);
    expect(chunks).toBeLessThan(6);
  }, 180_000);
});
