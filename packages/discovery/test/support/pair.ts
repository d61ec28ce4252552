import { VirtualClock } from "@cweb/crypto/testing";
import type { LocalStore } from "@cweb/storage-local";
import { fetchFrom, type Home, openHome } from "./home.ts";

/** Alice knows Bob's card; Bob has published. */
export async function pair(bobsLocal?: LocalStore): Promise<{ readonly alice: Home; readonly bob: Home; readonly clock: VirtualClock }> {
  const clock = new VirtualClock();
  const alice = await openHome({ seed: 1, clock });
  const bob = await openHome({ seed: 2, clock, ...(bobsLocal === undefined ? {} : { local: bobsLocal }) });
  await bob.round();
  await alice.round();
  await alice.discovery.addContact(alice.discovery.parseCard(await bob.discovery.card()));
  return { alice, bob, clock };
}

/** The same, and Alice has pinned Bob's descriptor. */
export async function acquainted(bobsLocal?: LocalStore): ReturnType<typeof pair> {
  const both = await pair(bobsLocal);
  await fetchFrom(both.alice, both.bob);
  return both;
}
