import type { PrekeyResponse } from "@cweb/discovery";
import type { Path } from "@cweb/storage-remote";
import type { OneOffItem } from "../wire/items.ts";

/** The initial message of a session, as it stands in an entry. */
export interface InitEntry {
  /** The responder's prekey generation. */
  readonly gen: number;
  readonly initSeq: number;
  readonly sawSeq: number;
  /** The initiator's incarnation. */
  readonly incarnation: number;
  /** 32 bytes. */
  readonly ephemeralKey: Uint8Array;
  /** 1,088 bytes. */
  readonly ciphertext: Uint8Array;
  /** At most 1,754 bytes. */
  readonly sealed: Uint8Array;
}

/** Where a list of one-off items stands among all that a sender ever sent: compared by incarnation, then by number. */
export interface OneOffNumber {
  readonly incarnation: number;
  readonly number: number;
}

/** A list of items that stands in an object of its own. */
export interface OneOffBox {
  readonly path: Path;
  /** 32 bytes. */
  readonly key: Uint8Array;
  readonly incarnation: number;
}

/** What a slot holds for me. */
export type Opened =
  /** Nothing, or nothing that is right: the two look alike. */
  | { readonly kind: "none" }
  /** No slot at all: its length is not 4 to 64 entries, a power of two. */
  | { readonly kind: "malformed" }
  /** The initial message that `markSeen` was told of. */
  | { readonly kind: "seen"; readonly innerHash: Uint8Array }
  | {
      readonly kind: "init";
      readonly entry: InitEntry;
      readonly handshake: PrekeyResponse;
      /** SHA-256 of the inner message, for `markSeen`. */
      readonly innerHash: Uint8Array;
      /** The own incarnation that it was made for. */
      readonly responderIncarnation: number;
    }
  | { readonly kind: "oneoff"; readonly number: OneOffNumber; readonly items: readonly OneOffItem[] }
  /** Read `path` in the sender's bucket (at most 64 KiB) and give the bytes to `openBox`. */
  | ({ readonly kind: "box" } & OneOffBox);
