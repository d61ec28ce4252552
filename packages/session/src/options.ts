import type { Broadcast } from "@cweb/broadcast";
import type { CipherSuite } from "@cweb/crypto";
import type { Discovery } from "@cweb/discovery";
import type { Mailbox } from "@cweb/mailbox";
import type { RemoteReader } from "@cweb/storage-remote";
import type { KindRegistry } from "./kind-registry.ts";

export interface Cancellable {
  readonly signal?: AbortSignal;
}

export interface SessionOptions {
  readonly mailbox: Mailbox;
  readonly discovery: Discovery;
  readonly broadcast: Broadcast;
  readonly crypto: CipherSuite;
  /** This layer's kinds and those of the layers above: `createKindRegistry`. */
  readonly kinds: KindRegistry;
  /** Reads the bucket that an encoded read profile names. */
  readonly openReader: (profile: Uint8Array) => RemoteReader;
}
