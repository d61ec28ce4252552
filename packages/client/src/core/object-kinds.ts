import { type CipherSuite, concat, u8, u16 } from "@cweb/crypto";
import type { OwnIdentity } from "@cweb/discovery";
import type { Path } from "@cweb/storage-remote";

/** What an object is for. Nobody else can tell by its name: `message` is all that is not public by its name. */
export type ObjectKind = "descriptor" | "slot" | "beacon" | "message";

const mostSlotBits = 12;
/** Own slots are listed up to this many bits; more are seldom and 4,096 names. */
const listedSlotBits = 6;

/** Tells objects apart by their names, for counting requests by kind. */
export class ObjectKinds {
  readonly #crypto: CipherSuite;
  readonly #ownId: Uint8Array;
  readonly #kinds: Map<string, ObjectKind> = new Map();

  constructor(crypto: CipherSuite, { idBytes, beacon }: OwnIdentity) {
    this.#crypto = crypto;
    this.#ownId = idBytes;
    this.#kinds.set(beacon.path, "beacon");
    this.#kinds.set(this.#descriptor(idBytes), "descriptor");
    for (let bits = 0; bits <= listedSlotBits; bits++) {
      for (let slot = 0; slot < 2 ** bits; slot++) this.#kinds.set(this.#slot(idBytes, bits, slot), "slot");
    }
  }

  /** Adds what is read of this contact by public names. */
  add(contactId: Uint8Array): void {
    this.#kinds.set(this.#descriptor(contactId), "descriptor");
    const [high = 0, low = 0] = this.#crypto.hash("slot", this.#ownId);
    for (let bits = 0; bits <= mostSlotBits; bits++) {
      this.#kinds.set(this.#slot(contactId, bits, ((high << 8) | low) >> (16 - bits)), "slot");
    }
  }

  of(path: Path): ObjectKind {
    return this.#kinds.get(path) ?? "message";
  }

  #descriptor(id: Uint8Array): string {
    return this.#crypto.publicName("name/descriptor", id);
  }

  #slot(owner: Uint8Array, bits: number, slot: number): string {
    return this.#crypto.publicName("name/slot", concat(owner, u8(bits), u16(slot)));
  }
}
