// The floor: @aws-sdk/lib-storage and GetObject, not encrypted, in a process of its own. Prints its figures.
import { createReadStream, createWriteStream } from "node:fs";
import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { GetObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { Upload } from "@aws-sdk/lib-storage";
import { measureSelf } from "./measured.ts";
import type { Bucket } from "./shared-server.ts";

export interface PlainJob {
  readonly work: "up" | "down";
  readonly place: Bucket;
  readonly file: string;
  /** For `down`: wait until the disk has it, as file-sharing does. */
  readonly flush?: boolean;
}

const { work, place, file, flush = false } = JSON.parse(process.argv[2] ?? "") as PlainJob;
const { endpoint, bucket, accessKeyId, secretAccessKey } = place;
const client = new S3Client({ endpoint, region: "us-east-1", forcePathStyle: true, credentials: { accessKeyId, secretAccessKey } });
const Key = "file";

await measureSelf(async () => {
  if (work === "up") await new Upload({ client, params: { Bucket: bucket, Key, Body: createReadStream(file) } }).done();
  else {
    const { Body } = await client.send(new GetObjectCommand({ Bucket: bucket, Key }));
    await pipeline(Body as Readable, createWriteStream(file, { flush }));
  }
  return {};
});
