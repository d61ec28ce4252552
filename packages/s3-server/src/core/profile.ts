import { S3ServerError } from "../s3-server-error.ts";

/** What real providers do differently, so that one suite of tests covers the field (SPEC §9). Everything left out means: as AWS. */
export interface ProviderProfile {
  /** For a missing object and a key that may not list: 403 as AWS does (default), or 404 as R2 and Garage do. */
  readonly missing?: 403 | 404;
  /** Conditional PUT: honoured (default), answered with 501, or silently ignored. */
  readonly condPut?: "ok" | "501" | "ignored";
  /** The only form of the ETag that PUT `If-Match` takes. Default: both. */
  readonly ifMatch?: "quoted" | "unquoted";
  /** `get+list`: whoever may get may also list, as with R2's and Garage's reader keys. */
  readonly reader?: "get" | "get+list";
  /** `411`: bodies with a trailer (`STREAMING-…-TRAILER`) are refused, as on Ceph's gateway. */
  readonly trailers?: "ok" | "411";
  /** At most so many writes a second for one object; above it 429. */
  readonly writeRate?: number;
  /** Probability (0 to 1) that a request is answered 503 SlowDown. */
  readonly slowDown?: number;
  /** Milliseconds before each answer. */
  readonly latency?: number;
  /** Probability (0 to 1) that the connection is cut in the middle of a body; for a write: before or after it was stored. */
  readonly cut?: number;
  /** Makes the dice of `slowDown` and `cut` repeatable. */
  readonly seed?: number;
}

const choices: Readonly<Record<string, readonly string[]>> = {
  missing: ["403", "404"],
  condPut: ["ok", "501", "ignored"],
  ifMatch: ["quoted", "unquoted"],
  reader: ["get", "get+list"],
  trailers: ["ok", "411"],
};
const ranges: Readonly<Record<string, readonly [number, number]>> = {
  writeRate: [0.001, 1_000_000],
  slowDown: [0, 1],
  latency: [0, 600_000],
  cut: [0, 1],
  seed: [0, 4_294_967_295],
};

/**
 * Reads `missing=403,condPut=501,…`. The empty text is the empty profile.
 * @throws S3ServerError `bad-profile`, naming what was allowed.
 */
export function parseProfile(text: string): ProviderProfile {
  const profile: Record<string, string | number> = {};
  for (const part of text.split(",").filter((p) => p.trim() !== "")) {
    const [name = "", value = "", ...rest] = part.split("=").map((p) => p.trim());
    const allowed = Object.hasOwn(choices, name) ? choices[name] : undefined;
    const range = Object.hasOwn(ranges, name) ? ranges[name] : undefined;
    if (!allowed && !range)
      throw badProfile(`unknown setting "${name}"; known: ${[...Object.keys(choices), ...Object.keys(ranges)].join(", ")}`);
    if (rest.length > 0 || Object.hasOwn(profile, name)) throw badProfile(`"${name}" is set more than once`);
    if (allowed && !allowed.includes(value)) throw badProfile(`${name} must be ${allowed.join(" or ")}`);
    const number = /^\d+(\.\d+)?$/.test(value) ? Number(value) : Number.NaN;
    if (range && !(number >= range[0] && number <= range[1])) throw badProfile(`${name} must be a number from ${range[0]} to ${range[1]}`);
    profile[name] = range || name === "missing" ? number : value;
  }
  return profile as ProviderProfile;
}

function badProfile(message: string): S3ServerError {
  return new S3ServerError("bad-profile", `The provider profile is not valid: ${message}.`);
}
