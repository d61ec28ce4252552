import type { RoomEvent } from "@cweb/client";
import type { Line } from "./line.ts";

/** The line of what happened to a room. */
export function roomEventLine({ type, room, member, message, change, n, id, store, reason }: RoomEvent): Line {
  const more = { ...(n === undefined ? {} : { n }), ...(id === undefined ? {} : { id }), ...(store === undefined ? {} : { store }) };
  const about = { ...more, ...(reason === undefined ? {} : { reason }), message };
  switch (type) {
    case "room-members":
      return { type, room, member, change, ...about };
    case "room-joined":
    case "room-removed":
    case "room-admin":
      return { type, room, admin: member, ...about };
    default:
      return { type, room, from: member, ...about };
  }
}

/** What a person waits for: not what is wrong with a message of somebody. */
export const isRoomNews = (type: string): boolean =>
  ["room-invited", "room-joined", "room-removed", "room-members", "room-admin"].includes(type);
