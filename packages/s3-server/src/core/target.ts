import { Refusal } from "./refusal.ts";

/** What a request line addresses. `bucket` and `key` are decoded; both may be empty. */
export interface Target {
  readonly bucket: string;
  readonly key: string;
  /** The path as it enters the signature: decoded once and encoded again in the one canonical way. */
  readonly canonicalPath: string;
  /** Decoded parameters in the form that the signature library takes. No prototype. */
  readonly query: Readonly<Record<string, string | string[]>>;
  /** The text after `?` as it came, for the log; a signature in it is blotted out. */
  readonly rawQuery: string;
}

const maxKeyBytes = 1024;
const maxParameters = 200;

/**
 * Splits a request target. `hostBucket` is the bucket named by the host (`BUCKET.localhost`), if any.
 * @throws Refusal `InvalidURI`, `InvalidBucketName`, `KeyTooLongError`.
 */
export function parseTarget(url: string, hostBucket?: string): Target {
  if (!url.startsWith("/")) throw new Refusal("InvalidURI");
  const mark = url.indexOf("?");
  const rawPath = mark < 0 ? url : url.slice(0, mark);
  const rawQuery = mark < 0 ? "" : url.slice(mark + 1);
  const path = decode(rawPath);
  // Such names are legal in S3 but mean something else to every proxy on the way (SPEC §4.1).
  if (path.includes("\0") || path.split("/").some((s) => s === "." || s === "..")) throw new Refusal("InvalidURI");
  const slash = path.indexOf("/", 1);
  const bucket = hostBucket ?? path.slice(1, slash < 0 ? undefined : slash);
  const key = hostBucket === undefined ? (slash < 0 ? "" : path.slice(slash + 1)) : path.slice(1);
  if (bucket !== "" && !isBucketName(bucket)) throw new Refusal("InvalidBucketName", undefined, { BucketName: bucket.slice(0, 64) });
  checkKey(key);
  const canonicalPath = path.split("/").map(encodeSegment).join("/");
  return { bucket, key, canonicalPath, query: parseQuery(rawQuery), rawQuery: blot(rawQuery) };
}

/** @throws Refusal `KeyTooLongError` above 1024 bytes of UTF-8, `InvalidURI` where the text is no Unicode or holds NUL. */
export function checkKey(key: string): void {
  if (!key.isWellFormed() || key.includes("\0")) throw new Refusal("InvalidURI");
  if (Buffer.byteLength(key) > maxKeyBytes) throw new Refusal("KeyTooLongError");
}

/** S3's rule for names: 3 to 63 of `a-z0-9.-`, beginning and ending with a letter or digit, no two dots in a row. */
export function isBucketName(name: string): boolean {
  return /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(name) && !name.includes("..");
}

/** The bucket in front of `.DOMAIN` in a Host header, if any. */
export function bucketOfHost(host: string | undefined, domain: string): string | undefined {
  const name = (host ?? "").replace(/:\d+$/, "").toLowerCase();
  return name.endsWith(`.${domain}`) ? name.slice(0, -domain.length - 1) : undefined;
}

/** The one value of a parameter; undefined where it is absent. @throws Refusal `InvalidArgument` where it is repeated. */
export function parameter(target: Pick<Target, "query">, name: string): string | undefined {
  const value = target.query[name];
  if (Array.isArray(value)) throw new Refusal("InvalidArgument", undefined, { ArgumentName: name });
  return value;
}

function parseQuery(raw: string): Record<string, string | string[]> {
  const query: Record<string, string | string[]> = Object.create(null);
  const pairs = raw.split("&").filter((p) => p !== "");
  if (pairs.length > maxParameters) throw new Refusal("InvalidURI");
  for (const pair of pairs) {
    const equals = pair.indexOf("=");
    const name = decode(equals < 0 ? pair : pair.slice(0, equals));
    const value = equals < 0 ? "" : decode(pair.slice(equals + 1));
    const before = query[name];
    query[name] = before === undefined ? value : [before, value].flat();
  }
  return query;
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch (cause) {
    if (cause instanceof URIError) throw new Refusal("InvalidURI", undefined, {}, cause);
    throw cause;
  }
}

/** RFC 3986: everything but the unreserved characters. */
function encodeSegment(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);
}

/** Names are compared decoded, as the signature check compares them: `X-Amz-%53ignature` is one too. */
function blot(rawQuery: string): string {
  return rawQuery
    .split("&")
    .map((pair) => {
      const name = pair.split("=", 1)[0] ?? "";
      return /^x-amz-(?:signature|security-token)$/i.test(decode(name)) ? `${name}=…` : pair;
    })
    .join("&");
}
