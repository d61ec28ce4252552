import { type KindRegistry, kinds, type MessageKind } from "@cweb/session";

/** Kinds of this package (SPEC §9). Numbers are those of the session's registry. */
export const roomKinds = {
  invite: { number: 32, name: "ss/invite", channels: ["session"] },
  join: { number: 33, name: "ss/join", channels: ["session"] },
  leave: { number: 34, name: "ss/leave", channels: ["session"] },
  key: { number: 35, name: "ss/key", channels: ["session"], isEphemeral: true },
  rejoin: { number: 36, name: "ss/rejoin", channels: ["session"] },
  hint: { number: 37, name: "ss/hint", channels: ["session", "room"], isEphemeral: true },
  want: { number: 38, name: "ss/want", channels: ["session"], isEphemeral: true },
  accept: { number: 39, name: "ss/accept", channels: ["session"] },
  copy: { number: 40, name: "ss/copy", channels: ["session", "room"], isEphemeral: true },
  vouch: { number: 41, name: "ss/vouch", channels: ["room"] },
  end: { number: 42, name: "ss/end", channels: ["session"] },
  offer: { number: 43, name: "ss/offer", channels: ["session"] },
} as const satisfies Record<string, MessageKind>;

export type RoomKind = keyof typeof roomKinds;

const inRooms = (kind: MessageKind): boolean => kind.channels.includes("room");

/** Whether a message of this kind may stand in a room's chain. */
export function isRoomKind(number: number, registry: KindRegistry): boolean {
  const kind = registry.get(number) ?? Object.values<MessageKind>({ ...kinds, ...roomKinds }).find((one) => one.number === number);
  return kind !== undefined && inRooms(kind);
}
