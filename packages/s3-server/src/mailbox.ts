import { mkdir } from "node:fs/promises";
import { join, resolve } from "node:path";
import type { Grant, KeyRecord } from "./core/rights.ts";
import { isBucketName } from "./core/target.ts";
import { DirectoryWaits } from "./disk/directory-waits.ts";
import type { DiskSettings } from "./disk/durable.ts";
import { ObjectStore } from "./disk/object-store.ts";
import { type KeysFile, updateKeysFile } from "./key-ring.ts";
import { S3ServerError } from "./s3-server-error.ts";
import { type ServerClock, systemClock } from "./system-clock.ts";
import { systemRandomBytes } from "./system-random.ts";

export interface AccessKey {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

/** A bucket with its owner's key (all rights) and a key that may only get. */
export interface MailboxKeys {
  readonly bucket: string;
  readonly write: AccessKey;
  readonly read: AccessKey;
}

export interface CreateMailboxOptions {
  readonly clock?: ServerClock;
  readonly signal?: AbortSignal;
}

/**
 * Makes a bucket with two keys, or answers with the keys that it has already. A server may run on `dataDir` meanwhile: it takes the keys at
 * once.
 * @throws S3ServerError `bad-bucket-name`, `bad-keys-file`, `keys-file-busy`, `data-dir-unusable`.
 */
export async function createMailbox(dataDir: string, name: string, options: CreateMailboxOptions = {}): Promise<MailboxKeys> {
  options.signal?.throwIfAborted();
  if (!isBucketName(name)) {
    const rule = "3 to 63 of a-z, 0-9, - and ., beginning and ending with a letter or digit";
    throw new S3ServerError("bad-bucket-name", `"${name.slice(0, 80)}" cannot be a bucket's name: it must be ${rule}.`);
  }
  const settings = await prepareDataDir(dataDir, true);
  await new ObjectStore(dataDir, settings).createBucket(name);
  let keys: MailboxKeys | undefined;
  await updateKeysFile(dataDir, settings, options.clock ?? systemClock, (file) => {
    keys = keysOf(file, name);
    if (keys) return undefined;
    keys = { bucket: name, write: newKey(), read: newKey() };
    return withMailbox(file, keys);
  });
  if (!keys) throw new S3ServerError("bad-keys-file", `The keys of the mailbox ${name} could not be made.`);
  return keys;
}

/** Makes the folders of a data directory where they are missing. @throws S3ServerError `data-dir-unusable`. */
export async function prepareDataDir(dataDir: string, durable: boolean): Promise<DiskSettings> {
  const tempDir = join(dataDir, "tmp");
  try {
    for (const folder of [dataDir, tempDir, join(dataDir, "buckets"), join(dataDir, "uploads")]) {
      await mkdir(folder, { recursive: true, mode: 0o700 });
    }
  } catch (cause) {
    throw new S3ServerError("data-dir-unusable", `The data directory ${resolve(dataDir)} cannot be made or written.`, { cause });
  }
  return { tempDir, durable, directories: new DirectoryWaits(), newId: () => Buffer.from(systemRandomBytes(16)).toString("hex") };
}

function keysOf(file: KeysFile, bucket: string): MailboxKeys | undefined {
  const ids = Object.hasOwn(file.mailboxes, bucket) ? file.mailboxes[bucket] : undefined;
  const write = file.keys.find((key) => key.accessKeyId === ids?.write);
  const read = file.keys.find((key) => key.accessKeyId === ids?.read);
  return write && read ? { bucket, write: pair(write), read: pair(read) } : undefined;
}

function withMailbox(file: KeysFile, keys: MailboxKeys): KeysFile {
  const all: Grant = { bucket: keys.bucket, rights: ["get", "put", "delete", "list"] };
  const getOnly: Grant = { bucket: keys.bucket, rights: ["get"] };
  return {
    ...file,
    keys: [...file.keys, { ...keys.write, grants: [all] }, { ...keys.read, grants: [getOnly] }],
    mailboxes: { ...file.mailboxes, [keys.bucket]: { write: keys.write.accessKeyId, read: keys.read.accessKeyId } },
  };
}

function pair(key: KeyRecord): AccessKey {
  return { accessKeyId: key.accessKeyId, secretAccessKey: key.secretAccessKey };
}

/** 80 and 240 random bits, in alphabets that survive every form, shell and `!`-separated text. */
function newKey(): AccessKey {
  const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
  const id = Array.from(systemRandomBytes(16), (byte) => alphabet[byte & 31]).join("");
  return { accessKeyId: `CW${id}`, secretAccessKey: Buffer.from(systemRandomBytes(30)).toString("base64url") };
}
