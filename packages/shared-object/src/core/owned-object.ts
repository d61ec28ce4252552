import { type CipherSuite, type Random, type Secret, secret } from "@cweb/crypto";
import type { CwebId } from "@cweb/discovery";
import type { Path } from "@cweb/storage-remote";
import type { KeyMessage } from "../wire/key-message.ts";
import { recordKinds } from "../wire/object-record.ts";
import { payload } from "../wire/payload.ts";
import { limits, times, zeros } from "./limits.ts";
import type { ObjectId } from "./object-id.ts";
import { objectPath, sealObject } from "./sealed-object.ts";

export interface Head {
  readonly version: number;
  /** 32 bytes. */
  readonly head: Uint8Array;
}

/** A name under which the last record of an epoch, or of the object, is to stand for 30 days. */
export interface RetiredName {
  readonly path: string;
  readonly epoch: number;
  /** Since when it stands, as far as is known. */
  readonly since: number;
  readonly isStored: boolean;
  /** Of an earlier epoch, until its last record is stored: so long a restored state can be told by what stands there. */
  readonly key: Secret | null;
}

/** What its owner keeps of an object; what it says now is kept beside it (`Content`). */
export interface OwnedObject {
  readonly objectId: ObjectId;
  readonly topic: string;
  /** The Ed25519 seed of the object. */
  readonly signingKey: Secret;
  /** Seconds. */
  readonly interval: number;
  /** Days. */
  readonly rotateEvery: number;
  /** Of the home that wrote the newest record. */
  readonly incarnation: number;
  readonly epoch: number;
  readonly key: Secret;
  readonly rotatedAt: number;
  /** The record that brought the value: later ones repeat it. */
  readonly valueVersion: number;
  /** The value that the epoch began with. */
  readonly epochValue: number;
  /** The newest record that was made. */
  readonly newest: Head;
  readonly issuedAt: number;
  /** The newest record known to be stored; 0 and zeros before the first. */
  readonly stored: Head;
  /** Those that were made since: each may be stored by now. Another one found in the bucket is of a lost state. */
  readonly unstored: readonly Head[];
  readonly isDeleted: boolean;
  readonly subscribers: readonly CwebId[];
  /** Former subscribers, and the first epoch that they have no part in. */
  readonly ended: readonly { readonly contact: CwebId; readonly epoch: number }[];
  /** Names of which nothing new comes; each is deleted when its last record has stood for 30 days. */
  readonly retired: readonly RetiredName[];
  /** The file that holds the value, if it is large; and files that no record names any more. */
  readonly fileId: string | null;
  readonly oldFiles: readonly { readonly fileId: string; readonly since: number }[];
}

/** A value as records carry it: itself, or the reference of the file that holds it. */
export interface Content {
  readonly kind: typeof recordKinds.value | typeof recordKinds.fileReference;
  readonly bytes: Uint8Array;
}

/** What a record says: a value, or that there is none here any more. */
export type Saying = Content | { readonly kind: typeof recordKinds.rotated | typeof recordKinds.deleted };
const rotated: Saying = { kind: recordKinds.rotated };
export const deleted: Saying = { kind: recordKinds.deleted };

export interface OwnerContext {
  readonly crypto: CipherSuite;
  readonly random: Random;
  /** 32 bytes. */
  readonly owner: Uint8Array;
  readonly now: number;
  /** The clock as far as the own storage has confirmed it: what deletions go by. */
  readonly confirmedNow: number;
  readonly incarnation: number;
  /** TICK(). */
  tick(): number;
}

export interface Replacement {
  readonly path: Path;
  readonly object: Uint8Array;
  /** `undefined` for what nobody is told of. */
  readonly head?: Head;
}

/** What one step of the owner wants done, in one commit with the new state. */
export interface OwnerStep {
  readonly state: OwnedObject;
  readonly replace: readonly Replacement[];
  readonly withdraw: readonly string[];
  readonly consumed: readonly Uint8Array[];
}

export const noChange = (state: OwnedObject): OwnerStep => ({ state, replace: [], withdraw: [], consumed: [] });

export interface NewObject {
  readonly topic: string;
  readonly content: Content;
  readonly interval: number;
  readonly rotateEvery: number;
  readonly fileId: string | null;
}

/** A new object with its first record. */
export function createObject(context: OwnerContext, objectId: ObjectId, wanted: NewObject): OwnerStep {
  const { random, now, incarnation } = context;
  const { content, ...rest } = wanted;
  const state: OwnedObject = {
    ...rest,
    objectId,
    signingKey: secret(random.bytes(32)),
    incarnation,
    epoch: context.tick(),
    key: secret(random.bytes(32)),
    rotatedAt: now,
    valueVersion: 0,
    epochValue: 0,
    newest: { version: 0, head: zeros() },
    issuedAt: now,
    stored: { version: 0, head: zeros() },
    unstored: [],
    isDeleted: false,
    subscribers: [],
    ended: [],
    retired: [],
    oldFiles: [],
  };
  return writeValue(context, state, content);
}

/** A record with another value. */
const writeValue = (context: OwnerContext, state: OwnedObject, content: Content): OwnerStep =>
  writeRecord(context, { ...state, valueVersion: 0 }, content);

