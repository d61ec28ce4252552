import type { SendResult, SentMessage } from "@cweb/client";
import type { Context } from "../context.ts";
import { withPeer } from "../home.ts";
import { readStandardInput } from "../input.ts";
import type { Line } from "../output.ts";
import { exitCodeOf, exitCodes } from "../problem.ts";

const sentLine = ({ id, to, kind, state }: SentMessage): Line =>
  kind === "broadcast" ? { type: "sent", kind, id, to, state } : { type: "sent", id, to, state };

export async function send(context: Context, name: string, given: string, flags: { readonly id?: string }): Promise<number> {
  const { signal } = context;
  const text = await textOf(given);
  return withPeer(context, async (peer) =>
    tell(context, await peer.send(name, text, { signal, ...(flags.id === undefined ? {} : { messageId: flags.id }) })),
  );
}

export async function broadcast(context: Context, name: string, given: string): Promise<number> {
  const { signal } = context;
  const text = await textOf(given);
  return withPeer(context, async (peer) => tell(context, await peer.broadcast(name, text, { signal })));
}

export function flush(context: Context): Promise<number> {
  const { output, signal } = context;
  return withPeer(context, async (peer) => {
    const { published, failure } = await peer.flush({ signal });
    for (const message of published) await output.line(sentLine(message));
    if (failure === undefined) return exitCodes.done;
    await output.problem(failure);
    return exitCodeOf(failure);
  });
}

/** The message is safe: that it must wait is told, and is no failure. */
async function tell({ output }: Context, { failure, ...message }: SendResult): Promise<number> {
  if (failure !== undefined) await output.problem(failure);
  await output.line(sentLine(message));
  return exitCodes.done;
}

async function textOf(given: string): Promise<string> {
  return given === "-" ? readStandardInput() : given;
}
