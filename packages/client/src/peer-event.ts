import type { ObjectState } from "@cweb/shared-object";
import type { Cancellable } from "./contact-book.ts";
import type { SharedProfile } from "./peer-profile.ts";

/** Common to all: an event comes again, with `redelivered`, until it is acknowledged. */
interface Delivered {
  /** Handed out before, perhaps to a process that died before it could show it. */
  readonly redelivered: boolean;
  /** Forgets the event for good: the application has it. `Peer.acknowledge` takes many at once. */
  acknowledge(options?: Cancellable): Promise<void>;
}

/** A file that a contact has sent. */
export interface EventFile {
  /** One line of text, as secret as the file. */
  readonly reference: string;
  /** The sender's: data, never a path. */
  readonly name: string;
  readonly size: number;
  readonly mime: string;
}

export interface MessageEvent extends Delivered {
  readonly type: "message";
  /**
   * How it came: inside a session, or as a one-off of the private broadcast, or in a room; `file`: inside a session, and it tells of a file.
   */
  readonly kind: "session" | "broadcast" | "file" | "room";
  /** A UUID, the sender's. */
  readonly id: string;
  /** The contact's name here; of a member of a room who is no contact, the Cweb Id. */
  readonly from: string;
  /** The room's name here. */
  readonly room?: string;
  /** The place in the room's order as known now, from 0. */
  readonly position?: number;
  /** The message kind's number in the registry (`@cweb/session`). */
  readonly number: number;
  /** Where the kind is text. */
  readonly text?: string;
  readonly payload: Uint8Array;
  /** Where it tells of a file: for `files.download`, with `reference` or this event's `id`. */
  readonly file?: EventFile;
  /** Milliseconds since 1970, as the sender says. */
  readonly sentAt: number;
}

/** What became of an own message: the peer acknowledged it, it is given up, or nobody can tell. */
export interface OutcomeEvent extends Delivered {
  readonly type: "delivered" | "undelivered" | "unconfirmed";
  readonly id: string;
  readonly to: string;
  readonly reason?: "lost" | "expired";
}

export interface NoticeEvent extends Delivered {
  readonly type: "session-started" | "session-reset" | "own-state-restored" | "gap" | "recovered" | "undecryptable" | "unsupported";
  /** The contact's name; "me" for what concerns this home. */
  readonly contact: string;
  /** Where it came in a room: its name here. */
  readonly room?: string;
  /** Of the message concerned, where there is one. */
  readonly id?: string;
  /** One sentence for people. */
  readonly message: string;
}

export interface AlarmEvent extends Delivered {
  readonly type: "alarm";
  /** Who is concerned, or who noticed it where the store is the own one. */
  readonly contact: string;
  /** `AlarmCode` of `@cweb/discovery`, `unreachable`, or of an upper layer. */
  readonly code: string;
  /** Which store, without secrets. */
  readonly store: string;
  /** Where an object of the contact is concerned, one of applications: its name. */
  readonly object?: string;
  /** Where a room is concerned: its name here. */
  readonly room?: string;
  /** Of `equivocation` and `room-fork`: what another member can check (`evidenceCodec` of `@cweb/shared-session`). */
  readonly evidence?: Uint8Array;
  readonly message: string;
}

/** A contact's object has a new value, or another state. */
export interface ObjectEvent extends Delivered {
  readonly type: "object";
  /** The contact's name here. */
  readonly owner: string;
  readonly name: string;
  readonly version: number;
  /** The newest that was read; `undefined` where there is none, or a large one could not be fetched: `Peer.objects.get` tries again. */
  readonly value: Uint8Array | undefined;
  readonly state: ObjectState;
}

/** A contact's profile has changed. */
export interface ProfileEvent extends Delivered, SharedProfile {
  readonly type: "profile";
}

/** Something happened to a room, or to what is known of its messages. */
export interface RoomEvent extends Delivered {
  readonly type: `room-${"invited" | "joined" | "removed" | "members" | "admin" | "withdrawn" | "withheld" | "recovered" | "refused"}`;
  /** The room's name here. */
  readonly room: string;
  /** Whom it is about: who invited, the admin, who was added or removed, whose message or store it is. As in `MessageEvent.from`. */
  readonly member: string;
  /** Of `room-members`. */
  readonly change?: "added" | "removed";
  /** Of the message, in its sender's chain. */
  readonly n?: number;
  /** Of `room-withdrawn`: the message's. */
  readonly id?: string;
  /** Of `room-withheld`: which store does not show the message. */
  readonly store?: string;
  /** A word for programs: why something was taken back, or refused. */
  readonly reason?: string;
  /** One sentence for people. */
  readonly message: string;
}

/** An event before it is handed out. */
export type EventContent<E extends PeerEvent = PeerEvent> = E extends PeerEvent ? Omit<E, "redelivered" | "acknowledge"> : never;

export type PeerEvent = MessageEvent | OutcomeEvent | NoticeEvent | AlarmEvent | ObjectEvent | ProfileEvent | RoomEvent;
