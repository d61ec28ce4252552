// A child process of the kill test. Arguments: JSON of the store's file, the file to share and its place. Prints a line for each chunk, and
// the reference when it is published.
import { cipherSuite, systemClock, systemRandom } from "@cweb/crypto";
import { openNodeStore } from "@cweb/storage-local/node";
import type { S3Location } from "@cweb/storage-remote";
import { s3LiteWriter } from "@cweb/storage-remote/s3-lite";
import { FilePublisher, formatFileReference } from "../../src/index.ts";
import { fileSource } from "../../src/node.ts";

interface Arguments {
  readonly store: string;
  readonly file: string;
  readonly location: S3Location;
}

const { store, file, location } = JSON.parse(process.argv[2] ?? "{}") as Arguments;
const local = await openNodeStore(store);
const ports = { local, writer: s3LiteWriter(location), crypto: cipherSuite, random: systemRandom, clock: systemClock };
const publisher = new FilePublisher({ ...ports, owner: new Uint8Array(32) });
const { reference } = await publisher.publish(await fileSource(file), {
  name: "film",
  key: file,
  chunkLog2: 16,
  parallel: 4,
  onProgress: ({ done }) => process.stdout.write(`${done}\n`),
});
if (reference !== undefined) process.stdout.write(`${formatFileReference(reference)}\n`);
await local.close();
