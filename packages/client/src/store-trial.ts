import type { Random } from "@cweb/crypto";
import { type Path, proveConditionalWrites, type RemoteReader, type RemoteWriter, toPath } from "@cweb/storage-remote";
import type { Cancellable } from "./contact-book.ts";
import { PeerError } from "./peer-error.ts";
import { isStorageFailure } from "./storage-failure.ts";

const size = 4_096;
const alphabet = "abcdefghijklmnopqrstuvwxyz234567";

export interface TrialPorts {
  readonly writer: RemoteWriter;
  /** Reads the own bucket as its owner. */
  readonly reader: RemoteReader;
  /** Reads it as peers do. */
  readonly readSide: RemoteReader;
  readonly random: Random;
}

/**
 * Tries a store before anything is made: it must take a write, and show it to those who hold the read side alone. Answers whether
 * conditional writes are honoured. About 20 requests; what it wrote is removed. Throws the storage's errors, `PeerError` `store-unreadable`.
 */
export async function tryStore({ writer, reader, readSide, random }: TrialPorts, cancel: Cancellable): Promise<boolean> {
  const path: Path = toPath(Array.from(random.bytes(32), (byte) => alphabet[byte & 31]).join(""));
  const bytes = random.bytes(size);
  try {
    await writer.write(path, bytes, cancel);
    const answer = await readSide.read(path, { maxBytes: size, ...cancel });
    if (answer.kind === "forbidden") {
      throw new PeerError("store-unreadable", "The reading key may not get objects of this store: allow it to get (and nothing else).");
    }
    if (answer.kind !== "found" || answer.bytes.some((byte, i) => byte !== bytes[i])) {
      throw new PeerError(
        "store-unreadable",
        "What the writing key stores is not what the reading key sees: correct the profile so that both are for the same bucket and prefix.",
      );
    }
  } finally {
    // Where even this fails, 4 KiB of noise stay behind.
    await writer.remove(path, {}).catch(() => undefined);
  }
  return proveAbsent({ reader, writer, random }, cancel);
}

/** Whether `absent` is honoured. A store that chokes on conditions, in whatever words, has none: plain writes are enough for every protocol. */
export async function proveAbsent(ports: Omit<TrialPorts, "readSide">, { signal }: Cancellable): Promise<boolean> {
  try {
    return (await proveConditionalWrites({ ...ports, ...(signal ? { signal } : {}) })).absent;
  } catch (failure) {
    signal?.throwIfAborted();
    if (!isStorageFailure(failure) || (failure as { readonly retryable?: boolean }).retryable) throw failure;
    return false;
  }
}
