import type { Fetch } from "./fetch.ts";
import { httpReader } from "./http.ts";
import type { RequestEvent } from "./meter.ts";
import type { RemoteLister, RemoteReader, RemoteWriter } from "./port.ts";
import { badProfile, type ReadProfile, type S3Credentials, type S3Profile, type StorageProfile } from "./profile.ts";
import { s3LiteLister, s3LiteReader, s3LiteWriter } from "./s3-lite.ts";

export interface OpenOptions {
  /** Default: the platform's `fetch`; in Node `node:http`, which is cheaper. */
  readonly fetch?: Fetch;
  /** Told of the rare second request of one call (SPEC §5.1); `Meter.record` fits. */
  readonly onExtraRequest?: (event: RequestEvent) => void;
}

export interface OpenReaderOptions extends OpenOptions {
  /**
   * `folderReader` of `@cweb/storage-remote/folder`. Without it a folder profile is refused: in a stranger's card it would
   * make this device read its own files.
   */
  readonly folder?: (directory: string) => RemoteReader;
}

export interface OpenWriterOptions extends OpenOptions {
  /** `folderWriter` of `@cweb/storage-remote/folder`. Without it a folder profile is refused. */
  readonly folder?: (directory: string) => RemoteWriter;
}

/** What a profile's read side leads to: `s3-lite` for `s3` (README "Size and speed"). Sends nothing yet. Throws `bad-profile`. */
export function openReader(profile: ReadProfile, options: OpenReaderOptions = {}): RemoteReader {
  if (profile.type === "http") return httpReader(profile.url, options);
  if (profile.type === "s3") return s3LiteReader({ ...profile, credentials: profile.read }, options);
  if (options.folder === undefined) throw badProfile("folders are not allowed here.");
  return options.folder(profile.path);
}

/** The write side of an owner's profile. Sends nothing yet. Throws `bad-profile`, also where the profile has no write side. */
export function openWriter(profile: StorageProfile, options: OpenWriterOptions = {}): RemoteWriter {
  if (profile.type === "s3") return s3LiteWriter({ ...profile, credentials: writeKeys(profile) }, options);
  if (profile.type === "http") throw badProfile("a public address can only be read; a home needs write keys.");
  if (options.folder === undefined) throw badProfile("folders are not allowed here.");
  return options.folder(profile.path);
}

/** Lists the owner's own bucket, with its write keys. No protocol needs this. Throws `bad-profile`. */
export function openLister(profile: S3Profile, options: OpenOptions = {}): RemoteLister {
  return s3LiteLister({ ...profile, credentials: writeKeys(profile) }, options);
}

function writeKeys(profile: S3Profile): S3Credentials {
  if (profile.write === undefined) throw badProfile(`"write" is missing: these keys can only read.`);
  return profile.write;
}
