import type { CipherSuite, Clock, Random } from "@cweb/crypto";
import type { LocalStore } from "@cweb/storage-local";
import type { Path, RemoteWriter } from "@cweb/storage-remote";
import type { FileId } from "./core/file-id.ts";
import { limits } from "./core/limits.ts";
import { objectPath } from "./core/object-name.ts";
import { boundedParallel } from "./core/pace.ts";
import { lateAfter, type UploadHead } from "./core/upload.ts";
import { runTransfers } from "./transfer.ts";
import { deletions } from "./upload-journal.ts";
import { decodeDeletion, decodeHead, decodeKey, decodeSegment, names } from "./wire/upload-records.ts";

export interface RemovalContext {
  readonly local: LocalStore;
  readonly writer: RemoteWriter;
  readonly crypto: CipherSuite;
  readonly random: Random;
  readonly clock: Clock;
}

interface Cancellable {
  readonly signal?: AbortSignal;
}

const recordsAtOnce = 64;

/** Deletes objects, several at a time. Throws `storage-failed`. */
export async function removeObjects(
  { writer, clock, random }: Pick<RemovalContext, "writer" | "clock" | "random">,
  paths: readonly Path[],
  { signal }: Cancellable = {},
): Promise<void> {
  const waiting = [...paths].reverse();
  await runTransfers(
    async () => {
      const path = waiting.pop();
      if (path === undefined) return undefined;
      return async (stop) => {
        await writer.remove(path, { signal: stop });
        return 0;
      };
    },
    { clock, random, parallel: boundedParallel(1), signal },
  );
}

/**
 * Deletes the objects of a file whose head says `removing`: the root first, so that nobody begins to read what is about to go, then pages,
 * then chunks. What is deleted is forgotten step by step, so that it goes on where it stopped. A PUT sent less than 20 minutes ago may
 * still land: such objects are deleted once more (SPEC §7).
 */
export async function removeFileObjects(context: RemovalContext, head: UploadHead, options: Cancellable = {}): Promise<void> {
  for (let level = limits.depth; level >= 0; level--) {
    for (;;) {
      const [record] = await context.local.scan(names.level(head.fileId, level), { limit: 1, ...options });
      if (record === undefined) break;
      const paths = decodeSegment(record.bytes).flatMap((entry) => (entry === undefined ? [] : [objectPath(context.crypto, entry.key)]));
      await removeObjects(context, paths, options);
      const mayLand = context.clock.now() < (head.finishedAt ?? 0) + lateAfter;
      const put = mayLand ? deletions(paths, context.clock.now() + lateAfter) : new Map<string, Uint8Array>();
      await context.local.commit({ expected: new Map(), put, remove: new Set([record.name]) }, options);
    }
  }
}

/** Forgets a file that has no objects any more. */
export async function forget(
  { local }: RemovalContext,
  fileId: FileId,
  keyName: string | undefined,
  options: Cancellable = {},
): Promise<void> {
  for (;;) {
    const key = keyName === undefined ? undefined : (await local.load([keyName], options)).get(keyName);
    const isOurs = key !== undefined && decodeKey(key.bytes) === fileId;
    const remove = new Set([names.head(fileId), names.recipients(fileId), ...(isOurs ? [key.name] : [])]);
    const expected = new Map(isOurs ? [[key.name, key.revision]] : []);
    if ((await local.commit({ expected, put: new Map(), remove }, options)).kind === "committed") return;
  }
}

/** Heads of all files in the order of their ids. */
export async function* allHeads(local: LocalStore, options: Cancellable = {}): AsyncGenerator<UploadHead> {
  let after: string | undefined;
  do {
    const records = await local.scan(names.heads, { limit: recordsAtOnce, ...(after !== undefined && { after }), ...options });
    for (const { bytes } of records) yield decodeHead(bytes);
    after = records.at(-1)?.name;
  } while (after !== undefined);
}

/** Deletes what is due of the queue. Answers when the next is (ms since 1970), if there is any. */
export async function removeDue(context: RemovalContext, options: Cancellable = {}): Promise<number | undefined> {
  await pullIn(context, options);
  for (;;) {
    const [record] = await context.local.scan(names.deletions, { limit: 1, ...options });
    if (record === undefined) return undefined;
    const notBefore = Number(record.name.split("/")[2]);
    if (notBefore > context.clock.now()) return notBefore;
    await removeObjects(context, decodeDeletion(record.bytes), options);
    await context.local.commit({ expected: new Map(), put: new Map(), remove: new Set([record.name]) }, options);
  }
}

/** What is queued for later than anybody would queue it now: the clock was ahead then, and was put right since. */
async function pullIn({ local, clock }: RemovalContext, options: Cancellable): Promise<void> {
  const latest = clock.now() + lateAfter;
  for (;;) {
    const [record] = await local.scan(names.deletions, { after: names.deletionsUntil(latest), limit: 1, ...options });
    if (record === undefined) return;
    await local.commit(
      { expected: new Map(), put: deletions(decodeDeletion(record.bytes), latest), remove: new Set([record.name]) },
      options,
    );
  }
}
