// A server that hashes what it is sent, as every S3 server must, and forgets it. Prints its address.
import { createHash } from "node:crypto";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

const server = createServer((request, response) => {
  const hash = createHash("sha256");
  request.on("data", (part: Uint8Array) => hash.update(part));
  request.on("end", () => response.end(hash.digest("hex")));
});
server.listen(0, "127.0.0.1", () => console.log(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`));
