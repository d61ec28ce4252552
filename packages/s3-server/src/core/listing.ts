export interface ListingRequest {
  readonly prefix: string;
  readonly delimiter: string;
  /** Only names behind this one, in the order of their UTF-8 bytes; a common prefix of this name is left out with all it stands for. */
  readonly after: string;
  readonly limit: number;
}

export interface ListingPage {
  readonly keys: readonly string[];
  readonly commonPrefixes: readonly string[];
  /** Where the next page begins; undefined on the last one. */
  readonly next: string | undefined;
}

/** The order of S3's lists: by UTF-8 bytes, which differs from JavaScript's order of strings beyond U+FFFF. */
export function compareKeys(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a, "utf8"), Buffer.from(b, "utf8"));
}

/** One page out of all names of a bucket, which must be sorted by `compareKeys`. */
export function listPage(sorted: readonly string[], request: ListingRequest): ListingPage {
  const { prefix, delimiter, after, limit } = request;
  const keys: string[] = [];
  const commonPrefixes: string[] = [];
  let last = after;
  for (const key of sorted) {
    if (!key.startsWith(prefix) || (after !== "" && compareKeys(key, after) <= 0)) continue;
    const cut = delimiter === "" ? -1 : key.indexOf(delimiter, prefix.length);
    const group = cut < 0 ? undefined : key.slice(0, cut + delimiter.length);
    if (group !== undefined && (group === commonPrefixes.at(-1) || group === after)) continue;
    if (keys.length + commonPrefixes.length >= limit) return { keys, commonPrefixes, next: last };
    if (group === undefined) keys.push(key);
    else commonPrefixes.push(group);
    last = group ?? key;
  }
  return { keys, commonPrefixes, next: undefined };
}
