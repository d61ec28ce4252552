// @cweb/file-sharing in a process of its own: node ours-process.ts JOB, a job as JSON. Prints its figures.
import { join } from "node:path";
import { cipherSuite, systemClock, systemRandom } from "@cweb/crypto";
import { FileDownloader, FilePublisher, formatFileReference, openFile, parseFileReference } from "@cweb/file-sharing";
import { fileSource, fileTarget } from "@cweb/file-sharing/node";
import { openNodeStore } from "@cweb/storage-local/node";
import { s3LiteReader, s3LiteWriter } from "@cweb/storage-remote/s3-lite";
import { measureSelf } from "./measured.ts";
import type { Bucket } from "./shared-server.ts";

export interface OursJob {
  readonly work: "up" | "down" | "seek";
  readonly place: Bucket;
  /** Holds the records of transfers. */
  readonly home: string;
  readonly file: string;
  /** For `down` and `seek`. */
  readonly reference?: string;
  /** For `seek`: where the byte stands. */
  readonly offset?: number;
}

const job = JSON.parse(process.argv[2] ?? "") as OursJob;
const { endpoint, bucket, accessKeyId, secretAccessKey } = job.place;
const location = { endpoint, region: "us-east-1", bucket, prefix: "", pathStyle: true, credentials: { accessKeyId, secretAccessKey } };
const local = await openNodeStore(join(job.home, "cweb.sqlite"));
const platform = { crypto: cipherSuite, random: systemRandom, clock: systemClock };
const reference = job.reference === undefined ? undefined : parseFileReference(job.reference);

await measureSelf(async () => {
  if (job.work === "up") {
    const publisher = new FilePublisher({ ...platform, local, writer: s3LiteWriter(location), owner: new Uint8Array(32) });
    const published = await publisher.publish(await fileSource(job.file), { name: "file", key: job.file });
    return { reference: published.reference === undefined ? "" : formatFileReference(published.reference) };
  }
  if (reference === undefined) throw new Error("a reference is needed");
  const from = s3LiteReader(location);
  if (job.work === "down") {
    await new FileDownloader({ ...platform, local }).download(reference, { from, to: fileTarget(job.file) });
    return {};
  }
  const file = await openFile(reference, { ...platform, from });
  const [byte = -1] = await file.read({ offset: job.offset ?? 0, length: 1 });
  await file.close();
  return { byte };
});
local.close();
