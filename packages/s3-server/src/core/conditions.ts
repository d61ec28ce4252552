import { Refusal } from "./refusal.ts";

export interface Validators {
  /** Without quotes. */
  readonly etag: string;
  /** Milliseconds since 1970. */
  readonly modified: number;
}

export interface ReadConditions {
  readonly ifMatch: string | undefined;
  readonly ifNoneMatch: string | undefined;
  readonly ifModifiedSince: string | undefined;
  readonly ifUnmodifiedSince: string | undefined;
}

/** RFC 9110 §13.2.2 for GET and HEAD. @throws Refusal `PreconditionFailed`. */
export function checkRead(conditions: ReadConditions, current: Validators): "send" | "not-modified" {
  const seconds = Math.floor(current.modified / 1000);
  if (conditions.ifMatch !== undefined) {
    if (!namesEtag(conditions.ifMatch, current.etag)) throw new Refusal("PreconditionFailed", undefined, { Condition: "If-Match" });
  } else if (conditions.ifUnmodifiedSince !== undefined && seconds > secondsOf(conditions.ifUnmodifiedSince)) {
    throw new Refusal("PreconditionFailed", undefined, { Condition: "If-Unmodified-Since" });
  }
  if (conditions.ifNoneMatch !== undefined) return namesEtag(conditions.ifNoneMatch, current.etag) ? "not-modified" : "send";
  if (conditions.ifModifiedSince !== undefined && seconds <= secondsOf(conditions.ifModifiedSince)) return "not-modified";
  return "send";
}

/** What a PUT was told to expect of the stored object. */
export interface WriteCondition {
  readonly ifMatch?: string;
  readonly ifNoneMatch?: string;
  /** The only form of the ETag to take (SPEC §9, `ifMatch`). */
  readonly form?: "quoted" | "unquoted";
}

/** @throws Refusal `PreconditionFailed`; `NoSuchKey` for If-Match on nothing; `NotImplemented` for If-None-Match other than `*`. */
export function checkWrite(condition: WriteCondition, current: Validators | undefined): void {
  const { ifMatch, ifNoneMatch, form } = condition;
  if (ifNoneMatch !== undefined) {
    if (ifNoneMatch.trim() !== "*") throw new Refusal("NotImplemented", "If-None-Match of a write must be *.");
    if (current) throw new Refusal("PreconditionFailed", undefined, { Condition: "If-None-Match" });
  }
  if (ifMatch === undefined) return;
  if (!current) throw new Refusal("NoSuchKey");
  const given = ifMatch.trim();
  const isQuoted = given.startsWith('"') && given.endsWith('"');
  const wrongForm = given !== "*" && ((form === "quoted" && !isQuoted) || (form === "unquoted" && isQuoted));
  if (wrongForm || !namesEtag(given, current.etag)) throw new Refusal("PreconditionFailed", undefined, { Condition: "If-Match" });
}

function namesEtag(list: string, etag: string): boolean {
  return list.split(",").some((item) => {
    const tag = item.trim().replace(/^W\//, "");
    return tag === "*" || tag === etag || tag === `"${etag}"`;
  });
}

function secondsOf(httpDate: string): number {
  // A date that cannot be read is ignored (RFC 9110 §13.1.3): NaN compares false both ways.
  return Math.floor(Date.parse(httpDate) / 1000);
}
