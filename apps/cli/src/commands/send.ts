import type { Peer, SendResult, SentMessage } from "@cweb/client";
import { systemClock } from "@cweb/crypto";
import type { Context } from "../context.ts";
import { withPeer } from "../home.ts";
import { readStandardInput } from "../input.ts";
import type { Line } from "../line.ts";
import { CliError, exitCodeOf, exitCodes } from "../problem.ts";

/** Between two looks at what another process of this home is doing, in ms. */
const pause = 250;
/** A person waits for `send`, and for `flush` what there is to upload. */
const sendTries = 8;
const flushTries = 360;

function sentLine({ id, to, kind, state }: SentMessage): Line {
  if (kind === "session") return { type: "sent", id, to, state };
  return { type: "sent", kind, id, ...(kind === "room" ? { room: to } : {}), to, state };
}

export async function send(context: Context, name: string, given: string, flags: { readonly id?: string }): Promise<number> {
  const { signal } = context;
  const text = await textOf(given);
  const options = { signal, ...(flags.id === undefined ? {} : { messageId: flags.id }) };
  return withPeer(context, async (peer) => tell(context, await settled(context, peer, await peer.send(name, text, options))));
}

export async function broadcast(context: Context, name: string, given: string): Promise<number> {
  const { signal } = context;
  const text = await textOf(given);
  return withPeer(context, async (peer) => tell(context, await settled(context, peer, await peer.broadcast(name, text, { signal }))));
}

export function flush(context: Context): Promise<number> {
  const { output, signal } = context;
  return withPeer(context, async (peer) => {
    for (let n = 1; ; n++) {
      const { published, failure, pending } = await peer.flush({ signal });
      for (const message of published) await output.line(sentLine(message));
      if (failure !== undefined) {
        await output.problem(failure);
        return exitCodeOf(failure);
      }
      if (!pending) return exitCodes.done;
      if (n === flushTries) throw new CliError("home-busy", "Another process of this home is still uploading; try again.");
      await systemClock.sleep(pause, signal);
    }
  });
}

/** Another process of this home may be uploading just now: what it leaves undone is done here. */
export async function settled({ signal }: Context, peer: Peer, result: SendResult): Promise<SendResult> {
  for (let n = 0; n < sendTries && result.state === "queued" && result.failure === undefined; n++) {
    await systemClock.sleep(pause, signal);
    const { published, failure, pending } = await peer.flush({ signal });
    if (published.some(({ id }) => id === result.id)) return { ...result, state: "published" };
    if (failure !== undefined) return { ...result, failure };
    if (!pending) return result;
  }
  return result;
}

/** The message is safe: that it must wait is told, and is no failure. */
export async function tell({ output }: Context, { failure, ...message }: SendResult, also: object = {}): Promise<number> {
  if (failure !== undefined) await output.problem(failure);
  await output.line({ ...sentLine(message), ...also });
  return exitCodes.done;
}

export async function textOf(given: string): Promise<string> {
  return given === "-" ? readStandardInput() : given;
}
