import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import { createMailbox } from "../../src/index.ts";
import { startProcess } from "../support/process.ts";
import { signerOf, temporaryDir } from "../support/started.ts";

/** Content that tells its version in every byte run: a mixture of two versions would not fit its own checksum. */
function content(name: number, version: number): Buffer {
  const seed = createHash("sha256").update(`${name}/${version}`).digest();
  const body = Buffer.alloc(300_000 + version * 1000, seed);
  body.writeUInt32BE(version, 0);
  return body;
}

describe("a server killed at any moment", () => {
  test("leaves each object old or new, never half, and keeps what it answered", async () => {
    const data = await temporaryDir();
    const { write } = await createMailbox(data, "alice");
    const signer = signerOf(write);
    const answered = [0, 0, 0, 0];
    const sent = [0, 0, 0, 0];
    let kills = 0;
    for (let round = 0; round < 5; round++) {
      const server = await startProcess("--data", data, "--port", "0");
      const url = (name: number): string => `${server.url}/alice/object-${name}`;
      for (const [name, least] of answered.entries()) {
        const found = await signer.fetch(url(name));
        const body = Buffer.from(await found.arrayBuffer());
        if (found.status !== 200) expect([found.status, least]).toEqual([404, 0]);
        else {
          const version = body.readUInt32BE(0);
          expect(body.equals(content(name, version))).toBe(true);
          expect(version).toBeGreaterThanOrEqual(least);
          expect(version).toBeLessThanOrEqual(sent[name] ?? 0);
          expect(found.headers.get("etag")).toBe(`"${createHash("md5").update(body).digest("hex")}"`);
        }
      }
      const writing = answered.map(async (_, name) => {
        for (;;) {
          const version = (sent[name] ?? 0) + 1;
          sent[name] = version;
          const response = await signer.fetch(url(name), { method: "PUT", body: new Uint8Array(content(name, version)) });
          await response.arrayBuffer();
          if (response.status === 200) answered[name] = version;
        }
      });
      const broken = Promise.allSettled(writing);
      await new Promise((resolve) => setTimeout(resolve, 60 + round * 37));
      kills += (await server.end("SIGKILL")) === "SIGKILL" ? 1 : 0;
      await broken;
    }
    expect(kills).toBe(5);
    expect(Math.min(...answered)).toBeGreaterThan(0);
  }, 30_000);
});
