import { StorageRemoteError } from "./storage-remote-error.ts";

/** Long-lived S3 keys: 1 to 128 and 1 to 256 characters of printable ASCII. */
export interface S3Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

/** Where a bucket is and with which keys. */
export interface S3Location {
  /** Absolute `http:` or `https:` URL without user, query, fragment and trailing slash. */
  readonly endpoint: string;
  readonly region: string;
  readonly bucket: string;
  /** Put before each path; "" or ending with `/`. */
  readonly prefix: string;
  /** `endpoint/bucket/path` (true) or `bucket.endpoint/path`. */
  readonly pathStyle: boolean;
  readonly credentials: S3Credentials;
  /** Sent with each PUT, such as a grant. At most 8; names in lower case. */
  readonly putHeaders?: Readonly<Record<string, string>>;
}

export interface HttpProfile {
  readonly type: "http";
  /** Where the paths begin. Absolute `http:` or `https:` URL without user, query, fragment and trailing slash. */
  readonly url: string;
}

export interface FolderProfile {
  readonly type: "folder";
  /** Of the local file system. */
  readonly path: string;
}

type S3Place = Omit<S3Location, "credentials" | "putHeaders">;

export interface S3Profile extends S3Place {
  readonly type: "s3";
  /** What peers get: keys that may only get, or the URL under which the bucket is public. */
  readonly read: S3Credentials | HttpProfile;
  /** Never leaves the home. */
  readonly write?: S3Credentials;
  readonly putHeaders?: Readonly<Record<string, string>>;
}

export interface S3ReadProfile extends S3Place {
  readonly type: "s3";
  readonly read: S3Credentials;
}

/** A whole storage profile, as its owner keeps it. Holds secrets. */
export type StorageProfile = S3Profile | HttpProfile | FolderProfile;

/** The read side alone, as it stands in cards and descriptors. Its keys are secrets among the peers. */
export type ReadProfile = S3ReadProfile | HttpProfile | FolderProfile;

/** The one error of everything about profiles. */
export function badProfile(message: string, cause?: unknown): StorageRemoteError {
  return new StorageRemoteError("bad-profile", `The storage profile cannot be used: ${message}`, { cause });
}

const PRINTABLE = /^[\x21-\x7e]*$/;

/** Checks `text`: `least` to `most` characters of printable ASCII without spaces. The value is never repeated in the error. */
export function printable(text: unknown, name: string, least: number, most: number): string {
  if (typeof text !== "string") throw badProfile(`"${name}" must be text.`);
  if (text.length < least || text.length > most || !PRINTABLE.test(text)) {
    throw badProfile(`"${name}" must have ${least} to ${most} printable characters without spaces.`);
  }
  return text;
}

/** Without the platform's error: that quotes the text, which may be a secret in the wrong place. */
function urlOf(text: string): URL | undefined {
  try {
    return new URL(text);
  } catch {
    return undefined;
  }
}

/** Checks and normalises a base URL: its canonical text, without a trailing slash. */
export function baseUrl(text: unknown, name: string): string {
  const given = printable(text, name, 1, 256);
  const url = urlOf(given);
  if (url === undefined) throw badProfile(`"${name}" must be a URL such as https://s3.example.org.`);
  if (url.protocol !== "https:" && url.protocol !== "http:") throw badProfile(`"${name}" must begin with https:// or http://.`);
  if (url.username !== "" || url.password !== "") throw badProfile(`"${name}" must not hold a user or a password.`);
  if (given.includes("?") || given.includes("#")) throw badProfile(`"${name}" must not have a query or a fragment.`);
  return printable(`${url.origin}${url.pathname.replace(/\/+$/, "")}`, name, 1, 256);
}

function prefixOf(text: unknown): string {
  const prefix = printable(text, "prefix", 0, 128);
  if (prefix !== "" && !/^(?:[A-Za-z0-9._-]+\/)+$/.test(prefix))
    throw badProfile(`"prefix" must be empty or words of A-Z a-z 0-9 . _ -, each with a "/" behind it.`);
  if (prefix.split("/").some((segment) => segment === "." || segment === ".."))
    throw badProfile(`"prefix" must not hold "." or ".." segments.`);
  return prefix;
}

