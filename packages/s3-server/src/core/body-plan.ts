import type { IncomingHttpHeaders } from "node:http";
import { type ChecksumName, checkForm, checksumOfHeader } from "./checksums.ts";
import { Refusal } from "./refusal.ts";

/** How a request's body is framed and what it must turn out to be (SPEC §4.5, §4.6). */
export interface BodyPlan {
  readonly framing: "plain" | "chunked";
  /** Each chunk, and the trailer if there is one, is signed. */
  readonly isSigned: boolean;
  /** Checksums follow behind the last chunk. */
  readonly hasTrailer: boolean;
  /** Bytes of content. */
  readonly size: number;
  /** Hex. */
  readonly sha256: string | undefined;
  /** Base64. */
  readonly md5: string | undefined;
  /** Base64, from the headers. */
  readonly checksums: ReadonlyMap<ChecksumName, string>;
  /** Announced in `x-amz-trailer`. */
  readonly trailers: readonly ChecksumName[];
}

const framings: Readonly<Record<string, Pick<BodyPlan, "isSigned" | "hasTrailer">>> = {
  "STREAMING-AWS4-HMAC-SHA256-PAYLOAD": { isSigned: true, hasTrailer: false },
  "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER": { isSigned: true, hasTrailer: true },
  "STREAMING-UNSIGNED-PAYLOAD-TRAILER": { isSigned: false, hasTrailer: true },
};

/**
 * @param payload `x-amz-content-sha256` as it was signed.
 * @throws Refusal `MissingContentLength`, `InvalidDigest`, `NotImplemented`, `EntityTooLarge`, `BadRequest`.
 */
export function planBody(headers: IncomingHttpHeaders, payload: string, maxBytes: number): BodyPlan {
  const framed = Object.hasOwn(framings, payload) ? framings[payload] : undefined;
  if (!framed && payload !== "UNSIGNED-PAYLOAD" && !/^[0-9a-f]{64}$/.test(payload)) {
    throw new Refusal("BadRequest", "x-amz-content-sha256 must be UNSIGNED-PAYLOAD, a known STREAMING framing, or a valid SHA-256 in hex.");
  }
  const size = sizeOf(headers[framed ? "x-amz-decoded-content-length" : "content-length"]);
  if (size > maxBytes) throw new Refusal("EntityTooLarge", undefined, { MaxSizeAllowed: String(maxBytes) });
  const plan = {
    size,
    md5: md5Of(headers["content-md5"]),
    checksums: checksumsOf(headers),
    trailers: trailersOf(headers["x-amz-trailer"]),
  };
  if (framed) return { ...plan, ...framed, framing: "chunked", sha256: undefined };
  const sha256 = payload === "UNSIGNED-PAYLOAD" ? undefined : payload;
  return { ...plan, framing: "plain", isSigned: false, hasTrailer: false, sha256 };
}

function sizeOf(header: string | string[] | undefined): number {
  if (typeof header !== "string" || !/^\d{1,15}$/.test(header)) throw new Refusal("MissingContentLength");
  return Number(header);
}

function md5Of(header: string | string[] | undefined): string | undefined {
  if (header === undefined) return undefined;
  if (typeof header !== "string" || !/^[A-Za-z0-9+/]{22}==$/.test(header)) throw new Refusal("InvalidDigest");
  return header;
}

function checksumsOf(headers: IncomingHttpHeaders): Map<ChecksumName, string> {
  const found = new Map<ChecksumName, string>();
  for (const [header, value] of Object.entries(headers)) {
    const name = checksumOfHeader(header);
    if (name === undefined || typeof value !== "string") continue;
    checkForm(name, value);
    found.set(name, value);
  }
  return found;
}

function trailersOf(header: string | string[] | undefined): ChecksumName[] {
  const names = (typeof header === "string" ? header : "").split(",").map((n) => n.trim().toLowerCase());
  return names.flatMap((name) => checksumOfHeader(name) ?? []);
}
