import {
  badProfile,
  baseUrl,
  credentialsOf,
  folderPathOf,
  type HttpProfile,
  placeOf,
  printable,
  recordOf,
  type S3Credentials,
  type StorageProfile,
} from "./profile.ts";

const LONGEST = 8192;
const HEADERS = 8;
// Headers that the signature, the transport or the port's own promises depend on.
const RESERVED =
  /^(?:host|authorization|connection|content-length|transfer-encoding|if-.*|range|cookie|x-amz-date|x-amz-content-sha256|x-amz-security-token)$/;

/**
 * Reads a profile: JSON, or `s3!HOST!REGION!BUCKET!PREFIX!READ_ID!READ_SECRET[!WRITE_ID!WRITE_SECRET]` (SPEC §4.1). Throws
 * `StorageRemoteError` `bad-profile` that names the field and never its value.
 */
export function parseStorageProfile(text: string): StorageProfile {
  const trimmed = text.length <= LONGEST ? text.trim() : "";
  if (trimmed === "") throw badProfile(`it must have 1 to ${LONGEST} characters.`);
  return trimmed.startsWith("s3!") ? parseBangs(trimmed) : checkStorageProfile(parseJson(trimmed));
}

/** The profile as one line of JSON, fields in a fixed order: equal profiles give equal texts. Holds its secrets. */
export function formatStorageProfile(profile: StorageProfile): string {
  return JSON.stringify(checkStorageProfile(profile));
}

/** Without the engine's error: that quotes the text, which holds secrets. */
function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function parseJson(text: string): unknown {
  const value = jsonOf(text);
  if (value !== undefined) return value;
  throw badProfile("it is neither JSON nor s3!HOST!REGION!BUCKET!PREFIX!READ_ID!READ_SECRET[!WRITE_ID!WRITE_SECRET].");
}

function parseBangs(text: string): StorageProfile {
  const fields = text.split("!");
  if (fields.length !== 7 && fields.length !== 9) throw badProfile(`the form that begins with "s3!" has 7 or 9 fields.`);
  const [, host = "", region = "", bucket, prefix = "", readId, readSecret, writeId, writeSecret] = fields;
  return checkStorageProfile({
    type: "s3",
    endpoint: host.includes("://") ? host : `https://${host}`,
    region: region === "" ? "us-east-1" : region,
    bucket,
    prefix: prefix === "" || prefix.endsWith("/") ? prefix : `${prefix}/`,
    read: { accessKeyId: readId, secretAccessKey: readSecret },
    ...(fields.length === 9 && { write: { accessKeyId: writeId, secretAccessKey: writeSecret } }),
  });
}

/** Checks the headers of PUTs; answers them by lower-case name, sorted. */
export function headersOf(value: unknown): Readonly<Record<string, string>> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw badProfile(`"putHeaders" must be a JSON object.`);
  const entries = Object.entries(value);
  if (entries.length > HEADERS) throw badProfile(`"putHeaders" has at most ${HEADERS} headers.`);
  const checked = entries.map(([name, content]): [string, string] => {
    const lower = printable(name, "putHeaders", 1, 64).toLowerCase();
    if (!/^[a-z0-9-]+$/.test(lower) || RESERVED.test(lower)) throw badProfile(`"putHeaders" may not set this header: ${lower}.`);
    if (typeof content !== "string" || !/^[\x21-\x7e](?:[\x20-\x7e]{0,254}[\x21-\x7e])?$/.test(content)) {
      throw badProfile(`the value of "putHeaders" ${lower} must have 1 to 256 printable characters.`);
    }
    return [lower, content];
  });
  return Object.fromEntries(checked.sort(([a], [b]) => (a < b ? -1 : 1)));
}

function httpOf(value: unknown, name: string): HttpProfile {
  return { type: "http", url: baseUrl(recordOf(value, name, ["type", "url"]).url, "url") };
}

function readOf(value: unknown): S3Credentials | HttpProfile {
  const isHttp = typeof value === "object" && value !== null && "type" in value && value.type === "http";
  return isHttp ? httpOf(value, "read") : credentialsOf(value, "read");
}

const S3_FIELDS = ["type", "endpoint", "region", "bucket", "prefix", "pathStyle", "read", "write", "putHeaders"] as const;

/** Checks a profile that came as a value, and gives it its one normal form. Throws `bad-profile`. */
export function checkStorageProfile(value: unknown): StorageProfile {
  const type = typeof value === "object" && value !== null && "type" in value ? value.type : undefined;
  if (type === "http") return httpOf(value, "http");
  if (type === "folder") return { type, path: folderPathOf(recordOf(value, "folder", ["type", "path"]).path) };
  if (type !== "s3") throw badProfile(`"type" must be "s3", "http" or "folder".`);
  const fields = recordOf(value, "s3", S3_FIELDS);
  return {
    type,
    ...placeOf(fields),
    read: readOf(fields.read),
    ...(fields.write !== undefined && { write: credentialsOf(fields.write, "write") }),
    ...(fields.putHeaders !== undefined && { putHeaders: headersOf(fields.putHeaders) }),
  };
}
