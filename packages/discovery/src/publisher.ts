import type { CipherSuite } from "@cweb/crypto";
import type { FlushReport, Mailbox, Transaction } from "@cweb/mailbox";
import type { Path, ReadResult } from "@cweb/storage-remote";
import { type Adoption, adoptStep } from "./core/adoption.ts";
import { descriptorPathOf } from "./core/identity-keys.ts";
import { times } from "./core/limits.ts";
import type { OwnIdentity } from "./core/own-identity.ts";
import { agedGenerations, isOld, type OwnState, type SlotTries, triedBy, withRightTimes } from "./core/own-state.ts";
import { generationSecrets } from "./core/prekeys.ts";
import { maintainStep, type OwnRecords } from "./core/publication.ts";
import { verifyDescriptor } from "./core/verify-descriptor.ts";
import { DiscoveryError } from "./discovery-error.ts";
import { ownRecord, prekeysRecord } from "./wire/own-records.ts";

export interface Cancellable {
  readonly signal?: AbortSignal;
}

/** What this package needs of a mailbox. */
export type DiscoveryMailbox = Pick<Mailbox, "transact" | "load" | "scan" | "guard">;

/** The shell of the owner's side: prekey generations and the own descriptor. */
export class Publisher {
  readonly path: Path;
  readonly #mailbox: DiscoveryMailbox;
  readonly #identity: OwnIdentity;
  readonly #crypto: CipherSuite;
  readonly #allTries: (cancel: Cancellable) => Promise<readonly SlotTries[]>;
  #erasureCheckedAt = Number.NEGATIVE_INFINITY;

  constructor(
    mailbox: DiscoveryMailbox,
    identity: OwnIdentity,
    crypto: CipherSuite,
    allTries: (cancel: Cancellable) => Promise<readonly SlotTries[]>,
  ) {
    this.path = descriptorPathOf(crypto, identity.idBytes);
    this.#mailbox = mailbox;
    this.#identity = identity;
    this.#crypto = crypto;
    this.#allTries = allTries;
    mailbox.guard(this.path, (object) => {
      const verification = verifyDescriptor(crypto, identity.idBytes, object);
      return verification.kind === "valid" ? verification.descriptor.seq : undefined;
    });
  }

  async maintain(cancel: Cancellable): Promise<void> {
    const isAged = await this.#step(undefined, cancel);
    if (!isAged) return;
    const retireBelow = await this.#retirable(cancel);
    if (retireBelow !== undefined) await this.#step(retireBelow, cancel);
  }

  async change(change: Partial<Pick<OwnState, "properties" | "slotBits">>, cancel: Cancellable): Promise<void> {
    await this.#mailbox.transact(
      { read: [ownRecord.name] },
      (tx) => tx.put(ownRecord.name, ownRecord.encode({ ...this.own(tx), ...change, changed: true })),
      cancel,
    );
  }

  async noteFlush(report: FlushReport, cancel: Cancellable): Promise<void> {
    const stored = report.stored.filter((object) => object.path === this.path).map((object) => Number(object.tag ?? 0));
    const seq = Math.max(0, ...stored.filter(Number.isSafeInteger));
    if (seq === 0) return;
    await this.#mailbox.transact(
      { read: [ownRecord.name, prekeysRecord.name] },
      (tx) => {
        const own = this.own(tx);
        if (seq > own.storedSeq) tx.put(ownRecord.name, ownRecord.encode({ ...own, storedSeq: seq }));
        // The own storage has just taken a signed request: this clock is right.
        const righted = withRightTimes(this.generations(tx), tx.now);
        if (righted !== undefined) tx.put(prekeysRecord.name, prekeysRecord.encode(righted));
      },
      cancel,
    );
  }

  adopt(tx: Transaction, result: ReadResult): Adoption {
    const step = adoptStep(this.#crypto, this.#identity.idBytes, this.#records(tx), result);
    this.#put(tx, step);
    tx.consume(...step.erased.flatMap(generationSecrets));
    return step.adoption;
  }

  own(tx: Transaction): OwnState {
    const record = tx.get(ownRecord.name);
    if (record === undefined) throw new DiscoveryError("corrupt-state", "This home holds no identity.");
    return ownRecord.decode(record);
  }

  generations(tx: Transaction): OwnRecords["generations"] {
    const record = tx.get(prekeysRecord.name);
    return record === undefined ? [] : prekeysRecord.decode(record);
  }

  #records(tx: Transaction): OwnRecords {
    return { own: this.own(tx), generations: this.generations(tx) };
  }

  #put(tx: Transaction, records: OwnRecords): void {
    tx.put(ownRecord.name, ownRecord.encode(records.own));
    tx.put(prekeysRecord.name, prekeysRecord.encode(records.generations));
  }

  /** One step; answers whether the age of some generation asks for a look at the contacts. */
  async #step(retireBelow: number | undefined, cancel: Cancellable): Promise<boolean> {
    return this.#mailbox.transact(
      { read: [ownRecord.name, prekeysRecord.name] },
      (tx) => {
        const { now, confirmedNow, incarnation, random } = tx;
        const context = { now, confirmedNow, incarnation, random, tick: () => tx.tick() };
        const step = maintainStep(this.#records(tx), { ...context, crypto: this.#crypto, identity: this.#identity }, retireBelow);
        if (step.object !== undefined) {
          this.#put(tx, step);
          tx.replace(this.path, step.object, { beaconFirst: true, tag: String(step.own.published?.seq) });
        } else if (step.erased.length > 0) {
          this.#put(tx, step);
        }
        tx.consume(...step.erased.flatMap(generationSecrets));
        return agedGenerations(step.generations, confirmedNow).some((generation) => generation.gen >= step.own.oldestGen);
      },
      cancel,
    );
  }

  /** The lowest generation that must stay, by the contacts' slot tries; looks at most once an hour. */
  async #retirable(cancel: Cancellable): Promise<number | undefined> {
    const { generations, now } = await this.#mailbox.transact(
      { read: [prekeysRecord.name] },
      (tx) => ({ generations: this.generations(tx).map(({ gen, issuedAt }) => ({ gen, issuedAt })), now: tx.confirmedNow }),
      cancel,
    );
    if (Math.abs(now - this.#erasureCheckedAt) < times.hour) return undefined;
    this.#erasureCheckedAt = now;
    const tries = await this.#allTries(cancel);
    // The newest always stays; an older one that must stay keeps every one after it.
    const stays = (generation: { readonly issuedAt: number }): boolean =>
      !isOld(generation, now) || !tries.every((contact) => triedBy(contact, generation));
    return generations.findLast((generation, i) => i === 0 || stays(generation))?.gen;
  }
}
