import { stat } from "node:fs/promises";
import { basename, resolve } from "node:path";
import type { Peer } from "@cweb/client";
import { fileSource } from "@cweb/file-sharing/node";
import type { Context } from "../context.ts";
import { withPeer } from "../home.ts";
import { mediaTypeOf } from "../media-type.ts";
import { exitCodes } from "../problem.ts";
import { ProgressView } from "../progress-view.ts";

/** The file's absolute path names the upload: the same command again goes on with it. */
export async function share(context: Context, given: string, names: readonly string[]): Promise<number> {
  const { output } = context;
  const path = resolve(given);
  const name = basename(path);
  const source = await fileSource(path, { signal: context.signal });
  const { mtimeMs } = await stat(path);
  return withPeer(context, async (peer) => {
    const view = await ProgressView.open(output, name);
    try {
      const signal = AbortSignal.any([context.signal, view.signal]);
      const file = { name, mime: mediaTypeOf(name), mtime: Math.max(0, Math.floor(mtimeMs)), key: path };
      const shared = await peer.files.share(source, {
        ...file,
        ...(await recipients(peer, names, signal)),
        onProgress: view.report,
        signal,
      });
      await view.close();
      // The file is there; that a message must wait is told, and is no failure.
      for (const { failure, to } of shared.sent) if (failure !== undefined) await output.problem(failure, { contact: to });
      const { fileId, reference, size, to } = shared;
      await output.line({ type: "shared", fileId, reference, name, size, to });
      return exitCodes.done;
    } finally {
      await view.close();
    }
  });
}

/** A name is a contact's, or else a room's. */
async function recipients(
  peer: Peer,
  names: readonly string[],
  signal: AbortSignal,
): Promise<{ readonly to: readonly string[]; readonly rooms: readonly string[] }> {
  const contacts = new Set((await peer.contacts({ signal })).map(({ name }) => name));
  const others = names.filter((name) => !contacts.has(name.normalize("NFC").trim()));
  const rooms = others.length === 0 ? [] : (await peer.rooms.list({ signal })).map(({ name }) => name);
  const isRoom = (name: string): boolean => others.includes(name) && rooms.includes(name.normalize("NFC").trim());
  return { to: names.filter((name) => !isRoom(name)), rooms: names.filter(isRoom) };
}
