import type { LocalBatch, LocalRecord, Revision } from "./port.ts";
import { StorageLocalError } from "./storage-local-error.ts";

/** SPEC §5. */
export const maxRecordBytes = 16_777_216;
const namePattern = /^[ -~]{1,256}$/;
const prefixPattern = /^[ -~]{0,256}$/;

const invalid = (what: string): StorageLocalError => new StorageLocalError("invalid", `${what}.`);

export function checkNames(names: Iterable<string>): void {
  for (const name of names) if (!namePattern.test(name)) throw invalid("A record's name must be 1 to 256 characters of printable ASCII");
}

export function checkScan(prefix: string, options: { readonly after?: string; readonly limit: number }): void {
  if (!prefixPattern.test(prefix)) throw invalid("A prefix must be at most 256 characters of printable ASCII");
  if (options.after !== undefined && !prefixPattern.test(options.after)) throw invalid("`after` must be a record's name");
  if (!Number.isSafeInteger(options.limit) || options.limit < 1) throw invalid("`limit` must be a positive whole number");
}

export function checkBatch(batch: LocalBatch): void {
  checkNames(batch.expected.keys());
  checkNames(batch.put.keys());
  checkNames(batch.remove);
  for (const [name, bytes] of batch.put) {
    if (batch.remove.has(name)) throw invalid("A batch cannot put and remove the same record");
    if (!(bytes instanceof Uint8Array) || bytes.length > maxRecordBytes) throw invalid(`A record holds at most ${maxRecordBytes} bytes`);
  }
}

/** The first code unit behind all of printable ASCII: `prefix + endOfPrefix` sorts behind every name that begins with `prefix`. */
export const endOfPrefix = "\x7f";

/** A plain copy: a subclass, or a view into a larger buffer, must not reach a back-end. */
export const ownBytes = (bytes: Uint8Array): Uint8Array<ArrayBuffer> => new Uint8Array(bytes);

export const localRecord = (name: string, bytes: Uint8Array, revision: number): LocalRecord => ({
  name,
  bytes: ownBytes(bytes),
  revision: revision as Revision,
});
