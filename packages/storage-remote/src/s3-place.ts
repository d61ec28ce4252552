import type { Fetch } from "./fetch.ts";
import type { RequestEvent } from "./meter.ts";
import type { Path } from "./port.ts";
import { credentialsOf, placeOf, type S3Location } from "./profile.ts";
import { headersOf } from "./profile-text.ts";

export interface S3Options {
  /** Default: the platform's `fetch`; in Node `node:http`, which is cheaper. For `/s3-lite` alone. */
  readonly fetch?: Fetch;
  /** Told of the rare second request of one call (SPEC §5.1); `Meter.record` fits. */
  readonly onExtraRequest?: (event: RequestEvent) => void;
}

/** A checked copy of what a program passed in. Throws `bad-profile`. */
export function checkLocation(location: S3Location): S3Location {
  return {
    ...placeOf({ ...location }),
    credentials: credentialsOf(location.credentials, "credentials"),
    ...(location.putHeaders && { putHeaders: headersOf(location.putHeaders) }),
  };
}

/** How errors name the store. */
export function storeName(location: S3Location): string {
  return `${new URL(location.endpoint).host}/${location.bucket}`;
}

/** The bucket's URL, without a trailing slash. */
export function bucketUrl({ endpoint, bucket, pathStyle }: S3Location): string {
  if (pathStyle) return `${endpoint}/${bucket}`;
  const url = new URL(endpoint);
  return `${url.protocol}//${bucket}.${url.host}${url.pathname.replace(/\/$/, "")}`;
}

/** The object's whole name in the bucket. */
export function keyOf(location: S3Location, path: Path): string {
  return `${location.prefix}${path}`;
}

/** How `If-Match` is written: by the book in quotes, but some stores (Ceph among them) compare them as a part of the name. */
export type Quoting = "quoted" | "unquoted";

/** The version as this store's `If-Match` wants it. */
export function ifMatch(version: string, quoting: Quoting): string {
  return quoting === "quoted" ? version : version.replace(/^"(.*)"$/, "$1");
}
