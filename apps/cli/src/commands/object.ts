import type { ObjectValue, OwnObject, Peer } from "@cweb/client";
import type { Context } from "../context.ts";
import { withPeer } from "../home.ts";
import { readValue } from "../input.ts";
import type { Line } from "../line.ts";
import { CliError, exitCodes, problemOf } from "../problem.ts";
import { refreshed, uploaded } from "../uploaded.ts";
import { contentOf } from "../value.ts";

/** Bytes of one value. */
const maxValue = 8 * 1024 * 1024;

type Change = (peer: Peer, cancel: { readonly signal: AbortSignal }) => Promise<OwnObject>;

export async function create(context: Context, name: string, given: string): Promise<number> {
  const value = await readValue(given, maxValue);
  return change(context, (peer, cancel) => peer.objects.create(name, value, cancel));
}

export async function set(context: Context, name: string, given: string): Promise<number> {
  const value = await readValue(given, maxValue);
  return change(context, (peer, cancel) => peer.objects.set(name, value, cancel));
}

export function share(context: Context, name: string, contacts: readonly string[]): Promise<number> {
  return change(context, (peer, cancel) => peer.objects.share(name, contacts, cancel));
}

export function unshare(context: Context, name: string, contacts: readonly string[]): Promise<number> {
  return change(context, (peer, cancel) => peer.objects.unshare(name, contacts, cancel));
}

export function remove(context: Context, name: string): Promise<number> {
  return change(context, (peer, cancel) => peer.objects.remove(name, cancel), { subscribers: [], state: "deleted" });
}

/** The change is safe when it is told, also where the upload has to wait. */
function change(context: Context, run: Change, also: object = {}): Promise<number> {
  const { output, signal } = context;
  return withPeer(context, async (peer) => {
    const { failure, ...object } = await run(peer, { signal });
    await uploaded(context, peer, failure);
    await output.line({ ...ownLine(object), ...also });
    return exitCodes.done;
  });
}

/** Asks first, since who wants to know wants to know what is true now; without a network, what was read last is shown. */
export function get(context: Context, what: string): Promise<number> {
  const { output, signal } = context;
  const [owner = "", ...rest] = what.split("/");
  const name = rest.join("/");
  if (owner === "" || name === "") throw new CliError("usage", "Say whose object: CONTACT/NAME, or me/NAME for one of yours.");
  return withPeer(context, async (peer) => {
    const failure = owner === "me" ? undefined : await refreshed(peer, owner, signal);
    try {
      const value = await peer.objects.get(owner, name, { signal });
      if (failure !== undefined) await output.problem(failure, { contact: owner });
      await output.line(valueLine(value));
      return exitCodes.done;
    } catch (error) {
      // That nothing is known may be for want of the network alone.
      throw failure !== undefined && problemOf(error).code === "unknown-object" ? failure : error;
    }
  });
}

export function list(context: Context): Promise<number> {
  const { output, signal } = context;
  return withPeer(context, async (peer) => {
    const { own, shared } = await peer.objects.list({ signal });
    for (const object of own) await output.line(ownLine(object));
    for (const { owner, name, version, state } of shared) await output.line({ type: "object", owner, name, version, state });
    return exitCodes.done;
  });
}

const ownLine = ({ owner, name, version, subscribers }: OwnObject): Line => ({ type: "object", owner, name, version, subscribers });

/** Also of the event. */
export const valueLine = ({ owner, name, version, value, state }: ObjectValue): Line => ({
  type: "object",
  owner,
  name,
  version,
  ...contentOf(value),
  state,
});
