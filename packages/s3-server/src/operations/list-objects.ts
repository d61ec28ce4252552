import type { Description } from "../core/description.ts";
import { listPage } from "../core/listing.ts";
import { Refusal } from "../core/refusal.ts";
import { parameter } from "../core/target.ts";
import { encodeXml, type XmlValue } from "../core/xml.ts";
import { demand, demandExisting, type Exchange, type Reply, xmlReply } from "../exchange.ts";

const maxKeys = 1000;

interface Wanted {
  readonly prefix: string;
  readonly delimiter: string;
  readonly limit: number;
  readonly encode: (text: string) => string;
  readonly encodingType: string | undefined;
}

/** ListObjectsV2: continuation tokens are the last name given, in base64url, with nothing kept on the server. */
export async function listObjectsV2(exchange: Exchange): Promise<Reply> {
  const { target } = exchange;
  const wanted = wantedOf(exchange);
  const token = parameter(target, "continuation-token");
  const startAfter = parameter(target, "start-after") ?? "";
  const page = await pageOf(exchange, wanted, token === undefined ? startAfter : decodeToken(token));
  const { Contents, CommonPrefixes } = page;
  return xmlReply(
    encodeXml("ListBucketResult", {
      ...head(exchange, wanted),
      KeyCount: Contents.length + CommonPrefixes.length,
      ...(startAfter === "" ? {} : { StartAfter: wanted.encode(startAfter) }),
      ...(token === undefined ? {} : { ContinuationToken: token }),
      IsTruncated: page.next !== undefined,
      ...(page.next === undefined ? {} : { NextContinuationToken: Buffer.from(page.next, "utf8").toString("base64url") }),
      Contents,
      CommonPrefixes,
    }),
  );
}

/** The older ListObjects, which many tools still use. */
export async function listObjectsV1(exchange: Exchange): Promise<Reply> {
  const wanted = wantedOf(exchange);
  const marker = parameter(exchange.target, "marker") ?? "";
  const { Contents, CommonPrefixes, next } = await pageOf(exchange, wanted, marker);
  const more = next === undefined ? { IsTruncated: false } : { IsTruncated: true, NextMarker: wanted.encode(next) };
  const content = { ...head(exchange, wanted), Marker: wanted.encode(marker), ...more, Contents, CommonPrefixes };
  return xmlReply(encodeXml("ListBucketResult", content));
}

function wantedOf(exchange: Exchange): Wanted {
  const { target } = exchange;
  const prefix = parameter(target, "prefix") ?? "";
  demand(exchange, "list", prefix);
  const limit = parameter(target, "max-keys") ?? String(maxKeys);
  if (!/^\d{1,9}$/.test(limit)) throw new Refusal("InvalidArgument", undefined, { ArgumentName: "max-keys" });
  const encodingType = parameter(target, "encoding-type");
  const isUrl = encodingType === "url";
  if (encodingType !== undefined && !isUrl) throw new Refusal("InvalidArgument", undefined, { ArgumentName: "encoding-type" });
  return {
    prefix,
    delimiter: parameter(target, "delimiter") ?? "",
    limit: Math.min(Number(limit), maxKeys),
    encode: isUrl ? (text) => encodeURIComponent(text).replaceAll("%2F", "/") : (text) => text,
    encodingType,
  };
}

function head({ target }: Exchange, { prefix, delimiter, limit, encode, encodingType }: Wanted): Record<string, XmlValue> {
  return {
    Name: target.bucket,
    Prefix: encode(prefix),
    MaxKeys: limit,
    ...(delimiter === "" ? {} : { Delimiter: encode(delimiter) }),
    ...(encodingType === undefined ? {} : { EncodingType: encodingType }),
  };
}

async function pageOf(
  exchange: Exchange,
  wanted: Wanted,
  after: string,
): Promise<{ Contents: XmlValue[]; CommonPrefixes: XmlValue[]; next: string | undefined }> {
  await demandExisting(exchange);
  const { objects } = exchange.services;
  const { bucket } = exchange.target;
  const keys = await objects.keys(bucket);
  const page = wanted.limit === 0 ? { keys: [], commonPrefixes: [], next: undefined } : listPage(keys, { ...wanted, after });
  const Contents: XmlValue[] = [];
  for (const key of page.keys) {
    const description = await objects.describe(bucket, key);
    if (description) Contents.push(entry(wanted.encode(key), description)); // else removed meanwhile
  }
  return { Contents, CommonPrefixes: page.commonPrefixes.map((p) => ({ Prefix: wanted.encode(p) })), next: page.next };
}

function entry(Key: string, { modified, etag, size }: Description): XmlValue {
  return { Key, LastModified: new Date(modified).toISOString(), ETag: `"${etag}"`, Size: size, StorageClass: "STANDARD" };
}

function decodeToken(token: string): string {
  const text = Buffer.from(token, "base64url").toString("utf8");
  if (Buffer.from(text, "utf8").toString("base64url") !== token) {
    throw new Refusal("InvalidArgument", "The continuation token provided is incorrect", { ArgumentName: "continuation-token" });
  }
  return text;
}
