import type { SharedFile } from "@cweb/client";
import type { Context } from "../context.ts";
import { withPeer } from "../home.ts";
import type { Line } from "../line.ts";
import { exitCodes } from "../problem.ts";

const fileLine = ({ fileId, reference, name, size, mime, to, state, done, total }: SharedFile): Line => ({
  type: "file",
  fileId,
  ...(reference === undefined ? {} : { reference }),
  name,
  size: size ?? null,
  mime,
  to,
  state,
  ...(state === "uploading" ? { done, total: total ?? null } : {}),
});

export function files(context: Context): Promise<number> {
  const { output, signal } = context;
  return withPeer(context, async (peer) => {
    for (const file of await peer.files.list({ signal })) await output.line(fileLine(file));
    return exitCodes.done;
  });
}

export function unshare(context: Context, fileId: string): Promise<number> {
  const { output, signal } = context;
  return withPeer(context, async (peer) => {
    const file = await peer.files.get(fileId, { signal });
    await peer.files.remove(fileId, { signal });
    await output.line({ ...fileLine(file), state: "removed" });
    return exitCodes.done;
  });
}
