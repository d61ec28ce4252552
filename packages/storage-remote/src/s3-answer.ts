import type { ReadResult, WriteResult } from "./port.ts";
import { StorageRemoteError, type StorageRemoteErrorCode } from "./storage-remote-error.ts";

/** What an S3 store answered instead of success. */
export interface S3Refusal {
  readonly status: number;
  /** The `Code` of the XML body; "" where there is none. */
  readonly code: string;
  /** In ms. */
  readonly retryAfter?: number | undefined;
  readonly cause?: unknown;
}

const WRONG_KEYS: ReadonlySet<string> = new Set([
  "InvalidAccessKeyId",
  "SignatureDoesNotMatch",
  "InvalidToken",
  "ExpiredToken",
  "TokenRefreshRequired",
  "InvalidSecurity",
  "NotSignedUp",
  "CredentialsNotSupported",
]);
const WRONG_REGION: ReadonlySet<string> = new Set([
  "AuthorizationHeaderMalformed",
  "PermanentRedirect",
  "TemporaryRedirect",
  "IllegalLocationConstraintException",
]);
const WRONG_CLOCK: ReadonlySet<string> = new Set(["RequestTimeTooSkewed", "RequestExpired"]);
const TOO_FAST: ReadonlySet<string> = new Set([
  "SlowDown",
  "Throttling",
  "ThrottlingException",
  "TooManyRequests",
  "RequestLimitExceeded",
  // Wasabi says this with status 400.
  "RequestRateLimitExceeded",
  "BandwidthLimitExceeded",
]);
const FULL: ReadonlySet<string> = new Set(["QuotaExceeded", "InsufficientStorage", "XMinioStorageFull", "InsufficientCapacity"]);

function classify({ status, code }: S3Refusal): StorageRemoteErrorCode {
  if (code === "NoSuchBucket" || code === "InvalidBucketName") return "missing-bucket";
  if (WRONG_KEYS.has(code)) return "wrong-credentials";
  if (WRONG_CLOCK.has(code)) return "clock-skew";
  if (FULL.has(code) || status === 507) return "disk-full";
  if (TOO_FAST.has(code) || status === 429 || status === 503) return "rate-limited";
  if (code === "EntityTooLarge" || status === 413) return "too-large";
  if (code === "NotImplemented" || status === 501 || status === 411 || status === 405) return "unsupported";
  if (code === "RequestTimeout" || status === 408 || status === 409 || status >= 500) return "server-error";
  if (WRONG_REGION.has(code) || (status >= 300 && status < 400)) return "refused";
  if (status === 401) return "wrong-credentials";
  return "refused";
}

const ADVICE: { readonly [C in StorageRemoteErrorCode]?: string } = {
  "missing-bucket": "has no such bucket; create it, or correct its name in the storage profile",
  "wrong-credentials": "does not accept the access key; correct the key and its secret in the storage profile",
  "clock-skew": "refuses requests because this device's clock is off; set the clock and try again",
  "disk-full": "has no room left; delete something or enlarge the quota",
  "rate-limited": "asks for fewer requests; they will be tried again later",
  "too-large": "does not take objects of this size",
  unsupported: "does not support this request",
  "server-error": "failed; the request will be tried again later",
};

/** The error for a refusal; `store` is the endpoint's host and the bucket. */
export function refusalError(refusal: S3Refusal, store: string): StorageRemoteError {
  const kind = classify(refusal);
  const misplaced = WRONG_REGION.has(refusal.code) || (refusal.status >= 300 && refusal.status < 400);
  const advice = misplaced
    ? "belongs to another region or endpoint; correct them in the storage profile"
    : (ADVICE[kind] ?? "refused the request; check what the key may do and that it is for this bucket");
  const said = refusal.code === "" ? `status ${refusal.status}` : `${refusal.status} ${refusal.code}`;
  return new StorageRemoteError(kind, `The store ${store} ${advice} (${said}).`, { cause: refusal.cause, retryAfter: refusal.retryAfter });
}

/** The outcome of a read that did not succeed (SPEC §5.1). Throws what is no expected outcome. */
export function readRefusal(refusal: S3Refusal, store: string): ReadResult {
  const { status, code } = refusal;
  if (status === 304) return { kind: "unchanged" };
  const error = refusalError(refusal, store);
  if (status === 404 && error.code !== "missing-bucket") return { kind: "absent" };
  if (status === 403 && error.code === "refused" && code !== "") return { kind: "forbidden" };
  throw error;
}

/** The outcome of a write that did not succeed. Throws what is no expected outcome. */
export function writeRefusal(refusal: S3Refusal, conditional: boolean, store: string): WriteResult {
  const { status, code } = refusal;
  // 409: another conditional write to this path is under way. 404: `If-Match` where nothing is stored (AWS).
  const lost = status === 412 || (status === 409 && /^(?:ConditionalRequestConflict|OperationAborted)$/.test(code)) || code === "NoSuchKey";
  if (conditional && lost) return { kind: "conflict" };
  throw refusalError(refusal, store);
}

/** `Retry-After` in ms, where it is a number of seconds; at most one hour. */
export function retryAfterOf(header: string | null | undefined): number | undefined {
  return header !== null && header !== undefined && /^\d{1,6}$/.test(header) ? Math.min(3_600_000, Number(header) * 1000) : undefined;
}

/**
 * The `Code` of an S3 error, "" where none is found. One expression over a short prefix instead of an XML parser: the body
 * comes from a stranger, nothing but this word is needed, and what does not look exactly like it counts as no code.
 */
export function errorCodeOf(xml: string): string {
  return /<Code>([A-Za-z0-9.]{1,64})<\/Code>/.exec(xml.slice(0, 4096))?.[1] ?? "";
}
