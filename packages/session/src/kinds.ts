/** Where a kind of message is accepted: in a session, in a one-off of the private broadcast, in a room. */
export type Channel = "session" | "one-off" | "room";

/** One entry of the append-only registry (SPEC "Kinds"). */
export interface MessageKind {
  /** The number on the wire; never given twice. */
  readonly number: number;
  readonly name: string;
  readonly channels: readonly Channel[];
  /** Not sent again after a reset: the layer that made it makes a new one where it is still wanted. */
  readonly isEphemeral?: boolean;
}

/** The kinds that this layer owns, and those that applications use directly. */
export const kinds = {
  ack: { number: 0, name: "ack", channels: ["session"], isEphemeral: true },
  hello: { number: 1, name: "hello", channels: ["session"], isEphemeral: true },
  text: { number: 2, name: "text", channels: ["session", "one-off", "room"] },
  app: { number: 3, name: "app", channels: ["session", "one-off", "room"] },
  oneOff: { number: 4, name: "oneoff", channels: ["session"] },
} as const satisfies Record<string, MessageKind>;

/** Numbers of riders, append-only. This layer knows the first; the others are handed to the layers above unseen. */
export const riderKinds = { descSeen: 1, objectHead: 2, roomHeads: 3 } as const;
