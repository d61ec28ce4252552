import { hmacSha256, sha256 } from "#platform";
import type { S3Credentials } from "./profile.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** A request to sign. Among its headers is `x-amz-content-sha256`. */
export interface Unsigned {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** What browsers and proxies may add or change stays outside of the signature. */
const UNSIGNED: ReadonlySet<string> = new Set(["content-type", "range"]);

const utf8 = (text: string): Bytes => new TextEncoder().encode(text);

/** Lower-case hexadecimal. */
export function hexOf(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** As RFC 3986 has it: all but letters, digits and `-._~`. */
function encode(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);
}

/** By code units: that of the bytes, for encoded text. */
function order(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

function canonicalPath(pathname: string): string {
  return pathname
    .split("/")
    .map((segment) => encode(decodeURIComponent(segment)))
    .join("/");
}

function canonicalQuery(query: URLSearchParams): string {
  const pairs = [...query].map(([name, value]) => [encode(name), encode(value)] as const);
  const sorted = pairs.sort((a, b) => order(a[0], b[0]) || order(a[1], b[1]));
  return sorted.map((pair) => pair.join("=")).join("&");
}

/**
 * Signs requests with Signature Version 4 of AWS for the service S3 (SPEC §5.1); answers all headers to send. Keeps the day's signing key, so
 * that a request costs one HMAC.
 */
export function createSigner(
  { accessKeyId, secretAccessKey }: S3Credentials,
  region: string,
): (request: Unsigned, at: Date) => Promise<Record<string, string>> {
  let kept: { readonly day: string; readonly key: Promise<Bytes> } | undefined;

  const chained = async (key: Bytes, text: string): Promise<Bytes> => (await hmacSha256(key, utf8(text))) as Bytes;
  const keyOf = async (day: string): Promise<Bytes> => {
    let key = await chained(utf8(`AWS4${secretAccessKey}`), day);
    for (const step of [region, "s3", "aws4_request"]) key = await chained(key, step);
    return key;
  };

  return async ({ method, url, headers }, at) => {
    const time = at.toISOString().replace(/[:-]|\.\d{3}/g, "");
    const day = time.slice(0, 8);
    kept = kept?.day === day ? kept : { day, key: keyOf(day) };
    const { host, pathname, searchParams } = new URL(url);
    const given = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value] as const);
    const sent: Record<string, string> = { ...Object.fromEntries(given), "x-amz-date": time };
    const signed = Object.entries({ ...sent, host }).filter(([name]) => !UNSIGNED.has(name));
    signed.sort(([a], [b]) => order(a, b));
    const names = signed.map(([name]) => name).join(";");
    const canonical = [
      ...[method, canonicalPath(pathname), canonicalQuery(searchParams)],
      ...signed.map(([name, value]) => `${name}:${value.trim().replace(/\s+/g, " ")}`),
      ...["", names, headers["x-amz-content-sha256"]],
    ].join("\n");
    const scope = `${day}/${region}/s3/aws4_request`;
    const text = ["AWS4-HMAC-SHA256", time, scope, hexOf(await sha256(utf8(canonical)))].join("\n");
    const signature = hexOf(await chained(await kept.key, text));
    const authorization = `AWS4-HMAC-SHA256 Credential=${accessKeyId}/${scope}, SignedHeaders=${names}, Signature=${signature}`;
    return { ...sent, authorization };
  };
}
