import { type CipherSuite, cipherSuite, equal, type Random } from "@cweb/crypto";
import { seededRandom, VirtualClock } from "@cweb/crypto/testing";
import type { LocalStore } from "@cweb/storage-local";
import { memoryStore } from "@cweb/storage-local/memory";
import type { RemoteWriter } from "@cweb/storage-remote";
import { type MemoryBucket, memoryBucket } from "@cweb/storage-remote/memory";
import { expect } from "vitest";
import { FilePublisher, type FileReference } from "../../src/index.ts";
import { openRemoteFile, type RemoteFile } from "../../src/remote-file.ts";

export const crypto: CipherSuite = cipherSuite;
export const owner: Uint8Array = new Uint8Array(32).fill(7);

/** Pseudo-random bytes: none of the tests' contents repeats itself. */
export function content(length: number, seed: number = 1): Uint8Array {
  const bytes = new Uint8Array(length);
  let state = (seed * 2_654_435_761) >>> 0 || 1;
  for (let i = 0; i < length; i++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    bytes[i] = state;
  }
  return bytes;
}

/** Fails where the bytes differ. Quick also for many, unlike a comparison that can show them. */
export function expectBytes(actual: Uint8Array, expected: Uint8Array): void {
  expect(actual.length).toBe(expected.length);
  expect(equal(actual, expected)).toBe(true);
}

/** A clock on which nobody waits: each sleep is over at once, and time has passed. */
export class HastyClock extends VirtualClock {
  override async sleep(milliseconds: number, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    this.advance(milliseconds);
  }
}

export interface Home {
  readonly local: LocalStore;
  readonly bucket: MemoryBucket;
  readonly clock: VirtualClock;
  readonly random: Random;
  publisher(ports?: { readonly local?: LocalStore; readonly writer?: RemoteWriter; readonly random?: Random }): FilePublisher;
}

export function createHome(seed: number = 1): Home {
  const local = memoryStore();
  const bucket = memoryBucket();
  const clock = new HastyClock();
  const random = seededRandom(seed);
  return {
    local,
    bucket,
    clock,
    random,
    publisher: (ports = {}) => new FilePublisher({ local, writer: bucket.writer, crypto, random, clock, owner, ...ports }),
  };
}

/** The whole file, chunk by chunk, each one authenticated. */
export async function readBack(home: Home, reference: FileReference): Promise<Uint8Array> {
  const ports = { from: home.bucket.reader, crypto, clock: home.clock, random: home.random };
  const file: RemoteFile = await openRemoteFile(reference, ports);
  const whole = new Uint8Array(reference.size);
  const { totalChunks, log2 } = file.descriptor.geometry;
  for (let i = 0; i < totalChunks; i++) {
    const chunk = await file.fetchChunk(i, await file.locate(i, undefined), new AbortController().signal);
    if (chunk.content.length > 0) whole.set(chunk.content, i * 2 ** log2);
  }
  return whole;
}
