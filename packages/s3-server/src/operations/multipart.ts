import { createHash } from "node:crypto";
import type { Description } from "../core/description.ts";
import { checksumHeaders, headersToKeep } from "../core/object-headers.ts";
import { Refusal } from "../core/refusal.ts";
import { parameter } from "../core/target.ts";
import { decodeXml, encodeXml, type XmlElement, type XmlValue } from "../core/xml.ts";
import type { PendingFile } from "../disk/pending-file.ts";
import type { Upload } from "../disk/upload-store.ts";
import { demand, demandBucket, demandExisting, type Exchange, type Reply, receiveContent, receiveXml, xmlReply } from "../exchange.ts";
import { pieces, store, writeCondition } from "./put-object.ts";

const maxPart = 10_000;
const minPartBytes = 5 * 1024 * 1024;
const pageOfParts = 1000;

export async function startUpload(exchange: Exchange): Promise<Reply> {
  demand(exchange, "put");
  await demandExisting(exchange);
  const { target, services } = exchange;
  const headers = headersToKeep(exchange.headers);
  const { id } = await services.uploads.start({ bucket: target.bucket, key: target.key, started: services.clock.now(), headers });
  const content = { Bucket: target.bucket, Key: target.key, UploadId: id };
  return xmlReply(encodeXml("InitiateMultipartUploadResult", content));
}

export async function putPart(exchange: Exchange): Promise<Reply> {
  const upload = await uploadOf(exchange);
  const number = Number(parameter(exchange.target, "partNumber"));
  if (!Number.isInteger(number) || number < 1 || number > maxPart) {
    throw new Refusal("InvalidArgument", "Part number must be an integer between 1 and 10000.", { ArgumentName: "partNumber" });
  }
  const { uploads, clock } = exchange.services;
  const file = await uploads.begin();
  try {
    const { md5, checksums } = await receiveContent(exchange, (bytes) => file.write(bytes));
    await file.seal({ key: String(number), etag: md5, modified: clock.now(), headers: {}, checksums });
    await uploads.commitPart(file, upload.id, number);
    return { status: 200, headers: { etag: `"${md5}"`, ...checksumHeaders(checksums) } };
  } finally {
    await file.discard();
  }
}

export async function listParts(exchange: Exchange): Promise<Reply> {
  const upload = await uploadOf(exchange);
  const { uploads } = exchange.services;
  const after = Number(parameter(exchange.target, "part-number-marker") ?? 0);
  const numbers = (await uploads.parts(upload.id)).filter((n) => n > after);
  const Part: XmlValue[] = [];
  for (const number of numbers.slice(0, pageOfParts)) {
    const part = await uploads.describePart(upload.id, number);
    if (part) Part.push(partEntry(number, part));
  }
  const isTruncated = numbers.length > pageOfParts;
  const next = isTruncated ? { NextPartNumberMarker: numbers[pageOfParts - 1] } : {};
  const content = {
    Bucket: upload.bucket,
    Key: upload.key,
    UploadId: upload.id,
    MaxParts: pageOfParts,
    IsTruncated: isTruncated,
    ...next,
    Part,
  };
  return xmlReply(encodeXml("ListPartsResult", content));
}

function partEntry(PartNumber: number, { modified, etag, size }: Description): XmlValue {
  return { PartNumber, LastModified: new Date(modified).toISOString(), ETag: `"${etag}"`, Size: size };
}

export async function listUploads(exchange: Exchange): Promise<Reply> {
  await demandBucket(exchange, "put");
  const uploads = await exchange.services.uploads.ofBucket(exchange.target.bucket);
  const one = ({ key, id, started }: Upload): XmlValue => ({ Key: key, UploadId: id, Initiated: new Date(started).toISOString() });
  const content = { Bucket: exchange.target.bucket, IsTruncated: false, Upload: uploads.map(one) };
  return xmlReply(encodeXml("ListMultipartUploadsResult", content));
}

export async function abortUpload(exchange: Exchange): Promise<Reply> {
  const upload = await uploadOf(exchange);
  await exchange.services.uploads.remove(upload.id);
  return { status: 204 };
}

/** Writes the parts one behind the other and puts the whole in its place, with the same atomicity as a single PUT. */
export async function completeUpload(exchange: Exchange): Promise<Reply> {
  const upload = await uploadOf(exchange);
  const condition = writeCondition(exchange);
  const document = decodeXml(await receiveXml(exchange), "CompleteMultipartUpload");
  const parts = await checkParts(exchange, upload, document.children("Part"));
  const { objects, uploads } = exchange.services;
  const file = await objects.begin();
  try {
    for (const part of parts) await appendPart(exchange, upload, part, file);
    const md5s = Buffer.concat(parts.map(({ etag }) => Buffer.from(etag, "hex")));
    const etag = `${createHash("md5").update(md5s).digest("hex")}-${parts.length}`;
    await store(exchange, file, condition, { etag, headers: upload.headers, checksums: {} });
    await uploads.remove(upload.id);
    const content = { Location: `/${upload.bucket}/${upload.key}`, Bucket: upload.bucket, Key: upload.key, ETag: `"${etag}"` };
    return xmlReply(encodeXml("CompleteMultipartUploadResult", content));
  } finally {
    await file.discard();
  }
}

interface ListedPart {
  readonly number: number;
  readonly etag: string;
}

/** @throws Refusal `MalformedXML`, `InvalidPart`, `InvalidPartOrder`, `EntityTooSmall`. */
async function checkParts(exchange: Exchange, upload: Upload, elements: readonly XmlElement[]): Promise<ListedPart[]> {
  if (elements.length === 0 || elements.length > maxPart) throw new Refusal("MalformedXML");
  const parts = elements.map((element) => ({
    number: Number(element.text("PartNumber")),
    etag: (element.text("ETag") ?? "").trim().replaceAll('"', ""),
  }));
  if (parts.some(({ number }, index) => !(number > (parts[index - 1]?.number ?? 0)))) throw new Refusal("InvalidPartOrder");
  for (const [index, { number, etag }] of parts.entries()) {
    const stored = await exchange.services.uploads.describePart(upload.id, number);
    if (stored?.etag !== etag) throw new Refusal("InvalidPart", undefined, { PartNumber: String(number) });
    if (stored.size < minPartBytes && index < parts.length - 1)
      throw new Refusal("EntityTooSmall", undefined, { PartNumber: String(number) });
  }
  return parts;
}

async function appendPart(exchange: Exchange, upload: Upload, { number, etag }: ListedPart, file: PendingFile): Promise<void> {
  const part = await exchange.services.uploads.openPart(upload.id, number);
  if (!part) throw new Refusal("InvalidPart", undefined, { PartNumber: String(number) });
  try {
    // It may have been put again since it was checked; an open one stays as it is.
    if (part.description.etag !== etag) throw new Refusal("InvalidPart", undefined, { PartNumber: String(number) });
    for await (const bytes of pieces(part.content(undefined))) await file.write(bytes);
  } finally {
    await part.close();
  }
}

async function uploadOf(exchange: Exchange): Promise<Upload> {
  demand(exchange, "put");
  await demandExisting(exchange);
  const { target, services } = exchange;
  return services.uploads.find(parameter(target, "uploadId") ?? "", target.bucket, target.key);
}
