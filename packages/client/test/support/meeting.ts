import type { PeerEvent } from "../../src/index.ts";
import { type Home, minute, World } from "./world.ts";

const known = ["ada", "ben", "cleo", "dan"];
export const nameOf = (i: number): string => known[i] ?? `p${i}`;

/** People of whom the first knows all others and they her; each other they know only where `all` says so. */
export async function meeting(seed: number, count: number, { all = false } = {}): Promise<Meeting> {
  const world = new World(seed);
  for (let i = 0; i < count; i++) await world.home();
  for (const [i, one] of world.homes.entries()) {
    for (const [k, other] of world.homes.entries()) {
      if (i !== k && (all || i === 0 || k === 0)) await one.peer.addContact(await other.peer.card(), nameOf(k));
    }
  }
  return new Meeting(world);
}

export class Meeting {
  readonly world: World;
  readonly events: Map<Home, PeerEvent[]> = new Map();

  constructor(world: World) {
    this.world = world;
  }

  get homes(): readonly Home[] {
    return this.world.homes;
  }

  /** Rounds of all, or of some. */
  async rounds(count: number, { step = minute, of = this.homes, full = false } = {}): Promise<void> {
    for (let i = 0; i < count; i++) {
      this.world.clock.advance(step);
      for (const home of of) this.events.set(home, [...this.heard(home), ...(await home.round(full))]);
    }
  }

  /** Everything that a home was told so far. */
  heard(home: Home): readonly PeerEvent[] {
    return this.events.get(home) ?? [];
  }

  /** A room of all, called garden. */
  async room(options = {}): Promise<void> {
    const [founder] = this.homes;
    await founder?.peer.rooms.create("garden", options);
    await founder?.peer.rooms.add(
      "garden",
      this.homes.slice(1).map((_, i) => nameOf(i + 1)),
    );
    await this.rounds(3);
  }
}

export const texts = async (home: Home, room = "garden"): Promise<readonly (string | undefined)[]> =>
  (await home.peer.rooms.history(room)).map(({ text }) => text);
