import { createHash } from "node:crypto";
import { crc32 } from "node:zlib";
import { Crc32c } from "@aws-crypto/crc32c";
import { Refusal } from "./refusal.ts";

export type ChecksumName = "crc32" | "crc32c" | "sha1" | "sha256";

/** A running checksum over a body. */
export interface RunningChecksum {
  update(bytes: Uint8Array): void;
  base64(): string;
}

const checksumBytes: Readonly<Record<ChecksumName, number>> = { crc32: 4, crc32c: 4, sha1: 20, sha256: 32 };

export function isChecksumName(name: string): name is ChecksumName {
  return Object.hasOwn(checksumBytes, name);
}

/** `x-amz-checksum-crc32` → `crc32`. @throws Refusal `NotImplemented` for an algorithm that this server cannot check. */
export function checksumOfHeader(header: string): ChecksumName | undefined {
  const name = /^x-amz-checksum-([a-z0-9]+)$/.exec(header)?.[1];
  if (name === undefined || name === "mode" || name === "type" || name === "algorithm") return undefined;
  if (!isChecksumName(name)) throw new Refusal("NotImplemented", "This server checks the checksums CRC32, CRC32C, SHA1 and SHA256.");
  return name;
}

/** @throws Refusal `InvalidDigest` where the text is not base64 of the algorithm's length. */
export function checkForm(name: ChecksumName, base64: string): void {
  const bytes = Buffer.from(base64, "base64");
  if (bytes.length !== checksumBytes[name] || bytes.toString("base64") !== base64) throw new Refusal("InvalidDigest");
}

export function startChecksum(name: ChecksumName): RunningChecksum {
  if (name === "crc32") return startCrc32();
  if (name === "crc32c") return startCrc32c();
  const hash = createHash(name);
  return { update: (bytes) => void hash.update(bytes), base64: () => hash.digest("base64") };
}

function startCrc32(): RunningChecksum {
  let value = 0;
  return {
    update(bytes) {
      value = crc32(bytes, value);
    },
    base64: () => base64Of(value),
  };
}

function startCrc32c(): RunningChecksum {
  const crc = new Crc32c();
  return { update: (bytes) => void crc.update(bytes), base64: () => base64Of(crc.digest()) };
}

function base64Of(value: number): string {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value >>> 0);
  return bytes.toString("base64");
}
