// Bulk SEAL in a process that also sends what it sealed to a server on the same cores: npm run bench -- bulk
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { Agent, request } from "node:http";
import { fileURLToPath } from "node:url";
import { createBulkCipher } from "../src/bulk-cipher.ts";
import type { BulkCipher } from "../src/cipher-suite.ts";
import { createLabelPrefixes } from "../src/label-prefixes.ts";
import { nodeProvider } from "../src/provider/node.ts";
import { webCryptoBulk } from "../src/provider/web-crypto.ts";
import { systemRandom } from "../src/system-random.ts";

const chunkSize = 1 << 20;
const chunks = 192;
const inFlight = 4;

const candidates: Record<string, BulkCipher> = {
  "node:crypto, on the calling thread": createBulkCipher(nodeProvider, createLabelPrefixes()),
  "WebCrypto, on threads of its own": createBulkCipher({ ...nodeProvider, bulk: webCryptoBulk() }, createLabelPrefixes()),
};

let server: ChildProcess | undefined;
let address = "";
const agent = new Agent({ keepAlive: true, maxSockets: inFlight });

async function put(body: Uint8Array): Promise<void> {
  const outgoing = request(address, { method: "PUT", agent, headers: { "content-length": body.length } });
  outgoing.end(body);
  const [response] = await once(outgoing, "response");
  response.resume();
  await once(response, "end");
}

/** What an upload does to each chunk: hash of the plaintext, SEAL, hash of the object, PUT. */
async function upload(bulk: BulkCipher, plaintext: Uint8Array): Promise<number> {
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next++ < chunks) {
      await bulk.sha256(plaintext);
      const sealed = await bulk.seal("file/chunk", systemRandom.bytes(32), Uint8Array.of(1), plaintext, systemRandom.bytes(24));
      await bulk.sha256(sealed);
      await put(sealed);
    }
  };
  await Promise.all(Array.from({ length: inFlight }, worker));
  return chunks;
}

export const benches = [
  {
    title: `SEAL and two SHA-256 of 1 MiB, then PUT, ${inFlight} in flight, the server on the same cores`,
    unit: "MiB",
    rounds: 7,
    async contestants() {
      server = spawn(process.execPath, [fileURLToPath(new URL("sink.ts", import.meta.url))], { stdio: ["ignore", "pipe", "inherit"] });
      const [line] = await once(server.stdout as NonNullable<ChildProcess["stdout"]>, "data");
      address = String(line).trim();
      const plaintext = systemRandom.bytes(chunkSize);
      return Object.fromEntries(Object.entries(candidates).map(([name, bulk]) => [name, () => upload(bulk, plaintext)]));
    },
    close() {
      agent.destroy();
      server?.kill();
    },
  },
];
