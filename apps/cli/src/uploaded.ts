import type { Peer } from "@cweb/client";
import { systemClock } from "@cweb/crypto";
import type { Context } from "./context.ts";

/** Between two looks at what another process of this home is doing, in ms. */
const pause = 250;
/** A person waits. */
const tries = 8;

/** Another process of this home may be uploading just now: what it leaves undone is done here. That something must wait is told, and is no failure. */
export async function uploaded({ output, signal }: Context, peer: Peer, failed: unknown): Promise<void> {
  let failure = failed;
  for (let n = 0; n < tries && failure === undefined; n++) {
    const report = await peer.flush({ signal });
    if (!report.pending) return;
    failure = report.failure;
    if (failure === undefined) await systemClock.sleep(pause, signal);
  }
  if (failure !== undefined) await output.problem(failure);
}

/** One round, whose events wait for `receive`. Answers why the contact could not be asked. */
export async function refreshed(peer: Peer, contact: string, signal: AbortSignal): Promise<unknown> {
  const { failure, contacts } = await peer.poll({ signal });
  const asked = contacts.find(({ name }) => name === contact);
  return asked ? asked.failure : failure;
}
