import { createHash } from "node:crypto";
import { open, rm } from "node:fs/promises";
import { resolve } from "node:path";
import type { OwnProfile, Peer, SharedProfile } from "@cweb/client";
import { type Picture, pictureTypeOf } from "@cweb/identity-profile";
import type { Context } from "../context.ts";
import { withPeer } from "../home.ts";
import { readFileUpTo } from "../input.ts";
import type { Line } from "../line.ts";
import { CliError, exitCodes } from "../problem.ts";
import { refreshed, uploaded } from "../uploaded.ts";

const maxPicture = 262_144;

interface Which {
  /** The private name of one of one's own. */
  readonly profile?: string;
}

interface WithPicture extends Which {
  /** A file; empty: no picture. */
  readonly picture?: string;
}

export async function set(context: Context, pairs: readonly string[], flags: WithPicture): Promise<number> {
  const { signal } = context;
  if (pairs.length === 0 && flags.picture === undefined) {
    throw new CliError("usage", "Say what to set, such as name=Ada or --picture ada.png; KEY= removes a property.");
  }
  const given = propertiesIn(pairs);
  const picture = flags.picture === undefined ? {} : { picture: await readPicture(flags.picture) };
  return withPeer(context, async (peer) => {
    const { failure, ...own } = await peer.profile.set(
      { ...given.standard, ...picture },
      { ...which(flags), opaque: given.others, signal },
    );
    return tell(context, peer, own, failure);
  });
}

export function share(context: Context, contacts: readonly string[], flags: Which): Promise<number> {
  const { signal } = context;
  return withPeer(context, async (peer) => {
    const { failure, ...own } = await peer.profile.share(contacts, { ...which(flags), signal });
    return tell(context, peer, own, failure);
  });
}

export function unshare(context: Context, contacts: readonly string[]): Promise<number> {
  const { output, signal } = context;
  return withPeer(context, async (peer) => {
    await peer.profile.unshare(contacts, { signal });
    await uploaded(context, peer, undefined);
    for (const own of await peer.profile.list({ signal })) await output.line(ownLine(own));
    return exitCodes.done;
  });
}

export function show(context: Context, contact: string | undefined, flags: WithPicture): Promise<number> {
  if (flags.profile !== undefined && contact !== undefined) {
    throw new CliError("usage", "--profile names one of your own profiles: leave the contact out.");
  }
  return withPeer(context, async (peer) => {
    const { line, picture } = contact === undefined ? await ownShown(context, peer, flags) : await contactShown(context, peer, contact);
    if (flags.picture !== undefined) await savePicture(flags.picture, picture);
    await context.output.line(line);
    return exitCodes.done;
  });
}

interface Shown {
  readonly line: Line;
  readonly picture: Picture | undefined;
}

async function ownShown({ signal }: Context, peer: Peer, flags: Which): Promise<Shown> {
  const own = await peer.profile.own({ ...which(flags), signal });
  if (own) return { line: ownLine(own), picture: own.properties.picture };
  if (flags.profile !== undefined) throw new CliError("unknown-profile", "You have no profile of that name: set a property first.");
  return { line: { type: "profile", contact: "me", profile: "default", properties: {}, subscribers: [] }, picture: undefined };
}

async function contactShown({ output, signal }: Context, peer: Peer, contact: string): Promise<Shown> {
  const failure = await refreshed(peer, contact, signal);
  const shared = await peer.profile.of(contact, { signal });
  if (!shared) {
    // It may be for want of the network alone.
    throw failure ?? new CliError("unknown-profile", `${contact} shares no profile with you, or it has not come yet.`);
  }
  if (failure !== undefined) await output.problem(failure, { contact });
  return { line: profileLine(shared), picture: shared.properties.picture };
}

async function tell(context: Context, peer: Peer, own: OwnProfile, failure: unknown): Promise<number> {
  await uploaded(context, peer, failure);
  await context.output.line(ownLine(own));
  return exitCodes.done;
}

const which = ({ profile }: Which): Which => (profile === undefined ? {} : { profile });

/** KEY=VALUE, where VALUE may have further equals signs; null for an empty one. */
export function propertiesIn(pairs: readonly string[]): {
  readonly standard: { readonly name?: string | null; readonly status?: string | null };
  readonly others: ReadonlyMap<string, string | null>;
} {
  const all = new Map<string, string | null>();
  for (const pair of pairs) {
    const at = pair.indexOf("=");
    if (at < 1) throw new CliError("usage", `${JSON.stringify(pair)} is not KEY=VALUE.`);
    all.set(pair.slice(0, at), pair.slice(at + 1) || null);
  }
  if (all.has("picture")) throw new CliError("usage", "A picture is set with --picture FILE.");
  const standard = Object.fromEntries([...all].filter(([name]) => name === "name" || name === "status"));
  return { standard, others: new Map([...all].filter(([name]) => !Object.hasOwn(standard, name))) };
}

async function readPicture(path: string): Promise<Picture | null> {
  if (path === "") return null;
  const bytes = await readFileUpTo(path, maxPicture);
  const mime = pictureTypeOf(bytes);
  if (mime && bytes.length <= maxPicture) return { mime, bytes };
  throw new CliError("bad-property", `A picture is a PNG, JPEG, WebP, AVIF or GIF of at most ${maxPicture} bytes; ${path} is not.`);
}

export async function savePicture(path: string, picture: Picture | undefined): Promise<void> {
  if (!picture) throw new CliError("no-picture", "There is no picture in this profile.");
  try {
    const file = await open(path, "wx");
    try {
      await file.writeFile(picture.bytes);
    } catch (error) {
      await rm(path, { force: true });
      throw error;
    } finally {
      await file.close();
    }
  } catch (cause) {
    const exists = (cause as NodeJS.ErrnoException).code === "EEXIST";
    throw new CliError(exists ? "target-exists" : "target-failed", `${resolve(path)} ${exists ? "exists already" : "cannot be written"}.`, {
      cause,
    });
  }
}

const ownLine = ({ contact, profile, version, properties, opaque, subscribers }: OwnProfile): Line => ({
  type: "profile",
  contact,
  profile,
  version,
  properties: jsonOf(properties, opaque),
  subscribers,
});

/** Also of the event. */
export const profileLine = ({ contact, version, properties, opaque, malformed, state }: SharedProfile): Line => ({
  type: "profile",
  contact,
  version,
  properties: jsonOf(properties, opaque),
  ...(malformed.length > 0 ? { malformed } : {}),
  state,
});

function jsonOf({ picture, ...lines }: SharedProfile["properties"], opaque: SharedProfile["opaque"]): Readonly<Record<string, unknown>> {
  return {
    ...lines,
    ...(picture ? { picture: pictureJson(picture) } : {}),
    ...Object.fromEntries([...opaque].map(([name, value]) => [name, plain(value)])),
  };
}

/** What tells it from others: `profile show --picture FILE` writes the bytes, which would be a long line. */
const pictureJson = ({ mime, bytes }: Picture): object => ({
  mime,
  size: bytes.length,
  sha256: createHash("sha256").update(bytes).digest("hex"),
});

/** Any value of another application, as JSON has it. */
const plain = (value: unknown): unknown =>
  value instanceof Uint8Array ? { payload: Buffer.from(value).toString("base64") } : Array.isArray(value) ? value.map(plain) : value;
