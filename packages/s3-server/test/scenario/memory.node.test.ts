import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { request } from "node:http";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { describe, expect, test } from "vitest";
import { createMailbox } from "../../src/index.ts";
import { startProcess } from "../support/process.ts";
import { signerOf, temporaryDir } from "../support/started.ts";

const mebibytes = 512;
const block = Buffer.alloc(1024 * 1024, "streamed");

/** Peak and present resident memory in MiB. Linux only. */
async function memory(pid: number): Promise<{ peak: number; now: number }> {
  const status = await readFile(`/proc/${pid}/status`, "utf8");
  const field = (name: string): number => Number(new RegExp(`${name}:\\s+(\\d+)`).exec(status)?.[1]) / 1024;
  return { peak: field("VmHWM"), now: field("VmRSS") };
}

describe("a large object", () => {
  test.runIf(process.platform === "linux")(
    "of 512 MiB streams in and out without growing the server",
    async () => {
      const data = await temporaryDir();
      const { write } = await createMailbox(data, "alice");
      const server = await startProcess("--data", data, "--port", "0");
      const url = `${server.url}/alice/large`;
      await (await signerOf(write).fetch(url)).arrayBuffer(); // warm
      const before = await memory(server.pid);
      const headers = { "content-length": String(mebibytes << 20), "x-amz-content-sha256": "UNSIGNED-PAYLOAD" };
      const put = await signerOf(write).sign(url, { method: "PUT", headers });
      const expected = createHash("md5");
      const status = await new Promise<number>((resolve, reject) => {
        const call = request(url, { method: "PUT", headers: { ...headers, ...Object.fromEntries(put.headers) } }, (response) => {
          response.resume().on("end", () => resolve(response.statusCode ?? 0));
        });
        const source = function* () {
          for (let n = 0; n < mebibytes; n++) {
            expected.update(block);
            yield block;
          }
        };
        pipeline(Readable.from(source()), call).catch(reject);
      });
      expect(status).toBe(200);
      const found = await signerOf(write).fetch(url);
      expect(found.headers.get("etag")).toBe(`"${expected.digest("hex")}"`);
      let received = 0;
      for await (const part of found.body ?? []) received += part.length;
      expect(received).toBe(mebibytes << 20);
      expect((await memory(server.pid)).peak - before.peak).toBeLessThan(128);
    },
    60_000,
  );
});
