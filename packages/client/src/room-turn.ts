import type { CwebId } from "@cweb/discovery";
import type { RoomsReport } from "@cweb/shared-session";
import type { Cancellable, ContactBook } from "./contact-book.ts";
import type { Layers } from "./layers.ts";

/** What a round asked for rooms, over all of them. */
export interface RoomsTurn {
  /** GETs, the probe among them. */
  readonly gets: number;
  /** At most one: a look for a message that nobody has told of. */
  readonly probes: number;
  /** Members, by their names here, whose store did not answer. */
  readonly failures: readonly { readonly member: string; readonly cause: unknown }[];
  /** Why nothing could be asked. */
  readonly failure?: unknown;
}

export const noRooms: RoomsTurn = { gets: 0, probes: 0, failures: [] };

export interface RoomTurnParts {
  readonly layers: Layers;
  readonly book: ContactBook;
  /** Whether invitations are accepted as they come. */
  readonly accepts: boolean;
  /** Makes a contact of a member that is none. */
  readonly introduce: (card: string, cancel: Cancellable) => Promise<void>;
}

/** The part of a round that is for rooms. */
export async function turnOfRooms(parts: RoomTurnParts, all: boolean, cancel: Cancellable): Promise<RoomsTurn> {
  const { layers, book } = parts;
  const { gets, probes, wroteTo, failures }: RoomsReport = await layers.rooms.poll({ all, ...cancel });
  const asked = await attend(parts, cancel);
  await layers.establish([...new Set([...wroteTo, ...asked])], cancel);
  const named: { readonly member: string; readonly cause: unknown }[] = [];
  for (const { member, cause } of failures) named.push({ member: (await book.entry(member, cancel))?.name ?? member, cause });
  return { gets, probes, failures: named };
}

/** Joins the rooms that this home is invited to, and sees to it that their admins are heard: keys come from them. Answers to whom was written. */
async function attend({ layers, accepts, introduce }: RoomTurnParts, cancel: Cancellable): Promise<readonly CwebId[]> {
  const { rooms, discovery } = layers;
  const asked: CwebId[] = [];
  for (const id of await rooms.list(cancel)) {
    const { state, admin, isAdmin, members } = await rooms.status(id, cancel);
    if (state === "invited" && accepts) asked.push(...(await rooms.join(id, cancel)));
    if (state === "removed" || isAdmin || (await discovery.contact(admin, cancel))) continue;
    const card = members.find((member) => member.id === admin)?.card;
    if (card !== undefined) await introduce(card, cancel);
  }
  return asked;
}
