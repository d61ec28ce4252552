import type { IncomingHttpHeaders } from "node:http";
import type { Description } from "./description.ts";
import { Refusal } from "./refusal.ts";

const keptHeaders: readonly string[] = [
  "content-type",
  "cache-control",
  "content-disposition",
  "content-encoding",
  "content-language",
  "expires",
];
/** S3's limit for all `x-amz-meta-` names and values together. */
const maxMetadataBytes = 2048;

/**
 * What would change the meaning of a write, or promises something that this server does not do: better refused than stored in clear, without
 * its lock or over what it should have been added to. ACLs are not here: whatever they say, keys alone decide (SPEC §4.8).
 */
const refusedHeaders = /^x-amz-(?:server-side-encryption|copy-source-|object-lock-|tagging|write-offset-bytes|website-redirect-)/;

/** The headers of a PUT that come back with each GET. @throws Refusal `MetadataTooLarge`, `NotImplemented`. */
export function headersToKeep(headers: IncomingHttpHeaders): Record<string, string> {
  const kept: Record<string, string> = {};
  let metadataBytes = 0;
  for (const [name, value] of Object.entries(headers)) {
    if (refusedHeaders.test(name)) throw new Refusal("NotImplemented");
    const isMetadata = name.startsWith("x-amz-meta-");
    if (typeof value !== "string" || (!isMetadata && !keptHeaders.includes(name))) continue;
    if (isMetadata) metadataBytes += name.length + value.length;
    // The framing of the upload is not an encoding of the object.
    const text = name === "content-encoding" ? withoutFraming(value) : value;
    if (text !== "") kept[name] = text;
  }
  if (metadataBytes > maxMetadataBytes) throw new Refusal("MetadataTooLarge");
  return kept;
}

/** The headers of an answer about a stored object, without its length. */
export function describingHeaders(description: Description): Record<string, string> {
  return {
    "content-type": "binary/octet-stream",
    ...description.headers,
    etag: `"${description.etag}"`,
    "last-modified": new Date(description.modified).toUTCString(),
    "accept-ranges": "bytes",
  };
}

export function checksumHeaders(checksums: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(checksums).map(([name, value]) => [`x-amz-checksum-${name}`, value]));
}

function withoutFraming(contentEncoding: string): string {
  const codings = contentEncoding.split(",").map((coding) => coding.trim());
  return codings.filter((coding) => coding !== "" && coding.toLowerCase() !== "aws-chunked").join(", ");
}
