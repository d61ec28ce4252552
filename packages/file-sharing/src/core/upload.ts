import type { FileId } from "./file-id.ts";

/** What a home knows of one file of its own. */
export interface UploadHead {
  /** `removing`: nothing more is sent for it, and its objects are being deleted. */
  readonly state: "uploading" | "published" | "removing";
  readonly fileId: FileId;
  /** The caller's name of this upload. */
  readonly key: string | undefined;
  readonly name: string;
  readonly mime: string;
  /** Milliseconds since 1970. */
  readonly mtime: number | undefined;
  readonly log2: number;
  /** Bytes; unknown of a stream whose end has not come. */
  readonly size: number | undefined;
  /** The source's, when it was last begun to be read. */
  readonly fingerprint: string | undefined;
  /** 16 bytes of the run that may write; whoever replaces them has taken over. */
  readonly run: Uint8Array;
  /** Counts the states of the source: what was compared with an earlier one is compared again. */
  readonly content: number;
  /** Milliseconds since 1970. */
  readonly createdAt: number;
  /** When the last PUT was over, at the latest: known once nothing more is sent. */
  readonly finishedAt: number | undefined;
  /** The encoded reference, once the root is stored. */
  readonly reference: Uint8Array | undefined;
}

/** One object of an upload. What it names is on its way (`reserved`: perhaps stored, perhaps not) or there. */
export interface UploadEntry {
  readonly state: "reserved" | "stored";
  /** The state of the source (`UploadHead.content`) that the object was last found to hold. */
  readonly content: number;
  /** 32 bytes. */
  readonly key: Uint8Array;
  /** SEAL's salt, 24 bytes. With the key and an unchanged content it gives the same bytes again. */
  readonly salt: Uint8Array;
  /** SHA-256 of these bytes, 32 bytes: the only ones that may ever be sent under this key. */
  readonly hash: Uint8Array;
}

/** Whether the object need not be looked at again. */
export function isThere(entry: UploadEntry | undefined, head: { readonly content: number }): entry is UploadEntry {
  return entry?.state === "stored" && entry.content === head.content;
}

/** Signed requests die after 15 minutes: what was sent longer ago cannot land any more. */
export const lateAfter: number = 20 * 60_000;

/** What a run wants to upload. */
export interface Wanted {
  readonly name: string;
  readonly mime: string;
  readonly mtime: number | undefined;
  readonly log2: number;
  readonly size: number | undefined;
  readonly fingerprint: string | undefined;
}

/** Whether a finished upload is the one that is wanted. Without a fingerprint its key says what it is. */
export function isSameFile(head: UploadHead, wanted: Wanted): boolean {
  if (head.name !== wanted.name || head.mime !== wanted.mime) return false;
  if (wanted.size !== undefined && head.size !== wanted.size) return false;
  return wanted.fingerprint === undefined || head.fingerprint === wanted.fingerprint;
}

/** An unfinished upload as a further run takes it over: what it has sent counts without another look only if the source is surely the same. */
export function takenOver(head: UploadHead, wanted: Wanted, run: Uint8Array): UploadHead {
  const isUnchanged = wanted.fingerprint !== undefined && wanted.fingerprint === head.fingerprint && wanted.size === head.size;
  return { ...head, ...wanted, run, content: isUnchanged ? head.content : head.content + 1 };
}