/** The next record, under the name of the epoch. In a new incarnation the record before it is unknown: a lost state may have written it. */
export function writeRecord(context: OwnerContext, state: OwnedObject, saying: Saying): OwnerStep {
  const { crypto, random, owner, now, incarnation } = context;
  const { objectId, epoch, key, interval, topic } = state;
  const before = state.incarnation === incarnation ? state.newest : { version: 0, head: zeros() };
  const version = context.tick();
  const valueVersion = state.valueVersion === 0 && "bytes" in saying ? version : state.valueVersion;
  const { object, head } = sealObject(crypto, random, { owner, objectId, epoch, key }, state.signingKey, {
    kind: saying.kind,
    payload: "bytes" in saying ? payload.encode({ topic, valueVersion, content: saying.bytes }) : new Uint8Array(),
    objectId,
    epoch,
    version,
    prevVersion: before.version,
    prevHash: before.head,
    issuedAt: now,
    validUntil: now + times.lifetime,
    interval,
  });
  const newest = { version, head };
  return {
    state: {
      ...state,
      incarnation,
      valueVersion,
      epochValue: state.epochValue || valueVersion,
      newest,
      unstored: [...state.unstored, newest].slice(-limits.unstored),
      issuedAt: now,
    },
    replace: [{ path: objectPath(crypto, state), object, head: newest }],
    withdraw: [],
    consumed: [],
  };
}

/** A new value; in a new epoch where the home has begun a new incarnation. The file that held the old one is removed later. */
export function updateObject(context: OwnerContext, before: OwnedObject, content: Content, fileId: string | null): OwnerStep {
  const state = { ...before, fileId, oldFiles: withOld(before, fileId, context) };
  return state.incarnation === context.incarnation
    ? writeValue(context, state, content)
    : rotate(context, { ...state, valueVersion: 0 }, content);
}

function withOld({ fileId, oldFiles }: OwnedObject, next: string | null, { now: since }: OwnerContext): OwnedObject["oldFiles"] {
  // One that is named again, by a process that was slow, is not old any more.
  const others = oldFiles.filter((old) => old.fileId !== next);
  return fileId === null || fileId === next ? others : [...others, { fileId, since }].slice(-limits.oldFiles);
}

/**
 * A new epoch under a new key (SPEC §5.3): what stands under the old name from now on only says so, and goes after 30 days. The caller sends the
 * key to the subscribers.
 */
export function rotate(context: OwnerContext, state: OwnedObject, content: Content): OwnerStep {
  const { crypto, random, now } = context;
  // Over a value of a lost state, that of the restored one is a new one.
  const valueVersion = state.incarnation === context.incarnation ? state.valueVersion : 0;
  const last = writeRecord(context, { ...state, valueVersion }, rotated);
  const name = { path: objectPath(crypto, state), epoch: state.epoch, since: now, isStored: false, key: state.key };
  const retired = [...state.retired, name];
  const fresh = { epoch: context.tick(), key: secret(random.bytes(32)), rotatedAt: now, epochValue: 0 };
  const next = writeRecord(context, { ...last.state, ...fresh, retired: retired.slice(-limits.retired) }, content);
  return {
    state: next.state,
    // The old name is not announced: who can read the new one hears of that.
    replace: [...last.replace.map(({ head: _, ...rest }) => rest), ...next.replace],
    withdraw: retired.slice(0, -limits.retired).map(({ path }) => path),
    consumed: [],
  };
}

/**
 * Adds subscribers. Where this epoch has held another value than the current one, it ends: its key would open that too, for whoever has what the
 * store once held (SPEC §5.2).
 */
export function addSubscribers(context: OwnerContext, state: OwnedObject, content: Content, contacts: readonly CwebId[]): OwnerStep {
  const fresh = contacts.filter((contact, i) => !state.subscribers.includes(contact) && contacts.indexOf(contact) === i);
  if (fresh.length === 0) return noChange(state);
  const ended = state.ended.filter(({ contact }) => !fresh.includes(contact));
  const added = { ...state, subscribers: [...state.subscribers, ...fresh], ended };
  const isFirstValue = state.epochValue === state.valueVersion && state.incarnation === context.incarnation;
  return isFirstValue ? noChange(added) : rotate(context, added, content);
}

/** Takes subscribers out and begins an epoch without them. Whoever was none changes nothing. */
export function removeSubscribers(context: OwnerContext, state: OwnedObject, content: Content, contacts: readonly CwebId[]): OwnerStep {
  const leaving = state.subscribers.filter((contact) => contacts.includes(contact));
  if (leaving.length === 0) return noChange(state);
  const step = rotate(context, { ...state, subscribers: state.subscribers.filter((contact) => !leaving.includes(contact)) }, content);
  const ended = [...state.ended, ...leaving.map((contact) => ({ contact, epoch: step.state.epoch }))];
  return { ...step, state: { ...step.state, ended: ended.slice(-limits.ended) } };
}

/** A record that says so stands for 30 days (SPEC §5.4). */
export function deleteObject(context: OwnerContext, state: OwnedObject): OwnerStep {
  const last = writeRecord(context, { ...state, isDeleted: true }, deleted);
  const { retired } = last.state;
  return {
    ...last,
    state: {
      ...last.state,
      retired: [
        ...retired,
        { path: objectPath(context.crypto, state), epoch: state.epoch, since: context.now, isStored: false, key: null },
      ],
      oldFiles: withOld(state, null, context),
      fileId: null,
    },
  };
}

/** What a subscriber is sent: the key of this epoch, and what it is sure to find. */
export function keyFor(crypto: CipherSuite, { objectId, epoch, key, signingKey, stored }: OwnedObject): KeyMessage {
  return { objectId, epoch, key, verifyKey: crypto.ed25519.publicKey(signingKey), ...stored };
}
