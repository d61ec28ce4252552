import type { CipherSuite, Random } from "@cweb/crypto";
import { descriptorBody, signDescriptor } from "../wire/descriptor.ts";
import { joinIdKeys, suite } from "./identity-keys.ts";
import { limits, times } from "./limits.ts";
import type { OwnIdentity } from "./own-identity.ts";
import { isOld, type OwnState, planMaintenance } from "./own-state.ts";
import { createGeneration, type Generation, publicPrekeys } from "./prekeys.ts";

export interface PublicationContext {
  readonly crypto: CipherSuite;
  readonly random: Random;
  readonly identity: OwnIdentity;
  readonly now: number;
  /** The clock as far as the own storage has confirmed it: what erasures go by. */
  readonly confirmedNow: number;
  readonly incarnation: number;
  /** TICK(). */
  tick(): number;
}

export interface OwnRecords {
  readonly own: OwnState;
  /** Newest first. */
  readonly generations: readonly Generation[];
}

export interface MaintenanceStep extends OwnRecords {
  /** The object to publish. */
  readonly object?: Uint8Array;
  readonly erased: readonly Generation[];
}

/** TICK(), above everything that was published before. */
const above = (own: OwnState, context: PublicationContext): number => Math.max(context.tick(), own.floor + 1);

const zeros = (): Uint8Array => new Uint8Array(32);

function nextDescriptor(records: OwnRecords, context: PublicationContext): { readonly own: OwnState; readonly object: Uint8Array } {
  const { own, generations } = records;
  const { crypto, identity } = context;
  const newest = generations[0] as Generation;
  const oldest = generations.at(-1) as Generation;
  const seq = above(own, context);
  const oldestGen = Math.min(newest.gen, Math.max(own.oldestGen, oldest.gen));
  const body = descriptorBody.encode({
    version: 1,
    suite,
    idKeys: joinIdKeys({
      signingKey: identity.signing.publicKey,
      identityKey: identity.agreement.publicKey,
      nextIdCommit: identity.nextIdCommit,
    }),
    seq,
    issuedAt: context.now,
    expiresAt: context.now + times.lifetime,
    incarnation: context.incarnation,
    gen: newest.gen,
    oldestGen,
    ...publicPrekeys(crypto, newest),
    slotBits: own.slotBits,
    profile: identity.profile,
    publicProperties: own.properties,
    prevSeq: own.published?.seq ?? 0,
    prevHash: own.published?.hash ?? zeros(),
    successor: null,
  });
  const hash = crypto.sha256(body);
  const published = { seq, hash, issuedAt: context.now, incarnation: context.incarnation, gen: newest.gen, oldestGen };
  const history = [...own.history, { seq, hash, issuedAt: context.now }].slice(-limits.history);
  return {
    own: { ...own, changed: false, floor: seq, oldestGen, published, history },
    object: signDescriptor(crypto, identity.signing.privateKey, body),
  };
}

/** Generations that the stored descriptor no longer declares readable, and that are old enough now too (SPEC §5.3). */
function eraseRetired(records: OwnRecords, now: number): { readonly kept: readonly Generation[]; readonly erased: readonly Generation[] } {
  const { own, generations } = records;
  const { published } = own;
  const isStored = published !== null && own.storedSeq >= published.seq;
  const retired = (generation: Generation): boolean => isStored && generation.gen < published.oldestGen && isOld(generation, now);
  return { kept: generations.filter((generation) => !retired(generation)), erased: generations.filter(retired) };
}

/**
 * One step of the owner's side. `retireBelow`: generations below it are old and every contact's slot was tried; the next
 * descriptor says that they are gone, and a later step erases them once that descriptor is stored.
 */
export function maintainStep(records: OwnRecords, context: PublicationContext, retireBelow?: number): MaintenanceStep {
  const { kept, erased } = eraseRetired(records, context.confirmedNow);
  let own = retracted(records.own, kept, context.now);
  let generations = kept;
  const plan = planMaintenance(own, generations[0], context.now, context.incarnation);
  const raises = retireBelow !== undefined && !own.awaitsAdoption && retireBelow > own.oldestGen;
  if (raises) own = { ...own, oldestGen: retireBelow };
  if (plan.newGeneration) {
    const gen = above(own, context);
    const born = { gen, incarnation: context.incarnation, issuedAt: context.now };
    generations = [createGeneration(context.crypto, context.random, born), ...kept];
    own = { ...own, floor: gen };
  }
  if (!plan.publish && !raises) return { own, generations, erased };
  const next = nextDescriptor({ own, generations }, context);
  return { own: next.own, generations, erased, object: next.object };
}

/** A descriptor of a clock that ran ahead may have retired generations too early: what is still held is readable again. */
function retracted(own: OwnState, generations: readonly Generation[], now: number): OwnState {
  const oldest = generations.at(-1);
  const ahead = own.published !== null && own.published.issuedAt - now > times.clockTolerance;
  return ahead && oldest !== undefined ? { ...own, oldestGen: Math.min(own.oldestGen, oldest.gen) } : own;
}