/** Checks where a bucket is. */
export function placeOf(value: Readonly<Record<string, unknown>>): S3Place {
  const bucket = printable(value.bucket, "bucket", 1, 63);
  // A bucket's name is put into host names and URLs as it is.
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(bucket))
    throw badProfile(`"bucket" must have only A-Z a-z 0-9 . _ - and begin with a letter or digit.`);
  const region = printable(value.region ?? "us-east-1", "region", 1, 64);
  if (!/^[A-Za-z0-9._-]+$/.test(region)) throw badProfile(`"region" must have only A-Z a-z 0-9 . _ -.`);
  const pathStyle = value.pathStyle ?? true;
  if (typeof pathStyle !== "boolean") throw badProfile(`"pathStyle" must be true or false.`);
  return { endpoint: baseUrl(value.endpoint, "endpoint"), region, bucket, prefix: prefixOf(value.prefix ?? ""), pathStyle };
}

/** The same keys, of which Node's inspection and its console show no secret. JSON does: it is how a profile is kept. */
function quiet(keys: S3Credentials): S3Credentials {
  const shown = { accessKeyId: keys.accessKeyId, secretAccessKey: "[redacted]" };
  return Object.defineProperty(keys, Symbol.for("nodejs.util.inspect.custom"), { value: () => shown });
}

/** Checks a pair of keys; `name` tells which in errors. */
export function credentialsOf(value: unknown, name: string): S3Credentials {
  const { accessKeyId, secretAccessKey } = recordOf(value, name, ["accessKeyId", "secretAccessKey"]);
  // "/" and "," separate fields of the signature's header.
  const id = printable(accessKeyId, `${name}.accessKeyId`, 1, 128);
  if (/[/,]/.test(id)) throw badProfile(`"${name}.accessKeyId" must not hold "/" or ",".`);
  return quiet({ accessKeyId: id, secretAccessKey: printable(secretAccessKey, `${name}.secretAccessKey`, 1, 256) });
}

/** Checks that `value` is an object with no other fields than these: a misspelt one would be silently without effect. */
export function recordOf(value: unknown, name: string, fields: readonly string[]): Readonly<Record<string, unknown>> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw badProfile(`"${name}" must be a JSON object.`);
  const unknown = Object.keys(value).find((field) => !fields.includes(field));
  if (unknown !== undefined) throw badProfile(`"${name}" has a field that is not known: ${JSON.stringify(unknown.slice(0, 32))}.`);
  return value as Readonly<Record<string, unknown>>;
}

/** Checks a folder's path: 1 to 512 characters, without control characters. */
export function folderPathOf(value: unknown): string {
  if (typeof value !== "string" || value.length < 1 || value.length > 512 || /[\p{Cc}\p{Surrogate}]/u.test(value)) {
    throw badProfile(`"path" must be a folder's path of 1 to 512 characters.`);
  }
  return value;
}

/** What peers get of a profile: without write keys and PUT headers. */
export function readSide(profile: StorageProfile): ReadProfile {
  if (profile.type !== "s3") return profile;
  if ("type" in profile.read) return profile.read;
  const { endpoint, region, bucket, prefix, pathStyle, read } = profile;
  const { accessKeyId, secretAccessKey } = read;
  return { type: "s3", endpoint, region, bucket, prefix, pathStyle, read: quiet({ accessKeyId, secretAccessKey }) };
}

/** Where a profile points, for people: one line without secrets. */
export function describeProfile(profile: StorageProfile | ReadProfile): string {
  if (profile.type === "folder") return `folder ${profile.path}`;
  if (profile.type === "http") return `http ${profile.url}`;
  return `s3 ${profile.endpoint} bucket ${profile.bucket}${profile.prefix === "" ? "" : ` prefix ${profile.prefix}`}`;
}
