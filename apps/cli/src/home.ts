import { existsSync } from "node:fs";
import { chmod, mkdir, open, readdir, readFile, rename, rm } from "node:fs/promises";
import { join, resolve } from "node:path";
import { Peer } from "@cweb/client";
import { cipherSuite, systemRandom } from "@cweb/crypto";
import type { LocalStore } from "@cweb/storage-local";
import { openNodeStore } from "@cweb/storage-local/node";
import { encodeReadProfile, formatStorageProfile, parseStorageProfile, readSide, type StorageProfile } from "@cweb/storage-remote";
import type { Context } from "./context.ts";
import { openPorts, type Ports } from "./ports.ts";
import { CliError } from "./problem.ts";

const database = (home: string): string => join(home, "home.db");
const storageFile = (home: string): string => join(home, "storage.json");
/** A profile waits under a name of its own until its identity exists: of two `init` at once, or one that is killed, only the right one counts. */
const draftName = /^storage-[0-9a-f]{16}\.json$/;

/** Writes a file that only its owner may read: the old one stays until the new one is whole. */
export async function writePrivately(file: string, text: string): Promise<void> {
  const temporary = `${file}.${process.pid}.tmp`;
  const handle = await open(temporary, "w", 0o600);
  try {
    await handle.writeFile(text);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await chmod(temporary, 0o600);
  await rename(temporary, file);
}

/** Makes the home's folder where it is missing, for its owner alone, and opens its store. */
export async function createStore(home: string): Promise<LocalStore> {
  try {
    await mkdir(home, { recursive: true, mode: 0o700 });
  } catch (cause) {
    throw new CliError("home-unusable", `The home ${home} cannot be made: choose another with --home.`, { cause });
  }
  return openNodeStore(database(home));
}

export const hasDatabase = (home: string): boolean => existsSync(database(home));

/** Keeps the profile beside the home until `adoptProfile`. Answers its file, which is no other process's. */
export async function draftProfile(home: string, profile: StorageProfile): Promise<string> {
  const file = join(home, `storage-${Buffer.from(systemRandom.bytes(8)).toString("hex")}.json`);
  await writePrivately(file, `${formatStorageProfile(profile)}\n`);
  return file;
}

export async function adoptProfile(home: string, draft: string): Promise<void> {
  try {
    await rename(draft, storageFile(home));
  } catch (error) {
    // A command that came meanwhile has adopted it.
    if (!existsSync(storageFile(home))) throw error;
  }
  for (const name of await readdir(home)) if (draftName.test(name)) await rm(join(home, name), { force: true });
}

/** The home's storage profile, with its writing keys. */
async function loadProfile(home: string, local: LocalStore): Promise<StorageProfile> {
  if (!existsSync(storageFile(home))) await recoverProfile(home, local);
  try {
    return parseStorageProfile(await readFile(storageFile(home), "utf8"));
  } catch (cause) {
    if (cause instanceof Error && cause.name === "StorageRemoteError") throw cause;
    throw new CliError("home-unusable", `The storage profile ${storageFile(home)} cannot be read: put it back from a backup.`, { cause });
  }
}

/** An `init` was killed after it had made the identity: the draft whose read side the identity names is the one. */
async function recoverProfile(home: string, local: LocalStore): Promise<void> {
  const { loadIdentity } = await import("@cweb/discovery");
  const identity = await loadIdentity({ local, crypto: cipherSuite });
  if (!identity) throw noIdentity(home);
  for (const name of await readdir(home)) {
    if (!draftName.test(name)) continue;
    const profile = parseStorageProfile(await readFile(join(home, name), "utf8"));
    if (Buffer.from(encodeReadProfile(readSide(profile))).equals(identity.profile)) return adoptProfile(home, join(home, name));
  }
}

const noIdentity = (home: string): CliError =>
  new CliError("no-identity", `There is no Cweb home in ${home}: make one with cweb init, or name another with --home.`);

/** Opens the home, runs `use`, and closes everything whatever happens. */
export async function withPeer<T>(
  context: Context,
  use: (peer: Peer, home: Ports & { readonly local: LocalStore }) => Promise<T>,
): Promise<T> {
  const home = resolve(context.home);
  if (!hasDatabase(home)) throw noIdentity(home);
  const local = await openNodeStore(database(home));
  try {
    const ports = openPorts(await loadProfile(home, local), context);
    const peer = await Peer.open({ local, ...ports, rooms: context.rooms });
    ports.tellKinds((path) => peer.objectKind(path));
    try {
      return await use(peer, { ...ports, local });
    } finally {
      await peer.close();
    }
  } finally {
    await local.close();
  }
}
