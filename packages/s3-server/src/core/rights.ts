/** `get` reads objects, `put` writes them (and creates or configures the bucket), `delete` removes them, `list` sees their names. */
export type Right = "get" | "put" | "delete" | "list";

/** Objects of `bucket` (`"*"`: of any) whose names begin with `prefix` (default: all). */
export interface Place {
  readonly bucket: string;
  readonly prefix?: string;
}

/** What a key may do in a place. */
export interface Grant extends Place {
  readonly rights: readonly Right[];
}

/** A grant together with the key that has it. Several grants may name the same key. */
export interface KeyGrant extends Grant {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

/** The stored form: one key with all its grants. */
export interface KeyRecord {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly grants: readonly Grant[];
}

/** Whether one of `grants` allows `right` on the object named `key`, or, with an empty key, on the whole bucket. */
export function allows(grants: readonly Grant[], right: Right, bucket: string, key: string): boolean {
  return grants.some((g) => g.rights.includes(right) && (g.bucket === "*" || g.bucket === bucket) && key.startsWith(g.prefix ?? ""));
}

/** Whether the holder has any right at all in the bucket: only then may it learn whether the bucket exists. */
export function knows(grants: readonly Grant[], bucket: string): boolean {
  return grants.some((g) => g.rights.length > 0 && (g.bucket === "*" || g.bucket === bucket));
}

/** `get+list` readers (SPEC §9): every grant of `get` becomes one of `list` too. */
export function withReaderListing(grants: readonly Grant[]): readonly Grant[] {
  return grants.map((g) => (g.rights.includes("get") && !g.rights.includes("list") ? { ...g, rights: [...g.rights, "list" as const] } : g));
}
