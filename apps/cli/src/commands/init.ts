import { readFile, rm } from "node:fs/promises";
import { join, resolve } from "node:path";
import { type CreatePeerOptions, Peer } from "@cweb/client";
import { cipherSuite, encodeBase32 } from "@cweb/crypto";
import { loadIdentity } from "@cweb/discovery";
import { encodeReadProfile, parseStorageProfile, readSide, type StorageProfile } from "@cweb/storage-remote";
import type { Context } from "../context.ts";
import { adoptProfile, createStore, draftProfile, writePrivately } from "../home.ts";
import { readStandardInput } from "../input.ts";
import { openPorts } from "../ports.ts";
import { CliError, exitCodes } from "../problem.ts";

export interface InitFlags {
  readonly storage?: string;
  readonly public?: readonly string[];
}

const threeWays = `A home needs a mailbox, a bucket of its own. Three ways to get one: \
(1) a bucket at any S3 provider with one key that writes and one that only gets: --storage @storage.json, as the README shows; \
(2) a server of your own: cweb-s3 --data DIR, then cweb-s3 mailbox NAME --data DIR > storage.json; \
(3) a folder, for a trial on one computer: --storage '{"type":"folder","path":"mailbox"}'.`;

const nextNote = (seed: Uint8Array): string =>
  `This is the seed of your next identity: ${encodeBase32(seed)}
Move this file to a place that is offline (a USB stick, a sheet of paper) and delete it here. If this device is lost or stolen,
it alone can prove that a new identity is yours. Cweb does not need it for anything else.
`;

export async function init(context: Context, flags: InitFlags): Promise<number> {
  const properties = new Map((flags.public ?? []).map(readProperty));
  const profile = await readProfile(context, flags.storage);
  const ports = openPorts(profile, context);
  const home = resolve(context.home);
  const local = await createStore(home);
  try {
    await refuseSecond(local);
    const options = { local, ...ports, profile: encodeReadProfile(readSide(profile)), publicProperties: properties };
    const peer = await create(context, home, { options, profile });
    ports.tellKinds((path) => peer.objectKind(path));
    const { failure } = await peer.flush({ signal: context.signal });
    if (failure !== undefined) await context.output.problem(failure);
    await context.output.line({ type: "identity", id: peer.id, card: await peer.card() });
    await peer.close();
    return exitCodes.done;
  } finally {
    await local.close();
  }
}

interface Making {
  readonly options: CreatePeerOptions;
  readonly profile: StorageProfile;
}

/** The profile first, the identity next: a kill in between leaves a home that `init` can still make, or one that finds its profile. */
async function create({ signal }: Context, home: string, { options, profile }: Making): Promise<Peer> {
  const draft = await draftProfile(home, profile);
  try {
    const { peer, nextSeed } = await Peer.create(options, { signal });
    // First what is nowhere else; the draft is found again.
    await writePrivately(join(home, "next-identity.txt"), nextNote(nextSeed));
    await adoptProfile(home, draft);
    return peer;
  } catch (error) {
    await rm(draft, { force: true });
    throw error;
  }
}

async function refuseSecond(local: Parameters<typeof loadIdentity>[0]["local"]): Promise<void> {
  if (await loadIdentity({ local, crypto: cipherSuite })) {
    const { DiscoveryError } = await import("@cweb/discovery");
    throw new DiscoveryError("already-initialized", "This home has an identity already; nothing was changed.");
  }
}

async function readProfile(context: Context, flag: string | undefined): Promise<StorageProfile> {
  const given = flag ?? context.storage;
  if (given === undefined || given === "") throw new CliError("no-storage", threeWays);
  const profile = parseStorageProfile(await readText(given));
  // A folder is meant as seen from here, and read from elsewhere later.
  return profile.type === "folder" ? { ...profile, path: resolve(profile.path) } : profile;
}

async function readText(given: string): Promise<string> {
  if (given === "@-") return readStandardInput();
  if (!given.startsWith("@")) return given;
  try {
    return await readFile(given.slice(1), "utf8");
  } catch (cause) {
    throw new CliError("bad-profile", `The storage profile ${given.slice(1)} cannot be read: give the name of a file behind the @.`, {
      cause,
    });
  }
}

function readProperty(text: string): readonly [string, string] {
  const at = text.indexOf("=");
  if (at < 1) throw new CliError("usage", "A public property is NAME=VALUE.");
  return [text.slice(0, at), text.slice(at + 1)];
}
