import type { Peer, PeerRoom, RoomMessage } from "@cweb/client";
import type { Context } from "../context.ts";
import { withPeer } from "../home.ts";
import type { Line } from "../line.ts";
import { messageContent } from "../message-content.ts";
import { exitCodes } from "../problem.ts";
import { uploaded } from "../uploaded.ts";
import { settled, tell, textOf } from "./send.ts";

type Cancel = { readonly signal: AbortSignal };

export interface CreateFlags {
  readonly keep?: number;
  readonly copies: boolean;
  readonly receipts: boolean;
}

export function create(context: Context, room: string, { keep, copies, receipts }: CreateFlags): Promise<number> {
  const options = { copies, receipts, ...(keep === undefined ? {} : { keepDays: keep }) };
  return change(context, (peer, cancel) => peer.rooms.create(room, { ...options, ...cancel }));
}

export function add(context: Context, room: string, contacts: readonly string[]): Promise<number> {
  return change(context, (peer, cancel) => peer.rooms.add(room, contacts, cancel));
}

export function remove(context: Context, room: string, members: readonly string[]): Promise<number> {
  return change(context, (peer, cancel) => peer.rooms.remove(room, members, cancel));
}

export function handover(context: Context, room: string, member: string): Promise<number> {
  return change(context, (peer, cancel) => peer.rooms.handover(room, member, cancel));
}

export function join(context: Context, room: string): Promise<number> {
  return change(context, (peer, cancel) => peer.rooms.join(room, cancel));
}

export function leave(context: Context, room: string): Promise<number> {
  return change(context, (peer, cancel) => peer.rooms.leave(room, cancel));
}

/** The change is safe when it is told, also where the upload has to wait. */
function change(context: Context, run: (peer: Peer, cancel: Cancel) => Promise<PeerRoom>): Promise<number> {
  const { output, signal } = context;
  return withPeer(context, async (peer) => {
    const { failure, ...room } = await run(peer, { signal });
    await uploaded(context, peer, failure);
    await output.line(roomLine(room));
    return exitCodes.done;
  });
}

export async function send(context: Context, room: string, given: string, flags: { readonly id?: string }): Promise<number> {
  const { signal } = context;
  const text = await textOf(given);
  const options = { signal, ...(flags.id === undefined ? {} : { messageId: flags.id }) };
  return withPeer(context, async (peer) => {
    const sent = await peer.rooms.send(room, text, options);
    return tell(context, await settled(context, peer, sent), { membership: sent.membership });
  });
}

export function list(context: Context): Promise<number> {
  const { output, signal } = context;
  return withPeer(context, async (peer) => {
    for (const room of await peer.rooms.list({ signal })) await output.line(roomLine(room));
    return exitCodes.done;
  });
}

export function status(context: Context, room: string): Promise<number> {
  const { output, signal } = context;
  return withPeer(context, async (peer) => {
    await output.line(roomLine(await peer.rooms.status(room, { signal })));
    return exitCodes.done;
  });
}

export function history(context: Context, room: string): Promise<number> {
  const { output, signal } = context;
  return withPeer(context, async (peer) => {
    for (const message of await peer.rooms.history(room, { signal })) await output.line(messageLine(message));
    return exitCodes.done;
  });
}

const roomLine = ({
  name,
  id,
  epoch,
  admin,
  members,
  missing,
  alarms,
  state,
  title,
  policy,
  waiting,
  canSend,
  confirmedAt,
}: PeerRoom): Line => ({
  type: "room",
  ...{ name, id, epoch, admin, members, missing, alarms, state, title, canSend, confirmedAt, waiting },
  ...(policy ? { keepDays: policy.keepDays, copies: policy.copies, receipts: policy.receipts } : {}),
});

function messageLine(message: RoomMessage): Line {
  const { room, id, from, sentAt, position, receivedBy } = message;
  const receipts = receivedBy ? { receivedBy } : {};
  return { type: "message", kind: "room", room, id, from, ...messageContent(message), sentAt, position, ...receipts };
}
