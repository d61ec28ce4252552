import type { KeyPair, Secret } from "@cweb/crypto";
import type { Path } from "@cweb/storage-remote";
import type { CwebId } from "./cweb-id.ts";

/** This home's identity with its private keys. It never changes. */
export interface OwnIdentity {
  readonly id: CwebId;
  /** 32 bytes. */
  readonly idBytes: Uint8Array;
  /** Ed25519; the private key is the 32-byte seed. Signs descriptors only. */
  readonly signing: KeyPair;
  /** X25519: the PQXDH identity key. */
  readonly agreement: KeyPair;
  /** 32 bytes: commits to the keys of the next identity. */
  readonly nextIdCommit: Uint8Array;
  /** The encoded read profile of the own bucket. */
  readonly profile: Uint8Array;
  /** Where and how the mailbox keeps its beacon. */
  readonly beacon: { readonly path: Path; readonly key: Secret };
  /** The Ed25519 seed with which this home signs a room's descriptor: X(seed, "ss/osk", context). A restored or recovered home has it again. */
  roomKey(context: Uint8Array): Secret;
}
