import { type CipherSuite, cipherSuite, type Random, systemRandom } from "@cweb/crypto";
import { seededRandom, VirtualClock } from "@cweb/crypto/testing";
import type { LocalStore } from "@cweb/storage-local";
import { createMeter, type Meter } from "@cweb/storage-remote";
import { Person } from "./person.ts";
import type { Place } from "./place.ts";

export const minute = 60_000;
export const hour: number = 60 * minute;
export const day: number = 24 * hour;

export interface WorldOptions {
  /** Default: the platform's. */
  readonly crypto?: CipherSuite;
  /** Opens somebody's disk. Default: in memory. */
  readonly openLocal?: (name: string) => Promise<LocalStore>;
  /** Stands before the seeded random source. */
  readonly wrapRandom?: (random: Random) => Random;
}

/** Some people on one kind of store, and one virtual clock. Requests are signed with the real one. */
export class World {
  readonly place: Place;
  readonly clock: VirtualClock = new VirtualClock(Date.UTC(2026, 0, 1));
  readonly random: Random;
  readonly crypto: CipherSuite;
  readonly people: Person[] = [];
  readonly #options: WorldOptions;
  /** Counts requests of those who have no home here. */
  readonly strangers: Meter = createMeter();

  constructor(place: Place, seed: number, options: WorldOptions = {}) {
    this.place = place;
    this.crypto = options.crypto ?? cipherSuite;
    // Over a network nothing repeats itself exactly anyway, and the platform's randomness makes encapsulation several times as fast.
    const random = place.isRepeatable ? seededRandom(seed) : systemRandom;
    this.random = options.wrapRandom?.(random) ?? random;
    this.#options = options;
  }

  async person(name: string): Promise<Person> {
    const person = new Person(this, name);
    this.people.push(person);
    const local = await this.#options.openLocal?.(name);
    if (local) person.local = local;
    await person.create();
    return person;
  }

  /** Two people who have exchanged their cards. */
  async friends(one: string, other: string): Promise<readonly [Person, Person]> {
    const [a, b] = [await this.person(one), await this.person(other)];
    await a.knows(b);
    await b.knows(a);
    return [a, b];
  }

  wait(milliseconds: number): void {
    this.clock.advance(milliseconds);
  }

  /** Rounds of these people, one after the other, a minute apart, until `isDone`. */
  async until(isDone: () => boolean | Promise<boolean>, people: readonly Person[] = this.people, most = 80): Promise<void> {
    for (let n = 0; !(await isDone()); n++) {
      if (n === most) throw new Error(`Still not so after ${most} rounds.`);
      for (const person of people) await person.round();
      this.wait(minute);
    }
  }

  /** Until `reader` has read as many texts of `writer` as were sent to it. */
  async untilRead(reader: Person, writer: Person, people: readonly Person[] = [reader]): Promise<void> {
    await this.until(() => reader.readFrom(writer).length >= (writer.sent.get(reader.name)?.length ?? 0), people);
  }

  /** Days with rounds, until all is acknowledged and what was acknowledged is gone from the buckets. */
  async settle(most = 12): Promise<void> {
    for (let n = 0; n < most; n++) {
      if (await this.#isSettled()) return;
      this.wait(n === 0 ? hour : 25 * hour);
      // Two deletions of an object stand at least 20 minutes apart.
      for (let again = 0; again < 4; again++) {
        for (const person of this.people) await person.round();
        this.wait(35 * minute);
      }
    }
  }

  async #isSettled(): Promise<boolean> {
    for (const person of this.people) {
      const { outbox } = await person.peer.status();
      if (outbox.unacknowledged > 0 || outbox.queued > 0) return false;
      if ((await person.furtherPaths()).length > this.people.length - 1) return false;
    }
    return true;
  }
}
