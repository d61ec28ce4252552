import { platformFetch } from "#platform";
import { discard, type Fetch, foundIn, readHeaders, send, unreachable } from "./fetch.ts";
import type { RequestEvent } from "./meter.ts";
import type { Path, ReadOptions, ReadResult, RemoteReader } from "./port.ts";
import { baseUrl } from "./profile.ts";
import { beyondEnd, checkRead, readPart } from "./range.ts";
import { retryAfterOf } from "./s3-answer.ts";
import { StorageRemoteError } from "./storage-remote-error.ts";

export interface HttpOptions {
  /** Default: the platform's `fetch`; in Node `node:http`, which is cheaper. */
  readonly fetch?: Fetch;
  /** Told of the rare second request of one call (SPEC §5.1); `Meter.record` fits. */
  readonly onExtraRequest?: (event: RequestEvent) => void;
}

function failure(status: number, retryAfter: string | null, host: string): StorageRemoteError {
  const options = { retryAfter: retryAfterOf(retryAfter) };
  if (status === 429 || status === 503)
    return new StorageRemoteError(
      "rate-limited",
      `The store ${host} asks for fewer requests; they will be tried again later (status ${status}).`,
      options,
    );
  if (status >= 500 || status === 408)
    return new StorageRemoteError(
      "server-error",
      `The store ${host} failed; the request will be tried again later (status ${status}).`,
      options,
    );
  if (status === 0 || (status >= 300 && status < 400))
    return new StorageRemoteError("refused", `The store ${host} redirects elsewhere; put the final address into the storage profile.`);
  return new StorageRemoteError(
    "refused",
    `The store ${host} refused the request (status ${status}); check the address in the storage profile.`,
  );
}

/**
 * Reads a public bucket or any static web server: one plain GET of `url/path`. Follows no redirects. `url` is checked as in
 * a storage profile: throws `bad-profile`.
 */
export function httpReader(url: string, options: HttpOptions = {}): RemoteReader {
  const base = baseUrl(url, "url");
  const { host } = new URL(base);
  const fetch: Fetch = options.fetch ?? platformFetch;
  const get = async (path: Path, read: ReadOptions): Promise<ReadResult | "beyond-end"> => {
    const target = `${base}/${path}`;
    const response = await send(fetch, { method: "GET", url: target, headers: readHeaders(read), signal: read.signal });
    const { status } = response;
    if (status === 200 || status === 206) {
      return foundIn(response, read).catch((error: unknown) => {
        throw unreachable(error, target, read.signal);
      });
    }
    await discard(response);
    if (status === 304) return { kind: "unchanged" };
    if (status === 404 || status === 410) return { kind: "absent" };
    if (status === 401 || status === 403) return { kind: "forbidden" };
    if (status === 416) return beyondEnd(response.headers.get("etag"));
    throw failure(status, response.headers.get("retry-after"), host);
  };
  return {
    async read(path: Path, read: ReadOptions): Promise<ReadResult> {
      read.signal?.throwIfAborted();
      checkRead(read);
      return readPart(path, read, get, options.onExtraRequest);
    },
  };
}
