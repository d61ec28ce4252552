import { type FetchResponse, readBody } from "./fetch.ts";
import type { RequestEvent } from "./meter.ts";
import { toPath } from "./path.ts";
import type { Path } from "./port.ts";
import { StorageRemoteError } from "./storage-remote-error.ts";

/** One answer to ListObjectsV2. */
export interface ListPage {
  /** Whole names, of which some may be no paths. */
  readonly keys: readonly string[];
  /** Present where more follows. */
  readonly next?: string;
}

const PAGE = 1000;
const PAGE_BYTES = 4 << 20;
const ENTITIES: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" };

function unescapeXml(text: string): string {
  return text.replace(/&(amp|lt|gt|quot|apos);/g, (whole, name: string) => ENTITIES[name] ?? whole);
}

/** Reads a page's body: at most 4 MiB. As in `errorCodeOf`, only what looks exactly right is taken. */
export async function pageOf(response: FetchResponse): Promise<ListPage> {
  const xml = new TextDecoder().decode(await readBody(response.body, { skip: 0, take: PAGE_BYTES + 1, maxBytes: PAGE_BYTES }));
  const keys = [...xml.matchAll(/<Key>([A-Za-z0-9._/-]{1,1024})<\/Key>/g)].map((match) => match[1] ?? "");
  const next = /<NextContinuationToken>([^<]{1,2048})<\/NextContinuationToken>/.exec(xml)?.[1];
  return next === undefined ? { keys } : { keys, next: unescapeXml(next) };
}

function pathsIn(keys: readonly string[], prefix: string): Path[] {
  return keys.flatMap((key) => {
    if (!key.startsWith(prefix)) return [];
    try {
      return [toPath(key.slice(prefix.length))];
    } catch {
      return [];
    }
  });
}

/** Lists as the port wants it, asking `page` as often as needed. */
export async function listPages(
  prefix: string,
  { after, limit, signal }: { readonly after?: Path; readonly limit: number; readonly signal?: AbortSignal },
  page: (query: URLSearchParams, signal?: AbortSignal) => Promise<ListPage>,
  onExtraRequest?: (event: RequestEvent) => void,
): Promise<readonly Path[]> {
  const found: Path[] = [];
  let token: string | undefined;
  for (let count = 0; found.length < limit; count++) {
    signal?.throwIfAborted();
    const query = new URLSearchParams({ "list-type": "2", "max-keys": String(Math.min(PAGE, limit - found.length)) });
    if (prefix !== "") query.set("prefix", prefix);
    if (token !== undefined) query.set("continuation-token", token);
    else if (after !== undefined) query.set("start-after", `${prefix}${after}`);
    if (count > 0) onExtraRequest?.({ op: "list", result: "listed", bytes: 0 });
    const { keys, next } = await page(query, signal);
    found.push(...pathsIn(keys, prefix));
    if (next === undefined) return found;
    if (next === token) throw new StorageRemoteError("bad-answer", "The store lists its objects in a circle; listing was given up.");
    token = next;
  }
  return found;
}
