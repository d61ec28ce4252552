import type { ReadResult, Version } from "@cweb/storage-remote";
import { type DescriptorBody, descriptorBody, signDescriptor, signedDescriptor } from "../../src/wire/descriptor.ts";
import { crypto, type Home } from "./home.ts";

/** What a store answers that serves these bytes. */
export function served(bytes: Uint8Array, version: string = "forged"): ReadResult {
  return { kind: "found", bytes, version: version as Version };
}

export async function publishedBytes(home: Home): Promise<Uint8Array> {
  const result = await home.read();
  if (result.kind !== "found") throw new Error("not published");
  return result.bytes;
}

export async function publishedBody(home: Home): Promise<DescriptorBody> {
  return descriptorBody.decode(signedDescriptor.decode(await publishedBytes(home)).body);
}

/** The owner's own signature over a changed descriptor: what a clone, a thief of the signing key or a buggy owner would publish. */
export async function resigned(home: Home, change: Partial<DescriptorBody>): Promise<ReadResult> {
  const body = descriptorBody.encode({ ...(await publishedBody(home)), ...change });
  return served(signDescriptor(crypto, home.identity.signing.privateKey, body));
}
