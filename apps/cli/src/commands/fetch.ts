import { createHash } from "node:crypto";
import { stat } from "node:fs/promises";
import { join, resolve } from "node:path";
import type { Peer } from "@cweb/client";
import { type FileReference, FileSharingError, type FileTarget, parseFileReference } from "@cweb/file-sharing";
import { type FolderTargetOptions, fileTarget, folderTarget } from "@cweb/file-sharing/node";
import type { Context } from "../context.ts";
import { FetchedNotes } from "../fetched-notes.ts";
import { withPeer } from "../home.ts";
import { NotedTarget } from "../noted-target.ts";
import { CliError, exitCodes } from "../problem.ts";
import { ProgressView } from "../progress-view.ts";

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** Bytes of a file. */
export interface ByteRange {
  readonly offset: number;
  readonly length: number;
}

export interface FetchFlags {
  readonly out?: string;
  readonly range?: ByteRange;
  readonly force?: true;
}

export async function fetchFile(context: Context, what: string, flags: FetchFlags): Promise<number> {
  if (flags.range && flags.out === undefined) throw new CliError("usage", "With --range, --out says where the bytes go.");
  const { output } = context;
  return withPeer(context, async (peer, { local }) => {
    const text = await textOf(peer, what, context.signal);
    const reference = parseFileReference(text);
    if (flags.range) checkRange(flags.range, reference);
    const notes = new FetchedNotes(local);
    const target = new NotedTarget(await targetOf(context, reference, flags), notes, partOf(reference, flags.range));
    let note = await target.finishedBefore({ signal: context.signal });
    if (!note) {
      const view = await ProgressView.open(output, reference.name);
      try {
        await transfer(peer, text, target, { ...flags, view, signal: AbortSignal.any([context.signal, view.signal]) });
      } finally {
        await view.close();
      }
      note = await target.finished({ signal: context.signal });
    }
    await output.line({ type: "fetched", path: target.id, size: note.size, sha256: note.sha256 });
    await notes.remove(target.id);
    return exitCodes.done;
  });
}

/**
 * Names what is fetched, in 32 letters and digits: also in the partial file's name. By the hash of the root, since owners choose their file ids: two
 * files of one id that grew in one place would spoil each other.
 */
export function partOf({ rootHash }: FileReference, range: ByteRange | undefined): string {
  const part = range ? `${range.offset}+${range.length}` : "";
  return createHash("sha256").update(rootHash).update(part).digest("hex").slice(0, 32);
}

/** The text of a reference; of a message, that of the file that came with it. */
async function textOf(peer: Peer, what: string, signal: AbortSignal): Promise<string> {
  return uuid.test(what) ? (await peer.files.received(what, { signal })).reference : what.trim();
}

async function targetOf({ home }: Context, reference: FileReference, { out, range, force }: FetchFlags): Promise<FileTarget> {
  const options: FolderTargetOptions = { tag: partOf(reference, range), overwrite: force === true };
  if (out === undefined) return folderTarget(join(resolve(home), "downloads"), reference.name, options);
  const found = await stat(out).catch(() => undefined);
  return found?.isDirectory() ? folderTarget(out, reference.name, options) : fileTarget(resolve(out), options);
}

interface Transfer {
  readonly range?: ByteRange;
  readonly view: ProgressView;
  readonly signal: AbortSignal;
}

async function transfer(peer: Peer, reference: string, to: FileTarget, { range, view, signal }: Transfer): Promise<void> {
  const onProgress = view.report;
  if (!range) {
    await peer.files.download(reference, { to, onProgress, signal });
    return;
  }
  await to.open(range.length, { signal });
  try {
    const file = await peer.files.open(reference, { signal });
    let offset = 0;
    for await (const bytes of file.stream({ ...range, onProgress, signal })) {
      await to.write(offset, bytes, { signal });
      offset += bytes.length;
    }
    await to.finish({ signal });
  } catch (error) {
    // A part is begun anew each time: what is there would be of no use.
    await to.discard().catch(() => undefined);
    throw error;
  } finally {
    await to.close();
  }
}

function checkRange({ offset, length }: ByteRange, { size }: FileReference): void {
  if (offset + length <= size) return;
  throw new FileSharingError("out-of-range", `The file has ${size} bytes: the range goes beyond its end.`);
}
