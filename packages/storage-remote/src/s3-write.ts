import { isLocal } from "./fetch.ts";
import type { RequestEvent } from "./meter.ts";
import type { Path, Version, WriteOptions, WriteResult } from "./port.ts";
import { ifMatch, type Quoting } from "./s3-place.ts";
import { hexOf } from "./s3-sign.ts";
import { StorageRemoteError } from "./storage-remote-error.ts";

/** The condition of one PUT. */
export interface PutCondition {
  readonly ifNoneMatch?: "*";
  readonly ifMatch?: string;
}

/** One PUT's bytes, owned or lent, with their SHA-256 in hexadecimal where the caller knew it. */
export interface PutContent {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly sha256: string | undefined;
}

/**
 * Writes by `put`, and finds out how this store wants `If-Match`. Until one form has succeeded, a refusal of the quoted form
 * may only mean that the store wants the other: then the bare form is tried as well. That is safe, since either form names
 * the same version, and costs one more request (SPEC §5.1).
 */
export function conditionalWriter(
  put: (path: Path, content: PutContent, condition: PutCondition, signal?: AbortSignal) => Promise<WriteResult>,
  maySend: "lent" | "owned",
  onExtraRequest?: (event: RequestEvent) => void,
): (path: Path, bytes: Uint8Array, options?: WriteOptions) => Promise<WriteResult> {
  let known: Quoting | undefined;
  const over = async (path: Path, content: PutContent, version: Version, signal?: AbortSignal): Promise<WriteResult> => {
    const quoting = known ?? "quoted";
    const result = await put(path, content, { ifMatch: ifMatch(version, quoting) }, signal);
    if (result.kind === "stored") known = quoting;
    if (result.kind === "stored" || known !== undefined) return result;
    onExtraRequest?.({ op: "put", path, result: "conflict", bytes: content.bytes.length });
    const bare = await put(path, content, { ifMatch: ifMatch(version, "unquoted") }, signal);
    if (bare.kind === "stored") known = "unquoted";
    return bare;
  };
  return async (path, bytes, { when, sha256, lent, signal } = {}) => {
    signal?.throwIfAborted();
    // Unless it lends them, the caller may change its arrays as soon as it has the promise.
    const own = lent && maySend === "lent" ? (bytes as Uint8Array<ArrayBuffer>) : bytes.slice();
    const content = { bytes: own, sha256: sha256 && hexOf(sha256) };
    if (when === undefined) return put(path, content, {}, signal);
    if (when === "absent") return put(path, content, { ifNoneMatch: "*" }, signal);
    if (isLocal(when)) {
      throw new StorageRemoteError(
        "unsupported",
        "The store tells no versions (ETag); in a browser, let the bucket's CORS rule expose ETag.",
      );
    }
    return over(path, content, when, signal);
  };
}
