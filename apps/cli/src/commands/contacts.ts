import type { PeerContact } from "@cweb/client";
import type { Context } from "../context.ts";
import { withPeer } from "../home.ts";
import type { Line } from "../line.ts";
import { exitCodes } from "../problem.ts";

const contactLine = ({ name, id, state, verified }: PeerContact): Line => ({ type: "contact", name, id, state, verified });

export function add(context: Context, cardText: string, flags: { readonly as: string }): Promise<number> {
  const { output, signal } = context;
  return withPeer(context, async (peer) => {
    const { failure, ...contact } = await peer.addContact(cardText, flags.as, { signal });
    if (failure !== undefined) await output.problem(failure, { contact: contact.name });
    await output.line(contactLine(contact));
    return exitCodes.done;
  });
}

export function contacts(context: Context): Promise<number> {
  return withPeer(context, async (peer) => {
    for (const contact of await peer.contacts()) await context.output.line(contactLine(contact));
    return exitCodes.done;
  });
}

export function remove(context: Context, name: string): Promise<number> {
  const { output, signal } = context;
  return withPeer(context, async (peer) => {
    const contact = await peer.removeContact(name, { signal });
    await output.line({ ...contactLine(contact), state: "removed", verified: false });
    return exitCodes.done;
  });
}

export function verify(context: Context, name: string, flags: { readonly confirm?: string }): Promise<number> {
  return withPeer(context, async (peer) => {
    const digits = await peer.safetyNumber(name);
    if (flags.confirm !== undefined) await peer.verify(name, flags.confirm);
    const contact = await peer.contact(name);
    await context.output.line({ type: "safety-number", name: contact.name, digits, verified: contact.verified });
    return exitCodes.done;
  });
}
